#!/usr/bin/env bash
# Baselines of a running server: how its password is given and kept, what is refused, revisions.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

export VELA_POOL=$work/pool HOME=$work
unset PGPASSFILE

query() { vela psql "$1" -- -XqAt -v ON_ERROR_STOP=1 -c "$2"; }
revisions() { vela baseline list -o json | jq -r '[.baselines[] | "\(.name)@\(.revision)"] | join(" ")'; }
nothing_half_made() { same "$(ls -A "$VELA_POOL/tmp" "$VELA_POOL/trash" | grep -v : | tr -d '\n' || true)" ""; }

# --- what does not work ---

password_in_the_url_is_refused() {
	local url
	for url in "postgres://replicator:hushhush@127.0.0.1:$production_port/shop" \
		"postgresql://replicator@127.0.0.1:$production_port/shop?password=hushhush" \
		"postgres://replicator@127.0.0.1/shop?sslpassword=hushhush"; do
		gives 2 vela baseline create x --from "$url"
		says "carries a secret" "PGPASSWORD" ".pgpass" "--password-file"
		says_not hushhush
		gives 2 vela -o json baseline create x --from "$url"
		says_not hushhush
	done
	gives 2 vela baseline create x --from "postgres://replicator:hushhush@[::1/shop" # not even where it cannot be read
	says_not hushhush
	not grep -rqF hushhush "$VELA_POOL"
}

wrong_password() {
	gives 6 vela baseline create x --from "$(production_url)"
	says "no password supplied" "PGPASSWORD"
	PGPASSWORD=hushhush gives 6 vela baseline create x --from "$(production_url)"
	says "password authentication failed" "give the right password"
	says_not hushhush
	gives 2 vela baseline create x --from "$(production_url)" --password-file missing
	says "cannot read the password" "missing"
}

remedy_for_the_role() {
	local statement line
	production_sql -c "ALTER ROLE shop_owner PASSWORD 'hushhush'"
	export PGPASSWORD=hushhush
	gives 6 vela baseline create x --from "$(production_url shop_owner)" -o json
	statement=$(jq -r .error.hint "$out" | grep -oE 'ALTER ROLE .*;')
	same "$statement" "ALTER ROLE shop_owner REPLICATION;"
	production_sql -c "$statement"
	# Now its line in pg_hba.conf is missing, and that is what is told.
	gives 6 vela baseline create x --from "$(production_url shop_owner)" -o json
	line=$(jq -r .error.hint "$out" | grep -oE 'host replication .*')
	same "$line" "host replication shop_owner 127.0.0.1/32 scram-sha-256"
	echo "$line" >>"$production_data/pg_hba.conf"
	production_sql -c 'SELECT pg_reload_conf()'
	wait_until 5 "$vela_binary" baseline create byowner --from "$(production_url shop_owner)"
	gives 0 vela baseline delete byowner -o json
	holds '.deleted == 1'
	production_sql -c "ALTER ROLE shop_owner NOREPLICATION PASSWORD 'shop_owner'"
}

unreachable_hosts() {
	gives 9 vela baseline create x --from postgres://replicator@127.0.0.1:1/shop
	says "Connection refused"
	gives 9 vela baseline create x --from postgres://replicator@no-such-host.invalid/shop
	says "no-such-host.invalid"
	gives 9 vela baseline create x --from "postgres://replicator@127.0.0.1:1/shop" -o json
	holds '.error.kind == "network"'
	not PGPASSWORD=replicator vela baseline create x --from "postgres://replicator@127.0.0.1:$production_port/missing"
}

bad_requests() {
	gives 2 vela baseline create Production --from "$(production_url)"
	says "is not a name for a baseline"
	gives 2 vela baseline create x/y --from "$(production_url)"
	gives 2 vela baseline create x
	says "--from postgres://USER@HOST/DATABASE"
	gives 4 vela baseline create x --from no-such-source
	says "pool.yml"
	gives 4 vela baseline refresh x
	gives 4 vela baseline show x
	gives 0 vela baseline delete x
	says "there is no baseline x"
	gives 4 vela branch create a
	says "has no baseline yet" "vela baseline create"
	gives 0 vela baseline list
	says "no baselines yet"
	gives 0 vela baseline list -o json
	holds '. == {schema: 1, baselines: []}'
	nothing_half_made
}

# --- what works: the password comes four ways, and is seen nowhere ---

# All that is in anybody's command line, until the file "watching" is gone. In the background, for the time of a command.
watch_command_lines() {
	while [[ -e watching ]]; do
		cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n' >>command-lines || true
		sleep 0.02
	done
}

