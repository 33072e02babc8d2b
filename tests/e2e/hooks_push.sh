#!/usr/bin/env bash
# vela in git's pre-push hook: what changes migrations is checked as it is pushed, and stays here if it fails.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/support/sweep.sh
source "$top/tests/support/sweep.sh"
# shellcheck source=tests/support/hooks.sh
source "$top/tests/support/hooks.sh"

hooks_pool

good='ALTER TABLE orders ADD COLUMN note text;'
bad='ALTER TABLE ordres ADD COLUMN note text;'

# A repository whose main is at its remote.
pushed_repository() {
	hooked_repository "$@"
	git init -q --bare "$work/$1.git"
	git remote add origin "$work/$1.git"
	VELA_SKIP=1 git push -q origin main
	VELA_SKIP=1 git checkout -q -b topic
}

at_remote() {
	git ls-remote -q origin "refs/heads/${1:-topic}" | cut -f 1
}

checks_what_changes() {
	pushed_repository changes
	commit_file app.txt
	gives 0 git push -u origin topic
	says_not vela:
	commit_file db/2.sql "$good"
	gives 0 git push
	says "vela: the migrations of topic pass ("
	commit_file db/3.sql "$bad"
	gives 1 git push
	says 'relation "ordres" does not exist' "vela: the migrations of topic do not pass" "--no-verify"
	not same "$(at_remote)" "$(git rev-parse HEAD)"
	gives 0 git push --no-verify
	same "$(at_remote)" "$(git rev-parse HEAD)"
	commit_file db/4.sql "$bad"
	VELA_SKIP=1 gives 0 git push
	same "$(vela branch list -o json | jq -c '[.branches[].name]')" "[]"
}
prove "a push that changes migrations is checked; --no-verify and VELA_SKIP=1 skip it" checks_what_changes

commit_not_tree() {
	pushed_repository tree
	commit_file db/2.sql "$bad"
	echo "$good" >db/2.sql
	gives 1 git push origin topic
	says ordres
	git checkout -q -- db/2.sql
	git branch broken
	commit_file db/2.sql "$good"
	echo "$bad" >db/3.sql
	gives 0 git push origin topic
	says "migrations of topic pass"
	rm db/3.sql
	gives 1 git push origin broken
	says "migrations of broken do not pass" ordres
	gives 0 git push origin HEAD:refs/heads/other
	says_not "do not pass"
	not compgen -G "${TMPDIR:-/tmp}/vela-push*"
	same "$(git worktree list | wc -l)" 1
	gives 0 git fsck
}
prove "what is checked is what is pushed, not the working tree; nothing of it is left" commit_not_tree

what_counts() {
	pushed_repository counts
	gives 0 git push origin main:refs/heads/copy
	says_not vela:
	git tag -a -m old old main
	gives 0 git push origin old
	says_not vela:
	commit_file db/2.sql "$bad"
	git tag v1
	gives 1 git push origin v1
	says "migrations of v1 do not pass"
	gives 0 git push origin :refs/heads/copy
	says_not vela:
	git reset -q --hard HEAD~1
	commit_file db/2.sql "$good"
	gives 0 git push origin topic
	git commit -q --amend -m again
	gives 0 git push -f origin topic
	says_not vela:
	git checkout -q main
	git merge -q topic
	gives 0 git push origin main
	says "migrations of main pass"
	git push -q origin :main
	git update-ref -d refs/remotes/origin/main
	gives 0 git push origin main
	says "migrations of main pass"
	git clone -q --depth 1 -b topic "file://$work/counts.git" "$work/shallow"
	cd "$work/shallow"
	git config user.name test
	git config user.email test@example.com
	vela hooks install >/dev/null
	commit_file db/5.sql "$bad"
	gives 1 git push origin topic
	says ordres
}
prove "deletions, tags, old commits, a force push, the base branch, a shallow clone" what_counts

own_database() {
	pushed_repository own
	git checkout -q -B topic
	vela psql topic -- -Xqc "$good"
	commit_file db/2.sql "$good"
	gives 0 git push origin topic
	says "migrations of topic pass"
	same "$(vela psql topic -- -XAtc 'SELECT count(*) FROM orders WHERE note IS NULL')" 1000
}
prove "the developer's own database is not touched" own_database

configured() {
	pushed_repository configured
	commit_file db/2.sql "$bad"
	sed -i 's/^hooks:/&\n  pre_push: warn/' vela.yml
	gives 0 git push origin topic
	says ordres "pushed all the same"
	sed -i 's/pre_push: warn/pre_push: off/' vela.yml
	commit_file db/3.sql "$bad"
	gives 0 git push origin topic
	says_not vela:
}
prove "hooks.pre_push: warn and off" configured

without_pool() {
	pushed_repository down
	commit_file db/2.sql "$bad"
	VELA_POOL=$work/nothing gives 0 git push origin topic
	says "vela: pushed unchecked: " "$work/nothing"
	sed -i 's/^database/databse/' vela.yml
	gives 0 git push origin topic:other
	says "vela: pushed unchecked: vela.yml:3:1: unknown key"
	git checkout -q vela.yml
	commit_file db/3.sql "$bad"
	sed -i 's/^hooks:/&\n  pre_push_without_pool: block/' vela.yml
	git commit -qam block
	VELA_POOL=$work/nothing gives 1 git push origin topic
	says "vela: not pushed: its check could not be carried out: "
	VELA_POOL=$work/nothing gives 0 git push origin main
}
prove "without the pool a push goes on, or not, as vela.yml says" without_pool

a_command() {
	pushed_repository command
	printf 'version: 1\nproject: command\ndatabase: shop\nmigrations:\n  directory: db\n  command: ./apply\n' >vela.yml
	# shellcheck disable=SC2016 # the script's own
	printf '#!/bin/sh\ntest -e untracked && exec psql -Xqc "SELECT 1" "$DATABASE_URL"\n' >apply
	chmod +x apply
	git add .
	git commit -qm tool
	touch untracked
	commit_file db/2.sql "$good"
	echo more >>db/2.sql
	gives 0 git push origin topic
	says "what is checked is the working tree, not " "migrations of topic pass"
}
prove "a tool that needs more than git has runs in the working tree, and that is said" a_command

# Of all that runs, the vela that works for this repository.
hook_process() {
	local pid
	for pid in $(pgrep -f "^$vela_binary hooks run -- pre-push"); do
		[[ $(readlink "/proc/$pid/cwd") != "$PWD" ]] || echo "$pid"
	done
}

interrupted() {
	pushed_repository interrupt
	commit_file db/2.sql "SELECT pg_sleep(60);"
	commit_file app.txt
	git branch -q slow
	git checkout -q main
	git push origin slow >"$out" 2>"$err" &
	wait_until 30 compgen -G "${TMPDIR:-/tmp}/vela-push*/tree/vela.yml"
	kill -TERM "$(hook_process)"
	not wait $!
	says "vela: not pushed: its check could not be carried out: " interrupted
	not compgen -G "${TMPDIR:-/tmp}/vela-push*"
	same "$(vela branch list -o json | jq -c '[.branches[].name]')" '["main"]'
}
prove "interrupted, it leaves neither a database nor a working tree" interrupted

done_testing
