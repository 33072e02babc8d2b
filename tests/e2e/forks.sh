#!/usr/bin/env bash
# Pull requests of forks: refused unless the pool takes them; then they supply migrations, and nothing else is theirs.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

export VELA_POOL=$work/pool
token=secret-token-of-the-job
upstream=$work/upstream/acme/shop.git
address=https://github.com/acme/shop

# --- what a runner has ---

# run_as RECORDING COMMAND...
run_as() {
	local run_variables
	read_recording "$1"
	shift
	env "${run_variables[@]}" GITHUB_TOKEN="$token" GITHUB_STEP_SUMMARY="$work/summary" GITHUB_OUTPUT="$work/outputs" "$@"
}

fork() {
	run_as github-fork "$vela_binary" "$@"
}

# The checkout of the fork's commit, as a runner makes it: detached, with the base branch beside it. Nothing of the fork
# but its tree gets there.
checkout() {
	rm -rf "$work/checkout"
	git clone -q --no-checkout "$upstream" "$work/checkout"
	cd "$work/checkout"
	git config "url.$work/upstream/.insteadOf" https://github.com/
	git remote set-url origin "$address"
	git fetch -q "$work/fork" main
	git checkout -q --detach FETCH_HEAD
	rm -f "$work/stolen"
}

# fork_commits: all that is in the fork's working tree becomes its main
fork_commits() {
	git -C "$work/fork" add -A
	git -C "$work/fork" commit -qm "from the fork"
}

fork_resets() {
	git -C "$work/fork" reset -q --hard "${1:-start}"
	git -C "$work/fork" clean -qfd
}

base_has() {
	cat >"$work/seed/vela.yml"
	git -C "$work/seed" commit -qam "another vela.yml"
	git -C "$work/seed" push -q "$upstream" main
}

usual_base() {
	base_has <<-'YAML'
		version: 1
		project: shop
		database: shop
		migrations: {directory: db, format: sql}
		checks: [{name: of the base branch, sql: SELECT 1, equals: 1}]
	YAML
}

forks_are() {
	echo "forks: $1" >"$VELA_POOL/pool.yml"
	chown --reference="$VELA_POOL/pool.json" "$VELA_POOL/pool.yml"
}

no_branch_left() {
	[[ ! -d $VELA_POOL/branches/shop ]] || same "$(ls "$VELA_POOL/branches/shop")" ""
}

nothing_stolen() {
	local file
	[[ ! -e $work/stolen ]]
	for file in "$out" "$err" "$work/summary" "$work/report.md"; do
		[[ ! -e $file ]] || not grep -qF "$token" "$file"
	done
}

# --- the tests ---

refused_by_default() {
	local arguments
	checkout
	for arguments in check migrate validate "branch create" "branch create main" "check main" url psql diff "exec -- true" \
		"branch show" "branch reset" "branch start"; do
		# shellcheck disable=SC2086 # words
		gives 6 fork $arguments
		says "pull request 13 comes from a fork" "forks: false in $VELA_POOL/pool.yml"
	done
	gives 6 fork check -o json
	holds '.verdict == "error" and .error.kind == "refused"'
	gives 6 run_as github-fork-target "$vela_binary" check
	gives 6 run_as github-fork-deleted "$vela_binary" check
	no_branch_left
	# What removes stays allowed, and so does what is no fork's.
	gives 0 fork branch delete
	says "there is no branch pr-13"
	gives 0 fork gc
	gives 0 run_as github-pull-request "$vela_binary" branch create
	gives 6 fork url pr-12
	gives 0 run_as github-pull-request-closed "$vela_binary" branch delete
	nothing_stolen
}

refusal_needs_no_fetch() {
	checkout
	git update-ref -d refs/remotes/origin/main
	gives 6 fork check
	says "this pool takes none"
}

origin_is_not_told() {
	checkout
	gives 6 run_as github-pull-request-without-event "$vela_binary" check
	says "pull request 12 may come from a fork" "event file"
	no_branch_left
}

migrations_alone_are_the_forks() {
	checkout
	grep -q stolen vela.yml # hostile, as the fork has it
	gives 0 fork check -o json --report markdown="$work/report.md"
	holds '.verdict == "passed" and .branch.project == "shop" and (.migrations | map(.file) == ["db/2.sql"])'
	holds '.checks | map(.name) == ["of the base branch"]'
	nothing_stolen
	no_branch_left
	# From below, too, where the fork has put another one.
	cd db
	gives 0 fork check -o json
	holds '.branch.project == "shop"'
	gives 0 fork -C .. check -o json --config vela.yml
	holds '.branch.project == "shop"'
	gives 6 fork check --config "$work/fork/vela.yml"
	says "out of the git repository"
	gives 6 fork check --config ../db/vela.yml
	says "no file where --config points to"
	nothing_stolen
	# Its branch is used like any other.
	gives 0 fork branch create
	gives 0 fork psql -- -XqAtc 'SELECT 1'
	gives 0 fork branch delete
}

