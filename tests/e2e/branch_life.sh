#!/usr/bin/env bash
# A branch from its creation to its end: every command that makes, changes or removes one, each twice.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

export VELA_POOL=$work/pool
unset CI

query() { vela psql "$1" -- -XqAt -v ON_ERROR_STOP=1 -c "$2"; }
field() { vela branch show "$1" -o json | jq -r "$2"; } # BRANCH FILTER
names() { vela branch list -o json | jq -r '[.branches[].name] | join(" ")'; }
events_of() { vela events -o json | jq -r --arg s "$1" '[.events[] | select(.subject == $s) | .event] | join(" ")'; }

branch_shape='
	.schema == 1 and .project == "shop" and (.state | IN("ready", "stopped")) and (.protected | type == "boolean")
	and (.baseline | .name == "production" and .revision == "1" and (.taken_at | fromdateiso8601 <= now)
	     and (.lsn | test("^[0-9A-F]+/[0-9A-F]+$")))
	and has("parent") and has("git") and has("pull_request")
	and .host == "127.0.0.1" and (.port >= 25000 and .port <= 25999) and (.socket | startswith("/"))
	and .database == "shop" and .user == "vela" and (.created_at | fromdateiso8601 <= now) and has("expires_at")
	and (.storage | (.exclusive_bytes | type == "number") and .shared_bytes > 1000000)
	and (.timings_ms | (.clone > 0) and (.start > 0) and (.total >= .clone + .start - 0.2))
	and ([.timings_ms[] | (. * 10 | . - round | fabs) < 0.000001] | all)'

creating() {
	gives 0 vela branch create one -o json
	holds "$branch_shape"
	holds '.name == "one" and .created == true and .state == "ready" and .protected == false and .parent == null
	       and .git == null and .pull_request == null and .expires_at == null'
	not grep -qE '"(clone|start|total)": [0-9]+\.[0-9]{2,}' "$out" # milliseconds to a tenth
	same "$(query one 'SELECT count(*) FROM orders')" 1000
	same "$(query one 'SELECT session_user')" vela
	not grep -qiE 'password' "$out"
}

creating_twice() {
	local port pid
	port=$(field one .port)
	pid=$(head -n 1 "$VELA_POOL/branches/shop/one/data/postmaster.pid")
	query one 'CREATE TABLE kept ()'
	gives 0 vela branch create one -o json
	holds --argjson port "$port" "$branch_shape and .created == false and .port == \$port"
	same "$(head -n 1 "$VELA_POOL/branches/shop/one/data/postmaster.pid")" "$pid"
	query one 'TABLE kept'
	gives 0 vela branch create one
	says "branch one is there already"
	same "$(events_of shop/one)" branch.create
}

creating_for_people() {
	gives 0 vela branch create two
	says "branch two: a clone of production@1, ready in" "postgresql://vela@127.0.0.1:$(field two .port)/shop" "vela url two"
	says_not "clone 1" "start "
	gives 0 vela -v branch create three
	grep -qE '^  clone [0-9.]+ m?s, start [0-9.]+ m?s$' "$out"
	gives 0 vela branch delete three
}

listing() {
	gives 0 vela branch list
	grep -qE '^NAME +STATE +FROM +PORT +CREATED +EXPIRES$' "$out"
	grep -qE "^one +ready +production@1 +$(field one .port) +.* –$" "$out"
	gives 0 vela branch list -o json
	holds "(.schema == 1) and (.branches | length == 2) and (.branches | all($branch_shape)) and (.branches | all(has(\"created\") | not))"
	gives 0 vela -C / branch create elsewhere
	same "$(names)" "one two"
	gives 0 vela branch list --all -o json
	holds '[.branches[] | "\(.project)/\(.name)"] == ["default/elsewhere", "shop/one", "shop/two"]'
	gives 0 vela branch list -a
	says "default/elsewhere" "shop/one"
	gives 0 vela -C / branch delete elsewhere
	gives 0 vela -C / branch list
	says "no branches in project default" "vela branch create"
	gives 0 vela -C / -q branch list
	same "$(cat "$out" "$err")" ""
}

showing() {
	gives 0 vela branch show one
	says "branch     one" "project    shop" "state      ready" "data       production@1, taken" \
		"database shop, user vela, PostgreSQL 15" "expires    never" " of its own, " "memory "
	gives 0 vela branch show one -o json
	holds "$branch_shape and (has(\"created\") | not)"
	gives 4 vela branch show missing
	says "there is no branch missing in project shop" "vela branch list"
}

