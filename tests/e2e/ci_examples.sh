#!/usr/bin/env bash
# The examples for CI systems: each can be read by what it is for, its shell is sound, and those for GitHub and GitLab do
# what they promise, run as their runners run them.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=../support/ci/lib.sh
source "$top/tests/support/ci/lib.sh"

mapfile -t files < <(find "$examples" "$top/.pre-commit-hooks.yaml" -name '*.yml' -o -name '*.yaml' -o -name Jenkinsfile)

scripts() { # DIRECTORY FILE...
	mkdir -p "$1"
	node "$support/scripts.mjs" "$@"
}

examples_are_sound() {
	same "${#files[@]}" 12
	scripts scripts "${files[@]}"
	shellcheck scripts/*
}

# What is wrong is found: a key that is none, a script with an expression in it, shell that is not sound.
unsound_ones_are_found() {
	mkdir -p wrong/github/workflows
	sed 's/runs-on/run-on/' "$examples/github/workflows/vela.yml" >wrong/github/workflows/a.yml
	not scripts wrong/scripts wrong/github/workflows/a.yml
	sed 's/using:/use:/' "$examples/github/action.yml" >wrong/action.yml
	not scripts wrong/scripts wrong/action.yml
	sed 's/npm ci/echo ${{ github.head_ref }}/' "$examples/github/workflows/vela-jobs.yml" >wrong/expression.yml
	not scripts wrong/scripts wrong/expression.yml
	printf 'a: {b: 1, b: 2}\n' >wrong/twice.yml
	not scripts wrong/scripts wrong/twice.yml "$examples/circleci/config.yml"
	sed 's/}$//' "$examples/jenkins/Jenkinsfile" >wrong/Jenkinsfile
	not scripts wrong/scripts wrong/Jenkinsfile
	rm -r wrong/scripts
	sed 's/exit "$$code"/exit $$base/' "$examples/buildkite/pipeline.yml" >wrong/buildkite.yml
	scripts wrong/scripts wrong/buildkite.yml
	not shellcheck wrong/scripts/*
}

# A command that an example gives is one that vela knows: here it fails, but not for its name or its options.
commands_are_known() {
	local line count=0
	make_repository nowhere
	scripts known "${files[@]}"
	while read -r line; do
		count=$((count + 1))
		(cd nowhere && BRANCH=x VELA_POOL=none eval "${line#(}" >"$out" 2>"$err" </dev/null) || true
		not grep -E "there is no (command|option|report format)|unexpected|takes" "$out" "$err" || { echo "$line"; return 1; }
	done < <(grep -hoE '(^| |[(])vela [a-z][^;|&)]*' known/* | sed 's/^[ (]*//' | sort -u)
	[[ $count -gt 8 ]]
}

units_are_valid() {
	local unit
	mkdir -p units
	ln -sf "$vela_binary" vela # for systemd takes what stands behind a space for an argument
	for unit in "$examples"/systemd/*; do
		sed "s|/usr/local/bin/vela|$PWD/vela|" "$unit" >"units/${unit##*/}"
	done
	gives 0 systemd-analyze verify --man=no units/*
	same "$(cat "$out" "$err")" ""
	gives 0 systemd-analyze security --offline=true --threshold=25 units/vela-gc.service
	gives 0 systemd-analyze security --offline=true --threshold=60 units/vela-pool.service
	sed -i 's/^Type=oneshot/Type=once/' units/vela-gc.service
	systemd-analyze verify --man=no units/vela-gc.service 2>&1 | grep -F "once"
}

# calls_of SET...: the system calls in systemd's sets, one a line.
calls_of() {
	local line
	systemd-analyze syscall-filter "$@" | sed -n 's/^    \([^#]\)/\1/p' | while read -r line; do
		case $line in
		@*) calls_of "$line" ;;
		*) echo "$line" ;;
		esac
	done
}

unit_setting() { # UNIT NAME
	sed -n "s/^$2=//p" "$examples/systemd/$1.service"
}

# allowed UNIT COMMAND...: the command makes no system call that the unit forbids.
allowed() {
	local sets
	read -ra sets <<<"$(unit_setting "$1" SystemCallFilter)"
	shift
	gives 0 strace -f -o trace "$@"
	calls_of "${sets[@]}" | sort -u >sets
	same "$(sed -nE 's/^[0-9]+ +([a-z0-9_]+)\(.*/\1/p' trace | sort -u | comm -13 sets - | xargs)" ""
}

