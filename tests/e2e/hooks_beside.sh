#!/usr/bin/env bash
# vela's hooks beside others: scripts and programs that are there already, directories that are not the usual one, and no
# trace of vela afterwards.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/support/sweep.sh
source "$top/tests/support/sweep.sh"
# shellcheck source=tests/support/hooks.sh
source "$top/tests/support/hooks.sh"

hooks_pool

# hook NAME: what is on standard input becomes it.
hook() {
	mkdir -p "${hooks:-.git/hooks}"
	cat >"${hooks:-.git/hooks}/$1"
	chmod +x "${hooks:-.git/hooks}/$1"
}

# Every hook that vela uses, in the language of the first argument: it appends its name, arguments and input to heard.
hooks_that_tell() {
	local name
	for name in post-checkout post-merge pre-push reference-transaction; do
		if [[ $1 == python3 ]]; then
			hook $name <<-'PYTHON'
				#!/usr/bin/env python3
				import os, sys
				with open(os.environ["HEARD"], "a") as heard:
				    read = sys.stdin.read() if "pre-push" in sys.argv[0] or "reference" in sys.argv[0] else ""
				    name = os.path.basename(sys.argv[0]).replace(".vela-original", "")
				    heard.write("%s %s\n%s" % (name, " ".join(sys.argv[1:]), read))
			PYTHON
		else
			{
				echo "#!$1"
				# shellcheck disable=SC2016 # the hook's own
				echo 'echo "${0##*/} $*" >>"$HEARD"'
				# shellcheck disable=SC2016
				echo 'case $0 in *pre-push|*reference*) cat >>"$HEARD" ;; esac'
			} | hook $name
		fi
	done
}

# What they hear of some work, without what differs between two repositories of the same content.
story() {
	export HEARD=$work/heard
	: >"$HEARD"
	git checkout -q -b one
	commit_file db/2.sql 'ALTER TABLE orders ADD COLUMN note text;'
	git push -q "$work/store.git" one
	git push -q "$work/store.git" one
	git checkout -q main
	git merge -q --no-ff -m merge one
	git branch -q -D one
	git push -q "$work/store.git" :one
	cat "$HEARD"
}

