#include "../check/server.h"

#include "schema/line_diff.h"
#include "schema/schema.h"
#include "report/schema_text.h"

static PGconn *admin;

static int setup(int major, const char *binaries)
{
	server_start(major, binaries);
	admin = cluster_connect(server);
	assert_success(
		pg_execute(admin, "CREATE ROLE app; CREATE ROLE reader; SET client_min_messages = warning", NULL, err));
	return 0;
}

static int setup_15(void **state)
{
	(void)state;
	return setup(15, PG15);
}

static int setup_18(void **state)
{
	(void)state;
	return setup(18, pg18());
}

static int teardown(void **state)
{
	pg_disconnect(&admin);
	return server_teardown(state);
}

static void sql(const char *statements)
{
	assert_success(pg_execute(admin, statements, NULL, err));
}

static struct schema *read_schema(void)
{
	struct schema *schema = NULL;
	assert_success(schema_read(admin, NULL, NULL, &schema, err));
	return schema;
}

static char *compare(const struct schema *before, const struct schema *after)
{
	struct report_schema_change *changes = NULL;
	size_t count = 0;
	struct buffer text = {0};
	schema_compare(before, after, &changes, &count);
	schema_changes_add_text(&text, changes, count, false);
	for (size_t i = 0; i < count; i++)
		report_schema_change_clear(&changes[i]);
	free(changes);
	buffer_add(&text, "", 0);
	return buffer_steal(&text);
}

static void assert_text(const char *what, const char *actual, const char *expected)
{
	if (strcmp(actual ? actual : "", expected) != 0)
		fail_msg("%s\ngives\n%s\nnot\n%s", what, actual, expected);
}

static void assert_change(const char *before_sql, const char *change, const char *expected)
{
	sql("DROP SCHEMA IF EXISTS t CASCADE; CREATE SCHEMA t");
	sql(before_sql);
	_cleanup_schema_ struct schema *before = read_schema();
	sql(change);
	_cleanup_schema_ struct schema *after = read_schema();
	_cleanup_free_ char *text = compare(before, after);
	assert_text(change, text, expected);
}

struct row {
	const char *before, *change, *expected;
};

static void assert_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_change(rows[i].before, rows[i].change, rows[i].expected);
}

