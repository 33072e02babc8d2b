#!/usr/bin/env bash
# A history of four hundred migrations: vela makes the same database of it as psql, byte for byte of a dump.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

export VELA_POOL=$work/pool
dump=$production_binaries/pg_dump

url() { vela url "$1"; }

# What psql -1 -f makes of each file, in a session of its own: in one process, for starting four hundred takes long.
psql_script() {
	local file
	echo '\set ON_ERROR_STOP on'
	for file in "$work"/project/db/*.sql; do
		printf '\\connect -\nBEGIN;\n\\i %s\nCOMMIT;\n' "'$file'"
	done
}

# The owner of the database, as whom both migrate, is not asked for: whatever it may not read is missing in neither.
dump_of() {
	local port
	port=$("$vela_binary" branch show "$1" -o json | jq .port)
	as_postgres "$dump" -h "$VELA_POOL/run" -p "$port" -U postgres --restrict-key=same shop
}

the_same_as_psql() {
	"$top/tests/support/history" "$work/project/db"
	cd "$work/project"
	same "$(find db -type f | wc -l)" 400
	printf 'version: 1\nproject: shop\nmigrations: {directory: db}\n' >vela.yml
	gives 0 vela branch create by-vela
	gives 0 vela branch create by-psql
	psql_script >psql.sql
	psql -Xq "$(url by-psql)" -f psql.sql >psql.log 2>&1 & # meanwhile
	gives 0 vela migrate by-vela -o json
	wait $! || tail psql.log
	not grep ERROR psql.log
	holds '.verdict == "passed" and (.migrations | length == 400) and all(.migrations[]; .outcome == "passed")'
	dump_of by-psql >by-psql.dump
	dump_of by-vela >by-vela.dump
	[[ $(grep -c '^CREATE' by-psql.dump) -gt 500 ]]
	cmp by-psql.dump by-vela.dump
}

a_difference_would_show() {
	cd "$work/project"
	psql -Xq "$(url by-psql)" -c "COMMENT ON TABLE area_20.last IS 'different'"
	dump_of by-psql >by-psql.dump
	not cmp by-psql.dump by-vela.dump
}

start_production
must vela pool create "$VELA_POOL" --size 1G
PGPASSWORD=replicator must vela baseline create production --from "$(production_url)"

prove "the database of four hundred migrations is that which psql makes" the_same_as_psql
prove "a difference would show" a_difference_would_show
done_testing
