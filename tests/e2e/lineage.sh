#!/usr/bin/env bash
# A branch that is there, and a git history that is rewritten: what was applied to the branch and has changed since makes a
# check build it anew; what has not changed is not run again.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

export VELA_POOL=$work/pool
unset CI

query() { vela psql "$1" -- -XqAt -v ON_ERROR_STOP=1 -c "$2"; }
field() { vela branch show "$1" -o json | jq -r "$2"; } # BRANCH FILTER
tables() { query "$1" "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind = 'r' AND relname LIKE 't\\_%'"; }
commit() { git add -A && git commit -q --allow-empty -m "$*"; }

# A repository whose branch `feature` adds db/1.sql and db/2.sql to what is on main, and the shell in it.
repository() {
	rm -rf "$work/repository"
	make_repository "$work/repository" >/dev/null
	cd "$work/repository"
	mkdir db
	printf 'version: 1\nproject: shop\nmigrations: {directory: db}\n' >vela.yml
	vela branch unprotect feature || true # of a test that failed
	vela branch delete feature
	echo 'CREATE TABLE t_old ();' >db/0.sql
	commit base
	git checkout -q -b feature
	echo 'CREATE TABLE t_one ();' >db/1.sql
	commit one
	echo 'CREATE TABLE t_two ();' >db/2.sql
	commit two
}

# The branch that the check before kept.
kept() {
	repository
	gives 0 vela check --keep always -o json
	holds '[.migrations[].file] == ["db/1.sql", "db/2.sql"]'
	holds --arg commit "$(git rev-parse HEAD)" \
		'.built_from | .commit == $commit and .rebased == false and .differences == [] and .rebuilt == false
		 and .baseline.name == "production" and .baseline.revision == "1"'
	same "$(tables feature)" "t_one t_two"
}

nothing_happened() {
	kept
	query feature 'CREATE TABLE t_mine ()'
	gives 0 vela check -o json
	holds '.migrations == [] and .built_from.rebased == false and .built_from.rebuilt == false'
	echo 'CREATE TABLE t_three ();' >db/3.sql
	gives 0 vela check -o json
	holds '[.migrations[].file] == ["db/3.sql"] and .built_from.rebuilt == false'
	same "$(tables feature)" "t_mine t_one t_three t_two"
	gives 0 vela check -o json
	holds '.migrations == []'
	commit three
	gives 0 vela migrate -o json
	holds '.migrations == [] and .built_from.rebased == false'
	gives 0 vela check
	grep -qE "^  commit    $(git rev-parse --short=7 HEAD)$" "$out"
	gives 0 vela branch delete
}

harmless_rebase() {
	local was
	kept
	was=$(git rev-parse --short=7 HEAD)
	query feature 'CREATE TABLE t_mine ()'
	git checkout -q main
	echo more >README
	commit more
	git checkout -q feature
	git rebase -q main
	gives 0 vela check --report "markdown=$work/report.md"
	grep -qE "^  commit    $was \(rebased since\)$" "$out"
	grep -qF "built from $was (rebased since)" "$work/report.md"
	same "$(tables feature)" "t_mine t_one t_two"
	gives 0 vela check -o json # said once
	holds '.built_from.rebased == false and .migrations == []'
	gives 0 vela branch delete
}

edited_in_a_rebase() {
	local was uri
	kept
	was=$(git rev-parse --short=7 HEAD)
	uri=$(vela url feature)
	query feature 'CREATE TABLE t_mine ()'
	git reset -q --hard HEAD~2
	echo more >README
	commit more
	echo 'CREATE TABLE t_other ();' >db/1.sql
	echo 'CREATE TABLE t_two ();' >db/2.sql
	commit both
	gives 5 vela migrate
	says "applied migration db/1.sql has changed since branch feature was built" "vela branch reset feature"
	same "$(tables feature)" "t_mine t_one t_two"
	gives 0 vela check --report "markdown=$work/report.md"
	tr -s ' \n' ' ' <"$out" >"$work/text"
	grep -qF " commit $was (rebased since); applied migration db/1.sql has changed: rebuilt from production@1 " "$work/text"
	says "2 migrations apply"
	grep -qF "applied migration db/1.sql has changed: rebuilt from production" "$work/report.md"
	same "$(tables feature)" "t_other t_two"
	same "$(vela url feature)" "$uri"
	same "$(field feature .git.commit)" "$(git rev-parse HEAD)"
	gives 0 vela events -n 30 -o json
	holds '[.events[] | select(.event == "branch.reset") | .reason] | last == "applied migration db/1.sql has changed"'
	gives 0 vela check -o json
	holds '.migrations == [] and .built_from.rebuilt == false'
	gives 0 vela branch delete
}

