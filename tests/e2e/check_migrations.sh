#!/usr/bin/env bash
# What a check applies: plain SQL in natural order, each file one transaction, as a role that cannot escape; and how it tells
# of what went wrong.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

export VELA_POOL=$work/pool

query() { vela psql "$1" -- -XqAt -v ON_ERROR_STOP=1 -c "$2"; }

# An empty project in a directory of its own, and the shell in it: from stdin, what vela.yml has more.
project() {
	rm -rf "$work/project"
	mkdir -p "$work/project/db"
	cd "$work/project"
	{
		printf 'version: 1\nproject: shop\nmigrations: {directory: db}\n'
		cat
	} >vela.yml
}

natural_order() {
	project <<<''
	echo 'CREATE TABLE steps (n serial, file text); INSERT INTO steps (file) VALUES (1);' >db/1_begin.sql
	echo 'INSERT INTO steps (file) VALUES (2);' >db/2_second.sql
	echo 'INSERT INTO steps (file) VALUES (10);' >db/10_last.sql
	echo 'INSERT INTO steps (file) VALUES (9);' >db/009_padded.sql
	echo 'SELECT nonsense;' >db/.hidden.sql
	echo 'SELECT nonsense;' >db/3_notes.txt
	mkdir db/4_directory.sql.d
	gives 0 vela check applied --keep always -o json
	holds '[.migrations[].file] == ["db/1_begin.sql", "db/2_second.sql", "db/009_padded.sql", "db/10_last.sql"]'
	holds '[.migrations[] | .outcome == "passed" and .failure == null and .statements >= 1 and .milliseconds > 0] | all'
	same "$(query applied 'SELECT string_agg(file, $$ $$ ORDER BY n) FROM steps')" "1 2 9 10"
	gives 0 vela branch delete applied
}

each_file_is_one_transaction() {
	project <<<''
	echo 'CREATE TABLE whole AS SELECT txid_current() AS a; ALTER TABLE whole ADD b bigint; UPDATE whole SET b = txid_current();' >db/1.sql
	echo 'CREATE TABLE half (); SELECT 1/0; CREATE TABLE other_half ();' >db/2.sql
	echo 'CREATE TABLE never ();' >db/3.sql
	gives 1 vela check parts --keep on-failure -o json
	holds '[.migrations[].outcome] == ["passed", "failed", "not_run"]'
	same "$(query parts 'SELECT a = b FROM whole')" t
	same "$(query parts "SELECT to_regclass('half') IS NULL AND to_regclass('other_half') IS NULL AND to_regclass('never') IS NULL")" t
	gives 0 vela branch delete parts
}

settings_do_not_leak() {
	project <<<'checks: [{name: path, sql: SHOW search_path, equals: "\"$user\", public"}]'
	echo 'CREATE SCHEMA app; SET search_path = app; SET lock_timeout = 1; CREATE TEMP TABLE mine ();' >db/1.sql
	echo 'CREATE TABLE in_public ();' >db/2.sql
	gives 0 vela check leak --keep always
	same "$(query leak "SELECT to_regclass('public.in_public') IS NOT NULL")" t
	gives 0 vela branch delete leak
}

