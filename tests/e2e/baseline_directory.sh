#!/usr/bin/env bash
# Baselines of data directories: stopped, running, crashed, on the pool's own filesystem and elsewhere; missing versions.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

export VELA_POOL=$work/disk/pool

query() { vela psql "$1" -- -XqAt -v ON_ERROR_STOP=1 -c "$2"; }
nothing_half_made() {
	same "$(find "$VELA_POOL"/{tmp,trash}/ "$VELA_POOL"/baselines/*/ -mindepth 1 2>/dev/null || true)" ""
	same "$(processes_below "$VELA_POOL" || true)" ""
}
# What a data directory is, to the byte and the second.
fingerprint() { (cd "$1" && find . -type f -printf '%P %s %T@ %m %U\n' | sort && find . -type f -print0 | sort -z | xargs -0 cat | sha256sum); }

running_elsewhere_is_refused() {
	gives 5 vela baseline create x --from "$production_data"
	says "a server is running on $production_data" "postgres:// URL" "btrfs subvolume"
	same "$(production_as shop_owner -c 'SELECT count(*) FROM orders')" 300
	nothing_half_made
}

crashed_is_refused() {
	production_stop immediate >/dev/null
	gives 5 vela baseline create x --from "$production_data"
	says "not shut down cleanly" "start that server and stop it again"
	nothing_half_made
	production_start >/dev/null # the remedy
	production_stop fast >/dev/null
	gives 0 vela baseline create x --from "$production_data"
	gives 0 vela baseline delete x
}

stopped_is_copied() {
	fingerprint "$production_data" >before
	gives 0 vela baseline create stopped --from "$production_data" -o json
	holds --arg source "$production_data" '.source == $source and .databases == ["postgres", "shop"]'
	fingerprint "$production_data" | cmp before -
	gives 0 vela branch create one --baseline stopped
	same "$(query one 'SELECT count(*) FROM orders')" 300
	gives 0 vela branch delete one
	fingerprint "$production_data" | cmp before -
	gives 0 vela -C "$production_directory" baseline create relative --from ./data -o json
	holds --arg source "$production_data" '.source == $source'
	gives 0 vela baseline refresh relative
	gives 0 vela baseline delete relative --yes
	gives 0 vela baseline delete stopped
}

not_a_data_directory() {
	mkdir -p empty
	gives 2 vela baseline create x --from "$work/empty"
	says "no PG_VERSION in it"
	gives 2 vela baseline create x --from "$work/nowhere"
	echo 9.6 >empty/PG_VERSION
	not vela baseline create x --from "$work/empty"
	echo nonsense >empty/PG_VERSION
	not vela baseline create x --from "$work/empty"
	nothing_half_made
}

missing_version_is_told() {
	cp -a "$production_data" "$work/newer"
	echo 17 >"$work/newer/PG_VERSION"
	gives 8 vela baseline create x --from "$work/newer"
	says "PostgreSQL 17 is not installed" "installed: 15 (/usr/lib/postgresql/15/bin)" "postgresql-17" "pool.yml"
	printf 'version: 1\npostgres: {17: /opt/nowhere}\n' | as_postgres tee "$VELA_POOL/pool.yml" >/dev/null
	gives 8 vela baseline create x --from "$work/newer"
	says "no postgres in /opt/nowhere"
	printf 'version: 1\npostgres: {17: /usr/lib/postgresql/15/bin}\n' | as_postgres tee "$VELA_POOL/pool.yml" >/dev/null
	gives 8 vela baseline create x --from "$work/newer"
	says "is of PostgreSQL 15" "not 17"
	rm "$VELA_POOL/pool.yml"
	nothing_half_made
}

# A server on a subvolume of the pool's own filesystem is cloned while it writes: all that it acknowledged before is there,
# and what is there is a prefix of what it was told.
running_on_the_pools_filesystem() {
	local acknowledged last count
	btrfs -q subvolume create "$work/disk/live"
	chown postgres: "$work/disk/live"
	chmod 700 "$work/disk/live"
	cp -a "$production_data/." "$work/disk/live/"
	rm "$work/disk/live/postgresql.conf"
	cp -a "$production_data/postgresql.conf" "$work/disk/live/"
	as_postgres "$production_binaries/pg_ctl" -D "$work/disk/live" -l "$work/disk/live/log" -w start >/dev/null
	production_as shop_owner -c 'CREATE TABLE ticks (n int PRIMARY KEY)'
	touch writing
	: >acknowledged
	(n=0; while [[ -e writing ]]; do n=$((n + 1)); echo "INSERT INTO ticks VALUES ($n) RETURNING n;"; sleep 0.002; done) |
		PGPASSWORD=shop_owner psql -XqAt -h 127.0.0.1 -p "$production_port" -U shop_owner shop >>acknowledged &
	wait_until 5 test -s acknowledged
	acknowledged=$(tail -n 1 acknowledged)
	gives 0 vela baseline create live --from "$work/disk/live"
	rm writing
	wait
	gives 0 vela branch create of-live --baseline live
	last=$(query of-live 'SELECT max(n) FROM ticks')
	count=$(query of-live 'SELECT count(*) FROM ticks')
	same "$count" "$last"
	[[ $last -ge $acknowledged ]]
	[[ $last -le $(production_as shop_owner -c 'SELECT max(n) FROM ticks') ]]
	same "$(production_as shop_owner -c 'SELECT max(n) FROM ticks')" "$(tail -n 1 acknowledged)"
	as_postgres "$production_binaries/pg_ctl" -D "$work/disk/live" -m fast -w stop >/dev/null
	not grep -E 'PANIC|crash' "$work/disk/live/log"
	gives 0 vela branch delete of-live
	gives 0 vela baseline delete live
}

# And one that crashed there is recovered in the copy, as its own server would have.
crashed_on_the_pools_filesystem() {
	as_postgres "$production_binaries/pg_ctl" -D "$work/disk/live" -l "$work/disk/live/log" -w start >/dev/null
	production_as shop_owner -c 'CREATE TABLE last_words AS SELECT 7 AS n'
	as_postgres "$production_binaries/pg_ctl" -D "$work/disk/live" -m immediate -w stop >/dev/null
	gives 0 vela baseline create crashed --from "$work/disk/live"
	gives 0 vela branch create of-crashed --baseline crashed
	same "$(query of-crashed 'SELECT n FROM last_words')" 7
	gives 0 vela branch delete of-crashed
	gives 0 vela baseline delete crashed
	not test -e "$work/disk/live/postmaster.pid.lock"
}

make_filesystem btrfs "$work/disk" 4G
must vela pool create "$VELA_POOL"
start_production 300

prove "the data directory of a running server is refused" running_elsewhere_is_refused
prove "that of a crashed one is refused, until the remedy was run" crashed_is_refused
prove "that of a stopped one is copied, and not touched" stopped_is_copied
prove "what is no data directory is refused" not_a_data_directory
prove "a version that is not installed is told, with those that are" missing_version_is_told
prove "a running server on the pool's filesystem is cloned while it writes" running_on_the_pools_filesystem
prove "a crashed one there is recovered" crashed_on_the_pools_filesystem
done_testing