watched() { # COMMAND...
	local code=0
	touch watching
	: >command-lines
	watch_command_lines &
	"$@" || code=$?
	rm watching
	wait
	return "$code"
}

by_environment() {
	PGPASSWORD=replicator watched gives 0 vela -v baseline create production --from "$(production_url)"
	says "baseline   production@1" "source     postgres://replicator@127.0.0.1" "databases  postgres, shop" "ready in"
	grep -q pg_basebackup command-lines # else nothing was watched
	not grep -qxF replicator command-lines
	not grep -qE 'password=|:replicator@' command-lines
}

by_passfile() {
	echo "127.0.0.1:$production_port:*:replicator:replicator" >"$work/passfile"
	chmod 600 "$work/passfile"
	PGPASSFILE=$work/passfile watched gives 0 vela baseline create passfile --from "$(production_url)"
	not grep -qxF replicator command-lines
	cp "$work/passfile" "$HOME/.pgpass"
	chmod 600 "$HOME/.pgpass"
	gives 0 vela baseline refresh passfile
	rm "$HOME/.pgpass"
	gives 6 vela baseline refresh passfile
}

by_password_file() {
	echo replicator >secret
	chmod 600 secret
	watched gives 0 vela baseline create file --from "$(production_url)" --password-file secret
	not grep -qxF replicator command-lines
	printf 'replicator\r\n' >secret
	gives 0 vela baseline refresh file --password-file secret -o json
	holds '.revision == 2 or .revision == "2"'
}

by_named_source() {
	local pool_yml=$VELA_POOL/pool.yml
	install -o postgres -m 600 <(echo replicator) "$work/owners.secret"
	printf 'version: 1\nsources:\n  shop:\n    url: %s\n    password_file: %s\n' "$(production_url)" "$work/owners.secret" |
		as_postgres tee "$pool_yml" >/dev/null
	gives 0 vela baseline create named --from shop -o json
	holds '.source == "shop"'
	gives 0 vela baseline refresh named
	rm "$pool_yml"
	gives 4 vela baseline refresh named
	for name in named file passfile; do
		gives 0 vela baseline delete "$name" --yes
	done
}

secrets_are_nowhere() {
	local file
	# A password that no other text has: production's own, by now.
	production_sql -c "ALTER ROLE replicator PASSWORD 'very-secret-indeed'"
	PGPASSWORD=very-secret-indeed watched gives 0 vela -v baseline create hush --from "$(production_url)"
	says_not very-secret-indeed
	not grep -qF very-secret-indeed command-lines
	gives 0 vela branch create of-hush --baseline hush
	not grep -rqF very-secret-indeed "$VELA_POOL"
	for file in baselines branches; do
		same "$(find "$VELA_POOL/$file" -perm /077 ! -type l ! -path '*/data/*' ! -name postgres.pid)" ""
	done
	same "$(find "$VELA_POOL" ! -user postgres)" ""
	# Nor is what production's roles log in with: in the copy nobody has it.
	gives 2 env PGPASSWORD=shop_owner psql -XqAt -h 127.0.0.1 -p "$(vela branch show of-hush -o json | jq .port)" -U shop_owner -d shop -c ''
	gives 0 vela branch delete of-hush
	gives 0 vela baseline delete hush
	production_sql -c "ALTER ROLE replicator PASSWORD 'replicator'"
}

baseline_is_described() {
	gives 0 vela baseline show production -o json
	holds '.schema == 1 and .name == "production" and (.revision | tostring) == "1" and (.taken_at | fromdateiso8601) <= now
	       and (.lsn | test("^[0-9A-F]+/[0-9A-F]+$")) and (.databases == ["postgres", "shop"])'
	gives 0 vela baseline show production@1
	says "production@1" "taken" "lsn" "postgres   15." "size"
	gives 4 vela baseline show production@2
	says "there are: production@1"
	gives 2 vela baseline show production@zero
	gives 0 vela baseline list
	grep -qE '^NAME +TAKEN +SIZE +POSTGRES +SOURCE$' "$out"
	grep -qE '^production@1 .* MiB +15\.' "$out"
	gives 5 vela baseline create production --from "$(production_url)"
	says "exists already" "vela baseline refresh production"
}

# --- revisions ---

