#!/usr/bin/env bash
# Which branch a command means when it is not told: the pull request of a CI run, else the checked-out git branch.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

export VELA_POOL=$work/pool

created() { jq -r .name "$out"; }

current_git_branch() {
	gives 0 vela branch create -o json
	holds '.name == "main" and .created and .git.branch == "main" and .pull_request == null'
	holds --arg commit "$(git rev-parse HEAD)" '.git.commit == $commit'
	gives 0 vela branch show -o json
	holds '.name == "main"'
	gives 0 vela -C db/migrations branch show -o json # anywhere below the repository
	holds '.name == "main" and .project == "shop"'
	gives 0 vela psql -- -XqAtc 'SELECT count(*) FROM orders'
	same "$(cat "$out")" 200
}

# Names that end in the same letters are not the same branch.
squeezed_names_stay_apart() {
	local name names=()
	for name in Feature/X feature/x feature-x feature_x FEATURE/X; do
		git checkout -q -B "$name" 2>/dev/null || git checkout -q -b "$name"
		gives 0 vela branch create -o json
		holds --arg git "$name" '.created and .git.branch == $git'
		names+=("$(created)")
		gives 0 vela branch show "$name" -o json # by the name that git knows
		holds --arg name "$(created)" '.name == $name'
		git checkout -q main
		git branch -qD "$name"
	done
	grep -qxE 'feature-x-[0-9a-f]{8}' <<<"${names[0]}"
	grep -qxE 'feature-x-[0-9a-f]{8}' <<<"${names[1]}"
	same "${names[2]} ${names[3]}" "feature-x feature_x"
	same "$(printf '%s\n' "${names[@]}" | sort -u | wc -l)" 5
	gives 0 vela branch list -o json
	holds '[.branches[].port] | length == (unique | length)'
	for name in "${names[@]}"; do
		gives 0 vela branch delete "$name" -o json
		holds '.deleted'
	done
}

strange_names() {
	local name
	for name in 'weird$(touch pwned)' "o'clock" 'ünïcode/日本' "$(printf 'l%.0s' {1..100})" '.hidden' 'a..b'; do
		gives 0 vela branch create "$name" -o json
		created | grep -qxE '[a-z0-9][a-z0-9._-]{0,62}'
		gives 0 vela psql "$name" -- -XqAtc 'SELECT 1'
		gives 0 vela branch show "$name"
		says "$name"
		gives 0 vela branch delete "$name"
		says "is gone"
	done
	not test -e pwned
	gives 0 vela branch create "$(printf 'l%.0s' {1..63})" -o json
	same "$(created)" "$(printf 'l%.0s' {1..63})"
	gives 0 vela branch delete "$(created)"
	gives 2 vela branch create "$(printf 'l%.0s' {1..5000})"
	gives 2 vela branch create $'two\nlines'
}

# Whoever has the short name first keeps it: no second git branch gets its database.
impostors_are_refused() {
	local short
	gives 0 vela branch create Some/Thing -o json
	short=$(created)
	sed -i 's|"Some/Thing"|"Other/Thing"|' "$VELA_POOL/branches/shop/$short/branch.json"
	gives 5 vela branch create Some/Thing
	says "Other/Thing"
	gives 0 vela branch delete "$short"
}

detached_head() {
	git checkout -q --detach
	gives 2 vela branch create
	says "no git branch checked out" "give the branch's NAME"
	gives 0 vela branch create by-name -o json
	holds '.git == null'
	gives 0 vela branch delete by-name
	git checkout -q main
}

worktrees() {
	git worktree add -q ../tree -b in-tree
	gives 0 vela -C ../tree branch create -o json
	holds '.name == "in-tree" and .project == "shop" and .git.branch == "in-tree"'
	gives 0 vela branch show -o json
	holds '.name == "main"'
	gives 0 vela -C ../tree branch delete
}

outside_of_git() {
	mkdir -p "$work/outside"
	gives 2 vela -C "$work/outside" branch create
	says "which branch?"
	gives 0 vela -C "$work/outside" branch create named -o json
	holds '.project == "default" and .git == null'
	gives 0 vela -C "$work/outside" branch delete named
}

unborn_branch() {
	git init -q "$work/unborn" -b first
	gives 0 vela -C "$work/unborn" branch create -o json
	holds '.name == "first" and .git.branch == "first" and .git.commit == null and .project == "default"'
	gives 0 vela -C "$work/unborn" branch delete
}