base_is_missing() {
	local hint
	checkout
	git update-ref -d refs/remotes/origin/main
	git branch -f main FETCH_HEAD # a local branch of that name is the fork's
	gives 6 fork check
	says "origin/main has not been fetched"
	hint=$(grep -o 'git fetch.*' "$err")
	same "$hint" "git fetch --depth=1 origin +refs/heads/main:refs/remotes/origin/main"
	eval "$hint -q"
	gives 0 fork check -o json
	holds '.branch.project == "shop"'
	nothing_stolen
}

origin_is_the_fork() {
	checkout
	git fetch -q "$work/fork" +main:refs/remotes/origin/main
	git remote set-url origin https://github.com/stranger/shop
	gives 6 fork check
	says 'the git remote "origin"' "is not acme/shop"
	git remote remove origin
	gives 6 fork check
	nothing_stolen
}

no_repository_at_all() {
	checkout
	rm -rf .git
	gives 6 fork check
	says "no git repository"
	nothing_stolen
}

# Files that make a directory of the fork's tree look like a repository, in which the fork is the base.
repository_in_the_tree() {
	local fake=$work/fork/db
	git init -q --bare "$work/fake"
	git -C "$work/fake" fetch -q "$work/fork" main:refs/remotes/origin/main main:refs/heads/main
	git -C "$work/fake" config remote.origin.url "$address"
	git -C "$work/fake" config core.bare false
	git -C "$work/fake" config core.worktree ..
	rm -rf "$work/fake/hooks"
	touch "$work/fake/refs/keep"
	cp -r "$work/fake/." "$fake"
	fork_commits
	checkout
	cd db
	same "$(git rev-parse --absolute-git-dir 2>/dev/null)" "$work/checkout/db" # git itself takes it for one
	gives 0 fork check -o json
	holds '.branch.project == "shop" and (.checks | map(.name) == ["of the base branch"])'
	nothing_stolen
	fork_resets
}

links_of_the_fork() {
	mkdir "$work/seed/sub"
	cp "$work/seed/vela.yml" "$work/seed/sub/vela.yml"
	git -C "$work/seed" add -A
	git -C "$work/seed" commit -qm sub
	git -C "$work/seed" push -q "$upstream" main
	ln -s "$work/elsewhere" "$work/fork/sub"
	fork_commits
	checkout
	mkdir -p "$work/elsewhere"
	gives 6 fork check --config sub/vela.yml
	says "is not what the base branch has there"
	fork_resets
	git -C "$work/seed" rm -rq sub
	ln -s db/1.sql "$work/seed/vela.link"
	git -C "$work/seed" add -A
	git -C "$work/seed" commit -qm link
	git -C "$work/seed" push -q "$upstream" main
	checkout
	gives 6 fork check --config vela.link
	says "symbolic link"
}

commands_are_refused() {
	base_has <<-YAML
		version: 1
		project: shop
		migrations: {command: "env > $work/stolen"}
	YAML
	checkout
	gives 6 fork check
	says "migrations.command would run what the fork wrote"
	gives 0 fork branch create
	gives 6 fork migrate
	gives 0 fork branch delete
	nothing_stolen
	usual_base
}

workload_is_the_bases() {
	base_has <<-'YAML'
		version: 1
		project: shop
		database: shop
		migrations: {directory: db, format: sql}
		workload: {script: load.sql, clients: 1, rate: 50}
	YAML
	printf "INSERT INTO played VALUES ('base');\n" >"$work/seed/load.sql"
	git -C "$work/seed" add load.sql
	git -C "$work/seed" commit -qm load
	git -C "$work/seed" push -q "$upstream" main
	printf "INSERT INTO played VALUES ('fork');\n" >"$work/fork/load.sql"
	fork_commits
	checkout
	gives 0 fork check --keep always
	gives 0 fork psql -- -XqAtc "SELECT string_agg(DISTINCT by_whom, ',') FROM played"
	same "$(cat "$out")" base
	gives 0 fork branch delete
	usual_base
	fork_resets
}

# CI systems leave their credentials in .git/config; a script of psql could show every line of it.
gits_own_files() {
	local line
	while read -r line; do
		ln -sfn .git "$work/fork/link"
		printf '\\set ECHO all\nSELECT 1;\n%s\n' "$line" >"$work/fork/db/2.sql"
		fork_commits
		checkout
		git config http.extraheader "AUTHORIZATION: basic $token"
		gives 1 fork check --report markdown="$work/report.md"
		says "git's own files"
		nothing_stolen
	done <<-'SCRIPTS'
		\i .git/config
		\ir ../.git/config
		\i link/config
	SCRIPTS
	fork_resets
	rm -r "$work/fork/db"
	ln -s .git "$work/fork/db"
	fork_commits
	checkout
	gives 6 fork check
	says "git's own files"
	rm "$work/fork/db"
	fork_resets
}

