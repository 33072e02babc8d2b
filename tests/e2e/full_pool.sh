#!/usr/bin/env bash
# A pool that is full: what cannot be done is refused with exit code 7 and a message that says so, before it begins where that
# can be foreseen; nothing half-made stays, and what was there goes on.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/support/sweep.sh
source "$top/tests/support/sweep.sh"

plan 51

start_production
must vela pool create "$pool" --size 400M
export VELA_POOL=$pool PGPASSWORD=replicator
must mkdir -p "$work/shop/migrations"
cd "$work/shop" || exit 1
cat >vela.yml <<-'YML'
	version: 1
	project: shop
	database: shop
	migrations:
	  directory: migrations
YML
policy() {
	echo "$1" >"$pool/pool.yml"
	chown postgres:postgres "$pool/pool.yml"
}

# leave_free BYTES…: the rest of the pool is taken.
leave_free() {
	local free
	rm -f "$pool/ballast"
	sync -f "$pool"
	free=$(df --output=avail -B 1 "$pool" | tail -n 1)
	as_postgres fallocate -l $((free - $1)) "$pool/ballast"
	sync -f "$pool"
}

# To the last block: fallocate alone leaves some.
fill_up() {
	leave_free $((4 << 20))
	as_postgres dd if=/dev/zero of="$pool/ballast.rest" bs=4k >/dev/null 2>&1
	sync -f "$pool"
}

# What was deleted is room only once btrfs has cleaned it up.
make_room() {
	rm -f "$pool/ballast" "$pool/ballast.rest"
	sync -f "$pool"
	btrfs filesystem sync "$pool" && btrfs subvolume sync -s 0.1 "$pool" >/dev/null
}

left_now() {
	left_in_pool | grep -Ev "^$pool/(locks/|ballast)|shop/other|ports/$other_port\$|\.s\.PGSQL\.$other_port"
}
other_port=none

mib=$((1 << 20))

# --- a baseline ---

policy 'reserve: 1M'
ok "with room a baseline is taken" vela baseline create production --from "$(production_url)"
leave_free $((60 * mib))
exits "one that cannot fit is refused" 7 vela baseline create full --from "$(production_url)"
like "before anything is copied: the message tells what it needs" "$stderr" 'no room for a copy of this source: it needs .* are free'
like "the hint tells what to do" "$stderr" 'vela gc'
is "nothing is left" "$(left_now)" ""
make_room

# The disk fills up while it is copied: production lets the copy go on once there is no room left.
take_baseline() {
	vela baseline create full --from "$(production_url)" >"$work/.out" 2>&1 &
	taking=$!
}
refused() { # WHEN
	wait "$taking"
	is "the disk fills up $1: exit code" "$?" 7
	like "and the message says so" "$(<"$work/.out")" 'No space left on device'
	is "nothing is left" "$(left_now)" ""
	make_room
	exits "and there is no such baseline" 4 vela baseline show full
}
hold_backups
take_baseline
ok "the source is being copied" wait_until 60 backup_runs
fill_up
release_backups
refused "while it is copied"

# And while it is prepared: a server that stands still before it begins lets us do so at that very moment.
must mkdir "$work/bin"
must ln -s "$production_binaries"/* "$work/bin"
must rm "$work/bin/postgres"
cat >"$work/bin/postgres" <<-SH
	#!/bin/sh
	case "\$*" in *--single*) ;; *"-D $pool/tmp/"*) kill -STOP \$\$ ;; esac
	exec $production_binaries/postgres "\$@"
SH
must chmod 0755 "$work/bin/postgres"
stands_still() {
	pgrep --runstates T -f -- " -D $pool/tmp/"
}
policy "{reserve: 1M, postgres: {15: $work/bin}}"
for left in 0 4; do # nothing; and too little for the log of what is done to it
	take_baseline
	ok "the copy is about to start" wait_until 60 stands_still
	fill_up
	[[ $left -eq 0 ]] || leave_free $((left * mib))
	kill -CONT "$(stands_still)"
	refused "while it is prepared, $left MiB are left"
done

# --- branches ---

ok "a branch" vela branch create other
other_port=$(vela branch show other -o json | jq .port)

policy 'reserve: 50M'
leave_free $((30 * mib))
exits "into the reserve no branch is made" 7 vela branch create one
like "the message tells of the reserve" "$stderr" '30\.0 MiB|29\.[0-9] MiB are free, and 50\.0 MiB stay in reserve'
exits "nor is one made anew" 7 vela branch reset other
exits "a check ends with 7 as well" 7 vela check one
is "nothing is left" "$(left_now)" ""

policy 'reserve: 1'
fill_up
exits "on a disk that is really full, create" 7 vela branch create one
like "says so" "$stderr" 'No space left on device|no room'
exits "create --from a running branch" 7 vela branch create one --from other
exits "reset" 7 vela branch reset other
exits "protect" 7 vela branch protect other
is "nothing is left" "$(left_now)" ""
ok "list works" vela branch list
ok "gc works" vela gc
ok "show works" vela branch show other
is "the other branch answers" "$(vela psql other -- -XAtc 'SELECT count(*) FROM orders')" 1000
is "and is the same instance as before" "$(vela branch show other -o json | jq -c '[.state, .port]')" "[\"ready\",$other_port]"
exits "doctor finds it" 1 vela doctor
like "and tells" "$stdout" '✗ storage .*(No space left|no room)'

# --- migrations that write much ---

make_room
policy 'reserve: 1M'
echo "CREATE TABLE copy AS SELECT i, repeat('x', 1000) FROM generate_series(1, 10000000) i" >migrations/1.sql
leave_free $((40 * mib))
exits "a migration that fills the disk: the check could not be carried out" 7 vela check one --report json="$work/report.json"
like "it says where and why" "$stderr" 'migrations/1\.sql: line 1: .*(No space left on device|53100)'
is "the report says that it is an error, not a verdict" "$(jq -r .verdict "$work/report.json")" error
is "nothing is left" "$(left_now)" ""
{
	echo 'COMMIT;'
	for i in {1..100}; do
		echo "INSERT INTO orders SELECT $i * 1000000 + i, 1, 'open', 1, now() FROM generate_series(1, 20000) i;"
	done
} >migrations/1.sql
# So little that it is the log of transactions that does not fit: then the server gives up, and its clients are cut off.
leave_free $((3 * mib))
exits "a server that gives up because its disk is full" 7 vela check one
like "is told from one that fails otherwise" "$stderr" 'No space left on device|53100'
is "nothing is left" "$(left_now)" ""
is "the other branch answers" "$(vela psql other -- -XAtc 'SELECT count(*) FROM orders')" 1000
make_room
echo 'CREATE TABLE small ()' >migrations/1.sql
ok "with room again, migrate works" vela migrate other
fill_up
ok "a branch can be deleted on a full disk" vela branch delete other
other_port=none
is "nothing is left" "$(left_now)" ""
ok "and so can the baseline" vela baseline delete production
