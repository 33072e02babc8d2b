#!/usr/bin/env bash
# Pools as their administrator meets them: made, found, mounted, unmounted, examined and destroyed, each twice.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

pool=$work/pool
export VELA_POOL=$pool

mounted() { grep -q " $1 " /proc/self/mounts; }
loop_of() { grep -lxF -- "$1" /sys/block/loop*/loop/backing_file 2>/dev/null; }

file_backed_pool_is_made() {
	gives 0 vela pool create "$pool" --size 512M -o json
	holds --arg p "$pool" '. == {schema: 1, path: $p, created: true, file_backed: true, image: ($p + ".btrfs")}'
	mounted "$pool"
	same "$(stat -c '%U %a' "$pool")" "postgres 700"
	same "$(stat -c '%U %a' "$pool.btrfs")" "root 600"
	same "$(stat -c %s "$pool.btrfs")" $((512 << 20))
	[[ $(du -m "$pool.btrfs" | cut -f 1) -lt 100 ]] # it grows as it is used
}

making_it_twice_changes_nothing() {
	local before
	before=$(jq -r .id "$pool/pool.json")
	gives 0 vela pool create "$pool" --size 512M
	says "there is a pool at $pool already"
	gives 0 vela pool create "$pool" -o json
	holds '.created == false and .file_backed == true'
	same "$(jq -r .id "$pool/pool.json")" "$before"
}

pool_is_shown() {
	gives 0 vela pool show
	says "$pool" "btrfs, in a file of its own" "postgres" "MiB free" "25000-25999"
	gives 0 vela pool show -o json
	holds 'keys == ["available_bytes", "baselines", "branches", "created_at", "driver", "file_backed", "id", "owner", "path",
	                "running", "schema", "total_bytes"]'
	holds --arg p "$pool" '.path == $p and .driver == "btrfs" and .owner == "postgres" and .branches == 0 and .running == 0'
	holds '.total_bytes > .available_bytes and .available_bytes > 400000000'
	holds '(.created_at | fromdateiso8601) > now - 60'
}

option_goes_before_variable_before_file() {
	mkdir -p project
	printf 'version: 1\nproject: p\npool: ../from-file\n' >project/vela.yml
	gives 4 env -u VELA_POOL "$vela_binary" -C project pool show
	says "$work/from-file"
	gives 4 env VELA_POOL="$work/from-variable" "$vela_binary" -C project pool show
	says "$work/from-variable"
	gives 4 vela -C project --pool "$work/from-option" pool show
	says "$work/from-option"
	gives 4 vela -C project --pool relative pool show
	says "$work/project/relative"
	gives 0 env VELA_POOL= "$vela_binary" --pool "$pool" pool show
	gives 0 env -u VELA_POOL "$vela_binary" pool show "$pool"
	gives 4 env -u VELA_POOL "$vela_binary" pool show
	says /var/lib/vela
}

unmounting_and_mounting_twice() {
	gives 0 vela pool unmount
	says "is unmounted"
	not mounted "$pool"
	not loop_of "$pool.btrfs"
	gives 0 vela pool unmount -o json
	holds --arg p "$pool" '. == {schema: 1, path: $p, changed: false}'
	gives 4 vela branch list
	says "is not mounted" "vela pool mount $pool"
	gives 0 vela pool mount -o json
	holds '.changed == true'
	gives 0 vela pool mount
	says "already"
	same "$(grep -c " $pool " /proc/self/mounts)" 1
	gives 0 vela branch list
	gives 4 vela pool mount "$work/nowhere"
	says "$work/nowhere.btrfs" "vela pool create"
	gives 0 vela pool unmount "$work/nowhere"
}

# However a place is called, it is one place: else a second file would be made beside the first.
places_have_one_name() {
	local name
	mkdir -p "$work/a"
	ln -sfn "$work" "$work/link"
	gives 0 vela -C a pool unmount "../pool/"
	not mounted "$pool"
	for name in "$work/a/../pool" "$pool/" "$work//./pool/." "$work/link/pool"; do
		gives 0 vela pool create "$name" -o json
		holds --arg p "$pool" '.path == $p and .created == false and .image == ($p + ".btrfs")'
		gives 0 vela --pool "$name" pool show -o json
		holds --arg p "$pool" '.path == $p and .file_backed'
	done
	same "$(grep -c " $pool " /proc/self/mounts)" 1
	same "$(find "$work" -xdev -name '*.btrfs')" "$pool.btrfs"
}

