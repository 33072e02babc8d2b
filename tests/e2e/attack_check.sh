#!/usr/bin/env bash
# A pull request that is out for more than a check: for the superuser of its branch, for files of the host, for a report
# that does not tell.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

export VELA_POOL=$work/pool
marker=$work/marker

# project KEYS...: a repository with these lines in its vela.yml.
project() {
	rm -rf "$work/project"
	mkdir -p "$work/project/db"
	cd "$work/project"
	printf 'version: 1\nproject: shop\n' >vela.yml
	printf '%s\n' "$@" >>vela.yml
}

# What says in the server's log as whom it runs, and runs a program if that is a superuser.
payload() {
	cat <<-SQL
		CREATE SCHEMA evil;
		CREATE FUNCTION evil.act(place text) RETURNS void LANGUAGE plpgsql AS \$\$ BEGIN
			RAISE LOG 'EVIL % %', place, current_setting('is_superuser');
			IF current_setting('is_superuser') = 'on' THEN
				EXECUTE format('COPY (SELECT 1) TO PROGRAM %L', 'touch $marker.' || place);
			END IF;
		END \$\$;
		CREATE FUNCTION evil.number(place text, n bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS
			\$\$ BEGIN PERFORM evil.act(place); RETURN n; END \$\$;
	SQL
}

nothing_ran_as_superuser() {
	vela logs "$1" >log
	not grep -a 'EVIL .* on$' log
	not ls "$marker".*
}

# To plan a query is to evaluate what indexes and statistics are made of.
no_planner_runs_its_code() {
	project 'migrations: {directory: db, format: dbmate, reversible: true}'
	{
		echo '-- migrate:up'
		payload
		cat <<-'SQL'
			ALTER TABLE orders ADD COLUMN x int;
			UPDATE orders SET x = 1 WHERE id < 10;
			CREATE INDEX evil_index ON orders ((id + evil.number('index', 1)));
			CREATE INDEX evil_where ON orders (id) WHERE id > evil.number('where', 1);
			CREATE STATISTICS evil_statistics ON (id + evil.number('statistics', 2)), customer_id FROM orders;
			ALTER TABLE orders ADD CONSTRAINT evil_check CHECK (id < evil.number('check', 10000000));
			CREATE POLICY evil_policy ON orders USING (id < evil.number('policy', 10000000));
			ALTER TABLE orders ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
			CREATE VIEW evil.seen AS SELECT evil.number('view', id) FROM orders;
			-- migrate:down
			DROP VIEW evil.seen;
			DROP POLICY evil_policy ON orders;
			ALTER TABLE orders DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
			DROP STATISTICS evil_statistics;
			DROP INDEX evil_index, evil_where;
			ALTER TABLE orders DROP CONSTRAINT evil_check, DROP COLUMN x;
			DROP SCHEMA evil CASCADE;
		SQL
	} >db/20260101000000_evil.sql
	gives 0 vela check planner --keep always -o json
	holds '.reversal.outcome == "passed"'
	gives 0 vela diff planner
	nothing_ran_as_superuser planner
	vela logs planner >log
	grep -aq 'EVIL index off' log # it did run, as whom it may
}

# The database's owner decides about its defaults, search_path and all.
no_name_leads_to_its_code() {
	project 'migrations: {directory: db}'
	{
		payload
		cat <<-'SQL'
			CREATE FUNCTION evil.equal(name, name) RETURNS boolean LANGUAGE plpgsql AS
				$$ BEGIN PERFORM evil.act('name'); RETURN $1 OPERATOR(pg_catalog.=) $2; END $$;
			CREATE FUNCTION evil.equal(oid, oid) RETURNS boolean LANGUAGE plpgsql AS
				$$ BEGIN PERFORM evil.act('oid'); RETURN $1 OPERATOR(pg_catalog.=) $2; END $$;
			CREATE OPERATOR evil.= (leftarg = name, rightarg = name, function = evil.equal);
			CREATE OPERATOR evil.= (leftarg = oid, rightarg = oid, function = evil.equal);
			ALTER DATABASE shop SET search_path = evil, public, pg_catalog;
			ALTER DATABASE shop SET role = vela;
			ALTER DATABASE shop SET default_transaction_read_only = on;
			ALTER DATABASE shop SET statement_timeout = '1ms';
			ALTER DATABASE shop SET idle_session_timeout = '1ms';
		SQL
	} >db/1.sql
	gives 0 vela check names --keep always -o json
	gives 0 vela diff names
	gives 0 vela branch create child --from names
	nothing_ran_as_superuser names
	nothing_ran_as_superuser child
}

pgbench_runs_no_programs() {
	project 'migrations: {directory: db}' 'workload: {script: play.sql}'
	echo 'SELECT 1;' >db/1.sql
	printf 'SELECT 1; \\\\\n shell touch %s.pgbench\n' "$marker" >play.sql
	gives 6 vela check -o json
	holds '.error.message // .reason.message | test("runs no programs")'
	not ls "$marker".*
}

reports_stay_here() {
	project 'migrations: {directory: db}'
	echo 'SELECT 1;' >db/1.sql
	echo precious >"$work/precious"
	mkdir -p "$work/outside" inside
	ln -s "$work/precious" linked.html
	ln -s "$work/outside" directory
	ln -s inside/report.html near.html
	touch inside/report.html
	mkfifo fifo
	gives 2 vela check --report html=linked.html
	says "linked.html leads out of this directory"
	same "$(cat "$work/precious")" precious
	gives 2 vela check --report html=directory/report.html
	not ls "$work"/outside/*
	gives 0 vela check --report html=near.html --report html="$work/outside/report.html"
	grep -q '<html' inside/report.html
	grep -q '<html' "$work/outside/report.html"
	gives 2 timeout 20 "$vela_binary" check --report html=fifo
}

# tells HAZARD SQL: the migration is checked, and that hazard found.
tells() {
	project 'migrations: {directory: db}'
	printf '%b\n' "$2" >db/1.sql
	vela check -o json >"$out" 2>"$err" || true
	holds --arg hazard "$1" 'any(.hazards[]; .id == $hazard)'
}

nothing_is_hidden() {
	tells data-loss 'SAVEPOINT a; DROP TABLE order_items; SAVEPOINT\ta; ROLLBACK TO a;'
	tells data-loss "DO \$\$ BEGIN EXECUTE 'DROP TABLE ' || 'order_items'; END \$\$;"
	tells data-loss "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS \$\$ BEGIN EXECUTE 'ALTER TABLE ord' || 'ers DROP COLUMN total'; RETURN 1; END \$\$;\nLOCK TABLE orders; SELECT f();"
	tells data-loss "SELECT '\n-- vela:ignore data-loss in a literal\n'; DROP TABLE order_items;"
	not holds 'any(.hazards[]; .accepted)'
}

start_production
must vela pool create "$VELA_POOL" --size 2G
PGPASSWORD=replicator must vela baseline create production --from "$(production_url)"
make_repository .
must git commit -q --allow-empty -m first

prove "planning a superuser's query runs none of its code" no_planner_runs_its_code
prove "no default of its database leads a superuser to its code" no_name_leads_to_its_code
prove "a workload's script runs no programs, however it is written" pgbench_runs_no_programs
prove "a link in the repository leads no report out of it, and a pipe nobody reads keeps none waiting" reports_stay_here
prove "what a migration does by roundabout ways is told" nothing_is_hidden
done_testing