# As root with no more capabilities than the unit has, and as the owner of the pool with none.
units_have_what_they_need() {
	local capabilities
	capabilities=$(unit_setting vela-pool CapabilityBoundingSet | tr '[:upper:]' '[:lower:]' | sed 's/cap_/+/g; s/ /,/g')
	gives 0 vela pool unmount
	allowed vela-pool setpriv --no-new-privs --bounding-set "-all,$capabilities" "$vela_binary" pool mount "$VELA_POOL"
	gives 0 vela pool unmount
	not setpriv --bounding-set -all "$vela_binary" pool mount "$VELA_POOL"
	gives 0 vela pool mount
	allowed vela-gc setpriv --reuid postgres --regid postgres --init-groups --no-new-privs --bounding-set -all \
		"$vela_binary" --pool "$VELA_POOL" gc
}

# What the tests below rely on.
runner_is_strict() {
	open_pull 7 feature/total 2_total.sql "ALTER TABLE orders ADD COLUMN discount numeric;"
	cat >strict.yml <<-'YAML'
		on: {pull_request: {types: [opened]}}
		jobs:
		  first:
		    outputs: {open: "${{ steps.one.outputs.open }}", secret: "${{ steps.one.outputs.secret }}"}
		    steps:
		      - id: one
		        run: |
		          echo early-secret
		          echo "::add-mask::early-secret"
		          echo "an early-secret and ${{ github.token }}"
		          echo "secret=early-secret" >>"$GITHUB_OUTPUT"
		          printf 'open<<END\na\nb\nEND\n' >>"$GITHUB_OUTPUT"
		          sleep 300 >/dev/null 2>&1 &
		      - {if: failure(), run: echo not this}
		      - run: exit 3
		      - run: echo nor this
		      - {if: failure(), run: echo but this}
		  second: {needs: first, steps: [{run: echo never}]}
		  third:
		    if: always()
		    needs: first
		    steps:
		      - {env: {TEXT: "${{ needs.first.outputs.open }}"}, run: "echo got $TEXT ${{ needs.first.result }}"}
	YAML
	not github 7 opened strict.yml
	same "$(log_of 7-opened | grep -v '^##' | sed 's/[0-9][0-9]*/N/' | xargs -d '\n' printf '%s|')" \
		'early-secret|::add-mask::***|an *** and ***|but this|Terminate orphan process: pid (N)|got a b failure|'
	same "$(result 7-opened '.jobs | map_values(.result) | join(" ")')" "failure skipped success"
	same "$(result 7-opened '.jobs.first.dropped | join(" ")')" secret
	echo 'on: {pull_request: {types: [opened]}}
jobs: {bad: {steps: [{run: "echo nonsense >>$GITHUB_OUTPUT"}]}}' >bad.yml
	not github 7 opened bad.yml
}

github_checks() {
	github 7 opened
	same "$(result 7-opened '.jobs.database.result')" success
	same "$(result 7-opened '.jobs.database.steps[1].outputs | .verdict, .created, .branch_id, .db_url, .db_host' | xargs)" "passed true pr-7"
	result 7-opened '.jobs.database.steps[1].summary' | grep -F "2_total.sql"
	log_of 7-opened | grep -F "Passed"
	same "$(databases)" ""
}

github_tells_what_is_wrong() {
	open_pull 8 feature/broken 2_broken.sql "ALTER TABLE orders ADD COLUMN broken int NOT NULL;"
	not github 8 opened
	same "$(result 8-opened '.jobs.database.result')" failure
	same "$(result 8-opened '.jobs.database.steps[1].outputs.verdict')" failed
	result 8-opened '.jobs.database.steps[1].annotations[] | select(.level == "error") | .file' | grep -xF db/migrations/2_broken.sql
	same "$(databases)" ""
}

password_of() { # BRANCH
	cat "$VELA_POOL/branches/shop/$1/password"
}

