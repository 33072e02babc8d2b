#!/usr/bin/env bash
# What pool.yml allows: how many branches, for how long, how large, made by whom, and with which settings of vela.yml. What is
# beyond that is refused with exit code 6 and the rule that did it.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

export VELA_POOL=$work/pool
unset CI

query() { vela psql "$1" -- -XqAt -v ON_ERROR_STOP=1 -c "$2"; }
field() { vela branch show "$1" -o json | jq -r "$2"; } # BRANCH FILTER
count() { vela branch list --all -o json | jq '.branches | length'; }
is_over() { [[ $(date +%s) -gt $(date -d "$(field "$1" .expires_at)" +%s) ]]; }
rules() { cat >"$VELA_POOL/pool.yml"; } # from stdin

# Whatever an earlier test left.
no_branches() {
	local name
	rules <<<''
	for name in $(vela branch list -o json | jq -r '.branches[].name'); do
		vela branch unprotect "$name"
		vela branch delete "$name"
	done
}

# An empty project in a directory of its own, and the shell in it: from stdin, what vela.yml has more.
project() {
	rm -rf "$work/project"
	mkdir -p "$work/project/db"
	cd "$work/project"
	{
		printf 'version: 1\nproject: shop\n'
		cat
	} >vela.yml
	[[ $(count) == 0 ]] || no_branches
}

no_more_than_so_many() {
	project <<<''
	rules <<<'limits: {branches: 3, branches_per_project: 2}'
	gives 0 vela branch create one
	gives 0 vela branch create two
	gives 6 vela branch create three
	says "the pool allows 2 branches a project (limits.branches_per_project in $VELA_POOL/pool.yml), and shop has 2" \
		"delete some" "user postgres"
	gives 0 vela branch create two -o json
	holds '.created == false'
	gives 0 vela branch create one --fresh -o json
	holds '.created == true'
	gives 6 vela check three -o json
	holds '.error.kind == "refused" and .verdict == "error"'
	sed -i s/shop/other/ vela.yml
	gives 0 vela branch create three
	gives 6 vela branch create four
	says "the pool allows 3 branches (limits.branches in $VELA_POOL/pool.yml), and has 3"
	gives 0 vela branch delete three
	gives 0 vela branch create four
	gives 0 vela branch delete four
	sed -i s/other/shop/ vela.yml
	gives 0 vela branch expire two 1s
	wait_until 10 is_over two
	gives 6 vela branch create three
	says "vela gc removes 1 of them, whose time is over"
	gives 0 vela gc
	gives 0 vela branch create three
	same "$(count)" 2
	gives 0 vela branch delete one
	gives 0 vela branch delete three
}

# What a check compares with is no branch that anybody made.
a_check_counts_once() {
	project <<<'checks: [{name: orders, sql: SELECT count(*) FROM orders, unchanged: true}]'
	printf 'migrations: {directory: db}\n' >>vela.yml
	echo 'CREATE TABLE made ();' >db/1.sql
	rules <<<'limits: {branches: 1}'
	gives 0 vela check kept --keep always
	gives 6 vela check another
	gives 0 vela check kept
	same "$(count)" 1
	gives 0 vela branch delete kept
}

# at_once COMMAND…: twenty, %N is the number; how often which exit code came is in $work/outcome.
at_once() {
	local i pids=()
	rm -rf "$work/codes"
	mkdir "$work/codes"
	for i in {1..20}; do
		{
			code=0
			"${@//%N/$i}" >"$work/codes/$i.out" 2>&1 || code=$?
			echo "$code" >"$work/codes/$i"
		} 9>&- &
		pids+=($!)
	done
	[[ ! -e /dev/fd/9 ]] || wait_until 30 all_wait
	exec 9>&-
	wait "${pids[@]}"
	cat "$work"/codes/{1..20} | sort | uniq -c | xargs >"$work/outcome"
}

