#!/usr/bin/env bash
# What becomes of a git branch becomes of its database: deleted, merged, renamed.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/support/sweep.sh
source "$top/tests/support/sweep.sh"
# shellcheck source=tests/support/hooks.sh
source "$top/tests/support/hooks.sh"

hooks_pool

names() {
	vela branch list -o json | jq -r '[.branches[].name] | join(" ")'
}

event() {
	vela events -o json | jq -e --arg event "$1" --arg subject "$project/$2" --arg reason "$3" \
		'any(.events[]; .event == $event and .subject == $subject and .reason == $reason)' >/dev/null
}

# branches NAME...: makes them, each with a commit of its own; on main at the end.
branches() {
	local name
	for name in "$@"; do
		git checkout -q -b "$name" main
		commit_file "$name.txt"
	done
	git checkout -q main
}

deletes() {
	hooked_repository deletes
	branches one feature/two kept parent
	vela branch protect kept >/dev/null
	vela branch create child --from parent >/dev/null
	gives 0 git branch -D one feature/two
	says "vela: database one is gone, like its git branch" "vela: database feature-two-"
	same "$(names)" "child kept main parent"
	event branch.delete one "git branch one was deleted"
	gives 0 git branch -D kept
	says "database kept is kept: kept is protected"
	gives 0 git branch -D parent
	says "has children: child"
	same "$(names)" "child kept main parent"
	git update-ref refs/heads/packed main
	git checkout -q packed
	git checkout -q main
	git pack-refs --all
	gives 0 git branch -D packed
	says "database packed is gone"
}
prove "the database goes with its git branch, unless it is protected or has children" deletes

only_its_own() {
	hooked_repository other
	branches one
	git clone -q . "$work/clone"
	cd "$work/clone"
	vela hooks install >/dev/null
	git branch one origin/one
	gives 0 git branch -D one
	says_not vela:
	git update-ref -d refs/remotes/origin/one
	same "$(names)" "main one"
	cd "$work/other"
	VELA_POOL=$work/nothing gives 0 git branch -D one
	says "$work/nothing"
	not git rev-parse -q --verify one
}
prove "another clone's branch is another's; without a pool git goes on" only_its_own

merges() {
	hooked_repository merges
	branches merged squashed open
	git merge -q --no-ff -m merge merged 2>"$err"
	says "vela: branch merges/merged is gone: git branch merged was merged into main"
	git merge -q --squash squashed
	git commit -qm squash
	commit_file after.txt
	git checkout -q open
	git merge -q main -m main 2>"$err"
	says "branch merges/squashed is gone" "squash"
	same "$(names)" "main open"
}
prove "after a merge, databases of merged branches go" merges

# renames COMMAND...: the database of feature/x is that of feature/y afterwards, and COMMAND was the first to see it.
renames() {
	VELA_SKIP=1 git checkout -q -b feature/x
	commit_file own.txt # else gc, which knows the commit a database was made at, takes the branch for alive
	git checkout -q feature/x
	vela psql -- -Xqc 'CREATE TABLE mine ()'
	url=$(env_url)
	old=$(vela branch show -o json | jq -r .name)
	gives 0 git branch -m feature/x feature/y
	says_not "is gone"
	gives 0 "$@"
	new=$(vela branch show -o json | jq -r .name)
	[[ $new == feature-y-* ]]
	same "$(vela psql -- -XAtc "SELECT to_regclass('mine')")" mine
	same "$(vela url)" "$url"
	same "$(names)" "$new"
	event branch.rename "$new" "was called $old"
	git branch -q -m feature/y topic
	git checkout -q topic
	same "$(names)" topic
	gives 0 git branch -M topic topic
	git checkout -q -b away
	gives 0 git branch -D topic
	says "database topic is gone"
	git checkout -q -b feature/x
	git branch -q -D away
	vela branch delete >/dev/null
	git checkout -q main
	git branch -q -D feature/x
	vela branch delete main >/dev/null
}

follows_renames() {
	hooked_repository "$1"
	shift
	renames "$@"
}
prove "git branch -m renames the database: seen by vela url" follows_renames renamea vela url
prove "... by the next checkout" follows_renames renameb git checkout feature/y
prove "... by vela gc, which does not take it for deleted" follows_renames renamec eval 'vela gc && vela branch show'

rename_elsewhere() {
	hooked_repository elsewhere
	branches one
	gives 0 git branch -m one two
	says_not vela:
	same "$(names)" "main one"
	gives 0 git checkout two
	says "vela: database one is called two now"
	same "$(names)" "main two"
	git checkout -q main
	git branch -c two copy
	gives 0 git checkout copy
	says "vela: database copy ready"
	same "$(names)" "copy main two"
	git checkout -q main
	git config core.logAllRefUpdates false
	git branch -m copy again
	rm -rf .git/logs
	gives 0 git branch -m again later
	gives 0 vela gc
	same "$(names)" "copy main two"
	gives 0 git checkout later
	says "database copy is called later now"
	git checkout -q main
	git branch -M later two
	same "$(names)" "later main two"
	gives 0 git checkout two
	same "$(names)" "later main two"
}
prove "a branch that is not checked out, a copy, without logs, over another" rename_elsewhere

# Told for all clones of a user, or by the environment.
no_logs_anywhere() {
	export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.logAllRefUpdates GIT_CONFIG_VALUE_0=false
	hooked_repository nowhere
	branches one
	gives 0 git branch -m one two
	same "$(names)" "main one"
	gives 0 vela gc
	same "$(names)" "main one"
	gives 0 git checkout two
	unset GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 GIT_CONFIG_VALUE_0
	same "$(names)" "main two"
}
prove "a rename where git keeps no logs at all loses nothing" no_logs_anywhere

swapped() {
	hooked_repository swapped
	branches one two
	git branch -m one tmp
	git branch -m two one
	git branch -m tmp two
	VELA_SKIP=1 git merge -q --no-ff -m merge one
	gives 0 vela gc
	same "$(names)" "main one two" # which of them is which?
}
prove "git branches that swapped their names keep their databases" swapped

by_command() {
	hooked_repository byname
	git checkout -q -b one
	vela psql -- -Xqc 'CREATE TABLE mine ()'
	vela branch create child --from one >/dev/null
	vela branch stop one >/dev/null
	gives 0 vela branch rename one Other/Name -o json
	holds '.name | startswith("other-name-")'
	holds '.state == "stopped"'
	gives 0 vela branch rename Other/Name two
	says "is called two now"
	same "$(names)" "child main two" || same "$(names)" "child two"
	same "$(vela branch show child -o json | jq -r .parent)" two
	gives 0 vela branch reset child
	gives 5 vela branch rename child two
	says "there is a branch two already"
	gives 4 vela branch rename missing three
	gives 2 vela branch rename two two
	gives 0 vela branch start two
	same "$(vela psql two -- -XAtc "SELECT to_regclass('mine')")" mine
}
prove "vela branch rename: children, a stopped one, names that are taken or missing" by_command

done_testing
