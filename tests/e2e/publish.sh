#!/usr/bin/env bash
# What a check puts on its pull request, in recorded environments of GitHub and GitLab, at a stub of both over real TLS.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

export VELA_POOL=$work/pool
forge=$work/forge
token=secret-token-of-the-job
head=0f3c1d9e5b7a2846c0d1e2f3a4b5c6d7e8f90a1b # of the recordings
merge=9d8c7b6a5f4e3d2c1b0a99887766554433221100

# --- the stub ---

setup_forge() {
	jq -n --arg token "$token" --arg reset "$EPOCHREALTIME" --argjson may "${1-[\"read\", \"comment\", \"status\"]}" '{
		tokens: {($token): {login: "ci", may: $may}}, projects: {"4321": "acme/shop"}, reset: $reset,
		pull_requests: {github: {"acme/shop": {"12": "open"}}, gitea: {"acme/shop": {"12": "open"}}, gitlab: {"acme/shop": {"34": "open"}}}}' >"$forge/setup.new"
	mv "$forge/setup.new" "$forge/setup.json"
	rm -f "$forge/requests.jsonl" "$work/summary" "$work/outputs"
	faults '[]'
}

faults() {
	echo "$1" >"$forge/faults.new"
	mv "$forge/faults.new" "$forge/faults.json"
}

# state FORGE FILTER: of what it has of acme/shop
state() {
	jq -er ".$1[\"acme/shop\"] | $2" "$forge/state.json"
}

# recorded NAME COMMAND...: in the environment of a run, with the stub as its forge. how=exec: in place of this shell.
recorded() {
	local run_variables
	read_recording "$1"
	shift
	${how-} env "${run_variables[@]}" GITHUB_API_URL="$(<"$forge/url")/api/v3" CI_API_V4_URL="$(<"$forge/url")/api/v4" \
		GITHUB_STEP_SUMMARY="$work/summary" GITHUB_OUTPUT="$work/outputs" "$@"
}

github() {
	recorded github-pull-request GITHUB_TOKEN="$token" "$@"
}

gitlab() {
	recorded gitlab-merge-request GITLAB_TOKEN="$token" "$@"
}

# no_branch_left: nothing of a check remains
no_branch_left() {
	vela branch list -o json | jq -e '.branches == []' >/dev/null
}

# Nothing that went out but the header itself, and nothing that was printed, has the token.
token_is_nowhere() {
	local file
	for file in "$out" "$err" "$work/summary" "$work/outputs" "$forge/requests.jsonl" "$forge/state.json" "$@"; do
		[[ ! -e $file ]] || not grep -qF "$token" "$file"
	done
}

migration() {
	echo "$1" >db/2.sql
	git checkout -q -- vela.yml
}

trusting=(--ca-file "$forge/ca.pem")

# --- GitHub ---

comment_and_status() {
	setup_forge
	migration "CREATE TABLE shipments (id bigint PRIMARY KEY);"
	gives 0 github "$vela_binary" check --publish "${trusting[@]}"
	state github ".comments[\"12\"] | length == 1 and .[0].author == \"ci\""
	state github '.comments["12"][0].body | startswith("<!-- vela:report shop/pr-12 -->\n<!-- vela:status passed 1 migration applies") and contains("✅ Passed")'
	# Of the head, not of what it would be merged into.
	state github ".statuses | keys == [\"$head\"]"
	state github ".statuses[\"$head\"] | map(.state) == [\"pending\", \"success\"] and all(.context == \"vela/shop\")"
	state github ".statuses[\"$head\"][1] | (.description | startswith(\"1 migration applies\")) and (.target_url | length > 0)"
	says "the report is at http"
	grep -q '✅ Passed' "$work/summary"
	same "$(grep -c 'vela:report' "$work/summary")" 1
	token_is_nowhere
	no_branch_left
}

second_run_updates() {
	migration "ALTER TABLE nowhere ADD COLUMN x int;"
	gives 1 github "$vela_binary" check --publish "${trusting[@]}"
	state github '.comments["12"] | length == 1 and (.[0].body | contains("❌ Failed"))'
	state github ".statuses[\"$head\"] | map(.state) == [\"pending\", \"success\", \"pending\", \"failure\"]"
	jq -e '.created == 1 and .deleted == 0' "$forge/state.json"
}

