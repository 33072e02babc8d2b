# shellcheck shell=bash
# After tests/e2e/lib.sh: a company with a repository whose pull requests are checked by a CI system. Its runners are
# those beside this file, its forge is ../forge.mjs, everything else is real.
#
#   start_company                  production, a pool, a baseline; the repository origin.git and a clone of it, shop,
#                                  with vela.yml and a migration on main
#   open_pull N BRANCH FILE SQL    a branch that adds a migration, committed and pushed, from the clone; back on main
#   push_pull N BRANCH             what the forge knows of it after a push: refs/pull/N and refs/merge-requests/N
#   squash_pull N BRANCH           merged as one new commit, its branch deleted at the forge
#   start_forge KIND               the forge, github, gitlab or gitea, with pull requests 7, 8 and 9, all open
#   stop_forge                     and forgets what it had
#   pull_is N STATE                what the forge says of a pull request: open, closed or merged
#   forge_state FILTER             jq's filter on what the forge has of acme/shop
#   forge_problems                 what was wrong with the requests that the forge got
#   github N ACTION [WORKFLOW]     runs the workflow for what happened to the pull request; the result is in runs/N-ACTION
#   gitea N ACTION                 likewise, the workflow for Gitea
#   gitlab N [JOB]                 runs the merge request's pipeline, or plays the manual job; runs/N, or runs/N-JOB
#   result N-ACTION FILTER         jq's filter on what a runner said of a run
#   log_of N-ACTION                what a run printed, secrets masked

support=$top/tests/support/ci
examples=$top/ci-examples
NODE_PATH=$("$top/tests/support/install-deps" --print-validators)/node_modules
export NODE_PATH
export VELA_POOL=$work/pool
export PATH=$work/bin:$PATH
origin=$work/origin.git
forge_directory=$work/forge
forge_kind=
forge_process=
forge_rights='"read", "comment", "status"' # of the token
pull_from=acme/shop # where pull requests come from
forge_token=secret-token-of-the-forge
declare -A pulls

in_shop() {
	git -C "$work/shop" "$@"
}

# What jobs find in their PATH: vela, which trusts the forge, and the repository's own tests.
write_programs() {
	must mkdir -p "$work/bin" "$work/home" "$work/runs"
	cat >"$work/bin/vela" <<-SH
		#!/usr/bin/env bash
		case " \$* " in *" --publish "* | *" report publish "*) set -- "\$@" --ca-file "$forge_directory/ca.pem" ;; esac
		exec "$vela_binary" "\$@"
	SH
	cat >"$work/bin/npm" <<-'SH'
		#!/usr/bin/env bash
		[[ $1 != test ]] || psql -XqAt "${DATABASE_URL:?}" -c "SELECT 'columns: ' || count(*) FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attnum > 0"
	SH
	must chmod +x "$work/bin/vela" "$work/bin/npm"
	cat >"$work/gitconfig" <<-CONF
		[url "file://$origin"]
			insteadOf = https://github.com/acme/shop
			insteadOf = https://gitlab.example.com/acme/shop.git
	CONF
}

start_company() {
	start_production 200
	must production_as shop_owner -c 'ALTER TABLE orders ADD COLUMN note text' # as main's migration did
	must production_stop fast
	must vela pool create "$VELA_POOL" --size 2G
	must vela baseline create production --from "$production_data"
	must git init -q --bare -b main "$origin"
	must git -C "$origin" config user.name forge
	must git -C "$origin" config user.email forge@example.com
	make_repository shop
	must in_shop remote add origin "$origin"
	must mkdir -p shop/db/migrations
	echo 'ALTER TABLE orders ADD COLUMN note text;' >shop/db/migrations/1_note.sql
	cat >shop/vela.yml <<-'YAML'
		version: 1
		project: shop
		database: shop
		migrations: {directory: db/migrations, format: sql}
		checks:
		  - {name: no order is lost, sql: SELECT count(*) FROM orders, unchanged: true}
	YAML
	must in_shop add -A
	must in_shop commit -qm "the first migration"
	must in_shop push -q origin main
	must in_shop remote set-head origin main
	write_programs
}

forge_api() {
	case $forge_kind in
	github) echo "$(<"$forge_directory/url")/api/v3" ;;
	gitlab) echo "$(<"$forge_directory/url")/api/v4" ;;
	gitea) echo "$(<"$forge_directory/url")/api/v1" ;;
	esac
}