# The database outlives the job that made it, the next one tests with it, and closing takes it away. Its password is
# nowhere in the log, and does not pass from job to job.
github_jobs() {
	local jobs=$examples/github/workflows/vela-jobs.yml password
	github 7 synchronize "$jobs"
	same "$(result 7-synchronize '.jobs | map_values(.result) | [.check, .tests, .teardown] | join(" ")')" "success success skipped"
	same "$(result 7-synchronize '.jobs.check.outputs.branch')" pr-7
	log_of 7-synchronize | grep -xF "columns: 7"
	password=$(password_of pr-7)
	[[ -n $password ]]
	result 7-synchronize '.jobs.check.steps[1].outputs.db_url' | grep -F ":$password@127.0.0.1:"
	not grep -F "$password" runs/7-synchronize/log
	same "$(grep -cF '::add-mask::***' runs/7-synchronize/log)" 4
	github 7 synchronize "$jobs" # what is kept is not what the next push is checked on
	same "$(result 7-synchronize '.jobs.check.steps[1].outputs.created')" true
	result 7-synchronize '.jobs.check.steps[1].summary' | grep -F 2_total.sql
	github 7 closed "$jobs"
	same "$(result 7-closed '.jobs | map_values(.result) | [.check, .tests, .teardown] | join(" ")')" "skipped skipped success"
	same "$(databases)" ""
	github 7 merged "$jobs" # it may run again
}

# Nothing that was told of a database passes between jobs.
github_drops_secrets() {
	sed 's/outputs.branch_id/outputs.db_url/' "$examples/github/workflows/vela-jobs.yml" >leaky.yml
	not github 7 reopened leaky.yml
	same "$(result 7-reopened '.jobs.check.dropped[]')" branch
	github 7 closed
}

# create: made, then there.
github_creates() {
	local made
	sed 's/- uses: OWNER.*/&\n        with: {command: create}/' "$examples/github/workflows/vela.yml" >create.yml
	for made in true false; do
		github 7 opened "$work/create.yml"
		same "$(result 7-opened '.jobs.database.steps[1].outputs | .created, .branch_id, .db_host' | xargs)" "$made pr-7 127.0.0.1"
		result 7-opened '.jobs.database.steps[1].outputs.db_url' | grep -F ":$(password_of pr-7)@127.0.0.1:"
		not grep -F "$(password_of pr-7)" runs/7-opened/log
	done
	github 7 closed
	same "$(databases)" ""
}

# A branch's name, a title or an input is never part of a script.
github_is_not_told_to() {
	local name
	# shellcheck disable=SC2016 # that is what it is called
	name='x";touch${IFS}pwned;"$(touch${IFS}pwned)'
	open_pull 9 "$name" 2_none.sql "SELECT 1;"
	sed "s|- uses: OWNER.*|&\n        with: {keep: 'never; touch pwned', reports: 'text=\$(touch pwned)'}|" "$examples/github/workflows/vela.yml" >hostile.yml
	not github 9 opened hostile.yml
	github 9 synchronize "$examples/github/workflows/vela-jobs.yml"
	github 9 closed
	same "$(find "$work" -name 'pwned*' -not -path '*/.git/*' | wc -l)" 0
	git -C "$origin" update-ref -d refs/pull/9/head
}

# What a migration says is no command to the runner.
github_is_not_commanded() {
	open_pull 9 feature/telling 2_tell.sql "DO \$\$ BEGIN RAISE EXCEPTION E'no\n::set-output name=db_url::elsewhere\n::error::invented\n::add-mask::Failed'; END \$\$;"
	not github 9 opened
	log_of 9-opened | grep -E "^ +::set-output"
	log_of 9-opened | grep -F "Failed"
	same "$(result 9-opened '.jobs.database.steps[1].outputs | .verdict, .db_url' | xargs)" failed
	same "$(result 9-opened '.jobs.database.steps[1].annotations[].file')" db/migrations/2_tell.sql
	git -C "$origin" update-ref -d refs/pull/9/head
}

# One comment that is kept up to date, the status of the very commit, and the token nowhere.
github_is_told() {
	same "$(forge_state '.comments | map_values(length) | tojson')" '{"7":1,"8":1}'
	forge_state '.comments["7"][0].body' | grep -F "Passed"
	forge_state '.comments["8"][0].body' | grep -F "2_broken.sql"
	same "$(forge_state ".statuses[\"$(in_shop rev-parse feature/total)\"] | map(.state) | unique | join(\" \")")" "pending success"
	same "$(forge_state ".statuses[\"$(in_shop rev-parse feature/broken)\"][-1].state")" failure
	not grep -rF "$forge_token" runs/*/log
	same "$(forge_problems)" ""
}

# What a stranger sent: nothing of it is run, unless the pool says so; then its migrations are, and nothing else.
github_forks() {
	local pull_from=stranger/shop forge_rights='"read"'
	write_forge
	in_shop checkout -q -b fork/nine main
	sed -i 's/^migrations:.*/migrations: {directory: db\/migrations, command: "touch pwned"}/' shop/vela.yml
	in_shop add -A
	echo 'ALTER TABLE orders ADD COLUMN strange int;' >shop/db/migrations/2_strange.sql
	in_shop add -A
	in_shop commit -qm "of a stranger"
	push_pull 9 fork/nine
	in_shop checkout -q main
	not github 9 opened
	log_of 9-opened | grep -F "forks"
	same "$(databases)" ""
	echo 'forks: true' >"$VELA_POOL/pool.yml"
	github 9 opened
	same "$(result 9-opened '.jobs.database.steps[1].outputs.verdict')" passed
	result 9-opened '.jobs.database.steps[1].summary' | grep -F 2_strange.sql
	not grep -F 2_strange.sql forge/state.json
	github 9 closed "$examples/github/workflows/vela-jobs.yml"
	rm "$VELA_POOL/pool.yml"
	same "$(find "$work" "$VELA_POOL" -name 'pwned*' | wc -l)" 0
	git -C "$origin" update-ref -d refs/pull/9/head
}

