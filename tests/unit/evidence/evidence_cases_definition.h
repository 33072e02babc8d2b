/* Changes of columns and constraints, and exactly what has to be seen of them. */
#ifndef VELA_TESTS_CHECK_EVIDENCE_CASES_DEFINITION_H
#define VELA_TESTS_CHECK_EVIDENCE_CASES_DEFINITION_H

#include "evidence_cases.h"

static const struct seen definition_cases[] = {
	{"add column",
	 NULL,
	 {
		 {"ALTER TABLE orders ADD COLUMN x int", "orders ACCESS EXCLUSIVE | "},
	 }},
	{"add column, constant default",
	 NULL,
	 {
		 {"ALTER TABLE orders ADD COLUMN x int NOT NULL DEFAULT 5", "orders ACCESS EXCLUSIVE | "},
	 }},
	{"add column, now()",
	 NULL,
	 {
		 {"ALTER TABLE orders ADD COLUMN x timestamptz DEFAULT now()", "orders ACCESS EXCLUSIVE | "},
	 }},
	{"add column, volatile default",
	 NULL,
	 {
		 {"ALTER TABLE orders ADD COLUMN x float DEFAULT random()",
		  "orders ACCESS EXCLUSIVE | rewrite orders (column x was added with a volatile default)"},
	 }},
	{"add generated column",
	 NULL,
	 {
		 {"ALTER TABLE orders ADD COLUMN x int GENERATED ALWAYS AS (qty * 2) STORED",
		  "orders ACCESS EXCLUSIVE | rewrite orders (generated column x was added)"},
	 }},
	{"add identity column",
	 NULL,
	 {
		 {"ALTER TABLE orders ADD COLUMN x int GENERATED ALWAYS AS IDENTITY",
		  "orders ACCESS EXCLUSIVE | rewrite orders (identity column x was added)"},
	 }},
	{"add column, volatile default, empty",
	 NULL,
	 {
		 {"ALTER TABLE vacant ADD COLUMN x float DEFAULT random()", "vacant ACCESS EXCLUSIVE | "},
	 }},
	{"widen varchar",
	 "DROP VIEW seen; DROP MATERIALIZED VIEW kept",
	 {
		 {"ALTER TABLE customers ALTER COLUMN name TYPE varchar(40)",
		  "customers ACCESS EXCLUSIVE | retyped customers.name (character varying(20) to character "
		  "varying(40))"},
	 }},
	{"varchar to text",
	 "DROP MATERIALIZED VIEW kept; CREATE INDEX customers_name ON customers (name)",
	 {
		 {"ALTER TABLE customers ALTER COLUMN name TYPE text",
		  "customers ACCESS EXCLUSIVE | retyped customers.name (character varying(20) to text)"},
	 }},
	{"narrow varchar",
	 "DROP MATERIALIZED VIEW kept",
	 {
		 {"ALTER TABLE customers ALTER COLUMN name TYPE varchar(10)",
		  "customers ACCESS EXCLUSIVE | retyped customers.name (character varying(20) to character "
		  "varying(10)), rewrite customers (column name changed from character varying(20) to character "
		  "varying(10))"},
	 }},
	{"int to bigint",
	 NULL,
	 {
		 {"ALTER TABLE orders ALTER COLUMN qty TYPE bigint",
		  "orders ACCESS EXCLUSIVE | retyped orders.qty (integer to bigint), rewrite orders (column qty "
		  "changed from integer to bigint)"},
	 }},
	{"int to bigint, empty",
	 NULL,
	 {
		 {"ALTER TABLE vacant ALTER COLUMN a TYPE bigint",
		  "vacant ACCESS EXCLUSIVE | retyped vacant.a (integer to bigint)"},
	 }},
	{"enum to text",
	 NULL,
	 {
		 {"ALTER TABLE customers ALTER COLUMN mood DROP DEFAULT, ALTER COLUMN mood TYPE text",
		  "customers ACCESS EXCLUSIVE | retyped customers.mood (public.mood to text), rewrite customers "
		  "(column mood changed from public.mood to text)"},
	 }},
	{"collation",
	 NULL,
	 {
		 {"ALTER TABLE customers ALTER COLUMN note TYPE text COLLATE \"POSIX\"",
		  "customers ACCESS EXCLUSIVE | "},
	 }},
	{"collation with index",
	 "CREATE INDEX customers_note ON customers (note)",
	 {
		 {"ALTER TABLE customers ALTER COLUMN note TYPE text COLLATE \"POSIX\"",
		  "customers ACCESS EXCLUSIVE | rewrite customers_note (column note changed its collation)"},
	 }},
	{"set not null",
	 NULL,
	 {
		 {"ALTER TABLE orders ALTER COLUMN qty SET NOT NULL",
		  "orders ACCESS EXCLUSIVE | not-null orders.qty, scan orders"},
	 }},
	{"set not null, proven",
	 "ALTER TABLE orders ADD CHECK (qty IS NOT NULL)",
	 {
		 {"ALTER TABLE orders ALTER COLUMN qty SET NOT NULL", "orders ACCESS EXCLUSIVE | not-null orders.qty"},
	 }},
	{"set not null, empty",
	 NULL,
	 {
		 {"ALTER TABLE vacant ALTER COLUMN a SET NOT NULL", "vacant ACCESS EXCLUSIVE | not-null vacant.a"},
	 }},
	{"add check",
	 NULL,
	 {
		 {"ALTER TABLE orders ADD CONSTRAINT c CHECK (qty > 0)",
		  "orders ACCESS EXCLUSIVE | constraint orders.c, scan orders"},
	 }},
	{"add check not valid",
	 NULL,
	 {
		 {"ALTER TABLE orders ADD CONSTRAINT c CHECK (qty > 0) NOT VALID",
		  "orders ACCESS EXCLUSIVE | constraint orders.c not valid"},
		 {"!ALTER TABLE orders VALIDATE CONSTRAINT c", "* | validated orders.c"},
	 }},
	{"add foreign key",
	 NULL,
	 {
		 {"ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (customer) REFERENCES customers",
		  "customers SHARE ROW EXCLUSIVE, orders SHARE ROW EXCLUSIVE | constraint orders.f, scan customers, "
		  "scan orders, unindexed orders.f (customer)"},
	 }},
	{"add foreign key, index later",
	 NULL,
	 {
		 {"ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (customer) REFERENCES customers",
		  "customers SHARE ROW EXCLUSIVE, orders SHARE ROW EXCLUSIVE | constraint orders.f, scan customers, "
		  "scan orders"},
		 {"CREATE INDEX orders_customer ON orders (customer, qty)", " | built orders.orders_customer"},
	 }},
	{"add foreign key not valid",
	 "CREATE INDEX orders_customer ON orders (customer)",
	 {
		 {"ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (customer) REFERENCES customers NOT VALID",
		  "customers SHARE ROW EXCLUSIVE, orders SHARE ROW EXCLUSIVE | constraint orders.f not valid"},
		 {"COMMIT", " | "},
		 {"ALTER TABLE orders VALIDATE CONSTRAINT f",
		  "customers ROW SHARE, orders SHARE UPDATE EXCLUSIVE | scan orders, validated orders.f"},
	 }},
	{"add column with foreign key",
	 NULL,
	 {
		 {"ALTER TABLE orders ADD COLUMN c2 int REFERENCES customers",
		  "customers SHARE ROW EXCLUSIVE, orders ACCESS EXCLUSIVE | constraint orders.orders_c2_fkey, "
		  "unindexed orders.orders_c2_fkey (c2)"},
	 }},
	{"create table with foreign key",
	 NULL,
	 {
		 {"CREATE TABLE items (id int PRIMARY KEY, o int REFERENCES orders)",
		  "orders SHARE ROW EXCLUSIVE | unindexed items.items_o_fkey (o)"},
		 {"CREATE TABLE parts (id int, i int REFERENCES items)", " | "},
		 {"CREATE INDEX ON parts (i)", " | "},
	 }},
	{"add unique",
	 NULL,
	 {
		 {"ALTER TABLE orders ADD CONSTRAINT u UNIQUE (id, qty)",
		  "orders ACCESS EXCLUSIVE | built orders.u, constraint orders.u"},
	 }},
	{"add primary key using index",
	 "CREATE UNIQUE INDEX loose_id ON loose (id)",
	 {
		 {"ALTER TABLE loose ADD CONSTRAINT loose_pkey PRIMARY KEY USING INDEX loose_id",
		  "loose ACCESS EXCLUSIVE | constraint loose.loose_pkey, not-null loose.id, scan loose"},
	 }},
};

#endif