pending_comes_first() {
	setup_forge
	migration "SELECT pg_sleep(60);"
	how='exec' github "$vela_binary" check --publish "${trusting[@]}" >"$out" 2>"$err" &
	local pid=$!
	wait_until 30 state github ".statuses[\"$head\"] | map(.state) == [\"pending\"]"
	wait_until 30 migration_runs
	# Neither the command line nor what a check starts has the token.
	token_in_processes "$pid"
	# A cancelled job.
	kill -TERM "$pid"
	local code=0
	wait "$pid" || code=$?
	same "$code" 130
	state github ".statuses[\"$head\"] | map(.state) == [\"pending\", \"error\"]"
	state github '.comments == {}'
	no_branch_left
	token_is_nowhere
}

migration_runs() {
	[[ $(vela psql pr-12 -- -XqAtc "SET ROLE NONE; SELECT count(*) FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep'") == 1 ]]
}

# vela itself was given it by the job; in no command line it is, and in the environment of none of the branch's programs.
token_in_processes() {
	local pid
	not grep -lsaF "$token" /proc/[0-9]*/cmdline
	for pid in $(pgrep -f "$VELA_POOL/branches/shop/pr-12" || true); do
		[[ $pid == "$1" ]] || not grep -qsaF "$token" "/proc/$pid/environ"
	done
}

stubborn_forge_at_an_interrupt() {
	setup_forge
	faults '[{"method": "POST", "path": "statuses", "skip": 1, "times": 100, "do": "stall"}]'
	migration "SELECT pg_sleep(60);"
	how='exec' github "$vela_binary" check --publish "${trusting[@]}" >"$out" 2>"$err" &
	local pid=$! code=0 began
	wait_until 30 state github ".statuses[\"$head\"] | length == 1"
	wait_until 30 migration_runs
	began=$SECONDS
	kill -TERM "$pid"
	wait "$pid" || code=$?
	same "$code" 130
	[[ $((SECONDS - began)) -lt 30 ]]
	no_branch_left
}

errors_are_published() {
	setup_forge
	migration "SELECT 1;"
	sed -i 's/^project: shop/&\nbaseline: nowhere/' vela.yml
	gives 4 github "$vela_binary" check --publish "${trusting[@]}"
	state github ".statuses[\"$head\"] | map(.state) == [\"pending\", \"error\"] and (.[1].description | contains(\"nowhere\"))"
	state github '.comments["12"] | length == 1 and (.[0].body | contains("⚠️ Error") and contains("shop/pr-12"))'
	# Nobody knows whose comment it would be.
	echo 'projct: x' >>vela.yml
	gives 3 github "$vela_binary" check --publish "${trusting[@]}"
	state github '.comments["12"] | length == 1'
	state github ".statuses[\"$head\"][-1] | .state == \"error\" and .context == \"vela\""
}

# Two jobs whose lists of comments are both empty.
two_at_once() {
	setup_forge
	migration "SELECT 1;"
	gives 0 vela check --report markdown=report.md
	sed -i '1s/.*/<!-- vela:report shop\/pr-12 -->/' report.md
	faults '[{"method": "POST", "path": "comments", "times": 2, "do": "barrier", "count": 2}]'
	local one=0 two=0
	github "$vela_binary" report publish report.md "${trusting[@]}" >"$work/one" 2>&1 &
	local first=$!
	github "$vela_binary" report publish report.md "${trusting[@]}" >"$work/two" 2>&1 || two=$?
	wait "$first" || one=$?
	same "$one $two" "0 0"
	state github '.comments["12"] | length == 1'
}

forbidden() {
	setup_forge '["read"]'
	migration "SELECT 1;"
	gives 0 github "$vela_binary" check --publish "${trusting[@]}"
	says "nothing is published" "does not let this token"
	same "$(grep -c 'is published' "$err")" 1
	grep -q '✅ Passed' "$work/summary"
	migration "SELECT * FROM nowhere;"
	gives 1 github "$vela_binary" check --publish "${trusting[@]}" --report github=annotations
	same "$(grep -c '❌ Failed' "$work/summary")" 1 # once, though both ask for it
	state github '.comments == {} and .statuses == {}'
	# Where one of the two is allowed, that one is made.
	setup_forge '["read", "status"]'
	gives 1 github "$vela_binary" check --publish "${trusting[@]}"
	says "the comment is not published"
	state github ".statuses[\"$head\"] | map(.state) == [\"pending\", \"failure\"]"
	setup_forge '["read", "comment"]'
	gives 1 github "$vela_binary" check --publish "${trusting[@]}"
	says "the commit's status is not published"
	state github '.comments["12"] | length == 1'
}