# event NUMBER REF SHA: of a pull request from a branch of the repository itself
event() {
	jq -n --argjson number "$1" --arg ref "$2" --arg sha "$3" '{pull_request: {number: $number,
		head: {ref: $ref, sha: $sha, repo: {full_name: "acme/shop"}}, base: {ref: "main", repo: {full_name: "acme/shop"}}}}'
}

github() {
	export GITHUB_ACTIONS=true GITHUB_REF=refs/pull/123/merge GITHUB_HEAD_REF=feature/login GITHUB_BASE_REF=main \
		GITHUB_SHA=0123456789012345678901234567890123456789 GITHUB_EVENT_PATH=$work/event.json
	event 123 feature/login "" >"$work/event.json"
	gives 0 vela branch create -o json
	holds '.name == "pr-123" and .pull_request == 123 and .git.branch == "feature/login"'
	gives 0 vela branch show
	says "pr-123" "feature/login" "pull request 123"
	gives 0 vela branch show main -o json # a name goes before
	holds '.name == "main"'
	# The event knows the head that the merge commit hides.
	event 124 from-event 89abcdef0123456789abcdef0123456789abcdef >"$work/event.json"
	gives 0 vela branch create -o json
	holds '.name == "pr-124" and .git == {branch: "from-event", commit: "89abcdef0123456789abcdef0123456789abcdef"}'
	rm "$work/event.json"
	gives 6 vela branch show # without it, a pull request may be a fork's
	unset GITHUB_HEAD_REF GITHUB_BASE_REF
	GITHUB_REF=refs/heads/main gives 0 vela branch show -o json
	holds '.name == "main" and .pull_request == null'
	GITHUB_REF=refs/tags/v1 gives 0 vela branch show -o json # no branch of CI's: what git has
	holds '.name == "main"'
	unset GITHUB_ACTIONS
	gives 0 vela branch delete pr-123
	gives 0 vela branch delete pr-124
}

others() {
	local -x CI_PROJECT_ID=1 CI_MERGE_REQUEST_SOURCE_PROJECT_ID=1
	GITLAB_CI=true CI_MERGE_REQUEST_IID=77 CI_MERGE_REQUEST_SOURCE_BRANCH_NAME=topic gives 0 vela branch create -o json
	holds '.name == "pr-77" and .pull_request == 77 and .git.branch == "topic"'
	GITLAB_CI=true CI_COMMIT_REF_NAME=Release/1 gives 4 vela branch show
	says "release-1-"
	GITLAB_CI=true CI_MERGE_REQUEST_IID=77 gives 0 vela branch delete -o json
	holds '.name == "pr-77" and .deleted'
	BITBUCKET_BUILD_NUMBER=1 BITBUCKET_PR_ID=5 gives 4 vela url
	says "pr-5"
	CIRCLECI=true CIRCLE_PULL_REQUEST=https://github.com/o/r/pull/9 gives 4 vela url
	says "pr-9"
	GITHUB_ACTIONS=false GITHUB_REF=refs/pull/11/head gives 0 vela branch show -o json
	holds '.name == "main"'
}

every_command_knows_the_context() {
	local command
	git checkout -q -b Work/Here
	for command in "branch show" "branch reset" "branch start" "branch stop" "branch protect" "branch unprotect" "branch expire 1d" \
		url psql "exec -- true" logs migrate validate; do
		# shellcheck disable=SC2086 # words
		gives 4 vela $command
		grep -qE 'there is no branch work-here-[0-9a-f]{8} in project shop' "$err"
	done
	gives 0 vela branch delete
	says "there is no branch work-here-"
	gives 0 vela check
	grep -qE 'branch +work-here-[0-9a-f]{8} of shop, created and removed' "$out"
	git checkout -q main
}

start_production 200
must production_stop fast
must vela pool create "$VELA_POOL" --size 2G
must vela baseline create production --from "$production_data"
make_repository shop
cd shop || exit 1
mkdir -p db/migrations
echo 'SELECT 1;' >db/migrations/1_one.sql
printf 'version: 1\nproject: shop\ndatabase: shop\nmigrations: {directory: db/migrations}\n' >vela.yml
must git add -A
must git commit -qm first

prove "the checked-out git branch" current_git_branch
prove "git branches whose names look alike do not share a database" squeezed_names_stay_apart
prove "names that nobody expects" strange_names
prove "two names with the same short form do not share a database" impostors_are_refused
prove "a detached HEAD is no branch" detached_head
prove "a worktree has a branch of its own" worktrees
prove "a repository without commits has a branch" unborn_branch
prove "outside of a repository a name has to be given" outside_of_git
prove "GitHub's pull requests, pushes and tags" github
prove "other CI systems" others
prove "every command knows the context" every_command_knows_the_context
done_testing
