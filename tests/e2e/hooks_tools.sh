#!/usr/bin/env bash
# vela's hooks beside those of husky, lefthook and pre-commit: the tools themselves, before vela and after it.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/support/sweep.sh
source "$top/tests/support/sweep.sh"
# shellcheck source=tests/support/hooks.sh
source "$top/tests/support/hooks.sh"

tools=$("$top/tests/support/install-deps" --print-tools)
lefthook=$tools/node_modules/lefthook-linux-x64/bin/lefthook
export LEFTHOOK_BIN=$lefthook HUSKY_BIN=$tools/node_modules/.bin/husky

hooks_pool

# A tool is three functions: TOOL_configure lets it run tell NAME at post-checkout and pre-push, TOOL_install, TOOL_remove.

make_tell() {
	cat >tell <<-EOF
		#!/bin/sh
		echo "told: \$1 \$(cat)"
	EOF
	chmod +x tell
}

husky_configure() {
	mkdir .husky
	echo './tell post-checkout </dev/null' >.husky/post-checkout
	echo './tell pre-push' >.husky/pre-push
}
husky_install() {
	"$HUSKY_BIN"
}
husky_remove() {
	git config --unset core.hooksPath
	rm -r .husky/_
}

lefthook_configure() {
	cat >lefthook.yml <<-YML
		post-checkout:
		  commands:
		    tell: {run: ./tell post-checkout </dev/null}
		pre-push:
		  commands:
		    tell: {run: ./tell pre-push, use_stdin: true}
	YML
}
lefthook_install() {
	"$lefthook" install
}
lefthook_remove() {
	"$lefthook" uninstall
}

pre-commit_configure() {
	cat >.pre-commit-config.yaml <<-YML
		repos:
		  - repo: local
		    hooks:
		      - {id: checkout, name: told post-checkout, entry: ./tell post-checkout, language: system, always_run: true,
		         verbose: true, pass_filenames: false, stages: [post-checkout]}
		      - {id: push, name: told pre-push, entry: ./tell pre-push, language: system, always_run: true,
		         verbose: true, pass_filenames: false, stages: [push]}
	YML
}
pre-commit_install() {
	pre-commit install --hook-type post-checkout --hook-type pre-push
}
pre-commit_remove() {
	pre-commit uninstall --hook-type post-checkout --hook-type pre-push
}

tool_repository() {
	plain_repository "$1$2"
	make_tell
	"$1_configure"
	git add .
	git commit -qm "$1"
	git init -q --bare "$work/$1$2.git"
	git remote add origin "$work/$1$2.git"
}

# Both do what they are there for, and a failed check still stops a push.
both_work() {
	gives 0 git checkout -b "$1"
	says "vela: database $1 ready" "told"
	commit_file db/2.sql 'ALTER TABLE orders ADD COLUMN note text;'
	gives 0 git push origin "$1"
	says "migrations of $1 pass" "told"
	commit_file db/3.sql 'ALTER TABLE nowhere ADD COLUMN note text;'
	gives 1 git push origin "$1"
	says 'relation "nowhere" does not exist'
	gives 0 git checkout -q main
	gives 0 git branch -D "$1"
	says "vela: database $1 is gone"
}

tool_first() {
	tool_repository "$1" first
	"$1_install"
	directory=$(git rev-parse --git-path hooks)
	hooks_snapshot "$directory" >"$work/snapshot"
	gives 0 vela hooks install
	says "$1" # what to do when it writes its hooks anew
	both_work one
	gives 0 vela hooks uninstall
	hooks_snapshot "$directory" | diff - "$work/snapshot"
	gives 0 git checkout -b two
	says told
	says_not vela:
}

tool_after() {
	tool_repository "$1" after
	hooks_snapshot >"$work/snapshot"
	gives 0 vela hooks install
	"$1_install"
	gives 0 vela hooks install
	both_work one
	"$1_install" # as npm install does, say
	gives 0 git checkout -b two
	says told
	gives 0 vela hooks install
	both_work three
	"$1_remove"
	gives 0 vela hooks install
	gives 0 git checkout -b four
	says "vela: database four ready"
	says_not told
	gives 0 vela hooks uninstall
	hooks_snapshot | grep -v checksum | diff - <(cat "$work/snapshot")
}

# calls_vela TOOL: without vela's own hooks, from the tool's.
calls_vela() {
	tool_repository "$1" calls
	export PATH=$work/bin:$PATH
	mkdir -p "$work/bin"
	ln -sf "$vela_binary" "$work/bin/vela"
	if [[ $1 == husky ]]; then
		echo 'vela hooks run pre-push "$@"' >.husky/pre-push
	else
		printf 'pre-push:\n  commands:\n    vela: {run: "vela hooks run pre-push {0}", use_stdin: true}\n' >lefthook.yml
	fi
	"$1_install"
	gives 0 git push origin main
	git checkout -q -b one
	commit_file db/2.sql 'ALTER TABLE nowhere ADD COLUMN note text;'
	gives 1 git push origin one
	says 'relation "nowhere" does not exist'
	same "$(git ls-remote -q origin one)" ""
}
prove "husky calls vela itself" calls_vela husky
prove "lefthook calls vela itself" calls_vela lefthook

for tool in husky lefthook pre-commit; do
	prove "$tool was there first; vela goes without a trace" tool_first $tool
	prove "$tool comes after vela, again, and goes before it" tool_after $tool
done

done_testing
