/* The tables that the cases of evidence are about. */
#ifndef VELA_TESTS_CHECK_EVIDENCE_FIXTURE_H
#define VELA_TESTS_CHECK_EVIDENCE_FIXTURE_H

#include "watched.h"

static const char fixture[] =
	"CREATE TYPE mood AS ENUM ('sad', 'ok');"
	"CREATE TABLE customers (id int PRIMARY KEY, name varchar(20), mood mood DEFAULT 'ok', note text);"
	"INSERT INTO customers SELECT i, 'n' || i, 'ok', CASE WHEN i % 4 = 0 THEN 'note' END FROM generate_series(1, "
	"1000) i;"
	"CREATE TABLE orders (id int PRIMARY KEY, customer int, qty int, price numeric(8, 2));"
	"INSERT INTO orders SELECT i, i % 1000 + 1, 1, 2.5 FROM generate_series(1, 2000) i;"
	"CREATE INDEX orders_qty ON orders (qty);"
	"CREATE TABLE vacant (id int, a int);"
	"CREATE TABLE parted (id int, at int) PARTITION BY RANGE (at);"
	"CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (100);"
	"CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (100) TO (200);"
	"INSERT INTO parted SELECT i, i FROM generate_series(0, 199) i;"
	"CREATE TABLE loose (id int, at int); INSERT INTO loose SELECT i, i FROM generate_series(200, 299) i;"
	"CREATE VIEW seen AS SELECT id FROM customers;"
	"CREATE MATERIALIZED VIEW kept AS SELECT id, name FROM customers;"
	"CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'";

static inline void lay_out(const char *setup)
{
	_cleanup_connection_ PGconn *admin = cluster_connect(server);
	assert_success(pg_execute(admin,
				  "SET client_min_messages = error; DROP SCHEMA IF EXISTS public, other CASCADE; "
				  "CREATE SCHEMA public; GRANT ALL ON SCHEMA public TO owner, PUBLIC; "
				  "CREATE SCHEMA other AUTHORIZATION owner",
				  NULL, err));
	assert_success(pg_execute(admin, "SET ROLE owner", NULL, err));
	assert_success(pg_execute(admin, fixture, NULL, err));
	if (setup)
		assert_success(pg_execute(admin, setup, NULL, err));
	assert_success(pg_execute(admin, "ANALYZE", NULL, err));
}

/* "*" stands for whatever locks were seen by looking now and then. */
static inline bool fits(const char *text, const char *expected)
{
	return *expected == '*' ? string_equal(strchr(text, '|'), strchr(expected, '|')) : string_equal(text, expected);
}

#endif