no_token() {
	setup_forge
	migration "SELECT 1;"
	gives 0 recorded github-pull-request "$vela_binary" check --publish "${trusting[@]}"
	says "nothing is published" "GITHUB_TOKEN"
	grep -q '✅ Passed' "$work/summary"
	# Whatever is wrong with publishing, the check is made.
	gives 0 recorded github-pull-request "$vela_binary" check --publish --token-file /nonexistent
	says "nothing is published" "/nonexistent"
	(umask 077; echo "$token" >"$work/token")
	gives 0 recorded github-pull-request "$vela_binary" check --publish --token-file "$work/token" "${trusting[@]}"
	state github '.comments["12"] | length == 1'
	gives 0 vela check --publish # neither CI nor a forge
	says "nothing is published" "which forge"
}

unreachable_forge() {
	migration "SELECT * FROM nowhere;"
	gives 1 github GITHUB_API_URL="https://127.0.0.1:$(free_port)" "$vela_binary" check --publish "${trusting[@]}"
	says "nothing is published"
	grep -q '❌ Failed' "$work/summary"
}

stalling_forge() {
	setup_forge
	migration "SELECT 1;"
	faults '[{"method": "GET", "path": ".", "times": 1000, "do": "stall"}, {"method": "POST", "path": ".", "times": 1000, "do": "stall"}]'
	local began=$SECONDS
	gives 0 github "$vela_binary" check --publish "${trusting[@]}"
	[[ $((SECONDS - began)) -lt 60 ]]
	says "nothing is published"
	grep -q '✅ Passed' "$work/summary"
}

certificates() {
	setup_forge
	migration "SELECT 1;"
	gives 0 github "$vela_binary" check --publish # the system trusts no such authority
	says "nothing is published" "certificate"
	openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -out "$work/other.pem" -subj "/CN=other" 2>/dev/null
	gives 9 github "$vela_binary" report publish report.md --ca-file "$work/other.pem"
	says "certificate"
	state github '.comments == {} and .statuses == {}'
	not test -s "$forge/requests.jsonl"
}

# --- a report of an earlier step ---

published_later() {
	setup_forge
	gives 0 github "$vela_binary" report publish report.md "${trusting[@]}" -o json
	holds '.schema == 1 and .commented and .status == "success" and (.comment_url | startswith("http"))'
	state github ".comments[\"12\"] | length == 1"
	state github ".statuses[\"$head\"] | map(.state) == [\"success\"]"
	# Without CI, everything is given.
	setup_forge
	gives 0 env GITHUB_TOKEN="$token" "$vela_binary" report publish report.md "${trusting[@]}" --forge github \
		--api "$(<"$forge/url")/api/v3" --repository acme/shop --pull-request 12 --commit "$merge"
	state github ".comments[\"12\"] | length == 1"
	state github ".statuses | keys == [\"$merge\"]"
	# No pull request: the commit's status alone, as for a merge queue.
	setup_forge
	gives 0 recorded github-merge-queue GITHUB_TOKEN="$token" "$vela_binary" report publish report.md "${trusting[@]}" -o json
	holds '.commented == false and .status == "success" and .comment_url == null'
	state github ".comments == {} and (.statuses | keys == [\"$merge\"])"
}

later_and_in_vain() {
	setup_forge '["read"]'
	gives 6 github "$vela_binary" report publish report.md "${trusting[@]}" -o json
	holds '.error.kind == "refused"'
	grep -q 'vela:report' "$work/summary"
	setup_forge
	gives 6 github "$vela_binary" report publish report.md "${trusting[@]}" --pull-request 99 --commit abc -o json
	gives 9 github GITHUB_API_URL="https://127.0.0.1:$(free_port)" "$vela_binary" report publish report.md "${trusting[@]}"
	gives 2 github "$vela_binary" report publish vela.yml "${trusting[@]}"
	says "no report of vela"
	gives 4 github "$vela_binary" report publish nowhere.md "${trusting[@]}"
	gives 2 vela report publish report.md
	says "which forge"
	gives 2 vela report publish report.md --forge github --repository acme/shop
	says "neither a pull request nor a commit"
	gives 2 vela report publish
	state github '.comments == {} and .statuses == {}'
	# One of the two that works is enough; what does not is in the JSON.
	gives 0 github "$vela_binary" report publish report.md "${trusting[@]}" --commit abc -o json
	holds '.commented and .status == null and .problem.kind == "usage"'
	gives 0 gitlab "$vela_binary" report publish report.md "${trusting[@]}"
	says "the report is "
}

long_reports_are_cut() {
	setup_forge
	{
		cat report.md
		echo '```sql'
		printf 'SELECT a, b, c FROM somewhere WHERE d = %s;\n' {1..3000}
	} >long.md
	gives 0 github "$vela_binary" report publish long.md "${trusting[@]}"
	state github '.comments["12"][0].body | length <= 65000 and contains("was left out")'
	state github '.comments["12"][0].body | [scan("(?m)^```")] | length == 2'
}