# Each that waits lets go for a moment now and then.
all_wait() {
	[[ $(grep -c -- "-> FLOCK.*:$(stat -Lc %i /dev/fd/9) " /proc/locks) -ge 18 ]]
}

never_more_at_once() {
	project <<<''
	rules <<<'limits: {branches_per_project: 5}'
	gives 0 vela branch create first
	gives 0 vela branch delete first
	# Who holds the lock sees all of them wait for it, and then they come all at the same moment.
	exec 9<"$VELA_POOL/locks/branches.lock"
	flock -x 9
	at_once vela branch create many-%N
	same "$(<"$work/outcome")" "5 0 15 6"
	same "$(count)" 5
	vela branch list -o json | jq -r '.branches[].name' | head -n 2 >"$work/kept"
	# One that is made anew keeps its place, however many wait for it.
	while read -r name; do
		for _ in {1..5}; do
			vela branch create "$name" --fresh >/dev/null || touch "$work/lost"
		done 2>>"$work/fresh.err" &
	done <"$work/kept"
	at_once vela branch create more-%N
	same "$(<"$work/outcome")" "20 6"
	at_once vela branch create more-%N
	same "$(<"$work/outcome")" "20 6"
	wait
	not test -e "$work/lost"
	same "$(count)" 5
	no_branches
	same "$(ls "$VELA_POOL/ports")" ""
}

not_for_longer() {
	project <<<''
	rules <<<'limits: {lifetime: 2d}'
	gives 6 vela branch create one --expires 3d
	says "the pool lets a branch live for 2d (limits.lifetime in $VELA_POOL/pool.yml): one can stay until 2" "ask for less"
	gives 6 vela branch create one --expires never
	gives 0 vela branch create one
	same "$(field one '(.expires_at | fromdate) - (.created_at | fromdate)')" 172800
	gives 6 vela branch expire one 3d
	gives 6 vela branch expire one never
	gives 0 vela branch expire one 1h
	gives 0 vela branch protect one
	gives 0 vela branch create two --expires 1d
	same "$(field two '(.expires_at | fromdate) - (.created_at | fromdate) < 86402')" true
	gives 0 vela branch create three --from one
	same "$(field three '(.expires_at | fromdate) - (.created_at | fromdate)')" 172800
	for name in two three; do
		gives 0 vela branch delete "$name"
	done
	echo 'branch: {expires: 3d}' >>vela.yml
	gives 6 vela branch create two
	gives 6 vela check two
	gives 0 vela branch create two --expires 1h
	gives 0 vela branch delete two
	sed -i s/3d/never/ vela.yml
	gives 6 vela branch create two
	gives 0 vela branch create one -o json # which was there already
	holds '.created == false'
	gives 0 vela branch unprotect one
	gives 0 vela branch delete one
	same "$(count)" 0
}

not_larger() {
	project <<<'migrations: {directory: db}'
	rules <<<''
	gives 0 vela branch create large
	gives 0 vela branch create small
	query large 'CREATE TABLE filler AS SELECT i, md5(i::text) FROM generate_series(1, 600000) i'
	rules <<<'limits: {storage: 24M}'
	gives 6 vela check large
	says "cannot check it: the pool allows a branch 24.0 MiB of its own (limits.storage in $VELA_POOL/pool.yml), and large has" \
		"vela branch reset large"
	gives 6 vela branch create child --from large
	same "$(query large 'SELECT count(*) FROM filler')" 600000 # who is in it can still make room
	gives 0 vela branch stop large
	gives 6 vela branch start large
	gives 6 vela exec large -- true
	gives 6 vela branch create large
	gives 0 vela branch show large
	gives 0 vela branch reset large
	gives 0 vela check large
	gives 0 vela check small
	gives 0 vela branch delete large
	gives 0 vela branch delete small
}