amended() {
	kept
	echo 'CREATE TABLE t_second ();' >db/2.sql
	git add -A
	git commit -q --amend -m amended
	gives 0 vela check -o json
	holds '.built_from | .rebased == true and .rebuilt == true and .differences == ["applied migration db/2.sql has changed"]'
	same "$(tables feature)" "t_one t_second"
	gives 0 vela branch delete
}

vanished() {
	kept
	git reset -q --hard HEAD~1
	gives 0 vela check -o json
	holds '.built_from | .rebased == true and .rebuilt == true and .differences == ["applied migration db/2.sql is gone"]'
	same "$(tables feature)" t_one
	gives 0 vela branch delete
}

# It is named while something else is checked out, whose migrations are others.
of_another_git_branch() {
	kept
	query feature 'CREATE TABLE t_mine ()'
	git checkout -q -b other main
	gives 5 vela check feature
	says "applied migration db/1.sql is gone, and 1 more since branch feature was built" "follows the git branch feature; other is checked out"
	same "$(tables feature)" "t_mine t_one t_two"
	git checkout -q feature
	git reset -q --hard HEAD~1
	gives 0 vela check feature -o json
	holds '.built_from.rebuilt'
	gives 0 vela branch delete
}

protected() {
	kept
	echo 'CREATE TABLE t_second ();' >db/2.sql
	gives 0 vela branch protect
	gives 5 vela check
	says "applied migration db/2.sql has changed: cannot reset branch feature: feature is protected" "vela branch unprotect feature"
	same "$(tables feature)" "t_one t_two"
	gives 0 vela branch unprotect
	gives 0 vela check
	same "$(tables feature)" "t_one t_second"
	gives 0 vela branch delete
}

# The rest of it cannot be applied to what is there.
half_applied() {
	repository
	sed -i 's/directory: db/directory: db, transaction: statement/' vela.yml
	echo 'CREATE TABLE t_two (); SELECT nonsense;' >db/2.sql
	gives 1 vela check --keep always -o json
	same "$(tables feature)" "t_one t_two"
	gives 1 vela check -o json # nothing has changed
	holds '.built_from.rebuilt == false and [.migrations[].file] == ["db/2.sql"]'
	echo 'CREATE TABLE t_two (); CREATE TABLE t_three ();' >db/2.sql
	gives 0 vela check -o json
	holds '.built_from | .rebuilt == true and .differences == ["half-applied migration db/2.sql has changed"]'
	same "$(tables feature)" "t_one t_three t_two"
	echo 'CREATE TABLE t_four (); SELECT nonsense;' >db/3.sql
	sed -i 's/, transaction: statement//' vela.yml
	query feature 'CREATE TABLE t_mine ()'
	gives 1 vela check # and this one leaves nothing
	echo 'CREATE TABLE t_four ();' >db/3.sql
	gives 0 vela check -o json
	holds '.built_from.rebuilt == false'
	same "$(tables feature)" "t_four t_mine t_one t_three t_two"
	gives 0 vela branch delete
}