gitlab_checks() {
	gitlab 7
	same "$(result 7 '.jobs | map_values(.status) | [.vela, .tests, .["vela-stop"]] | join(" ")')" "success success manual"
	same "$(result 7 '.jobs.vela.artifacts | join(" ")')" "vela.html vela-junit.xml vela-codequality.json"
	xmllint --noout --nonet --schema "$top/tests/support/validators/junit.xsd" runs/7/artifacts/vela/vela-junit.xml
	node "$top/tests/support/validators/validate.js" "$top/tests/support/validators/codequality.schema.json" \
		runs/7/artifacts/vela/vela-codequality.json
	same "$(result 7 '.jobs.vela.environment | [.name, .on_stop, .action] | join(" ")')" "vela/7 vela-stop start"
	log_of 7 | grep -xF "columns: 7"
	not grep -F "$(password_of pr-7)" runs/7/log
	same "$(databases)" pr-7
}

gitlab_is_told() {
	same "$(forge_state '.comments | map_values(length) | tojson')" '{"7":1,"8":1}'
	same "$(forge_state ".statuses[\"$(in_shop rev-parse feature/total)\"][-1].state")" success
	same "$(forge_state ".statuses[\"$(in_shop rev-parse feature/broken)\"][-1].state")" failed
	not grep -rF "$forge_token" runs/*/log
	same "$(forge_problems)" ""
}

gitlab_stops() {
	gitlab 7 vela-stop
	same "$(result 7-vela-stop '.jobs | map_values(.status) | tojson')" '{"vela-stop":"success"}'
	same "$(databases)" ""
}

# Where a report is to be written, the merge request has put a link.
gitlab_follows_no_link() {
	in_shop checkout -q -b feature/link main
	ln -s "$work/precious" shop/vela-junit.xml
	mkdir shop/vela.html
	ln -s "$work/precious" shop/vela.html/x
	in_shop add -A
	in_shop commit -qm link
	push_pull 9 feature/link
	in_shop checkout -q main
	echo precious >"$work/precious"
	gitlab 9
	same "$(<"$work/precious")" precious
	result 9 '.jobs.vela.artifacts | join(" ")' | grep -F vela-junit.xml
	gitlab 9 vela-stop
	git -C "$origin" update-ref -d refs/merge-requests/9/head
}

gitlab_tells_what_is_wrong() {
	not gitlab 8
	same "$(result 8 '.jobs | map_values(.status) | [.vela, .tests] | join(" ")')" "failed skipped"
	jq -e '.[0].location.path == "db/migrations/2_broken.sql"' runs/8/artifacts/vela/vela-codequality.json
	xmllint --xpath 'string(//failure/@message)' runs/8/artifacts/vela/vela-junit.xml | grep -F broken
	same "$(databases)" pr-8
	gitlab 8 vela-stop
	same "$(databases)" ""
}

gitea_checks() {
	gitea 7 opened
	same "$(result 7-opened '.jobs.database.result')" success
	not gitea 8 opened
	same "$(forge_state '.comments | map_values(length) | tojson')" '{"7":1,"8":1}'
	same "$(status_of feature/total) $(status_of feature/broken)" "success failure"
	gitea 7 closed
	same "$(databases)" ""
}

status_of() { # BRANCH
	forge_state ".statuses[\"$(in_shop rev-parse "$1")\"][-1].state"
}

# run_scripts DIRECTORY VARIABLE=VALUE...: an example's scripts one after the other, as far as the system goes on.
run_scripts() {
	local directory=$1 script code=0
	shift
	rm -rf checkout
	git clone -q --branch feature/broken "file://$origin" checkout
	for script in "$directory"/*; do
		sed -i "s|OWNER/REPO|acme/shop --api $(forge_api)|" "$script"
		(cd checkout && env -i "PATH=$PATH" "HOME=$work/home" "VELA_POOL=$VELA_POOL" "GITHUB_TOKEN=$forge_token" "$@" \
			bash -e "../$script") || code=$?
	done
	return "$code"
}

# others_check DIRECTORY FILE VARIABLE=VALUE...: the pull request is told, and the job fails.
others_check() {
	local directory=$1 comments
	comments=$(forge_state '.comments["8"][0].updated')
	scripts "$directory" "$examples/$directory/$2"
	shift 2
	not run_scripts "$directory" "$@"
	same "$(forge_state '.comments["8"] | length')" 1
	not same "$(forge_state '.comments["8"][0].updated')" "$comments"
	same "$(status_of feature/broken)" failure
	same "$(databases)" ""
}

buildkite_checks() {
	others_check buildkite pipeline.yml BUILDKITE=true BUILDKITE_PULL_REQUEST=8 BUILDKITE_PULL_REQUEST_BASE_BRANCH=main \
		BUILDKITE_REPO=git@github.com:acme/shop.git BUILDKITE_PULL_REQUEST_REPO=git://github.com/acme/shop.git \
		BUILDKITE_BRANCH=feature/broken "BUILDKITE_COMMIT=$(in_shop rev-parse feature/broken)"
}

circleci_checks() {
	others_check circleci config.yml CIRCLECI=true CIRCLE_PULL_REQUEST=https://github.com/acme/shop/pull/8 \
		CIRCLE_BRANCH=feature/broken "CIRCLE_SHA1=$(in_shop rev-parse feature/broken)"
	xmllint --noout --nonet --schema "$top/tests/support/validators/junit.xsd" checkout/reports/vela.xml
}

jenkins_checks() {
	others_check jenkins Jenkinsfile JENKINS_URL=https://jenkins.example.com CHANGE_ID=8 CHANGE_TARGET=main \
		CHANGE_BRANCH=feature/broken "GIT_COMMIT=$(in_shop rev-parse feature/broken)"
	xmllint --noout --nonet --schema "$top/tests/support/validators/junit.xsd" checkout/vela-junit.xml
}

# A later checkout of a merge request whose branch is deleted.
gitlab_stops_after_merge() {
	gitlab 7
	squash_pull 7 feature/total
	gitlab 7 vela-stop
	same "$(databases)" ""
}

start_company
start_forge github

prove "every example can be read, and its shell is sound" examples_are_sound
prove "what is wrong with an example is found" unsound_ones_are_found
prove "vela knows the commands of the examples" commands_are_known
prove "systemd's units are valid" units_are_valid
prove "systemd's units have the rights that they need" units_have_what_they_need
prove "GitHub: the runner of these tests is as strict as the real one" runner_is_strict
prove "GitHub: a pull request is checked" github_checks
prove "GitHub: what is wrong is told at its place" github_tells_what_is_wrong
prove "GitHub: the pull request is told" github_is_told
prove "GitHub: separate jobs share a database, and no password" github_jobs
prove "GitHub: what holds a password does not pass between jobs" github_drops_secrets
prove "GitHub: a database without a check" github_creates
prove "GitHub: no text of a pull request becomes a script" github_is_not_told_to
prove "GitHub: nothing that a migration says is a command to the runner" github_is_not_commanded
prove "GitHub: forks are refused, or only their migrations run" github_forks
stop_forge
start_forge gitlab
prove "GitLab: a merge request is checked, and its tests run on its database" gitlab_checks
prove "GitLab: stopping the environment removes the database" gitlab_stops
prove "GitLab: what is wrong is told in its reports" gitlab_tells_what_is_wrong
prove "GitLab: the merge request is told" gitlab_is_told
prove "GitLab: a link where a report is to be written is not followed" gitlab_follows_no_link
prove "GitLab: a database goes after its branch was merged and deleted" gitlab_stops_after_merge
stop_forge
start_forge gitea
prove "Gitea: a pull request is checked, told and closed" gitea_checks
stop_forge
start_forge github
prove "Buildkite: a pull request is checked and told" buildkite_checks
prove "CircleCI: a pull request is checked and told" circleci_checks
prove "Jenkins: a pull request is checked and told" jenkins_checks
done_testing