a_large_migration_is_stopped() {
	project <<<'migrations: {directory: db}'
	rules <<<'limits: {storage: 64M}'
	echo 'CREATE TABLE filler AS SELECT i, md5(i::text) FROM generate_series(1, 200000000) i;' >db/1.sql
	gives 6 vela check huge -o json
	holds '.verdict == "error" and .error.kind == "refused" and (.error.message | contains("limits.storage"))'
	same "$(count)" 0
	project <<-YML
		migrations: {command: ["$PSQL", -XqAt, -c, "CREATE TABLE filler AS SELECT i, md5(i::text) FROM generate_series(1, 200000000) i"]}
	YML
	gives 6 vela check huge -o json
	holds '.error.message | contains("limits.storage")'
	same "$(count)" 0
}

only_by_some() {
	project <<<''
	rules <<<'creators: [postgres]'
	chmod 755 "$work/project"
	gives 6 vela branch create one
	says "user root may not make branches: the pool allows it to postgres (creators in $VELA_POOL/pool.yml)"
	gives 6 vela check one
	gives 0 as_postgres "$vela_binary" branch create one
	gives 0 vela branch create one -o json
	holds '.created == false and .created_by == "postgres"'
	gives 6 vela branch create one --fresh
	gives 0 vela branch reset one
	rules <<<'creators: root'
	gives 6 as_postgres "$vela_binary" branch create two
	gives 0 vela branch create two
	SUDO_UID=$(id -u postgres) gives 6 vela branch create three
	says "user postgres may not make branches"
	SUDO_UID=none gives 0 vela branch create three -o json
	holds '.created_by == "root"'
	gives 0 vela branch delete three
	rules <<<'creators: postgres'
	SUDO_UID=$(id -u postgres) gives 0 vela branch create three -o json
	holds '.created_by == "postgres"'
	gives 0 vela branch delete three
	gives 0 vela branch delete one
	gives 0 as_postgres "$vela_binary" branch delete two
	rules <<<'creators: [alice, postgres]'
	gives 0 vela doctor
	says "creators names alice, and there is no such user on this host" "user root may not make branches"
}

only_some_settings() {
	project <<-'YML'
		branch:
		  expires: 1d
		  durable: true
		migrations:
		  directory: db
		timeout: 1m
	YML
	rules <<<'settings: [project, branch.expires, migrations]'
	gives 6 vela branch create one
	says "vela.yml:5:3: the pool does not let vela.yml give branch.durable (settings in $VELA_POOL/pool.yml)" \
		"vela.yml:8:1: the pool does not let vela.yml give timeout (settings"
	says_not "branch.expires" "migrations.directory"
	gives 6 vela check one -o json
	holds '.error.kind == "refused"'
	gives 0 vela branch list
	gives 1 vela doctor
	says "vela.yml:5:3: the pool does not let vela.yml give branch.durable"
	rules <<<'settings: [project, branch, migrations.directory, timeout]'
	gives 0 vela branch create one
	rules <<<'settings: project'
	gives 6 vela check one
	gives 6 vela migrate one
	gives 0 vela branch delete one
	rules <<<'settings: [brnch]'
	gives 3 vela branch list
	says 'pool.yml:1:11: settings must be keys of vela.yml, and "brnch" is none; did you mean "branch"?'
}

start_production
must production_stop fast
must vela pool create "$VELA_POOL" --size 3G
must vela baseline create production --from "$production_data"
PSQL=$(command -v psql)

prove "as many branches as the pool allows, in all and per project" no_more_than_so_many
prove "a check takes one place, whatever it compares with" a_check_counts_once
prove "twenty at once never make more" never_more_at_once
prove "a branch lives no longer than the pool allows" not_for_longer
prove "a branch that is too large is not used any more, until it is made anew" not_larger
prove "a migration that makes it too large is stopped" a_large_migration_is_stopped
prove "only who may make branches does" only_by_some
prove "vela.yml gives only the settings that it may" only_some_settings
done_testing