refreshing() {
	gives 0 vela branch create old
	production_as shop_owner -c "CREATE TABLE fresh AS SELECT 1 AS n"
	PGPASSWORD=replicator gives 0 vela baseline refresh production -o json
	holds '.name == "production" and (.revision | tostring) == "2"'
	same "$(revisions)" "production@1 production@2"
	gives 0 vela branch create new -o json
	holds '.baseline.revision == "2"'
	same "$(query new 'SELECT n FROM fresh')" 1
	same "$(query old "SELECT to_regclass('fresh') IS NULL")" t
	gives 0 vela branch show old -o json
	holds '.baseline.revision == "1"'
	gives 0 vela branch reset old -o json # back to what it was made from
	holds '.baseline.revision == "1"'
	same "$(query old "SELECT to_regclass('fresh') IS NULL")" t
	gives 0 vela branch create pinned --baseline production@1 -o json
	holds '.baseline.revision == "1"'
	same "$(query pinned "SELECT to_regclass('fresh') IS NULL")" t
	printf 'version: 1\nproject: shop\nbaseline: production@1\n' >pinned.yml
	gives 0 vela --config pinned.yml branch create by-file -o json
	holds '.baseline.revision == "1"'
	gives 4 vela branch create x --baseline production@3
	says "there are: production@1, production@2"
	gives 4 vela branch create x --baseline other
	gives 2 vela branch create x --baseline production@
	for name in pinned by-file; do
		gives 0 vela branch delete "$name"
	done
}

deleting() {
	gives 5 vela baseline delete production@1
	says "branches stand on it: shop/old" "delete them first"
	gives 5 vela baseline delete production
	says "shop/new"
	gives 0 vela branch delete old
	gives 0 vela baseline delete production@1
	gives 0 vela baseline delete production@1 -o json
	holds '.deleted == 0'
	same "$(revisions)" "production@2"
	gives 5 vela baseline delete production@2
	gives 0 vela branch delete new
	PGPASSWORD=replicator gives 0 vela baseline refresh production
	same "$(revisions)" "production@2 production@3" # a number is given once
	gives 2 vela baseline delete production
	says "2 revisions" "--yes"
	gives 0 vela baseline delete production --yes -o json
	holds '. == {schema: 1, name: "production", deleted: 2}'
	same "$(revisions)" ""
	nothing_half_made
	same "$(btrfs subvolume list "$VELA_POOL" | wc -l)" 0
}

several_baselines_need_a_name() {
	PGPASSWORD=replicator gives 0 vela baseline create first --from "$(production_url)"
	gives 0 vela branch create only -o json
	holds '.baseline.name == "first"'
	PGPASSWORD=replicator gives 0 vela baseline create second --from "$(production_url)"
	gives 3 vela branch create which
	says "several baselines" "--baseline"
	gives 0 vela branch create which --baseline second
}

several_databases_need_a_name() {
	production_sql -c 'CREATE DATABASE second OWNER shop_owner'
	PGPASSWORD=replicator gives 0 vela baseline refresh second
	printf 'version: 1\nproject: other\nbaseline: second\n' >unnamed.yml
	gives 3 vela --config unnamed.yml branch create which
	says "several databases" "database:" "second, shop"
	printf 'version: 1\nproject: other\nbaseline: second\ndatabase: missing\n' >unnamed.yml
	gives 3 vela --config unnamed.yml branch create which
	says '"missing"'
	printf 'version: 1\nproject: other\nbaseline: second\ndatabase: second\n' >unnamed.yml
	gives 0 vela --config unnamed.yml branch create which -o json
	holds '.database == "second"'
}

production_noticed_nothing() {
	same "$(production_sql -c 'SELECT count(*) FROM pg_replication_slots')" 0
	same "$(production_sql -c 'SELECT count(*) FROM pg_stat_replication')" 0
	not grep -E 'PANIC|crash|terminated' "$production_directory/log"
}

start_production
must sed -i '/replication/s/^/#/; $a host replication replicator 127.0.0.1/32 scram-sha-256' "$production_data/pg_hba.conf"
must production_sql -c 'SELECT pg_reload_conf()'
must vela pool create "$VELA_POOL" --size 4G
printf 'version: 1\nproject: shop\n' >vela.yml

prove "a password in the URL is refused, and not repeated" password_in_the_url_is_refused
prove "no password, a wrong one, one that cannot be read" wrong_password
prove "a role that may not take base backups is told how it may" remedy_for_the_role
prove "hosts that cannot be reached" unreachable_hosts
prove "requests that make no sense" bad_requests
prove "the password in PGPASSWORD" by_environment
prove "the password in PGPASSFILE and ~/.pgpass" by_passfile
prove "the password in a file" by_password_file
prove "a source that pool.yml names" by_named_source
prove "secrets are in no command line, log, error or file" secrets_are_nowhere
prove "a baseline is described" baseline_is_described
prove "a refresh makes a revision; branches keep theirs" refreshing
prove "a baseline is deleted when nothing stands on it" deleting
prove "among several baselines one has to be named" several_baselines_need_a_name
prove "among several databases one has to be named" several_databases_need_a_name
prove "production noticed nothing" production_noticed_nothing
done_testing