errors_say_where() {
	project <<<''
	cat >db/1_totals.sql <<-'SQL'
		-- An order without a total makes no sense.
		ALTER TABLE orders
		  ALTER COLUMN total SET NOT NULL;
	SQL
	gives 1 vela check
	says "✗ Failed: migration 1 of 1 does not apply" 'db/1_totals.sql:2:1' \
		'column "total" of relation "orders" contains null values (SQLSTATE 23502)' '2 │ ALTER TABLE orders'
	cat >db/1_totals.sql <<-'SQL'
		SELECT 1;

		SELECT id,
		       'für', totl FROM orders;
	SQL
	gives 1 vela check
	says 'db/1_totals.sql:4:15' 'column "totl" does not exist' "4 │        'für', totl FROM orders;" 'orders.total'
	grep -A 1 "'für', totl" "$out" >excerpt
	same "$(sed -n 1p excerpt | sed 's/totl.*//' | wc -m)" "$(sed -n 2p excerpt | sed 's/\^.*//' | wc -m)" # the caret is below it
	gives 1 vela check -o json
	holds '.migrations[0].failure | .line == 4 and .column == 15 and .exact == true and .sqlstate == "42703"
	       and .source_line == "       '"'für'"', totl FROM orders;" and (.hint | contains("total"))'
	cat >db/1_totals.sql <<-'SQL'
		INSERT INTO orders SELECT * FROM orders WHERE id = 7;
	SQL
	gives 1 vela check
	says "duplicate key value" "detail" "Key (id)=(7) already exists."
	cat >db/1_totals.sql <<-'SQL'
		DO $$
		BEGIN
		  RAISE EXCEPTION 'not like this' USING HINT = 'like that', DETAIL = 'because';
		END $$;
	SQL
	gives 1 vela check
	says "not like this" "hint" "like that" "because" "context" "PL/pgSQL function"
	printf 'SELECT 1;\nSELECT (2;\n' >db/1_totals.sql
	gives 1 vela check
	says 'db/1_totals.sql:2:10' 'syntax error at or near ";"'
	printf 'CREATE TABLE a (t text);\nCREATE INDEX CONCURRENTLY i ON a (t);\n' >db/1_totals.sql
	gives 1 vela check
	says "db/1_totals.sql:2" "cannot run inside a transaction block" "hint"
	printf "COPY products FROM stdin;\n1000\tbook\t7.50\n1001\tpen\n\\\\.\n" >db/1_totals.sql
	gives 1 vela check
	says 'db/1_totals.sql:3:1' 'missing data for column "price"' "COPY products, line 2"
	printf 'SELECT \xff;\n' >db/1_totals.sql
	gives 1 vela check
	says "UTF-8"
}

what_cannot_be_read_is_no_verdict() {
	project <<<''
	ln -s /etc/passwd db/1.sql
	gives 6 vela check
	says "db/1.sql" "put the file itself"
	says_not "root:"
	rm db/1.sql
	mkfifo db/1.sql
	gives 6 timeout 20 "$vela_binary" check
	rm -r db
	gives 3 vela check -o json
	holds '.error.kind == "config" and (.error.message | contains("db"))'
	ln -s /etc db
	gives 6 vela check
	gives 0 vela branch list -o json
	holds '.branches == []'
}

objects_belong_to_the_owner() {
	project <<-'YML'
		checks:
		  - {name: table, sql: "SELECT tableowner FROM pg_tables WHERE tablename = 'made'", equals: shop_owner}
		  - {name: function, sql: "SELECT proowner::regrole FROM pg_proc WHERE proname = 'made'", equals: shop_owner}
		  - {name: schema, sql: "SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'made'", equals: shop_owner}
		  - {name: login, sql: "SELECT session_user || ' ' || current_user", equals: vela shop_owner}
	YML
	cat >db/1.sql <<-'SQL'
		CREATE TABLE made (id serial);
		CREATE SCHEMA made;
		CREATE FUNCTION made() RETURNS int LANGUAGE sql AS 'SELECT 1';
		ALTER TABLE orders ADD COLUMN note text;
		CREATE INDEX ON orders (note);
		GRANT SELECT ON made TO shop_app;
	SQL
	gives 0 vela check
	says "4 checks hold"
}