# What a branch has, its children have; a reset takes it back.
children_and_resets() {
	kept
	gives 0 vela branch create child --from feature
	gives 0 vela check child -o json
	holds '.migrations == []'
	echo 'CREATE TABLE t_second ();' >db/2.sql
	gives 5 vela check child
	says "applied migration db/2.sql has changed since feature, the parent of branch child, was built"
	gives 0 vela branch reset feature
	gives 0 vela check feature -o json
	holds '[.migrations[].file] == ["db/1.sql", "db/2.sql"] and .built_from.rebuilt == false'
	gives 0 vela check child -o json
	holds '.migrations == [] and .built_from.rebuilt == true'
	same "$(tables child)" "t_one t_second"
	gives 0 vela branch delete child
	gives 0 vela check feature --fresh --keep always -o json
	holds '[.migrations[].file] == ["db/1.sql", "db/2.sql"] and .built_from.rebuilt == false'
	gives 0 vela branch delete
}

# A tool's own table would call it an error, or not notice.
tools_with_a_table() {
	repository
	rm db/*.sql
	echo 'CREATE TABLE t_one ();' >db/V1__one.sql
	echo 'CREATE TABLE IF NOT EXISTS t_view ();' >db/R__view.sql
	gives 0 vela check --keep always -o json
	echo 'SELECT 1;' >>db/R__view.sql # which is to run again whenever it changes
	gives 0 vela check -o json
	holds '[.migrations[].file] == ["db/R__view.sql"] and .built_from.rebuilt == false'
	echo 'CREATE TABLE t_first ();' >db/V1__one.sql
	gives 0 vela check -o json
	holds '.built_from.rebuilt == true and [.migrations[].outcome] == ["passed", "passed"]'
	same "$(tables feature)" "t_first t_view"
	gives 0 vela branch delete
	rm db/*.sql
	printf -- '-- migrate:up\nCREATE TABLE t_one ();\n-- migrate:down\n' >db/20260101000000_one.sql
	gives 0 vela check --keep always -o json
	printf -- '-- migrate:up\nCREATE TABLE t_first ();\n-- migrate:down\n' >db/20260101000000_one.sql
	gives 0 vela check -o json
	holds '.built_from.rebuilt == true'
	same "$(tables feature)" "t_first"
	gives 0 vela branch delete
}

# What is not known is said, and nothing is rebuilt for it.
shallow() {
	kept
	git commit -q --allow-empty -m three
	git commit -q --allow-empty -m four
	git clone -q --depth 1 --branch feature "file://$work/repository" "$work/shallow"
	cd "$work/shallow"
	gives 0 vela check -o json
	holds '.built_from | .rebased == null and .rebuilt == false'
	gives 0 vela branch delete
}

# A tool with a table of its own does not need git.
unreadable_repository() {
	repository
	rm db/*.sql
	echo 'CREATE TABLE t_one ();' >db/V1__one.sql
	git config core.repositoryformatversion 1
	git config extensions.newerThanAnything true
	gives 0 vela check feature --keep always -o json
	gives 0 vela check feature -o json
	holds '.migrations == [] and .built_from.commit == null and .built_from.rebuilt == false'
	gives 0 vela branch delete feature
}

damaged() {
	kept
	echo '{' >"$VELA_POOL/branches/shop/feature/data/vela_migrations.json"
	gives 7 vela check
	says "vela_migrations.json is damaged" "vela branch reset feature"
	gives 0 vela branch reset
	gives 0 vela check -o json
	holds '[.migrations[].file] == ["db/1.sql", "db/2.sql"]'
	gives 0 vela branch delete
}

start_production
must production_stop fast
must vela pool create "$VELA_POOL" --size 2G
must vela baseline create production --from "$production_data"

prove "what is applied is not applied again, and what is new is" nothing_happened
prove "a rebase that leaves the migrations as they were is told, and nothing else" harmless_rebase
prove "one that edits an applied migration makes the branch anew" edited_in_a_rebase
prove "so does an amended commit" amended
prove "and a migration that a force-push took away" vanished
prove "and half of a migration that failed" half_applied
prove "a branch of another git branch is not made anew" of_another_git_branch
prove "a protected branch is not made anew" protected
prove "children inherit what was applied, a reset forgets it" children_and_resets
prove "of tools with a table of their own it is noticed too" tools_with_a_table
prove "in a shallow clone the history is not known" shallow
prove "a repository that git cannot read is no reason to fail" unreadable_repository
prove "a damaged record is an error that says what to do" damaged
done_testing
