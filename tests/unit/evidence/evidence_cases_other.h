/* All else that statements do, and exactly what has to be seen of it. */
#ifndef VELA_TESTS_CHECK_EVIDENCE_CASES_OTHER_H
#define VELA_TESTS_CHECK_EVIDENCE_CASES_OTHER_H

#include "evidence_cases.h"

static const struct seen other_cases[] = {
	{"create index",
	 NULL,
	 {
		 {"CREATE INDEX i ON orders (price)", "orders SHARE | built orders.i"},
	 }},
	{"create index concurrently",
	 NULL,
	 {
		 {"!CREATE INDEX CONCURRENTLY i ON orders (price)",
		  "orders SHARE UPDATE EXCLUSIVE | built orders.i concurrently"},
	 }},
	{"create index concurrently fails",
	 NULL,
	 {
		 {"!CREATE UNIQUE INDEX CONCURRENTLY i ON orders (qty)",
		  "failed: orders SHARE UPDATE EXCLUSIVE | invalid orders.i"},
	 }},
	{"create index concurrently fails, dropped",
	 NULL,
	 {
		 {"!CREATE UNIQUE INDEX CONCURRENTLY i ON orders (qty)", "failed: orders SHARE UPDATE EXCLUSIVE | "},
		 {"DROP INDEX i", "orders ACCESS EXCLUSIVE | "},
	 }},
	{"reindex",
	 NULL,
	 {
		 {"REINDEX INDEX orders_qty",
		  "orders SHARE, orders_qty ACCESS EXCLUSIVE | rewrite orders_qty (REINDEX)"},
	 }},
	{"reindex table",
	 NULL,
	 {
		 {"REINDEX TABLE orders", "orders SHARE, orders_pkey ACCESS EXCLUSIVE, orders_qty ACCESS EXCLUSIVE | "
					  "rewrite orders_pkey (REINDEX), rewrite orders_qty (REINDEX)"},
	 }},
	{"reindex concurrently",
	 NULL,
	 {
		 {"!REINDEX INDEX CONCURRENTLY orders_qty",
		  "orders SHARE UPDATE EXCLUSIVE | rewrite orders_qty (REINDEX) concurrently"},
	 }},
	{"drop index",
	 NULL,
	 {
		 {"DROP INDEX orders_qty", "orders ACCESS EXCLUSIVE | "},
	 }},
	{"rename index",
	 NULL,
	 {
		 {"ALTER INDEX orders_qty RENAME TO q", "orders_qty SHARE UPDATE EXCLUSIVE | "},
	 }},
	{"drop column",
	 "DROP MATERIALIZED VIEW kept",
	 {
		 {"ALTER TABLE customers DROP COLUMN note",
		  "customers ACCESS EXCLUSIVE | column-dropped customers.note ~250"},
	 }},
	{"drop column, all NULL",
	 "ALTER TABLE customers ADD COLUMN x int",
	 {
		 {"ALTER TABLE customers DROP COLUMN x", "customers ACCESS EXCLUSIVE | column-dropped customers.x 0"},
	 }},
	{"drop column, empty",
	 NULL,
	 {
		 {"ALTER TABLE vacant DROP COLUMN a", "vacant ACCESS EXCLUSIVE | column-dropped vacant.a 0"},
	 }},
	{"drop table",
	 NULL,
	 {
		 {"DROP TABLE orders", "orders ACCESS EXCLUSIVE | dropped orders ~2000"},
	 }},
	{"drop tables",
	 NULL,
	 {
		 {"DROP TABLE parted, vacant",
		  "parted ACCESS EXCLUSIVE, parted_1 ACCESS EXCLUSIVE, parted_2 ACCESS EXCLUSIVE, vacant ACCESS "
		  "EXCLUSIVE | dropped parted 0, dropped parted_1 ~100, dropped parted_2 ~100, dropped vacant 0"},
	 }},
	{"drop view",
	 NULL,
	 {
		 {"DROP VIEW seen", "seen ACCESS EXCLUSIVE | "},
	 }},
	{"truncate",
	 NULL,
	 {
		 {"TRUNCATE orders, vacant", "orders ACCESS EXCLUSIVE, vacant ACCESS EXCLUSIVE | deleted orders ~2000"},
	 }},
	{"delete",
	 NULL,
	 {
		 {"DELETE FROM orders WHERE id <= 500", "orders ROW EXCLUSIVE | deleted orders 500"},
		 {"DELETE FROM orders WHERE id < 0", " | "},
	 }},
	{"delete cascades",
	 "DELETE FROM orders WHERE id > 100; ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers ON "
	 "DELETE CASCADE; CREATE INDEX ON orders (customer)",
	 {
		 {"DELETE FROM customers WHERE id <= 50",
		  "customers ROW EXCLUSIVE, orders ROW EXCLUSIVE | deleted customers 50, deleted orders 49"},
	 }},
	{"update all",
	 NULL,
	 {
		 {"UPDATE orders SET qty = qty + 1", "orders ROW EXCLUSIVE | "},
	 }},
	{"update moves rows",
	 NULL,
	 {
		 {"UPDATE parted SET at = 150 WHERE at < 50",
		  "parted ROW EXCLUSIVE, parted_1 ROW EXCLUSIVE, parted_2 ROW EXCLUSIVE | "},
	 }},
	{"insert",
	 NULL,
	 {
		 {"INSERT INTO vacant SELECT id, qty FROM orders", "orders ACCESS SHARE, vacant ROW EXCLUSIVE | "},
	 }},
	{"rename a table",
	 NULL,
	 {
		 {"ALTER TABLE orders RENAME TO sales", "orders ACCESS EXCLUSIVE | renamed orders.sales"},
		 {"ALTER TABLE sales ADD COLUMN x int", " | "},
		 {"DROP TABLE sales", " | dropped sales ~2000"},
	 }},
	{"rename column",
	 NULL,
	 {
		 {"ALTER TABLE orders RENAME COLUMN qty TO \"Quantity\"",
		  "orders ACCESS EXCLUSIVE | column-renamed orders.qty (\"Quantity\")"},
	 }},
	{"set schema",
	 NULL,
	 {
		 {"ALTER TABLE orders SET SCHEMA other", "orders ACCESS EXCLUSIVE | renamed orders.other.orders"},
	 }},
	{"attach partition",
	 NULL,
	 {
		 {"ALTER TABLE parted ATTACH PARTITION loose FOR VALUES FROM (200) TO (300)",
		  "loose ACCESS EXCLUSIVE, parted SHARE UPDATE EXCLUSIVE | scan loose"},
	 }},
	{"attach partition, proven",
	 "ALTER TABLE loose ADD CHECK (at IS NOT NULL AND at >= 200 AND at < 300)",
	 {
		 {"ALTER TABLE parted ATTACH PARTITION loose FOR VALUES FROM (200) TO (300)",
		  "loose ACCESS EXCLUSIVE, parted SHARE UPDATE EXCLUSIVE | "},
	 }},
	{"detach partition",
	 NULL,
	 {
		 {"ALTER TABLE parted DETACH PARTITION parted_1",
		  "parted ACCESS EXCLUSIVE, parted_1 ACCESS EXCLUSIVE | "},
	 }},
	{"partitioned: column",
	 NULL,
	 {
		 {"ALTER TABLE parted ADD COLUMN x int NOT NULL DEFAULT 1",
		  "parted ACCESS EXCLUSIVE, parted_1 ACCESS EXCLUSIVE, parted_2 ACCESS EXCLUSIVE | "},
		 {"ALTER TABLE parted RENAME COLUMN x TO y", " | "},
		 {"ALTER TABLE parted ALTER COLUMN id TYPE bigint",
		  " | retyped parted.id (integer to bigint), rewrite parted_1 (column id changed from integer to "
		  "bigint), rewrite parted_2 (column id changed from integer to bigint)"},
		 {"ALTER TABLE parted DROP COLUMN id",
		  " | column-dropped parted_1.id ~100, column-dropped parted_2.id ~100"},
	 }},
	{"partitioned: index",
	 NULL,
	 {
		 {"CREATE INDEX ON parted (id)", "parted SHARE, parted_1 SHARE, parted_2 SHARE | built "
						 "parted_1.parted_1_id_idx, built parted_2.parted_2_id_idx"},
	 }},
	{"create trigger",
	 NULL,
	 {
		 {"CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION nothing()",
		  "orders SHARE ROW EXCLUSIVE | "},
	 }},
	{"refresh",
	 NULL,
	 {
		 {"REFRESH MATERIALIZED VIEW kept",
		  "customers ACCESS SHARE, kept ACCESS EXCLUSIVE | rewrite kept (REFRESH MATERIALIZED VIEW)"},
	 }},
	{"refresh concurrently",
	 "CREATE UNIQUE INDEX ON kept (id)",
	 {
		 {"REFRESH MATERIALIZED VIEW CONCURRENTLY kept", "customers ACCESS SHARE, kept EXCLUSIVE | "},
	 }},
	{"cluster",
	 NULL,
	 {
		 {"CLUSTER orders USING orders_qty", "orders ACCESS EXCLUSIVE | rewrite orders (CLUSTER)"},
	 }},
	{"vacuum full",
	 NULL,
	 {
		 {"!VACUUM FULL orders", "orders ACCESS EXCLUSIVE | rewrite orders (VACUUM FULL)"},
	 }},
	{"vacuum full, empty",
	 NULL,
	 {
		 {"!VACUUM FULL vacant", "* | "},
	 }},
	{"vacuum",
	 NULL,
	 {
		 {"!VACUUM orders", "* | "},
	 }},
	{"analyze",
	 NULL,
	 {
		 {"ANALYZE orders", "orders SHARE UPDATE EXCLUSIVE | "},
	 }},
	{"set unlogged",
	 NULL,
	 {
		 {"ALTER TABLE orders SET UNLOGGED", "orders ACCESS EXCLUSIVE | rewrite orders (it became unlogged)"},
	 }},
	{"lock table",
	 NULL,
	 {
		 {"LOCK TABLE orders IN SHARE MODE", "orders SHARE | "},
		 {"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", " | "},
		 {"SELECT count(*) FROM orders", " | "},
	 }},
	{"add enum value",
	 NULL,
	 {
		 {"ALTER TYPE mood ADD VALUE 'great'", " | "},
	 }},
	{"alter domain",
	 "CREATE DOMAIN d AS int; CREATE TABLE domained (x d); INSERT INTO domained SELECT 1 FROM generate_series(1, "
	 "100)",
	 {
		 {"ALTER DOMAIN d ADD CHECK (VALUE > 0)", "domained SHARE | scan domained"},
	 }},
	{"replace view",
	 NULL,
	 {
		 {"CREATE OR REPLACE VIEW seen AS SELECT id FROM customers WHERE id > 1",
		  "customers ACCESS SHARE, seen ACCESS EXCLUSIVE | "},
		 {"ALTER VIEW seen RENAME TO saw", " | renamed seen.saw"},
	 }},
	{"sequence",
	 "CREATE SEQUENCE s",
	 {
		 {"ALTER SEQUENCE s RESTART 10", "s SHARE ROW EXCLUSIVE | "},
		 {"SELECT nextval('s')", " | "},
	 }},
	{"select",
	 NULL,
	 {
		 {"SELECT count(*) FROM orders", "orders ACCESS SHARE | "},
	 }},
	{"comment",
	 NULL,
	 {
		 {"COMMENT ON TABLE orders IS 'x'", "orders SHARE UPDATE EXCLUSIVE | "},
	 }},
	{"do",
	 NULL,
	 {
		 {"DO $$ BEGIN ALTER TABLE orders ALTER COLUMN qty TYPE bigint; UPDATE customers SET note = 'x' WHERE "
		  "id <= 10; DELETE FROM loose; CREATE INDEX i ON orders (price); ALTER TABLE vacant RENAME TO empty; "
		  "END $$",
		  "customers ROW EXCLUSIVE, loose ROW EXCLUSIVE, orders ACCESS EXCLUSIVE, vacant ACCESS EXCLUSIVE | "
		  "built orders.i, deleted loose 100, renamed vacant.empty, retyped orders.qty (integer to bigint), "
		  "rewrite orders (column qty changed from integer to bigint)"},
	 }},
	{"do: truncate and fill",
	 NULL,
	 {
		 {"DO $$ BEGIN TRUNCATE orders; INSERT INTO orders SELECT i, 1, 1, 1 FROM generate_series(1, 10) i; "
		  "END $$",
		  "orders ACCESS EXCLUSIVE | deleted orders ~2000"},
	 }},
	{"do: set not null",
	 NULL,
	 {
		 {"DO $$ BEGIN ALTER TABLE orders ALTER COLUMN qty SET NOT NULL; END $$",
		  "orders ACCESS EXCLUSIVE | not-null orders.qty, scan orders"},
	 }},
	{"do: seq scan under lock",
	 NULL,
	 {
		 {"DO $$ BEGIN ALTER TABLE orders ADD COLUMN x int; UPDATE orders SET x = 1; END $$",
		  "orders ACCESS EXCLUSIVE | "},
	 }},
	{"savepoint",
	 NULL,
	 {
		 {"SAVEPOINT a", " | "},
		 {"DROP TABLE orders", "orders ACCESS EXCLUSIVE | "},
		 {"ROLLBACK TO SAVEPOINT a", " | "},
		 {"ALTER TABLE orders ADD COLUMN x int", "orders ACCESS EXCLUSIVE | "},
		 {"SELECT count(*) FROM orders", " | "},
	 }},
	{"rollback",
	 NULL,
	 {
		 {"DROP TABLE orders", "orders ACCESS EXCLUSIVE | "},
		 {"ROLLBACK", " | "},
		 {"ALTER TABLE orders ALTER COLUMN qty TYPE bigint",
		  "orders ACCESS EXCLUSIVE | retyped orders.qty (integer to bigint), rewrite orders (column qty "
		  "changed from integer to bigint)"},
	 }},
	{"rollback of a change",
	 NULL,
	 {
		 {"ALTER TABLE vacant ALTER COLUMN a TYPE bigint", "vacant ACCESS EXCLUSIVE | "},
		 {"ROLLBACK", " | "},
		 {"ALTER TABLE vacant ALTER COLUMN a TYPE bigint",
		  "vacant ACCESS EXCLUSIVE | retyped vacant.a (integer to bigint)"},
	 }},
	{"new table",
	 NULL,
	 {
		 {"CREATE TABLE fresh (id int PRIMARY KEY, a int)", " | "},
		 {"INSERT INTO fresh SELECT id, qty FROM orders", "orders ACCESS SHARE | "},
		 {"ALTER TABLE fresh ALTER COLUMN a TYPE bigint", " | "},
		 {"CREATE INDEX ON fresh (a)", " | "},
		 {"COMMIT", " | "},
		 {"DROP TABLE fresh", " | "},
	 }},
	{"temporary table",
	 NULL,
	 {
		 {"CREATE TEMP TABLE work AS SELECT id FROM orders", "orders ACCESS SHARE | "},
		 {"TRUNCATE work", " | "},
	 }},
	{"create table as",
	 NULL,
	 {
		 {"CREATE TABLE copied AS SELECT * FROM orders", "orders ACCESS SHARE | "},
	 }},
	{"hostile search_path",
	 NULL,
	 {
		 {"CREATE FUNCTION other.no(oid, oid) RETURNS bool LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION "
		  "''called''; END'",
		  " | "},
		 {"CREATE OPERATOR other.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = other.no)", " | "},
		 {"CREATE TABLE other.pg_class (x int)", " | "},
		 {"ALTER TABLE orders ADD COLUMN x int; DEALLOCATE ALL; SET search_path = other, pg_catalog, public",
		  "orders ACCESS EXCLUSIVE | "},
		 {"ALTER TABLE orders ALTER COLUMN qty TYPE bigint",
		  " | retyped orders.qty (integer to bigint), rewrite orders (column qty changed from integer to "
		  "bigint)"},
		 {"SELECT 1", " | "},
	 }},
	{"two commits",
	 NULL,
	 {
		 {"ALTER TABLE orders ADD COLUMN x int", "orders ACCESS EXCLUSIVE | "},
		 {"COMMIT", " | "},
		 {"ALTER TABLE orders RENAME COLUMN x TO y", "orders ACCESS EXCLUSIVE | "},
		 {"COMMIT", " | "},
		 {"ALTER TABLE orders DROP COLUMN y", "orders ACCESS EXCLUSIVE | "},
	 }},
};

#endif