others_are_refused() {
	gives 6 setpriv --reuid nobody --regid nogroup --clear-groups "$vela_binary" branch list
	says "Permission denied" "as the pool's owner or as root"
	gives 6 as_postgres "$vela_binary" pool unmount
	says "sudo vela pool unmount $pool"
	gives 0 as_postgres "$vela_binary" branch list
	gives 6 as_postgres "$vela_binary" pool destroy --yes
	mounted "$pool"
}

foreign_directories_stay_as_they_are() {
	mkdir -p full
	echo mine >full/file
	gives 5 vela pool create full
	says "not empty"
	gives 5 vela pool create full --driver copy
	same "$(ls full)" file
	not test -e full.btrfs
	gives 0 vela pool destroy full --yes
	says "has no pool"
	same "$(cat full/file)" mine
	gives 2 vela pool create new --size 1M
	says "at least"
	gives 2 vela pool create new --size lots
	says '"lots" is not a size'
	gives 2 vela pool create new --driver zfs
	says "btrfs, reflink, copy"
	not vela pool create new --owner nobody-of-this-name
	not test -e new
	not test -e new.btrfs
}

# What is broken, and the command that doctor shows for it.
broken() { jq -r '.findings[] | select(.level == "broken") | .topic' "$out"; }
remedy() { jq -r '[.findings[] | select(.level == "broken")][0].remedy' "$out" | grep -oE 'vela [a-z]+ [a-z]+( [^ ]+)?' | head -n 1; }

doctor_has_the_remedy() { # TOPIC: what is broken; the remedy is run, and doctor is content
	local command
	gives 1 vela doctor -o json
	holds '.schema == 1 and .healthy == false'
	same "$(broken)" "$1"
	command=$(remedy)
	gives 1 vela doctor
	says "✗ $1" "→ "
	# shellcheck disable=SC2086 # words
	gives 0 $command
	gives 0 vela doctor -o json
	holds '.healthy == true and ([.findings[].level] | index("broken") == null)'
}

doctor_finds_all_well() {
	gives 0 vela doctor
	says "✓ pool       $pool, driver btrfs, owner postgres" "✓ storage" "✓ postgres   15 ("
	says_not "✗"
	gives 0 vela doctor -o json
	holds '.findings | map(.topic) | contains(["vela.yml", "pool", "storage", "postgres", "baselines", "branches"])'
	holds '.findings | map(has("level", "text", "remedy")) | all'
}

doctor_mends_a_missing_pool() {
	export VELA_POOL=$work/other
	doctor_has_the_remedy pool
	gives 0 vela pool destroy
	not test -e "$work/other"
}

doctor_mends_an_unmounted_pool() {
	gives 0 vela pool unmount
	doctor_has_the_remedy pool
}

doctor_mends_damaged_records() {
	gives 0 vela branch create damaged
	echo '{' >"$pool/branches/default/damaged/branch.json"
	gives 0 vela branch list
	says "damaged" "branch.json"
	gives 0 vela branch list -o json
	holds '.branches[0] | .name == "damaged" and .state == "damaged"'
	doctor_has_the_remedy branches
	same "$(vela branch list -o json | jq '.branches | length')" 0
	same "$(processes_below "$pool/branches" || true)" ""
	echo '{' >"$pool/baselines/production/1/baseline.json"
	gives 7 vela baseline refresh production
	says "vela doctor"
	doctor_has_the_remedy baselines
	same "$(ls "$pool/baselines/production" 2>/dev/null)" ""
}