write_forge() {
	local number states='{}' user='{"login": "ci", "app": false}'
	[[ $forge_kind != github ]] || user='{"login": "ci[bot]", "app": true}'
	for number in "${!pulls[@]}"; do
		states=$(jq --arg number "$number" --arg state "${pulls[$number]}" '.[$number] = $state' <<<"$states")
	done
	jq -n --argjson states "$states" --arg token "$forge_token" --argjson user "$user" --argjson rights "[$forge_rights]" '
		{tokens: {($token): ({may: $rights} + $user)}, projects: {"42": "acme/shop"},
		 private: true, pull_requests: {github: {"acme/shop": $states}, gitlab: {"acme/shop": $states}, gitea: {"acme/shop": $states}}}' >"$forge_directory/setup.new"
	mv "$forge_directory/setup.new" "$forge_directory/setup.json"
}

# Or has ended.
forge_has_begun() {
	grep ^https: "$forge_directory/started" || ! kill -0 "$forge_process"
}

start_forge() {
	forge_kind=$1
	pulls=([7]=open [8]=open [9]=open)
	must mkdir -p "$forge_directory"
	write_forge
	node "$top/tests/support/forge.mjs" "$forge_directory" </dev/null >"$forge_directory/started" 2>&1 &
	forge_process=$!
	defer kill "$forge_process"
	wait_until 60 forge_has_begun
	must grep ^https: "$forge_directory/started"
}

stop_forge() {
	kill "$forge_process"
	wait "$forge_process"
	rm -r "$forge_directory"
}

pull_is() {
	pulls[$1]=$2
	write_forge
}

forge_state() {
	jq -r ".${forge_kind}[\"acme/shop\"] | $1" "$forge_directory/state.json"
}

# What was wrong with requests that the forge got. That the token of Actions is nobody's can only be found out by asking.
forge_problems() {
	jq -c 'select(.problem and .path != "/user") | [.method, .path, .status, .problem]' "$forge_directory/requests.jsonl"
}

push_pull() {
	local head merge
	head=$(in_shop rev-parse "$2")
	must in_shop push -qf origin "$2" "$head:refs/pull/$1/head" "$head:refs/merge-requests/$1/head"
	# The merge commit that GitHub makes of every pull request.
	merge=$(git -C "$origin" commit-tree -p main -p "$head" -m "Merge $2 into main" \
		"$(git -C "$origin" merge-tree --write-tree main "$head")")
	must git -C "$origin" update-ref "refs/pull/$1/merge" "$merge"
}

open_pull() {
	must in_shop checkout -q -b "$2" main
	echo "$4" >"shop/db/migrations/$3"
	must in_shop add -A
	must in_shop commit -qm "$2"
	push_pull "$1" "$2"
	must in_shop checkout -q main
}

squash_pull() {
	must in_shop merge -q --squash "$2"
	must in_shop commit -qm "$2 (#$1)"
	must in_shop push -q origin main ":$2"
}

# runner NAME DIRECTORY: as in a terminal of nobody's. What it prints itself are its own errors.
runner() {
	must rm -f "$2/result.json" "$2/log"
	run env -i "PATH=$PATH" "HOME=$work/home" "NODE_PATH=$NODE_PATH" node "$support/$1.mjs" "$2/run.json" || true
	[[ -z $stdout$stderr ]] || printf '%s\n' "$stdout" "$stderr"
	[[ $status -eq 0 ]] || tail -n 50 "$2/log"
	return "$status"
}

job_environment() {
	jq -n --arg path "$PATH" --arg home "$work/home" --arg pool "$VELA_POOL" --arg config "$work/gitconfig" \
		--argjson more "${more_environment:-null}" '
		{PATH: $path, HOME: $home, VELA_POOL: $pool, LANG: "C.UTF-8", GIT_CONFIG_GLOBAL: $config, GIT_CONFIG_NOSYSTEM: "1"} + $more'
}