stopping_and_starting() {
	local timings
	timings=$(field two .timings_ms)
	query two 'CREATE TABLE before_stop AS SELECT 7 AS n'
	gives 0 vela branch stop two
	says "branch two is stopped"
	same "$(processes_below "$VELA_POOL/branches/shop/two" || true)" ""
	gives 0 vela branch stop two -o json
	holds '.name == "two" and .state == "stopped"'
	gives 0 vela branch list
	grep -qE '^two +stopped' "$out"
	gives 0 vela url two
	grep -q "vela branch start two" "$err"
	gives 0 vela branch start two -o json
	holds '.state == "ready"'
	gives 0 vela branch start two
	says "branch two runs" "postgresql://vela@127.0.0.1:"
	same "$(query two 'SELECT n FROM before_stop')" 7
	same "$(field two .timings_ms)" "$timings" # they tell of its creation
	gives 0 vela branch stop two
	same "$(query two 'SELECT n FROM before_stop')" 7 # whoever runs something on it wants it to run
	gives 0 vela branch stop two
	gives 0 vela branch create two -o json
	holds '.created == false and .state == "ready"'
	for command in start stop protect unprotect reset; do
		gives 4 vela branch "$command" missing
	done
	gives 4 vela branch expire missing 1d
}

protecting() {
	gives 0 vela branch protect two
	gives 0 vela branch protect two -o json
	holds '.protected == true'
	gives 5 vela branch delete two
	says "protected" "vela branch unprotect two"
	gives 5 vela branch reset two
	gives 5 vela branch create two --fresh
	gives 5 vela -o json branch delete two
	holds '.error.kind == "conflict"'
	same "$(query two 'SELECT n FROM before_stop')" 7
	gives 0 vela branch list
	grep -qE '^two .* protected$' "$out"
	gives 0 vela branch unprotect two
	gives 0 vela branch unprotect two -o json
	holds '.protected == false'
	gives 0 vela branch create guarded --protect -o json
	holds '.protected == true'
	gives 5 vela branch delete guarded
	gives 0 vela branch unprotect guarded
	gives 0 vela branch delete guarded
}

resetting() {
	local port url
	port=$(field two .port)
	url=$(vela url two)
	gives 0 vela branch reset two -o json
	holds --argjson port "$port" "$branch_shape and .state == \"ready\" and .port == \$port"
	same "$(vela url two)" "$url"
	same "$(query two "SELECT to_regclass('before_stop') IS NULL")" t
	query two 'DROP TABLE orders CASCADE'
	gives 0 vela branch reset two
	says "branch two is a fresh clone of production@1"
	same "$(query two 'SELECT count(*) FROM orders')" 1000
	gives 0 vela branch stop two
	gives 0 vela branch reset two
	same "$(field two .state)" ready
}

anew() {
	query two 'CREATE TABLE gone ()'
	gives 0 vela branch create two --fresh -o json
	holds '.created == true'
	same "$(query two "SELECT to_regclass('gone') IS NULL")" t
	gives 0 vela branch create four --fresh -o json
	holds '.created == true'
	gives 0 vela branch delete four
}

branching_from_a_branch() {
	query two 'CREATE TABLE inherited AS SELECT 1 AS n'
	gives 0 vela branch create child --from two -o json
	holds "$branch_shape"' and .parent == "two" and .created == true'
	query child 'UPDATE inherited SET n = 2'
	same "$(query two 'SELECT n FROM inherited')" 1
	query two 'UPDATE inherited SET n = 3'
	same "$(query child 'SELECT n FROM inherited')" 2
	gives 0 vela url child --format json
	holds --arg other "$(vela url two --format json | jq -r .password)" '.password != $other'
	gives 0 vela branch show child
	says "parent     two"
	gives 5 vela branch delete two
	says "has children: child" "delete them first"
	gives 0 vela branch reset child
	says "a fresh clone of branch two"
	same "$(query child 'SELECT n FROM inherited')" 3
	gives 0 vela branch stop two
	gives 0 vela branch create grandchild --from child
	gives 0 vela branch create second --from two -o json # a stopped one stays stopped
	same "$(field two .state)" stopped
	same "$(query second 'SELECT n FROM inherited')" 3
	gives 4 vela branch create orphan --from missing
	gives 2 vela branch create loop --from loop
	same "$(names)" "child grandchild one second two"
	gives 5 vela branch delete child
	for name in grandchild child second; do
		gives 0 vela branch delete "$name"
	done
}

