#!/usr/bin/env bash
# The same life on each kind of storage: btrfs, XFS with reflink, and plain copies on ext4; and PostgreSQL 18 beside 15.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

query() { vela psql "$1" -- -XqAt -v ON_ERROR_STOP=1 -c "$2"; }
used() { df --output=used -B1 "$1" | tail -n 1; }

make_project() {
	mkdir -p "$1/migrations"
	printf 'version: 1\nproject: shop\nmigrations: {directory: migrations}\nchecks:\n  - {name: doubled, sql: "SELECT max(total) FROM orders", equals: "%s"}\n' \
		"$2" >"$1/vela.yml"
	echo 'UPDATE orders SET total = total * 2;' >"$1/migrations/1_double.sql"
}

pool_on() { # DRIVER DIRECTORY [OPTION...]
	local driver=$1
	export VELA_POOL=$2
	shift 2
	gives 0 vela pool create "$VELA_POOL" "$@" -o json
	holds '.created and .file_backed == false and .image == null'
	not test -e "$VELA_POOL.btrfs"
	gives 0 vela pool show -o json
	holds --arg driver "$driver" '.driver == $driver'
	gives 0 vela pool create "$VELA_POOL" -o json
	holds '.created == false'
}

whole_life() { # MAJOR
	local before
	gives 0 vela baseline create production --from "$production_data" -o json
	holds --argjson major "$1" '.major == $major'
	gives 0 vela branch create one -o json
	holds '.created and .state == "ready" and .baseline.name == "production"'
	same "$(query one 'SHOW server_version_num' | cut -c 1-2)" "$1"
	same "$(query one 'SELECT count(*) FROM orders')" 400
	query one 'DELETE FROM order_items'
	before=$(query one "SELECT sum(total) FROM orders")
	gives 0 vela branch create two --from one
	same "$(query two 'SELECT count(*) FROM order_items')" 0
	query two 'UPDATE orders SET total = 0'
	same "$(query one "SELECT sum(total) FROM orders")" "$before"
	gives 5 vela branch delete one
	gives 0 vela branch stop one
	gives 0 vela branch start one
	gives 0 vela branch reset one
	same "$(query one 'SELECT count(*) FROM order_items')" 800
	gives 0 vela branch delete two
	gives 0 vela branch delete one
	gives 0 vela baseline refresh production
	gives 0 vela baseline delete production@1
	make_project "$work/project" "$2"
	gives 0 vela -C "$work/project" check by-check -o json
	holds '.verdict == "passed" and .checks[0].outcome == "passed" and .branch.baseline.revision == "2"'
	make_project "$work/project" 1
	gives 1 vela -C "$work/project" check by-check
	says "expected  1" "actual    $2"
	gives 0 vela branch list --all -o json
	holds '.branches == []'
	gives 0 vela doctor
}

cloning_costs_nothing() {
	local before
	gives 0 vela branch create warm
	gives 0 vela branch stop warm
	sync -f "$VELA_POOL"
	before=$(used "$VELA_POOL")
	for name in a b c; do
		gives 0 vela branch create "$name" -o json
		holds '.storage.exclusive_bytes < 8000000 and .storage.shared_bytes > 30000000'
		gives 0 vela branch stop "$name"
	done
	sync -f "$VELA_POOL"
	[[ $(($(used "$VELA_POOL") - before)) -lt 24000000 ]] # three copies would be more than 90 MB
	for name in a b c warm; do
		gives 0 vela branch delete "$name"
	done
}

cloning_costs_a_copy() {
	gives 0 vela branch create full -o json
	holds '.storage.exclusive_bytes > 20000000'
	gives 0 vela branch delete full
}

destroyed() {
	gives 0 vela pool destroy --yes
	not test -e "$VELA_POOL"
	same "$(processes_below "$VELA_POOL" || true)" ""
}

on_btrfs() {
	pool_on btrfs "$work/btrfs/pool"
	whole_life 15 799.00
	cloning_costs_nothing
	destroyed
	same "$(btrfs subvolume list "$work/btrfs" | wc -l)" 0
}