# pull_event N ACTION: as GitHub tells it. Of one that was merged, its branch is gone and main is its merge commit.
pull_event() {
	local merged=false head merge
	head=$(git -C "$origin" rev-parse "refs/pull/$1/head")
	merge=$(git -C "$origin" rev-parse "refs/pull/$1/merge")
	if [[ $2 == merged ]]; then
		merged=true
		merge=$(git -C "$origin" rev-parse main)
	fi
	jq -n --argjson number "$1" --arg action "${2/merged/closed}" --arg from "$pull_from" --argjson merged $merged --arg head "$head" --arg merge "$merge" \
		--arg base "$(git -C "$origin" rev-parse main)" --arg branch "$(in_shop name-rev --name-only --refs 'refs/heads/*' "$head")" '
		{full_name: "acme/shop", default_branch: "main", fork: false} as $repository
		| ($repository + {full_name: $from, fork: ($from != "acme/shop")}) as $head_repository
		| {action: $action, number: $number, repository: $repository,
		   pull_request: {number: $number, merged: $merged, merge_commit_sha: $merge,
		     state: (if $action == "closed" then "closed" else "open" end),
		     head: {ref: $branch, sha: $head, repo: $head_repository}, base: {ref: "main", sha: $base, repo: $repository}}}'
}

github() {
	local directory=$work/runs/$1-$2
	must mkdir -p "$directory"
	jq -n --arg workflow "${3:-$examples/github/workflows/vela.yml}" --argjson event "$(pull_event "$1" "$2")" \
		--argjson environment "$(job_environment)" --arg origin https://github.com/acme/shop --arg action "$examples/github" --arg api "$(forge_api)" \
		--arg token "$forge_token" --arg output "$directory" '
		{workflow: $workflow, event: $event, origin: $origin, actions: {"OWNER/REPO/ci-examples/github": $action}, api: $api,
		 token: $token, environment: $environment, output: $output}' >"$directory/run.json"
	runner github "$directory"
}

# The same, but that it says who it is.
gitea() {
	local more_environment='{"GITEA_ACTIONS": "true"}'
	github "$1" "$2" "$examples/gitea/vela.yml"
}

gitlab() {
	local directory=$work/runs/$1${2:+-$2} head
	must mkdir -p "$directory"
	head=$(git -C "$origin" rev-parse "refs/merge-requests/$1/head")
	jq -n --arg number "$1" --arg play "${2-}" --arg head "$head" --arg branch "$(in_shop name-rev --name-only --refs 'refs/heads/*' "$head")" \
		--arg base "$(git -C "$origin" merge-base main "$head")" --argjson environment "$(job_environment)" \
		--arg origin https://gitlab.example.com/acme/shop.git --arg examples "$examples/gitlab" --arg api "$(forge_api)" --arg token "$forge_token" --arg output "$directory" '
		{config: "\($examples)/.gitlab-ci.yml", components: $examples, masked: ["GITLAB_TOKEN"], origin: $origin, output: $output,
		 environment: $environment, play: (if $play == "" then null else $play end),
		 variables: {CI_SERVER_FQDN: "gitlab.example.com", CI_API_V4_URL: $api, CI_PROJECT_ID: "42", CI_PROJECT_PATH: "acme/shop",
		   CI_PIPELINE_SOURCE: "merge_request_event", CI_MERGE_REQUEST_IID: $number, CI_MERGE_REQUEST_ID: "99\($number)",
		   CI_MERGE_REQUEST_REF_PATH: "refs/merge-requests/\($number)/head", CI_COMMIT_SHA: $head, CI_COMMIT_REF_NAME: $branch,
		   CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: $branch, CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main",
		   CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: "", CI_MERGE_REQUEST_DIFF_BASE_SHA: $base,
		   CI_MERGE_REQUEST_PROJECT_ID: "42", CI_MERGE_REQUEST_PROJECT_PATH: "acme/shop",
		   CI_MERGE_REQUEST_SOURCE_PROJECT_ID: "42", CI_MERGE_REQUEST_SOURCE_PROJECT_PATH: "acme/shop",
		   GITLAB_TOKEN: $token}}' >"$directory/run.json"
	runner gitlab "$directory"
}

result() {
	jq -r "$2" "$work/runs/$1/result.json"
}

log_of() {
	cat "$work/runs/$1/log"
}

# What databases there are, by name.
databases() {
	vela -C "$work/shop" branch list -o json | jq -r '[.branches[].name] | sort | join(" ")'
}