expiring() {
	gives 0 vela branch create brief --expires 1d -o json
	holds '(.expires_at | fromdateiso8601) - now | . > 86390 and . <= 86400'
	gives 0 vela branch expire brief never -o json
	holds '.expires_at == null'
	gives 0 vela branch expire brief 2w
	says "branch brief expires in 2w"
	gives 0 vela branch list
	grep -qE '^brief .* in 1[34] days$' "$out"
	gives 0 vela gc
	says "nothing to remove"
	gives 0 vela branch expire brief 1s
	gives 0 vela branch expire one 1s
	gives 0 vela branch protect one
	sleep 1.1
	gives 0 vela gc --dry-run
	says "would remove branch shop/brief: its time is over" "kept branch shop/one" "protected"
	same "$(query brief 'SELECT 1')" 1
	gives 0 vela gc -n -o json
	holds '.schema == 1 and .dry_run == true and (.items | length == 2)'
	holds '.items[] | select(.what == "branch shop/brief") | .removed == true and .problem == null and (.reason | length > 3)'
	gives 0 vela gc
	says "removed branch shop/brief"
	same "$(names)" "one two"
	gives 0 vela branch expire one never
	gives 0 vela gc -o json
	holds '.dry_run == false and .items == []'
	gives 2 vela branch expire one 0s
	gives 2 vela branch expire one 5y
	gives 2 vela branch expire one -- -1d
}

expiry_from_the_file() {
	printf 'version: 1\nproject: shop\nbranch: {expires: 3d, durable: true}\n' >other.yml
	gives 0 vela --config other.yml branch create durable -o json
	holds '(.expires_at | fromdateiso8601) - now | . > 259100 and . <= 259200'
	same "$(query durable 'SHOW fsync')" on
	same "$(query one 'SHOW fsync')" off
	gives 0 vela --config other.yml branch create lasting --expires never -o json
	holds '.expires_at == null'
	gives 0 vela branch delete durable
	gives 0 vela branch delete lasting
}

deleting() {
	gives 0 vela branch delete two
	says "branch two is gone"
	not test -e "$VELA_POOL/branches/shop/two"
	same "$(processes_below "$VELA_POOL/branches/shop/two" || true)" ""
	gives 0 vela branch delete two
	says "there is no branch two"
	gives 0 vela branch delete two -o json
	holds '. == {schema: 1, project: "shop", name: "two", deleted: false}'
	gives 0 vela branch unprotect one
	gives 0 vela branch delete one -o json
	holds '.deleted == true'
	same "$(ls "$VELA_POOL/ports" "$VELA_POOL/trash" "$VELA_POOL/tmp" | grep -v : || true)" ""
	same "$(find "$VELA_POOL/run" -type s)" ""
}

telling_what_happened() {
	gives 0 vela events -n 500 -o json
	holds '.schema == 1 and (.events | all((.time | fromdateiso8601) <= now and .by == "root" and (.event | test("^(branch|baseline)\\."))))'
	holds '[.events[] | select(.subject == "shop/one") | .event] | .[0] == "branch.create" and .[-1] == "branch.delete"'
	holds '[.events[] | select(.event == "branch.delete") | .reason] | index("asked for") != null and index("made anew") != null'
	gives 0 vela events -n 2 -o json
	holds '.events | length == 2'
	gives 0 vela events
	grep -qE '^TIME +EVENT +SUBJECT +BY +REASON$' "$out"
	says "branch.reset" "shop/brief"
	gives 0 vela events -n 1
	same "$(wc -l <"$out")" 2
}

start_production
must production_stop fast
must vela pool create "$VELA_POOL" --size 2G
must vela baseline create production --from "$production_data"
printf 'version: 1\nproject: shop\ndatabase: shop\n' >vela.yml

prove "a branch is made, and its JSON is as promised" creating
prove "a branch that is there is returned as it is" creating_twice
prove "people are told where it is; -v tells how long each step took" creating_for_people
prove "branches are listed, of this project or of all" listing
prove "a branch is shown" showing
prove "stop and start, each twice; what needs it starts it" stopping_and_starting
prove "a protected branch is neither deleted nor reset nor made anew" protecting
prove "reset gives a fresh clone at the same port with the same password" resetting
prove "--fresh makes it anew" anew
prove "a branch of a branch has its data, and a life of its own" branching_from_a_branch
prove "expired branches go with gc, protected ones stay" expiring
prove "vela.yml says when branches expire and whether they are durable" expiry_from_the_file
prove "delete leaves nothing, and can be done twice" deleting
prove "events tell who did what" telling_what_happened
done_testing