role_cannot_escape() {
	local sql
	project <<<''
	cat >ways <<-'SQL'
		COPY (SELECT 'escaped') TO PROGRAM 'cat > /tmp/vela-escaped'
		COPY (SELECT 'escaped') TO '/tmp/vela-escaped'
		CREATE TEMP TABLE t (l text); COPY t FROM '/etc/passwd'
		CREATE TEMP TABLE t (l text); COPY t FROM PROGRAM 'id'
		SELECT pg_read_file('/etc/passwd')
		SELECT pg_read_file('postgresql.conf')
		SELECT pg_ls_dir('/')
		SELECT lo_import('/etc/passwd')
		ALTER SYSTEM SET fsync = on
		SET ROLE postgres
		SET SESSION AUTHORIZATION postgres
		SET ROLE replicator
		RESET SESSION AUTHORIZATION; CREATE ROLE strong SUPERUSER
		ALTER ROLE vela SUPERUSER
		ALTER ROLE vela CREATEROLE
		ALTER ROLE shop_owner SUPERUSER
		GRANT postgres TO vela
		GRANT pg_execute_server_program TO shop_owner
		CREATE ROLE another LOGIN
		CREATE EXTENSION dblink
		CREATE EXTENSION file_fdw
		CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'libc.so.6', 'getpid'
		LOAD '/lib/x86_64-linux-gnu/libc.so.6'
		CREATE SUBSCRIPTION s CONNECTION 'host=127.0.0.1' PUBLICATION p
		SELECT pg_create_physical_replication_slot('s')
		SELECT pg_reload_conf()
		SET archive_command = 'true'
		ALTER DATABASE shop SET vela.branch = 'another'
		ALTER ROLE vela SET vela.branch = 'another'
		SELECT rolpassword FROM pg_authid
	SQL
	while read -r sql; do
		echo "$sql;" >db/1.sql
		gives 1 vela check trial -o json || { echo "$sql"; return 1; }
		holds '.verdict == "failed" and (.migrations[0].failure.sqlstate | IN("42501", "42704", "0A000", "25001", "55P02", "58P01", "42601", "22023"))' ||
			{ echo "$sql"; jq -c '.migrations[0].failure | [.sqlstate, .message]' "$out"; return 1; }
	done <ways
	not test -e /tmp/vela-escaped
}

# The role that owns the objects cannot be made stronger by what it owns: a trigger or function of the pull request is run by
# nobody else.
superuser_is_not_lured() {
	project <<<''
	cat >db/1.sql <<-'SQL'
		CREATE FUNCTION public.lure() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
		  EXECUTE 'CREATE TABLE IF NOT EXISTS public.caught AS SELECT current_user AS who';
		  RETURN NEW;
		END $$;
		CREATE FUNCTION public.set_config(text, text, boolean) RETURNS text LANGUAGE plpgsql AS $$
		BEGIN
		  EXECUTE 'CREATE TABLE IF NOT EXISTS public.caught AS SELECT current_user AS who';
		  RETURN $2;
		END $$;
		CREATE FUNCTION public.current_setting(text) RETURNS text LANGUAGE plpgsql AS $$
		BEGIN
		  EXECUTE 'CREATE TABLE IF NOT EXISTS public.caught AS SELECT current_user AS who';
		  RETURN 'x';
		END $$;
	SQL
	gives 0 vela check lure --keep always
	gives 0 vela branch stop lure
	gives 0 vela branch start lure
	gives 0 vela branch create child --from lure
	gives 0 vela branch reset child
	same "$(query lure "SELECT to_regclass('caught') IS NULL")" t
	same "$(query child "SELECT to_regclass('caught') IS NULL")" t
	gives 0 vela branch delete child
	gives 0 vela branch delete lure
}

production_is_out_of_reach() {
	project <<<''
	echo 'SELECT 1;' >db/1.sql
	gives 0 vela check
	same "$(production_sql -c "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")" "$tables"
}

start_production
must production_sql -c "CREATE ROLE outsider LOGIN"
tables=$(production_sql -c "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
must vela pool create "$VELA_POOL" --size 2G
PGPASSWORD=replicator must vela baseline create production --from "$(production_url)"
make_repository .
must git commit -q --allow-empty -m first

prove "files are applied in natural order, and only migrations are" natural_order
prove "each file is one transaction, and what follows a failure is not run" each_file_is_one_transaction
prove "settings of one file do not reach the next" settings_do_not_leak
prove "an error says where it is, and all that the server said" errors_say_where
prove "what cannot be read is an error, and no verdict" what_cannot_be_read_is_no_verdict
prove "new objects belong to the database's owner" objects_belong_to_the_owner
prove "the role of a branch cannot escape" role_cannot_escape
prove "nor does vela itself run what a pull request has left for it" superuser_is_not_lured
prove "production is not reached" production_is_out_of_reach
done_testing
