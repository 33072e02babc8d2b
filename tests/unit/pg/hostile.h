/* What production may hold that a copy of it must not keep: run on a fresh server, as its superuser boss. */
#ifndef VELA_TESTS_HOSTILE_H
#define VELA_TESTS_HOSTILE_H

struct hostile {
	const char *database;
	int since;       /* major version; 0: all; negative: the last one */
	const char *sql; /* %d is the port of a listener that nobody must call */
};

static const struct hostile hostile[] = {
	/* roles */
	{"postgres", 0, "CREATE ROLE \"Other Admin\" SUPERUSER LOGIN PASSWORD 'a'"},
	{"postgres", 0, "CREATE ROLE app LOGIN CREATEROLE BYPASSRLS PASSWORD 'b'"},
	{"postgres", 0, "CREATE ROLE \"we\"\"ird; DROP ROLE 'x'\" LOGIN NOINHERIT REPLICATION PASSWORD 'c'"},
	{"postgres", 0,
	 "CREATE ROLE vela LOGIN CREATEROLE REPLICATION BYPASSRLS NOINHERIT PASSWORD 'd' VALID UNTIL '2001-01-01'"},
	{"postgres", 0,
	 "CREATE ROLE copier LOGIN REPLICATION; ALTER ROLE copier SET session_preload_libraries = 'auto_explain'"},
	{"postgres", 0, "CREATE ROLE circle LOGIN; GRANT app TO circle"},
	{"postgres", 0,
	 "GRANT \"Other Admin\" TO app WITH ADMIN OPTION; SET ROLE \"Other Admin\"; GRANT boss TO circle; RESET ROLE"},
	{"postgres", 0, "GRANT pg_execute_server_program, pg_read_server_files TO app WITH ADMIN OPTION"},
	{"postgres", 0, "GRANT pg_write_server_files, pg_monitor TO vela; GRANT vela TO app"},
	{"postgres", 16, "GRANT pg_create_subscription TO app"},
	{"postgres", 15,
	 "GRANT SET, ALTER SYSTEM ON PARAMETER session_preload_libraries, \"work_mem\" TO app WITH GRANT OPTION"},
	{"postgres", 15, "GRANT SET ON PARAMETER log_statement TO PUBLIC"},
	{"postgres", 0, "CREATE DATABASE shop OWNER app TEMPLATE template0"},
	{"postgres", 0, "CREATE DATABASE \"Odd \"\"db'\" OWNER \"Other Admin\" CONNECTION LIMIT 0"},
	{"postgres", 0, "CREATE DATABASE closed OWNER app"},
	{"postgres", 0, "REVOKE ALL ON DATABASE shop FROM PUBLIC"},

	/* another schema first on the path, with names that we use */
	{"shop", 0,
	 "CREATE SCHEMA evil AUTHORIZATION app; CREATE TABLE evil.fired (what text); ALTER TABLE evil.fired OWNER TO "
	 "app"},
	{"shop", 0,
	 "CREATE FUNCTION evil.format(text, VARIADIC text[]) RETURNS text LANGUAGE sql AS 'SELECT ''SELECT "
	 "evil()''::text'"},
	{"shop", 0, "CREATE FUNCTION evil.quote_ident(name) RETURNS text LANGUAGE sql AS 'SELECT ''evil''::text'"},

	/* the application's own */
	{"shop", 0,
	 "CREATE ROLE migrator; SET ROLE app; CREATE TABLE orders (id serial PRIMARY KEY, total int, note text);"
	 "INSERT INTO orders (total, note) SELECT i, repeat('x', 100) FROM generate_series(1, 40000) i;"
	 "UPDATE orders SET total = total + 1 WHERE id % 3 = 0; RESET ROLE"},
	{"shop", 0,
	 "CREATE TABLE \"we\"\"ird \\ 'tab;le'\" (\"co l\" int); ALTER TABLE \"we\"\"ird \\ 'tab;le'\" OWNER TO "
	 "\"we\"\"ird; DROP ROLE 'x'\""},
	{"shop", 0, "CREATE TABLE of_circle (id int); ALTER TABLE of_circle OWNER TO circle"},
	{"shop", 0, "CREATE TABLE of_migrator (id int); ALTER TABLE of_migrator OWNER TO migrator"},
	{"shop", 0, "CREATE TABLE of_vela (id int); ALTER TABLE of_vela OWNER TO vela"},
	{"shop", 0, "CREATE UNLOGGED TABLE scratch (id int)"},

	/* every kind of thing, owned by a superuser */
	{"shop", 0,
	 "CREATE SCHEMA \"Super; schema\"; SET search_path = \"Super; schema\", public;"
	 "CREATE TABLE t (id serial, ident int GENERATED ALWAYS AS IDENTITY, n numeric, s text);"
	 "CREATE TABLE part (id int) PARTITION BY LIST (id); CREATE TABLE part_1 PARTITION OF part FOR VALUES IN (1);"
	 "CREATE VIEW v AS SELECT * FROM t; CREATE MATERIALIZED VIEW m AS SELECT 1 AS one; CREATE SEQUENCE sq;"
	 "CREATE TYPE composite AS (a int, b text); CREATE TYPE mood AS ENUM ('sad', 'ok');"
	 "CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE TYPE span AS RANGE (subtype = int4); CREATE TYPE "
	 "shell;"
	 "CREATE FUNCTION plain(int, VARIADIC text[]) RETURNS int LANGUAGE sql AS 'SELECT 1';"
	 "CREATE PROCEDURE proc(a int) LANGUAGE sql AS 'SELECT 1';"
	 "CREATE AGGREGATE total(int4) (sfunc = int4pl, stype = int4);"
	 "CREATE AGGREGATE ordered(float8 ORDER BY anyelement) (sfunc = ordered_set_transition, stype = internal,"
	 " finalfunc = percentile_disc_final, finalfunc_extra);"
	 "CREATE FUNCTION same(int, int) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT $1 = $2';"
	 "CREATE OPERATOR === (leftarg = int, rightarg = int, function = same);"
	 "CREATE OPERATOR FAMILY fam USING hash; CREATE OPERATOR CLASS cls FOR TYPE int USING btree AS"
	 " OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int);"
	 "CREATE COLLATION coll (lc_collate = 'C', lc_ctype = 'C');"
	 "CREATE CONVERSION conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;"
	 "CREATE TEXT SEARCH DICTIONARY dict (template = simple); CREATE TEXT SEARCH CONFIGURATION conf (copy = "
	 "simple);"
	 "CREATE STATISTICS st ON n, s FROM t; SELECT lo_create(0) FROM generate_series(1, 1100)"},

	/* what would lend a superuser's rights */
	{"shop", 0, "CREATE FUNCTION who() RETURNS text SECURITY DEFINER LANGUAGE sql AS 'SELECT current_user::text'"},
	{"shop", 0,
	 "CREATE FUNCTION leak(path text) RETURNS text SECURITY DEFINER LANGUAGE plpgsql AS 'BEGIN RETURN "
	 "pg_read_file(path); END'"},
	{"shop", 0,
	 "CREATE FUNCTION c_definer(text) RETURNS text AS '$libdir/plpgsql', 'plpgsql_inline_handler' LANGUAGE c "
	 "SECURITY DEFINER"},
	{"shop", 0,
	 "CREATE FUNCTION c_plain(internal) RETURNS void AS '$libdir/plpgsql', 'plpgsql_inline_handler' LANGUAGE c;"
	 "ALTER FUNCTION c_plain OWNER TO app"},
	/* what anybody may call, and acts as the server itself: reads a file, into a large object or as text */
	{"shop", 0,
	 "CREATE FUNCTION imp(text) RETURNS oid LANGUAGE internal AS 'be_lo_import';"
	 "CREATE FUNCTION of_app(text) RETURNS oid LANGUAGE internal AS 'be_lo_import'; ALTER FUNCTION of_app OWNER TO "
	 "app;"
	 "CREATE FUNCTION granted(text) RETURNS oid LANGUAGE internal AS 'be_lo_import';"
	 "REVOKE ALL ON FUNCTION granted FROM PUBLIC; GRANT EXECUTE ON FUNCTION granted TO app, \"we\"\"ird; DROP ROLE "
	 "'x'\" WITH GRANT OPTION; SET ROLE app; GRANT EXECUTE ON FUNCTION granted TO circle; RESET ROLE;"
	 "CREATE OPERATOR @@@@ (rightarg = text, function = imp);"
	 "CREATE TYPE place AS (name text); CREATE FUNCTION from_place(place) RETURNS oid LANGUAGE internal AS "
	 "'be_lo_import'; CREATE CAST (place AS oid) WITH FUNCTION from_place(place);"
	 "CREATE FUNCTION step(oid, text) RETURNS oid LANGUAGE internal AS 'be_lo_import';"
	 "CREATE AGGREGATE imports(text) (sfunc = step, stype = oid);"
	 "CREATE VIEW imported AS SELECT imp('/etc/passwd');"
	 "CREATE FUNCTION definer() RETURNS oid LANGUAGE sql SECURITY DEFINER AS 'SELECT imp(''/etc/passwd'')'"},
	/* a trigger of a function in C goes on */
	{"shop", 0,
	 "CREATE FUNCTION same_again() RETURNS trigger LANGUAGE internal AS 'suppress_redundant_updates_trigger';"
	 "CREATE TABLE triggered (id int PRIMARY KEY); INSERT INTO triggered VALUES (1); ALTER TABLE triggered OWNER "
	 "TO app;"
	 "CREATE TRIGGER same BEFORE UPDATE ON triggered FOR EACH ROW EXECUTE FUNCTION same_again()"},
	{"closed", 0,
	 "CREATE FUNCTION leak(path text) RETURNS text SECURITY DEFINER LANGUAGE plpgsql AS 'BEGIN RETURN "
	 "pg_read_file(path); END'"},
	{"Odd \"db'", 16, "ALTER ROLE vela SUPERUSER; SET ROLE vela; CREATE EXTENSION dblink; RESET ROLE"},
	{"template1", 0,
	 "CREATE FUNCTION leak(path text) RETURNS text SECURITY DEFINER LANGUAGE plpgsql AS 'BEGIN RETURN "
	 "pg_read_file(path); END'"},
	{"shop", 0,
	 "CREATE EXTENSION dblink; CREATE EXTENSION postgres_fdw; CREATE EXTENSION file_fdw; CREATE EXTENSION hstore;"
	 "GRANT EXECUTE ON FUNCTION dblink_connect_u(text), dblink_connect_u(text, text) TO PUBLIC"},
	{"shop", 0,
	 "GRANT EXECUTE ON FUNCTION pg_read_file(text), pg_ls_dir(text), lo_import(text), lo_export(oid, text),"
	 " pg_read_binary_file(text), pg_stat_file(text), pg_reload_conf() TO app WITH GRANT OPTION;"
	 "SET ROLE app; GRANT EXECUTE ON FUNCTION pg_read_file(text) TO circle; RESET ROLE"},

	/* what calls production */
	{"shop", 0,
	 "CREATE SERVER there FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '%d');"
	 "CREATE USER MAPPING FOR app SERVER there OPTIONS (user 'u', password 'p');"
	 "CREATE USER MAPPING FOR PUBLIC SERVER there OPTIONS (user 'u', password 'p');"
	 "CREATE USER MAPPING FOR \"we\"\"ird; DROP ROLE 'x'\" SERVER there"},
	{"shop", 0,
	 "GRANT USAGE ON FOREIGN SERVER there TO PUBLIC; GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO app WITH "
	 "GRANT OPTION; SET ROLE app; GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO circle; RESET ROLE;"
	 "CREATE FOREIGN TABLE far (id int) SERVER there; ALTER FOREIGN TABLE far OWNER TO app"},
	{"shop", 0,
	 "SET ROLE app; CREATE SERVER \"my; own\" FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port "
	 "'%d', connect_timeout '3');"
	 "CREATE FOREIGN TABLE far_too (id int) SERVER \"my; own\"; RESET ROLE"},
	{"shop", 0,
	 "CREATE SERVER dblink_there FOREIGN DATA WRAPPER dblink_fdw OPTIONS (host '127.0.0.1', port '%d');"
	 "GRANT USAGE ON FOREIGN SERVER dblink_there TO app WITH GRANT OPTION"},
	{"shop", 0,
	 "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw; GRANT USAGE ON FOREIGN SERVER files TO PUBLIC;"
	 "CREATE SERVER files_of_app FOREIGN DATA WRAPPER file_fdw; ALTER SERVER files_of_app OWNER TO app;"
	 "CREATE FOREIGN TABLE program (line text) SERVER files OPTIONS (program 'echo called')"},
	{"shop", 0,
	 "CREATE FOREIGN DATA WRAPPER unasked HANDLER file_fdw_handler; CREATE SERVER unasked FOREIGN DATA WRAPPER "
	 "unasked; ALTER SERVER unasked OWNER TO app"},
	{"shop", 0,
	 "CREATE SUBSCRIPTION \"su'b\" CONNECTION 'host=127.0.0.1 port=%d dbname=x user=u password=p connect_timeout=3'"
	 " PUBLICATION p WITH (connect = false)"},
	{"shop", 0, "ALTER SUBSCRIPTION \"su'b\" ENABLE"},
	{"shop", 0, "INSERT INTO pg_subscription_rel SELECT oid, 'orders'::regclass, 'd', NULL FROM pg_subscription"},
	{"shop", 0, "CREATE PUBLICATION pub FOR ALL TABLES"},
	{"shop", 0,
	 "CREATE SCHEMA cron; CREATE TABLE cron.job (jobid int PRIMARY KEY, active bool DEFAULT true); INSERT INTO "
	 "cron.job VALUES (1), (2)"},
	{"Odd \"db'", 0,
	 "CREATE SCHEMA pgagent; ALTER SCHEMA pgagent OWNER TO app; CREATE TABLE pgagent.pga_job (jobenabled bool);"
	 "INSERT INTO pgagent.pga_job VALUES (true); ALTER TABLE pgagent.pga_job OWNER TO app"},
	{"Odd \"db'", 0, "CREATE TABLE \"T\" (id int); INSERT INTO \"T\" SELECT generate_series(1, 1000)"},

	/* extensions whose library this host lacks; from 18 on nothing works in a database that lacks an access method
	 */
	{"Odd \"db'", 0,
	 "CREATE EXTENSION cube; UPDATE pg_proc SET probin = '$libdir/nowhere' WHERE proname = 'cube_in'"},
	{"Odd \"db'", -17,
	 "CREATE EXTENSION bloom; CREATE TABLE bloomed (id int); CREATE INDEX ON bloomed USING bloom (id);"
	 "ALTER TABLE bloomed OWNER TO app; UPDATE pg_proc SET probin = '$libdir/nowhere' WHERE proname = 'blhandler'"},

	/* sorted by another C library, by another ICU */
	{"shop", 0, "UPDATE pg_collation SET collversion = '0.1' WHERE collname = 'und-x-icu'"},
	{"postgres", 15, "UPDATE pg_database SET datcollversion = '0.1' WHERE datname = 'shop'"},

	/* what fires at whoever comes */
	{"shop", 0,
	 "CREATE FUNCTION fire() RETURNS event_trigger LANGUAGE plpgsql AS"
	 " 'BEGIN INSERT INTO evil.fired VALUES (tg_event || tg_tag); RAISE EXCEPTION ''evil''; END'; ALTER FUNCTION "
	 "fire OWNER TO app;"
	 "CREATE FUNCTION fire_row() RETURNS trigger LANGUAGE plpgsql AS"
	 " 'BEGIN INSERT INTO evil.fired VALUES (tg_name); RETURN NEW; END'; ALTER FUNCTION fire_row OWNER TO app;"
	 "CREATE TRIGGER on_job BEFORE UPDATE ON cron.job FOR EACH ROW EXECUTE FUNCTION fire_row();"
	 "CREATE TRIGGER \"on job\" BEFORE UPDATE ON cron.job EXECUTE FUNCTION fire_row()"},
	{"shop", 0,
	 "BEGIN; INSERT INTO orders (total) VALUES (0); LOCK TABLE of_circle; PREPARE TRANSACTION 'it''s \\ prepared'"},
	{"shop", 0,
	 "CREATE EVENT TRIGGER \"on e\" ON ddl_command_start EXECUTE FUNCTION fire(); ALTER EVENT TRIGGER \"on e\" "
	 "ENABLE ALWAYS"},
	{"shop", 17,
	 "CREATE EVENT TRIGGER on_login ON login EXECUTE FUNCTION fire(); ALTER EVENT TRIGGER on_login ENABLE ALWAYS"},

	/* settings that come with a role or database */
	{"postgres", 0,
	 "ALTER DATABASE shop SET search_path = evil, public; ALTER DATABASE shop SET default_transaction_read_only = "
	 "on;"
	 "ALTER DATABASE shop SET vela.branch = 'forged'; ALTER DATABASE shop SET statement_timeout = '100s';"
	 "ALTER DATABASE shop SET role = 'app'; ALTER DATABASE shop SET session_replication_role = 'local';"
	 "ALTER ROLE vela SET log_statement = 'all'; ALTER ROLE vela SET work_mem = '1MB';"
	 "ALTER ROLE vela IN DATABASE shop SET search_path = evil;"
	 "ALTER ROLE boss SET search_path = evil; ALTER ROLE boss IN DATABASE postgres SET "
	 "default_transaction_read_only = on;"
	 "ALTER ROLE ALL SET \"app.tenant\" = 'a, b'; ALTER DATABASE closed ALLOW_CONNECTIONS false;"
	 "ALTER ROLE app SET session_preload_libraries = 'nowhere'; ALTER ROLE ALL SET session_preload_libraries = "
	 "'nowhere'; ALTER ROLE boss NOLOGIN"},
};

#endif