on_xfs() {
	pool_on reflink "$work/xfs/pool"
	whole_life 15 799.00
	cloning_costs_nothing
	destroyed
	same "$(find "$work/xfs" -mindepth 1 -path '*pool*')" ""
}

on_ext4() {
	export VELA_POOL=$work/ext4/pool
	gives 7 vela pool create "$VELA_POOL" --driver reflink
	says "ext4, where files cannot share data" "btrfs" "reflink=1"
	gives 7 vela pool create "$VELA_POOL" --driver btrfs
	not test -e "$VELA_POOL"
	install -d -o postgres "$work/ext4/owned"
	gives 7 as_postgres "$vela_binary" pool create "$work/ext4/owned/pool"
	says "as root" "--driver copy"
	pool_on copy "$VELA_POOL" --driver copy
	whole_life 15 799.00
	cloning_costs_a_copy
	destroyed
}

owned_by_others() {
	export VELA_POOL=$work/xfs/owned
	gives 0 vela pool create "$VELA_POOL" --owner nobody
	same "$(stat -c %U "$VELA_POOL")" nobody
	gives 6 vela baseline create production --from "$production_data" # which is postgres's
	says "Permission denied" "the pool's owner has to be able to read"
	cp -a "$production_data" "$work/xfs/data-of-nobody"
	chown -R nobody "$work/xfs/data-of-nobody"
	gives 0 vela baseline create production --from "$work/xfs/data-of-nobody"
	gives 0 vela branch create one
	same "$(query one 'SELECT count(*) FROM orders')" 400
	same "$(find "$VELA_POOL" ! -user nobody)" ""
	same "$(ps -o user= -p "$(head -n 1 "$VELA_POOL/branches/default/one/data/postmaster.pid")")" nobody
	gives 6 as_postgres "$vela_binary" branch list
	destroyed
}

without_root() {
	local directory=$work/xfs/own
	install -d -o postgres "$directory"
	export VELA_POOL=$directory/pool
	gives 0 as_postgres "$vela_binary" pool create "$VELA_POOL"
	gives 0 as_postgres "$vela_binary" baseline create production --from "$production_data"
	gives 0 as_postgres "$vela_binary" branch create one -o json
	holds '.created and .created_by == "postgres"'
	gives 0 as_postgres env -C "$directory" "$vela_binary" psql one -- -XqAtc 'SELECT count(*) FROM orders'
	same "$(cat "$out")" 400
	gives 0 as_postgres "$vela_binary" pool destroy "$VELA_POOL" --yes
	not test -e "$VELA_POOL"
}

postgres_18() {
	pool_on btrfs "$work/btrfs/pool18"
	gives 8 vela baseline create production --from "$production_data"
	says "PostgreSQL 18 is not installed" "installed: 15"
	printf 'version: 1\npostgres: {18: "%s"}\n' "$VELA_TEST_PG18" | as_postgres tee "$VELA_POOL/pool.yml" >/dev/null
	gives 0 vela doctor
	says "18 ($VELA_TEST_PG18)"
	whole_life 18 799.00
	destroyed
}

make_filesystem btrfs "$work/btrfs" 3G
make_filesystem xfs "$work/xfs" 3G
make_filesystem ext4 "$work/ext4" 3G
chmod 755 "$work/btrfs" "$work/xfs" "$work/ext4"
start_production 400
must production_stop fast
prove "btrfs" on_btrfs
prove "XFS, by reflink" on_xfs
prove "ext4, by full copies, where they are asked for" on_ext4
prove "a pool of another user" owned_by_others
prove "a pool without root" without_root

production_binaries=${VELA_TEST_PG18:-$("$top/tests/support/install-deps" --print-pg18)}
VELA_TEST_PG18=$production_binaries
production_directory=$work/production18
start_production 400
must production_stop fast
prove "PostgreSQL 18" postgres_18
done_testing