# A submodule whose address says that it is the repository: the fork would be the base.
submodule_of_the_fork() {
	local fake=$work/acme/shop
	git clone -q "$work/fork" "$fake"
	git -C "$work/fork" -c protocol.file.allow=always submodule --quiet add "$fake" tools
	git config -f "$work/fork/.gitmodules" submodule.tools.url https://example.org/acme/shop
	fork_commits
	checkout
	git config "url.$work/acme/.insteadOf" https://example.org/acme/
	git -c protocol.file.allow=always -c "url.$fake.insteadOf=https://example.org/acme/shop" submodule --quiet update --init
	same "$(git -C tools config remote.origin.url)" https://example.org/acme/shop
	cd tools
	gives 0 fork check -o json
	holds '.branch.project == "shop" and (.checks | map(.name) == ["of the base branch"])'
	nothing_stolen
	fork_resets
	rm -rf "$work/fork/tools" "$work/fork/.git/modules"
}

# What psql would run, read or tell.
hostile_scripts() {
	local line
	while read -r line; do
		printf 'SELECT 1;\n%s\n\\echo done\n' "$line" >"$work/fork/db/2.sql"
		fork_commits
		checkout
		gives 1 fork check
		nothing_stolen
		no_branch_left
	done <<-SCRIPTS
		\\! env > $work/stolen
		\\o | env > $work/stolen
		\\copy orders to program 'env > $work/stolen'
		\\g | env > $work/stolen
		\\set x \`env > $work/stolen\`
		\\i /proc/self/environ
		\\include_relative ../../../../../../proc/self/environ
		\\getenv x GITHUB_TOKEN
		COPY orders TO PROGRAM 'env > $work/stolen';
		SELECT pg_read_file('/proc/self/environ');
	SCRIPTS
	# And one that is allowed sees nothing of the job.
	printf 'SELECT 1;\n\\echo :GITHUB_TOKEN\n\\unset x\nSHOW server_version;\n' >"$work/fork/db/2.sql"
	fork_commits
	checkout
	run fork check -o json
	nothing_stolen
	fork_resets
}

merge_requests_of_forks() {
	checkout
	git remote set-url origin https://gitlab.example.com/acme/shop.git
	gives 0 run_as gitlab-fork "$vela_binary" check -o json
	holds '.branch.name == "pr-35" and .branch.project == "shop"'
	# In the fork's own project, origin is the fork.
	git remote set-url origin https://gitlab.example.com/stranger/shop.git
	gives 6 run_as gitlab-fork-in-its-own-project "$vela_binary" check
	says "is not acme/shop"
	gives 6 run_as gitlab-push-in-fork "$vela_binary" check
	says "does not say which one"
	gives 6 run_as circleci-fork "$vela_binary" check
	says "CircleCI does not say which one"
	nothing_stolen
}

# --- all of it ---

start_production 100
must production_as shop_owner -c 'CREATE TABLE played (by_whom text)'
must production_stop fast
must vela pool create "$VELA_POOL" --size 2G
must vela baseline create production --from "$production_data"
must git init -q --bare -b main "$upstream"
make_repository seed
must mkdir seed/db
echo 'SELECT 1;' >seed/db/1.sql
must touch seed/vela.yml
must git -C seed add -A
must git -C seed commit -qm first
usual_base
must git clone -q "$upstream" fork
must git -C fork config user.name stranger
must git -C fork config user.email stranger@example.com
cat >fork/vela.yml <<-YAML
	version: 1
	project: stolen
	pool: $work/checkout/pool
	migrations: {command: "env > $work/stolen"}
YAML
must cp fork/vela.yml fork/db/vela.yml
echo 'CREATE TABLE shipments (id bigint PRIMARY KEY);' >fork/db/2.sql
fork_commits
must git -C fork tag start

prove "refused by default" refused_by_default
prove "refused without a fetch" refusal_needs_no_fetch
prove "refused where the origin is not told" origin_is_not_told
forks_are true
prove "the fork supplies migrations alone" migrations_alone_are_the_forks
prove "the base branch has to be there" base_is_missing
prove "origin has to be the repository" origin_is_the_fork
prove "no repository" no_repository_at_all
prove "a repository within the fork's tree" repository_in_the_tree
prove "links of the fork" links_of_the_fork
prove "git's own files" gits_own_files
prove "a submodule of the fork" submodule_of_the_fork
prove "a command is refused" commands_are_refused
prove "the workload is the base branch's" workload_is_the_bases
prove "hostile scripts of psql" hostile_scripts
prove "forks at GitLab and CircleCI" merge_requests_of_forks
done_testing