doctor_tells_of_configuration() {
	mkdir -p broken
	printf 'version: 1\nporject: x\n' >broken/vela.yml
	gives 1 vela -C broken doctor
	says "✗ vela.yml" "vela.yml:2:1" "project"
	echo 'port: 1' >"$pool/pool.yml"
	gives 1 vela doctor
	says "✗ pool" "pool.yml:1:1" '"ports"'
	gives 3 vela branch list
	printf 'version: 1\nreserve: 99%%\n' >"$pool/pool.yml"
	gives 1 vela doctor
	says "✗ storage" "reserve" "→ delete branches"
	gives 7 vela branch create one
	says "stay in reserve"
	printf 'version: 1\npostgres: {15: /nowhere}\n' >"$pool/pool.yml"
	gives 1 vela doctor
	says "✗ baselines" "no postgres in /nowhere"
	says_not "✓ baselines"
	gives 8 vela branch create one
	rm "$pool/pool.yml"
	gives 0 vela doctor
}

doctor_looks_at_tokens() {
	echo secret >token
	chmod 600 token
	printf 'projects:\n  shop: {forge: github, repository: acme/shop, token_file: %s}\n' "$work/token" >"$pool/pool.yml"
	gives 1 vela doctor # the pool's owner cannot read it
	says "✗ pool.yml" "projects.shop" "→ the pool's owner reads it"
	chown postgres token
	gives 0 vela doctor
	chmod 644 token
	gives 1 vela doctor
	says "can be read by others" "→ chmod 600 $work/token"
	says_not secret
	rm "$pool/pool.yml"
}

doctor_looks_at_hooks() {
	make_repository hooked
	cd hooked
	printf 'version: 1\nproject: hooked\n' >vela.yml
	gives 0 vela doctor
	says_not hooks
	gives 0 vela hooks install
	says "vela.yml names none (hooks: {env_file: .env})"
	gives 0 vela doctor
	says "✓ hooks      installed in $work/hooked/.git/hooks"
	rm .git/hooks/pre-push
	gives 0 vela doctor
	says "– hooks      not installed: pre-push" "→ vela hooks install"
}

unmount_waits_for_branches() {
	gives 0 vela branch create one
	gives 5 vela pool unmount
	says "vela branch stop"
	gives 0 vela branch stop one
	gives 0 vela pool unmount
	gives 0 vela pool mount
	gives 0 vela branch show one -o json
	holds '.state == "stopped"'
	gives 0 vela branch start one
	gives 0 vela psql one -- -XqAtc 'SELECT count(*) FROM orders'
	same "$(cat "$out")" 100
}

destroying_asks_and_leaves_nothing() {
	gives 2 vela pool destroy
	says "branches: 1, of which 1 run; baselines: 1" "--yes"
	mounted "$pool"
	gives 0 vela pool destroy --yes
	says "$pool is gone"
	not mounted "$pool"
	not loop_of "$pool.btrfs"
	not test -e "$pool"
	not test -e "$pool.btrfs"
	same "$(processes_below "$pool" || true)" ""
	gives 0 vela pool destroy --yes -o json
	holds '.changed == false'
	gives 4 vela branch list
}

prove "a file-backed pool is made where nothing can be cloned" file_backed_pool_is_made
prove "making a pool twice changes nothing" making_it_twice_changes_nothing
prove "a pool is shown" pool_is_shown
prove "--pool, then VELA_POOL, then vela.yml, then the default" option_goes_before_variable_before_file
prove "unmounting and mounting, each twice" unmounting_and_mounting_twice
prove "a pool is the same one however its directory is written" places_have_one_name
prove "only root and the owner may use a pool" others_are_refused
prove "a directory with something in it does not become a pool" foreign_directories_stay_as_they_are
prove "doctor finds all well" doctor_finds_all_well
prove "doctor shows what mends a missing pool" doctor_mends_a_missing_pool
prove "doctor shows what mends an unmounted pool" doctor_mends_an_unmounted_pool
start_production 100
must production_stop fast
must vela baseline create production --from "$production_data"
prove "doctor shows what mends damaged records" doctor_mends_damaged_records
must vela baseline create production --from "$production_data"
prove "doctor tells of bad configuration" doctor_tells_of_configuration
prove "doctor looks at the tokens that pool.yml names" doctor_looks_at_tokens
prove "doctor looks at hooks" doctor_looks_at_hooks
prove "a pool is not unmounted under running branches" unmount_waits_for_branches
prove "destroying a pool asks first, leaves nothing, and can be done twice" destroying_asks_and_leaves_nothing
done_testing