static void test_tables(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"", "CREATE SCHEMA u; DROP SCHEMA u", ""},
		{"", "CREATE SCHEMA u", "+ schema u\n"},
		{"", "DROP SCHEMA u", "- schema u\n"},
		{"",
		 "CREATE TABLE t.a (id bigint PRIMARY KEY, b text NOT NULL DEFAULT 'x' COLLATE \"C\", c int[] CHECK (c "
		 "<> '{}')); CREATE INDEX i ON t.a (b); COMMENT ON TABLE t.a IS 'new'; GRANT SELECT ON t.a TO reader",
		 "+ table t.a\n"
		 "    + column id bigint not null\n"
		 "    + column b text collate \"C\" not null default 'x'::text\n"
		 "    + column c integer[]\n"
		 "    + constraint a_c_check CHECK ((c <> '{}'::integer[]))\n"
		 "    + constraint a_pkey PRIMARY KEY (id)\n"
		 "    + index i btree (b)\n"
		 "    + GRANT SELECT TO reader\n"
		 "    + comment 'new'\n"},
		{"CREATE TABLE t.a (id serial PRIMARY KEY, b text); CREATE INDEX ON t.a (b)", "DROP TABLE t.a",
		 "- table t.a\n"
		 "    - column id integer not null default nextval('t.a_id_seq'::regclass)\n"
		 "    - column b text\n"},
		{"CREATE TABLE t.a (b int)", "ALTER TABLE t.a RENAME TO c", "~ table t.c\n    ~ renamed from t.a\n"},
		{"CREATE TABLE t.a (b int)", "ALTER TABLE t.a RENAME TO c; CREATE TABLE t.a (b int)",
		 "+ table t.c\n    + column b integer\n"},
		{"CREATE TABLE t.a (b int)", "DROP TABLE t.a; CREATE TABLE t.a (b int)", ""},
		{"CREATE TABLE t.a (b int)",
		 "ALTER TABLE t.a SET UNLOGGED, SET (fillfactor = 70), ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL "
		 "SECURITY, REPLICA IDENTITY FULL, OWNER TO app",
		 "~ table t.a\n"
		 "    ~ logged → unlogged\n"
		 "    ~ no options → with (fillfactor=70)\n"
		 "    ~ row security disabled → row security enabled\n"
		 "    ~ row security not forced → row security forced\n"
		 "    ~ replica identity default → replica identity full\n"
		 "    ~ owned by the database's owner → owned by app\n"},
		{"CREATE TABLE t.a (b int) PARTITION BY RANGE (b)",
		 "CREATE TABLE t.p PARTITION OF t.a (CHECK (b > 5)) FOR VALUES FROM (1) TO (10)",
		 "+ table t.p\n"
		 "    + partition of t.a\n"
		 "    + for values FROM (1) TO (10)\n"
		 "    + constraint p_b_check CHECK ((b > 5))\n"},
		{"CREATE TABLE t.a (b int) PARTITION BY RANGE (b); CREATE TABLE t.p PARTITION OF t.a DEFAULT",
		 "ALTER TABLE t.a ADD c text NOT NULL DEFAULT 'x', ADD PRIMARY KEY (b); CREATE INDEX ON t.a (c)",
		 "~ table t.a\n"
		 "    ~ column b: nullable → not null\n"
		 "    + column c text not null default 'x'::text\n"
		 "    + constraint a_pkey PRIMARY KEY (b)\n"
		 "    + index a_c_idx btree (c)\n"},
		{"CREATE TABLE t.a (b int); CREATE TABLE t.c () INHERITS (t.a)", "ALTER TABLE t.c NO INHERIT t.a",
		 "~ table t.c\n"
		 "    ~ inherits t.a → inherits nothing\n"
		 "    + column b integer\n"},
	};
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void test_columns(void **state)
{
	(void)state;
	static const char before[] = "CREATE TABLE t.a (total numeric(10,2), n int, s text DEFAULT 'new')";
	static const struct row rows[] = {
		{before, "ALTER TABLE t.a ADD processed_at timestamptz",
		 "~ table t.a\n    + column processed_at timestamp with time zone\n"},
		{before, "ALTER TABLE t.a DROP n", "~ table t.a\n    - column n integer\n"},
		{before, "ALTER TABLE t.a ALTER total TYPE numeric(12,2)",
		 "~ table t.a\n    ~ column total: numeric(10,2) → numeric(12,2)\n"},
		{before, "ALTER TABLE t.a ALTER n TYPE bigint, ALTER n SET NOT NULL, ALTER n SET DEFAULT 7",
		 "~ table t.a\n    ~ column n: integer → bigint, nullable → not null, no default → default 7\n"},
		{before, "ALTER TABLE t.a ALTER s DROP DEFAULT",
		 "~ table t.a\n    ~ column s: default 'new'::text → no default\n"},
		{before, "ALTER TABLE t.a RENAME n TO m", "~ table t.a\n    ~ column m renamed from n\n"},
		{before, "ALTER TABLE t.a RENAME n TO m; ALTER TABLE t.a ALTER m TYPE text",
		 "~ table t.a\n    ~ column m renamed from n\n    ~ column m: integer → text\n"},
		{before, "ALTER TABLE t.a DROP n; ALTER TABLE t.a ADD n int", ""},
		{before, "ALTER TABLE t.a DROP n; ALTER TABLE t.a ADD n text",
		 "~ table t.a\n    ~ column n: integer → text\n"},
		{before, "DROP TABLE t.a; CREATE TABLE t.a (s text DEFAULT 'new', m int, total numeric(10,2))",
		 "~ table t.a\n    + column m integer\n    - column n integer\n"},
		{before, "ALTER TABLE t.a ADD g int GENERATED ALWAYS AS (n * 2) STORED",
		 "~ table t.a\n    + column g integer generated always as ((n * 2)) stored\n"},
		{before, "ALTER TABLE t.a ADD i int GENERATED BY DEFAULT AS IDENTITY (START 5 CACHE 2)",
		 "~ table t.a\n    + column i integer not null generated by default as identity (start 5 cache 2)\n"},
		{before,
		 "ALTER TABLE t.a ALTER s TYPE text COLLATE \"C\", ALTER s SET STORAGE PLAIN, ALTER s SET STATISTICS "
		 "9, "
		 "ALTER s SET (n_distinct = 3)",
		 "~ table t.a\n    ~ column s: default collation → collate \"C\", default storage → storage plain, "
		 "default "
		 "statistics → statistics 9, no options → with (n_distinct=3)\n"},
		{before, "COMMENT ON COLUMN t.a.n IS 'it''s\nlong'; GRANT SELECT (n) ON t.a TO reader",
		 "~ table t.a\n    + GRANT SELECT (n) TO reader\n    + comment on column n 'it''s\\nlong'\n"},
		{before, "ALTER TABLE t.a ADD i serial",
		 "~ table t.a\n    + column i integer not null default nextval('t.a_i_seq'::regclass)\n"
		 "    + sequence t.a_i_seq as integer owned by column i\n"},
	};
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void test_what_belongs_to_tables(void **state)
{
	(void)state;
	static const char before[] =
		"CREATE TABLE t.a (id int PRIMARY KEY, n int, CONSTRAINT c CHECK (n > 0)); CREATE TABLE t.b (a int); "
		"CREATE INDEX i ON t.a (n); CREATE FUNCTION t.f() RETURNS trigger LANGUAGE plpgsql AS 'begin end'; "
		"CREATE TRIGGER r BEFORE INSERT ON t.a FOR EACH ROW EXECUTE FUNCTION t.f(); "
		"CREATE POLICY p ON t.a USING (n > 1); GRANT SELECT ON t.a TO reader; "
		"CREATE STATISTICS t.s ON id, n FROM t.a; CREATE RULE u AS ON DELETE TO t.a DO INSTEAD NOTHING";
	static const struct row rows[] = {
		{before, "ALTER TABLE t.b ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES t.a NOT VALID",
		 "~ table t.b\n    + constraint fk FOREIGN KEY (a) REFERENCES t.a(id) NOT VALID\n"},
		{before, "ALTER TABLE t.a RENAME CONSTRAINT c TO d",
		 "~ table t.a\n    ~ constraint d renamed from c\n"},
		{before, "ALTER TABLE t.a DROP CONSTRAINT c, ADD CONSTRAINT c CHECK (n > 5)",
		 "~ table t.a\n    ~ constraint c: CHECK ((n > 0)) → CHECK ((n > 5))\n"},
		{before, "DROP INDEX t.i; CREATE UNIQUE INDEX j ON t.a (lower(n::text)) WHERE n > 5",
		 "~ table t.a\n    - index i btree (n)\n    + index j unique btree (lower((n)::text)) WHERE (n > 5)\n"},
		{before, "ALTER INDEX t.i RENAME TO \"a b\"", "~ table t.a\n    ~ index \"a b\" renamed from i\n"},
		{before, "ALTER TABLE t.a CLUSTER ON i", "~ table t.a\n    ~ index i: not clustered → clustered\n"},
		{before, "ALTER TABLE t.a DISABLE TRIGGER r; ALTER TABLE t.a DISABLE RULE u",
		 "~ table t.a\n    ~ trigger r: enabled → disabled\n    ~ rule u: enabled → disabled\n"},
		{before, "DROP TRIGGER r ON t.a; CREATE TRIGGER r AFTER UPDATE OF n ON t.a EXECUTE FUNCTION t.f(1)",
		 "~ table t.a\n    ~ trigger r: BEFORE INSERT FOR EACH ROW EXECUTE FUNCTION t.f() → AFTER UPDATE OF n "
		 "FOR "
		 "EACH STATEMENT EXECUTE FUNCTION t.f('1')\n"},
		{before, "ALTER POLICY p ON t.a TO app USING (n > 2); CREATE POLICY q ON t.a FOR SELECT",
		 "~ table t.a\n    ~ policy p: to public → to app, using ((n > 1)) → using ((n > 2))\n"
		 "    + policy q for select to public\n"},
		{before, "DROP STATISTICS t.s; DROP RULE u ON t.a; CREATE RULE u AS ON DELETE TO t.a DO ALSO NOTIFY x",
		 "~ table t.a\n    - statistics t.s ON id, n FROM t.a\n"
		 "    ~ rule u: ON DELETE TO t.a DO INSTEAD NOTHING; → ON DELETE TO t.a DO NOTIFY x;\n"},
		{before, "GRANT INSERT, SELECT ON t.a TO reader WITH GRANT OPTION; GRANT ALL ON t.a TO app, PUBLIC",
		 "~ table t.a\n    + GRANT ALL TO PUBLIC\n    + GRANT ALL TO app\n"
		 "    + GRANT INSERT TO reader with grant option\n"
		 "    ~ GRANT SELECT TO reader: without grant option → with grant option\n"},
		{before, "REVOKE ALL ON t.a FROM reader; REVOKE DELETE ON t.a FROM postgres",
		 "~ table t.a\n    - GRANT SELECT TO reader\n    + REVOKE DELETE FROM postgres\n"},
		{before, "GRANT SELECT ON t.b TO reader; REVOKE SELECT ON t.b FROM reader", ""},
		{before,
		 "COMMENT ON TABLE t.a IS 'x'; COMMENT ON INDEX t.i IS 'y'; COMMENT ON CONSTRAINT c ON t.a IS 'z'",
		 "~ table t.a\n    + comment 'x'\n    + comment on constraint c 'z'\n    + comment on index i 'y'\n"},
	};
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void test_other_objects(void **state)
{
	(void)state;
	static const char view[] =
		"CREATE TABLE t.a (id int, n int); CREATE VIEW t.v AS SELECT id FROM t.a WHERE n > 1";
	static const char function[] =
		"CREATE FUNCTION t.f(a int) RETURNS int LANGUAGE plpgsql AS 'begin\n  return 1;\nend'";
	static const char types[] = "CREATE TYPE t.e AS ENUM ('a', 'c'); CREATE DOMAIN t.d AS int CHECK (VALUE > 0); "
				    "CREATE TYPE t.r AS (a int, b text)";
	static const struct row rows[] = {
		{view, "DROP VIEW t.v", "- view t.v\n"},
		{view, "ALTER VIEW t.v SET (security_barrier = true)",
		 "~ view t.v\n    ~ no options → with (security_barrier=true)\n"},
		{"CREATE SEQUENCE t.s", "SELECT nextval('t.s')", ""},
		{"CREATE SEQUENCE t.s", "ALTER SEQUENCE t.s INCREMENT 5 CYCLE",
		 "~ sequence t.s\n    ~ increment 1 → increment 5\n    ~ no cycle → cycle\n"},
		{"", "CREATE SEQUENCE t.s AS int", "+ sequence t.s\n    + as integer\n"},
		{function,
		 "CREATE OR REPLACE FUNCTION t.f(a int) RETURNS int STABLE LANGUAGE plpgsql AS 'begin\n  return "
		 "2;\nend'",
		 "~ function t.f(integer)\n    ~ volatile → stable\n    -   return 1;\n    +   return 2;\n"},
		{function, "CREATE FUNCTION t.f(a text) RETURNS int SECURITY DEFINER LANGUAGE sql AS 'select 1'",
		 "+ function t.f(text)\n    + arguments a text\n    + returns integer\n    + language sql\n"
		 "    + security definer\n    + select 1\n"},
		{function, "DROP FUNCTION t.f", "- function t.f(integer)\n"},
		{"", "CREATE FUNCTION t.g() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END",
		 "+ function t.g()\n    + returns integer\n    + language sql\n    + BEGIN ATOMIC\n    +  SELECT 1;\n  "
		 "  + "
		 "END\n"},
		{"", "CREATE PROCEDURE t.g() LANGUAGE sql AS ''", "+ procedure t.g()\n    + language sql\n"},
		{function, "REVOKE EXECUTE ON FUNCTION t.f FROM PUBLIC; COMMENT ON FUNCTION t.f IS 'f'",
		 "~ function t.f(integer)\n    + REVOKE EXECUTE FROM PUBLIC\n    + comment 'f'\n"},
		{types, "ALTER TYPE t.e ADD VALUE 'b' BEFORE 'c'", "~ type t.e\n    + label 'b'\n"},
		{types, "ALTER TYPE t.e RENAME VALUE 'c' TO 'd'", "~ type t.e\n    - label 'c'\n    + label 'd'\n"},
		{types, "ALTER DOMAIN t.d ADD CONSTRAINT x CHECK (VALUE < 9); ALTER DOMAIN t.d SET DEFAULT 3",
		 "~ domain t.d\n    ~ no default → default 3\n    + constraint x CHECK ((VALUE < 9))\n"},
		{types, "ALTER TYPE t.r ADD ATTRIBUTE c date; ALTER TYPE t.r RENAME ATTRIBUTE a TO z",
		 "~ type t.r\n    ~ column z renamed from a\n    + column c date\n"},
		{types, "ALTER TYPE t.e RENAME TO f", "~ type t.f\n    ~ renamed from t.e\n"},
		{"", "CREATE TYPE t.g AS RANGE (subtype = int4)",
		 "+ type t.g\n    + range\n    + of integer\n    + operator class pg_catalog.int4_ops\n"},
		{"", "ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA t GRANT SELECT ON TABLES TO reader",
		 "+ default privileges of app in schema t on tables\n    + GRANT SELECT TO reader\n"},
		{"", "ALTER DATABASE postgres SET work_mem = '5MB'", "~ database\n    + setting work_mem '5MB'\n"},
		{"", "ALTER DATABASE postgres RESET work_mem", "~ database\n    - setting work_mem '5MB'\n"},
		{"CREATE TABLE t.a (id int)", "CREATE PUBLICATION p FOR TABLE t.a WHERE (id > 1)",
		 "+ publication p\n    + insert, update, delete, truncate\n    + table t.a\n    + part of table t.a "
		 "where "
		 "(id > 1)\n"},
		{"", "DROP PUBLICATION p", "- publication p\n"},
		{"CREATE TABLE t.a (id int); CREATE MATERIALIZED VIEW t.m AS SELECT id FROM t.a WITH NO DATA",
		 "REFRESH MATERIALIZED VIEW t.m; CREATE INDEX i ON t.m (id)",
		 "~ materialized view t.m\n    ~ with no data → with data\n    + index i btree (id)\n"},
	};
	assert_rows(rows, ARRAY_SIZE(rows));
	assert_change(view, "CREATE OR REPLACE VIEW t.v AS SELECT id, n FROM t.a WHERE n > 1",
		      PQserverVersion(admin) >= 160000
			      ? "~ view t.v\n    - SELECT id\n    + SELECT id,\n    +     n\n"
			      : "~ view t.v\n    - SELECT a.id\n    + SELECT a.id,\n    +     a.n\n");
	assert_change("CREATE FUNCTION t.et() RETURNS event_trigger LANGUAGE plpgsql AS 'begin end'",
		      "CREATE EVENT TRIGGER e ON ddl_command_end WHEN TAG IN ('DROP TABLE') EXECUTE FUNCTION t.et()",
		      "+ event trigger e\n    + on ddl_command_end when tag in ('DROP TABLE') execute t.et()\n");
}

static void test_a_schema_is_like_itself_however_it_was_made(void **state)
{
	(void)state;
	static const char first[] =
		"CREATE TYPE t.e AS ENUM ('a'); CREATE TABLE t.a (id serial PRIMARY KEY, n int NOT NULL, e t.e, d date "
		"DEFAULT "
		"'2020-01-02', i interval DEFAULT '1 day', ts timestamptz DEFAULT '2020-01-02 03:04:05+02'); "
		"CREATE TABLE t.p (k int, v text NOT NULL) PARTITION BY LIST (k); CREATE TABLE t.p1 PARTITION OF t.p "
		"FOR "
		"VALUES IN (1); CREATE INDEX pi ON t.p (v); GRANT SELECT ON t.a TO app; GRANT SELECT ON t.a TO reader; "
		"CREATE TABLE t.x (a int, b int CONSTRAINT named NOT NULL)";
	static const char second[] =
		"DROP SCHEMA t CASCADE; CREATE SCHEMA t; CREATE TABLE t.x (b int, a int); ALTER TABLE t.x ALTER b SET "
		"NOT NULL; "
		"CREATE TABLE t.p1 (v text NOT NULL, gone int, k int); ALTER TABLE t.p1 DROP gone; CREATE INDEX i1 ON "
		"t.p1 "
		"(v); CREATE TABLE t.p (k int, v text NOT NULL) PARTITION BY LIST (k); CREATE INDEX pi ON t.p (v); "
		"ALTER "
		"TABLE t.p ATTACH PARTITION t.p1 FOR VALUES IN (1); CREATE TYPE t.e AS ENUM ('a'); "
		"CREATE SEQUENCE t.a_id_seq AS int; CREATE TABLE t.a (ts timestamptz DEFAULT '2020-01-02 01:04:05+00', "
		"i interval "
		"DEFAULT '24 hours'::interval, d date, e t.e, n int NOT NULL, id int NOT NULL DEFAULT "
		"nextval('t.a_id_seq')); "
		"ALTER TABLE t.a ALTER i SET DEFAULT '1 day', ALTER d SET DEFAULT '2020-01-02', ADD PRIMARY KEY (id); "
		"ALTER SEQUENCE t.a_id_seq OWNED BY t.a.id; GRANT SELECT ON t.a TO reader; GRANT SELECT ON t.a TO app";
	assert_change(first, "SELECT 1", "");
	assert_change(first, second, "");
	assert_change(first, "SET DateStyle = 'German'; SET TimeZone = 'Asia/Tokyo'; SET IntervalStyle = iso_8601", "");
	sql("RESET DateStyle; RESET TimeZone; RESET IntervalStyle");
}

static void test_hostile_names(void **state)
{
	(void)state;
	static const char name63[] = "é3456789012345678901234567890123456789012345678901234567890123";
	_cleanup_free_ char *make = string_format("CREATE TABLE t.\"a\"\"b\n+ table evil\" (\"c\r\n' d\" int, \"%s\" "
						  "int DEFAULT 1 CONSTRAINT \"'\" CHECK (\"%s\" > 0)); CREATE INDEX "
						  "\" USING \" ON t.\"a\"\"b\n+ table evil\" (\"c\r\n' d\"); CREATE "
						  "TABLE t.\"\\\\\" (\"→\" text DEFAULT E'\\n→')",
						  name63, name63);
	_cleanup_free_ char *expected = string_format("+ table t.\"\\\\\"\n"
						      "    + column \"→\" text default '\\n→'::text\n"
						      "+ table t.\"a\"\"b\\n+ table evil\"\n"
						      "    + column \"c\\r\\n' d\" integer\n"
						      "    + column \"%s\" integer default 1\n"
						      "    + constraint \"'\" CHECK ((\"%s\" > 0))\n"
						      "    + index \" USING \" btree (\"c\\r\\n' d\")\n",
						      name63, name63);
	sql("DROP SCHEMA IF EXISTS t CASCADE; CREATE SCHEMA t");
	_cleanup_schema_ struct schema *before = read_schema();
	sql(make);
	_cleanup_schema_ struct schema *after = read_schema();
	_cleanup_free_ char *text = compare(before, after);
	assert_text(make, text, expected);
}

static bool leave_out(void *context, const char *schema, const char *name)
{
	++*(int *)context;
	return strcmp(schema, "tool") == 0 || strcmp(name, "schema_migrations") == 0;
}

static void test_what_is_left_out(void **state)
{
	(void)state;
	int asked = 0;
	sql("DROP SCHEMA IF EXISTS t CASCADE; CREATE SCHEMA t; CREATE TABLE public.schema_migrations (v int)");
	_cleanup_schema_ struct schema *before = NULL, *after = NULL;
	assert_success(schema_read(admin, leave_out, &asked, &before, err));
	sql("CREATE EXTENSION citext SCHEMA t; CREATE EXTENSION pg_buffercache SCHEMA t; CREATE SCHEMA tool; CREATE "
	    "TABLE tool.a (id serial PRIMARY KEY, n int "
	    "UNIQUE); "
	    "CREATE INDEX ON tool.a (id, n); COMMENT ON TABLE tool.a IS 'x'; GRANT SELECT ON tool.a TO reader; "
	    "ALTER TABLE public.schema_migrations ADD w int; CREATE TEMP TABLE temporary (a serial)");
	assert_success(schema_read(admin, leave_out, &asked, &after, err));
	_cleanup_free_ char *text = compare(before, after);
	_cleanup_free_ char *expected = NULL;
	assert_success(pg_value(admin,
				"SELECT string_agg(format(E'+ extension %s\\n    + version %s, schema t\\n', extname, "
				"extversion), '' ORDER BY extname) FROM pg_extension WHERE extname <> 'plpgsql'",
				&expected, err));
	assert_text("an extension", text, expected);
	assert_true(asked >= 3);
	sql("DROP SCHEMA tool CASCADE; DROP TABLE public.schema_migrations; DROP TABLE temporary");
}

static void test_only_reads_and_leaves_the_connection_as_it_was(void **state)
{
	(void)state;
	sql("SET search_path = t; SET work_mem = '7MB'");
	schema_free(read_schema());
	assert_int_equal(PQtransactionStatus(admin), PQTRANS_IDLE);
	assert_value(admin, "SHOW search_path", "t");
	assert_value(admin, "SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks WHERE relation >= 16384", "0");
	sql("RESET search_path");
}

static void test_runs_nobodys_code(void **state)
{
	(void)state;
	sql("DROP SCHEMA IF EXISTS t CASCADE; CREATE SCHEMA t; "
	    "CREATE FUNCTION t.boom(text) RETURNS text LANGUAGE plpgsql AS 'begin raise exception ''boom''; end'; "
	    "CREATE FUNCTION t.quote_ident(text) RETURNS text LANGUAGE sql AS 'select t.boom($1)'; "
	    "CREATE FUNCTION t.boom(name, text) RETURNS text LANGUAGE sql AS 'select t.boom($2)'; "
	    "CREATE OPERATOR t.|| (leftarg = name, rightarg = text, function = t.boom); "
	    "CREATE TABLE t.a (n text CHECK (t.boom(n) = 'x'), d text DEFAULT t.boom('x')); "
	    "CREATE VIEW t.v AS SELECT t.boom('a'); CREATE INDEX ON t.a (n) WHERE n > 'a'; "
	    "CREATE VIEW t.pg_class AS SELECT t.boom('a')");
	sql("SET search_path = t, pg_catalog");
	schema_free(read_schema());
	sql("RESET search_path");
}

static void test_18(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"CREATE TABLE t.a (n int)", "ALTER TABLE t.a ADD CONSTRAINT nn NOT NULL n NOT VALID",
		 "~ table t.a\n    ~ column n: nullable → not null not valid\n"},
		{"CREATE TABLE t.a (n int); ALTER TABLE t.a ADD CONSTRAINT nn NOT NULL n NOT VALID",
		 "ALTER TABLE t.a VALIDATE CONSTRAINT nn",
		 "~ table t.a\n    ~ column n: not null not valid → not null\n"},
		{"CREATE TABLE t.a (n int)", "ALTER TABLE t.a ADD v int GENERATED ALWAYS AS (n * 2) VIRTUAL",
		 "~ table t.a\n    + column v integer generated always as ((n * 2)) virtual\n"},
		{"CREATE TABLE t.a (n int, CONSTRAINT c CHECK (n > 0))",
		 "ALTER TABLE t.a ADD CONSTRAINT d CHECK (n > 1) NOT "
		 "ENFORCED",
		 "~ table t.a\n    + constraint d CHECK ((n > 1)) NOT ENFORCED\n"},
	};
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void assert_diff(const char *before, const char *after, size_t max, const char *expected)
{
	_cleanup_buffer_ struct buffer out = {0};
	line_diff_add(&out, before, after, max);
	assert_text(after, buffer_text(&out), expected);
}

static void test_line_diff(void **state)
{
	(void)state;
	assert_diff("", "", 9, "");
	assert_diff("a\nb\n", "a\nb", 9, "");
	assert_diff("a\r\nb", "a\nb", 9, "");
	assert_diff("a\nb\nc", "a\nx\nc", 9, "- b\n+ x\n");
	assert_diff("a\nb\nc\nd\ne", "b\nc\ny\ne\nz", 9, "- a\n- d\n+ y\n+ z\n");
	assert_diff("", "1\n2\n3\n4", 2, "+ 1\n+ 2\n~ … 2 more lines\n");
	_cleanup_buffer_ struct buffer many = {0}, others = {0};
	for (int i = 0; i < 5000; i++) {
		buffer_addf(&many, "%d\n", i);
		buffer_addf(&others, "%d\n", -i);
	}
	assert_diff(buffer_text(&many), buffer_text(&others), 1, "- 1\n~ … 9997 more lines\n");
}

int main(void)
{
#define EVERYWHERE                                                                                                     \
	cmocka_unit_test(test_tables), cmocka_unit_test(test_columns), cmocka_unit_test(test_what_belongs_to_tables),  \
		cmocka_unit_test(test_other_objects),                                                                  \
		cmocka_unit_test(test_a_schema_is_like_itself_however_it_was_made),                                    \
		cmocka_unit_test(test_hostile_names), cmocka_unit_test(test_what_is_left_out),                         \
		cmocka_unit_test(test_only_reads_and_leaves_the_connection_as_it_was),                                 \
		cmocka_unit_test(test_runs_nobodys_code)
	const struct CMUnitTest tests_15[] = {EVERYWHERE, cmocka_unit_test(test_line_diff)};
	const struct CMUnitTest tests_18[] = {EVERYWHERE, cmocka_unit_test(test_18)};
	cluster_identity();
	int failures = cmocka_run_group_tests_name("schema/schema 15", tests_15, setup_15, teardown);
	failures += cmocka_run_group_tests_name("schema/schema 18", tests_18, setup_18, teardown);
	return cluster_end(failures);
}