hostile_descriptions() {
	setup_forge
	printf '%s\n' '<!-- vela:report shop/pr-12 -->' '<!-- vela:status failed %1B[31m%0A::error::x%00 --!%3E%FF -->' '### x' >hostile.md
	gives 0 github "$vela_binary" report publish hostile.md "${trusting[@]}"
	state github ".statuses[\"$head\"][0].description | test(\"[\\u0000-\\u001f]\") | not"
	printf '%s\n' '<!-- vela:report ../x%0A/pr-12 -->' '<!-- vela:status failed x -->' >hostile.md
	gives 0 github "$vela_binary" report publish hostile.md "${trusting[@]}"
	state github ".statuses[\"$head\"][1].context | test(\"[\\u0000-\\u001f]\") | not"
}

# --- GitLab ---

merge_request() {
	setup_forge
	migration "CREATE TABLE shipments (id bigint PRIMARY KEY);"
	gives 0 gitlab "$vela_binary" check --publish "${trusting[@]}"
	state gitlab '.comments["34"] | length == 1 and (.[0].body | contains("shop/pr-34"))'
	state gitlab ".statuses[\"$head\"] | map(.state) == [\"pending\", \"success\"] and all(.context == \"vela/shop\")"
	migration "SELECT * FROM nowhere;"
	gives 1 gitlab "$vela_binary" check --publish "${trusting[@]}"
	state gitlab '.comments["34"] | length == 1 and (.[0].body | contains("❌ Failed"))'
	state gitlab ".statuses[\"$head\"][-1].state == \"failed\""
	token_is_nowhere
}

gitlab_forbidden() {
	setup_forge '["read"]'
	gives 1 gitlab GITHUB_STEP_SUMMARY= "$vela_binary" check --publish "${trusting[@]}"
	says "nothing is published" "Failed" # the report is on stdout
	gives 1 gitlab GITHUB_STEP_SUMMARY= "$vela_binary" check --publish "${trusting[@]}" -o json
	holds '.verdict == "failed"'
	same "$(jq -s length "$out")" 1
}

# --- Gitea ---

gitea() {
	recorded gitea-pull-request GITEA_TOKEN="$token" GITHUB_API_URL="$(<"$forge/url")/api/v1" "$@"
}

gitea_pull_request() {
	setup_forge
	migration "CREATE TABLE shipments (id bigint PRIMARY KEY);"
	gives 0 gitea "$vela_binary" check --publish "${trusting[@]}"
	migration "SELECT * FROM nowhere;"
	gives 1 gitea "$vela_binary" check --publish "${trusting[@]}"
	state gitea '.comments["12"] | length == 1 and (.[0].body | contains("❌ Failed"))'
	state gitea ".statuses[\"$head\"] | map(.state) == [\"pending\", \"success\", \"pending\", \"failure\"]"
	token_is_nowhere
}

# --- all of it ---

start_production 100
must production_stop fast
must vela pool create "$VELA_POOL" --size 2G
must vela baseline create production --from "$production_data"
make_repository .
must mkdir db
echo 'SELECT 1;' >db/1.sql
cat >vela.yml <<-'YAML'
	version: 1
	project: shop
	database: shop
	migrations: {directory: db, format: sql}
YAML
must git add db vela.yml
must git commit -qm first
must git checkout -qb feature
must mkdir "$forge"
setup_forge
node "$top/tests/support/forge.mjs" "$forge" >"$forge/log" 2>&1 </dev/null &
defer kill $!
must wait_until 60 test -s "$forge/url"

prove "a comment and a status" comment_and_status
prove "a second run updates the comment" second_run_updates
prove "pending while it runs, error when it is cancelled" pending_comes_first
prove "cancelled, and the forge stalls" stubborn_forge_at_an_interrupt
prove "errors are published" errors_are_published
prove "two at once make one comment" two_at_once
prove "without permission" forbidden
prove "without a token" no_token
prove "an unreachable forge" unreachable_forge
prove "a stalling forge" stalling_forge
prove "certificates" certificates
prove "vela report publish" published_later
prove "vela report publish in vain" later_and_in_vain
prove "a report that is too long" long_reports_are_cut
prove "hostile descriptions" hostile_descriptions
prove "a merge request" merge_request
prove "a merge request without permission" gitlab_forbidden
prove "a pull request at Gitea" gitea_pull_request
done_testing
