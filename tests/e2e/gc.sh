#!/usr/bin/env bash
# vela gc: what goes, what stays and why. What a dry run says is what the run does, in the same order.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/support/sweep.sh
source "$top/tests/support/sweep.sh"
# shellcheck source=tests/support/plant.sh
source "$top/tests/support/plant.sh"

make_repository shop
shop_pool
plant_model
must vela branch protect model
must git add .
must git commit -qm first

names() { find "$pool/branches/shop" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | tr '\n' ' '; }

# Makes a git branch with a commit, and comes back to main.
git_branch() {
	git checkout -qb "$1" main
	echo "$1" >"$1.sql"
	git add .
	git commit -qm "$1"
	git checkout -q main
}

follow() { # NAME GIT_BRANCH
	plant "$1" '.git_branch = $a | .git_directory = $b' "$2" "$work/shop/.git"
}

items() {
	jq -r '.items[] | "\(.outcome) \(.what): \(.reason)"' "$out"
}

# gc_does CODE LINE...: a dry run and the run give these items and that code, and the summary.
gc_does() {
	local code=$1 before
	shift
	before=$(names)
	gives "$code" vela gc --dry-run -o json
	same "$(items)" "$(printf '%s\n' "$@")"
	same "$(names)" "$before"
	gives "$code" vela gc -o json
	same "$(items)" "$(printf '%s\n' "$@")"
}

events_say() { # SUBJECT REASON
	gives 0 vela events -n 50 -o json
	holds --arg s "$1" --arg r "$2" '[.events[] | select(.subject == $s and .reason == $r)] | length == 1'
}

# --- git ---

what_a_checkout_made() {
	git checkout -qb feature/one
	gives 0 vela branch create -o json
	name=$(jq -r .name "$out")
	gives 0 vela gc
	says "nothing to remove"
	echo 1 >1.sql
	git add .
	git commit -qm one
	git checkout -q main
	gives 0 vela gc
	says "nothing to remove"
	git merge -q --squash feature/one
	git commit -qm "One (#1)"
	gc_does 0 "removed branch shop/$name: git branch feature/one was merged into main (squash)"
	same "$(names)" "model "
	events_say "shop/$name" "git branch feature/one was merged into main (squash)"
	git checkout -qb two
	gives 0 vela branch create
	git checkout -q main
	git branch -qD two
	gc_does 0 "removed branch shop/two: git branch two was deleted"
	events_say shop/two "git branch two was deleted"
}
prove "the databases of merged and of deleted git branches go" what_a_checkout_made

what_stays() {
	for name in alive protected parent busy; do
		git_branch "$name"
		follow "$name" "$name"
	done
	git checkout -q alive
	git_branch more
	git checkout -q main
	git merge -q --no-ff protected parent busy -m "all of them"
	gives 0 vela branch protect protected
	plant child '.parent = "parent"'
	as_postgres sh -c "printf 'vela check (pid 1)' >$pool/locks/branch.shop.busy.lock"
	exec {lock}<"$pool/locks/branch.shop.busy.lock"
	flock "$lock"
	gc_does 0 "kept branch shop/busy: git branch busy was merged into main (merge), but it is busy: held by vela check (pid 1)" \
		"kept branch shop/parent: git branch parent was merged into main (merge), but it has children" \
		"kept branch shop/protected: git branch protected was merged into main (merge), but it is protected"
	same "$(names)" "alive busy child model parent protected "
	exec {lock}<&-
	gives 0 vela gc
	says "removed branch shop/busy" "kept branch shop/parent" "1 removed, 2 kept"
	gives 0 vela -q gc
	says "kept branch shop/parent"
	says_not "0 removed"
	gives 0 vela branch unprotect protected
	gives 0 vela gc
}
prove "what is protected, busy, or has children stays, and gc says so" what_stays

whole_families() {
	jq '.expires_at = "2020-01-01T00:00:00Z" | .parent = "parent"' "$pool/branches/shop/child/branch.json" >"$work/record"
	cat "$work/record" >"$pool/branches/shop/child/branch.json"
	plant a-grandchild '.parent = "child" | .expires_at = "2020-01-01T00:00:00Z"'
	gc_does 0 "removed branch shop/a-grandchild: its time is over" "removed branch shop/child: its time is over" \
		"removed branch shop/parent: git branch parent was merged into main (merge)"
	same "$(names)" "alive model "
}
prove "a whole family goes in one run" whole_families