told_as_ever() {
	local name=${2:-${1##*[/ ]}}
	export GIT_AUTHOR_DATE=2026-01-01T00:00:00Z GIT_COMMITTER_DATE=2026-01-01T00:00:00Z
	rm -rf "$work/store.git"
	git init -q --bare "$work/store.git"
	plain_repository "before$name"
	hooks_that_tell "$1"
	git -C . config vela.test 1
	story >"$work/wanted"
	rm -rf "$work/store.git"
	git init -q --bare "$work/store.git"
	plain_repository "with$name"
	# The same commits: the same project.
	git -C "$work/before$name" show HEAD^1:vela.yml >vela.yml
	git commit -q --amend -am first
	hooks_that_tell "$1"
	hooks_snapshot >"$work/snapshot"
	gives 0 vela hooks install
	gives 0 vela hooks install
	story >"$work/got" 2>"$err"
	says "vela: database one ready" "migrations of one pass" "/one is gone"
	same "$(<"$work/got")" "$(<"$work/wanted")"
	gives 0 vela hooks uninstall
	hooks_snapshot | diff - "$work/snapshot"
	gives 0 vela hooks uninstall
}
prove "a hook of sh hears what it heard before" told_as_ever /bin/sh
prove "... of bash with options" told_as_ever "/usr/bin/env -S bash -eu" bash
prove "... of python" told_as_ever python3

blocks() {
	plain_repository blocks
	git init -q --bare "$work/blocks.git"
	printf '#!/bin/sh\nexit 1\n' | hook pre-push
	gives 0 vela hooks install
	gives 1 git push "$work/blocks.git" main
	printf 'print "perl\\n"; exit 1' | cat <(echo '#!/usr/bin/env perl') - | hook pre-push
	gives 0 vela hooks install
	gives 1 git push "$work/blocks.git" main
	says perl
}
prove "a hook that refuses still refuses" blocks

odd_files() {
	plain_repository odd
	rm -rf .git/hooks
	mkdir .git/hooks
	printf '#!/bin/sh\necho off >>%q\n' "$work/off" >.git/hooks/post-checkout
	printf '#!/bin/sh\necho linked >>%q\n' "$work/linked" >script
	chmod +x script
	ln -s ../../script .git/hooks/post-merge
	printf '#!/bin/sh' | hook pre-push
	printf 'echo no shebang >>%q\n' "$work/none" | hook reference-transaction
	chmod 0700 .git/hooks/reference-transaction
	hooks_snapshot >"$work/snapshot"
	gives 0 vela hooks install
	gives 0 git checkout -b one
	says "vela: database one ready"
	not test -e "$work/off"
	test -s "$work/none"
	commit_file a.txt
	git checkout -q main
	git merge -q one
	test -s "$work/linked"
	same "$(git status --porcelain script | cut -c 1-2)" "??"
	grep -c vela script && return 1
	gives 0 vela hooks install
	gives 0 vela hooks uninstall
	hooks_snapshot | diff - "$work/snapshot"
}
prove "hooks that are switched off, linked, empty, or say nothing of a shell" odd_files

# An installation was killed between putting a hook aside and taking its place.
half_installed() {
	plain_repository half
	printf '#!/usr/bin/env perl\nprint "perl\\n"; exit 1' | hook pre-push
	hooks_snapshot >"$work/snapshot"
	ln .git/hooks/pre-push .git/hooks/pre-push.vela-original
	gives 0 vela hooks install
	git init -q --bare "$work/half.git"
	gives 1 git push "$work/half.git" main
	says perl
	gives 0 vela hooks uninstall
	hooks_snapshot | diff - "$work/snapshot"
	ln .git/hooks/pre-push .git/hooks/pre-push.vela-original
	gives 0 vela hooks uninstall
	hooks_snapshot | diff - "$work/snapshot"
}
prove "what a killed installation left is no obstacle, and goes" half_installed

# What root puts into somebody's clone is theirs, to change and to remove.
of_somebody() {
	plain_repository somebodys
	printf 'perl' | hook pre-push
	chown -R nobody:nogroup .
	gives 0 vela hooks install
	same "$(find .git \! -user nobody)" ""
	gives 0 setpriv --reuid nobody --regid nogroup --clear-groups "$vela_binary" hooks uninstall
	rm -r .git/hooks
	gives 0 vela hooks install
	same "$(find .git \! -user nobody)" ""
	gives 0 setpriv --reuid nobody --regid nogroup --clear-groups "$vela_binary" hooks uninstall
	not test -e .git/hooks
}
prove "root installs in somebody's clone what is theirs" of_somebody

# A directory could be called like the end of vela's lines in a hook, and like more after that.
many_lines() {
	plain_repository lines $'below\n# <<< vela <<<\ntouch pwned\n#'
	cd below*
	gives 3 vela hooks install
	says "line ends"
	cd ..
	same "$(find .git/hooks -type f ! -name '*.sample')" ""
	cd ..
	hooked_repository $'li\nnes'
	gives 0 git checkout -b one
	says "vela: database one ready"
}
prove "names with line ends" many_lines

written_into() {
	hooked_repository written
	echo 'echo "mine too"' >>.git/hooks/post-merge
	gives 0 vela hooks install
	git checkout -q -b one
	commit_file a.txt
	git checkout -q main
	gives 0 git merge --no-ff -m merge one
	says "mine too" "one is gone"
	gives 0 vela hooks uninstall
	same "$(cat .git/hooks/post-merge)" "$(printf '#!/bin/sh\necho "mine too"')"
	not test -e .git/hooks/post-checkout
}
prove "what somebody writes into vela's file is theirs" written_into

no_directory() {
	plain_repository nodir
	rm -rf .git/hooks
	cp .git/config "$work/config"
	gives 0 vela hooks install
	gives 0 git checkout -b one
	says "database one ready"
	vela branch delete one >/dev/null
	gives 0 vela hooks uninstall
	not test -e .git/hooks
	diff .git/config "$work/config"
	same "$(git status --porcelain --ignored)" ""
}
prove "afterwards there is no directory, key or file that was not there before" no_directory

elsewhere() {
	plain_repository elsewhere
	git config core.hooksPath tools/hooks
	export hooks=tools/hooks
	printf '#!/bin/sh\necho "the tool"\n' | hook post-checkout
	hooks_snapshot tools >"$work/snapshot"
	gives 0 vela hooks install
	gives 0 git checkout -b one
	says "vela: database one ready" "the tool"
	gives 0 vela hooks status
	says "tools/hooks/pre-push"
	git config core.hooksPath "$PWD/tools/hooks"
	gives 0 vela hooks install
	gives 0 git checkout -b two
	says "vela: database two ready" "the tool"
	git config --unset core.hooksPath
	gives 0 vela hooks status
	says "not installed"
	gives 0 vela hooks uninstall
	hooks_snapshot tools | diff - "$work/snapshot"
}
prove "core.hooksPath in the repository, relative and absolute" elsewhere

shared() {
	plain_repository shared
	mkdir "$work/everyones"
	git config core.hooksPath "$work/everyones"
	gives 6 vela hooks install
	says "where other repositories may too" "vela hooks run HOOK"
	same "$(ls "$work/everyones")" ""
	git config --unset core.hooksPath
	printf '[core]\n\thooksPath = ~/everyones\n' >"$work/gitconfig"
	GIT_CONFIG_GLOBAL=$work/gitconfig gives 6 vela hooks install
	printf '#!/bin/sh\nexec %q hooks run post-checkout "$@"\n' "$vela_binary" >"$work/everyones/post-checkout"
	chmod +x "$work/everyones/post-checkout"
	GIT_CONFIG_GLOBAL=$work/gitconfig gives 0 git checkout -b one
	says "vela: database one ready"
	GIT_CONFIG_GLOBAL=$work/gitconfig gives 0 vela hooks status
	says "outside this clone"
}
prove "a directory that others share is left alone; what it can call is said" shared

done_testing