clones_that_tell_nothing() {
	git clone -q . "$work/gone"
	mkdir "$work/private"
	git clone -q . "$work/private/clone"
	plant gone '.git_branch = "gone" | .git_directory = $a' "$work/gone/.git"
	plant private '.git_branch = "private" | .git_directory = $a' "$work/private/clone/.git"
	plant ci '.git_branch = "ci"'
	chmod 0700 "$work/private"
	rm -rf "$work/gone"
	gives 0 as_postgres "$vela_binary" --config "$work/shop/vela.yml" gc -o json
	same "$(items)" "kept what follows the clone $work/private/clone/.git: nothing is known of its branches: cannot read $work/private/clone/.git: Permission denied"
	git -C "$work/private/clone" config core.repositoryFormatVersion 99
	gives 0 vela gc -o json
	holds '.items | length == 1'
	holds '.items[0].outcome == "kept"'
	rm -rf "$work/private"
	gc_does 0
	for name in gone private ci; do
		gives 0 vela branch delete "$name"
	done
}
prove "a clone that is gone, or cannot be read, removes nothing" clones_that_tell_nothing

another_repository() {
	git init -q -b main "$work/another"
	git -C "$work/another" -c user.name=a -c user.email=a@b commit -q --allow-empty -m first
	plant another '.git_branch = "gone" | .git_directory = $a | .git_commit = $b' "$work/another/.git" "$(git rev-parse main)"
	gc_does 0
	gives 0 vela branch delete another
	plant another '.git_branch = "gone" | .git_directory = $a | .git_commit = $b' "$work/another/.git" "$(git -C "$work/another" rev-parse main)"
	gc_does 0 "removed branch shop/another: git branch gone was deleted"
}
prove "a repository that stands where the clone was says nothing" another_repository

# Mounted elsewhere in a container, or moved: to us a server's data are not where it says.
server_of_another_place() {
	local server
	gives 0 vela branch create far
	server=$(head -n 1 "$pool/branches/shop/far/data/postmaster.pid")
	must mv "$pool/branches/shop/far" "$pool/elsewhere"
	gives 0 vela gc
	says_not process
	kill -0 "$server"
	must btrfs -q subvolume delete "$pool/elsewhere/data"
	must rm -rf "$pool/elsewhere"
	gives 0 vela gc
	says "removed process $server (" "its data is gone"
	[[ ! -e /proc/$server ]] || grep -q '^State:.Z' "/proc/$server/status"
}
prove "a server goes when its data are gone, not when they are elsewhere" server_of_another_place

# --- forges ---

mkdir "$work/forge"
node "$top/tests/support/forge.mjs" "$work/forge" >"$work/forge/log" 2>&1 </dev/null &
forge_pid=$!
defer kill "$forge_pid"
wait_until 30 test -s "$work/forge/url" || must cat "$work/forge/log"
install -m 0600 -o postgres -g postgres <(echo token-of-ci) "$work/token"
chmod 0644 "$work/forge/ca.pem"

name_forge() {
	cat >"$pool/pool.yml" <<-YML
		projects:
		  shop: {forge: github, api: $(<"$work/forge/url")/api/v3, repository: acme/shop, token_file: $work/token, ca_file: $work/forge/ca.pem}
	YML
}

pull_requests() {
	for number in 12 13 14 99; do
		plant "pr-$number" ".pull_request = $number"
	done
	plant pr-13-end-to-end '.pull_request = 13 | .repository = "Acme/Shop"'
	plant pr-13-of-another '.pull_request = 13 | .repository = "someone/shop"'
	gc_does 0 # it is not known where they live
	gives 9 env GITHUB_ACTIONS=true GITHUB_REPOSITORY=acme/shop GITHUB_API_URL="$(<"$work/forge/url")/api/v3" \
		GITHUB_TOKEN=token-of-ci "$vela_binary" gc --dry-run -o json
	holds '[.items[] | .outcome] == ["failed"]' # the forge of CI was asked; its certificate is not of the system's
	name_forge
	gives 0 vela gc --dry-run -o json
	same "$(items | grep -v '^kept')" "removed branch shop/pr-13: pull request 13 was merged
removed branch shop/pr-13-end-to-end: pull request 13 was merged
removed branch shop/pr-14: pull request 14 was closed"
	holds '[.items[] | select(.outcome == "kept") | .what] == ["branch shop/pr-13-of-another", "branches of pull requests of shop"]' # there is no 99
	same "$(grep -c '"/repos/acme/shop/pulls/13"' "$work/forge/requests.jsonl")" 1
	gives 0 vela gc
	same "$(names)" "alive model pr-12 pr-13-of-another pr-99 "
	events_say shop/pr-14 "pull request 14 was closed"
	gives 0 vela branch delete pr-13-of-another
	rm "$pool/pool.yml"
}
prove "databases of merged and closed pull requests go; each is asked for once" pull_requests

# The forge is not asked by who may read the token's file, but by the pool's owner.
forge_that_does_not_answer() {
	plant pr-13 '.pull_request = 13'
	plant expired '.expires_at = "2020-01-01T00:00:00Z" | .pull_request = 13'
	git_branch merged
	git merge -q --no-ff merged -m merge
	follow merged merged
	name_forge
	echo '[{"path": ".", "times": 1000, "do": "status", "status": 403, "body": {}}]' >"$work/forge/faults.json"
	plant other-pr '.pull_request = 14'
	gives 6 vela gc --dry-run -o json
	same "$(items | grep -c '^failed branches of pull requests of shop')" 1
	echo '[]' >"$work/forge/faults.json"
	kill "$forge_pid"
	wait "$forge_pid" 2>/dev/null || true
	gives 9 vela gc --dry-run -o json
	dry=$(items)
	gives 9 vela gc -o json
	same "$(items)" "$dry"
	same "$(grep -v '^failed' <<<"$dry")" "removed branch shop/expired: its time is over
removed branch shop/merged: git branch merged was merged into main (merge)"
	same "$(grep -c '^failed branches of pull requests of shop' <<<"$dry")" 1
	same "$(names)" "alive model other-pr pr-12 pr-13 pr-99 "
	gives 9 vela gc
	says "cannot remove branches of pull requests of shop: "
	rm "$pool/pool.yml"
	for name in other-pr pr-12 pr-13 pr-99; do
		gives 0 vela branch delete "$name"
	done
}
prove "a forge that does not answer removes nothing; the rest goes on" forge_that_does_not_answer

# --- baselines ---

revisions() {
	find "$pool/baselines/production" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -n | tr '\n' ' '
}

retention() {
	for revision in 2 3 4 5 6; do
		plant_revision "$revision" $((80 - revision * 10)) # 6 is 20 days old
	done
	plant user '.revision = 3'
	plant brief '.revision = 2 | .expires_at = "2020-01-01T00:00:00Z"'
	gc_does 0 "removed branch shop/brief: its time is over"
	same "$(revisions)" "1 2 3 4 5 6 "
	plant brief '.revision = 2 | .expires_at = "2020-01-01T00:00:00Z"'
	echo 'retention: {revisions: 2}' >"$pool/pool.yml"
	cp "$pool/branches/shop/user/branch.json" "$work/record"
	echo '{' >"$pool/branches/shop/user/branch.json"
	gives 7 vela gc --dry-run
	says_not baseline # what the damaged record says is not known
	cat "$work/record" >"$pool/branches/shop/user/branch.json"
	local reason="no branch stands on it, and it is beyond retention"
	echo 'retention: {revisions: 2, younger: 45d}' >"$pool/pool.yml"
	gc_does 0 "removed branch shop/brief: its time is over" "removed baseline production@2: $reason"
	same "$(revisions)" "1 3 4 5 6 " # on the first the model stands, on the third a branch; the fourth is 40 days old
	events_say production@2 "$reason"
	echo 'retention: {revisions: 2, younger: 35d}' >"$pool/pool.yml"
	as_postgres touch "$pool/locks/baseline.production.lock"
	flock -s "$pool/locks/baseline.production.lock" "$vela_binary" gc -o json >"$out"
	same "$(items)" "kept baseline production: it has revisions beyond retention, but it is in use just now"
	gc_does 0 "removed baseline production@4: $reason"
	same "$(revisions)" "1 3 5 6 "
	gives 0 vela branch delete user
	rm "$pool/pool.yml"
}
prove "revisions that nobody uses go beyond retention" retention

# --- what a killed vela left ---

copy_without_mark() {
	as_postgres mkdir "$pool/tmp/production.1.00000000"
	btrfs -q subvolume create "$pool/tmp/production.1.00000000/data" >/dev/null
	echo 15 >"$pool/tmp/production.1.00000000/data/PG_VERSION"
	chown -R postgres:postgres "$pool/tmp/production.1.00000000"
	gc_does 0 "removed tmp/production.1.00000000: its making never finished"
	not test -e "$pool/tmp/production.1.00000000"
	events_say tmp/production.1.00000000 "its making never finished"
}
prove "a copy that was cut short before its mark goes" copy_without_mark

done_testing
