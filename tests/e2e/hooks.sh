#!/usr/bin/env bash
# The database follows the checked-out git branch: vela in git's post-checkout hook, and DATABASE_URL in a file.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/support/sweep.sh
source "$top/tests/support/sweep.sh"
# shellcheck source=tests/support/hooks.sh
source "$top/tests/support/hooks.sh"

hooks_pool

# --- the branch ---

follows() {
	hooked_repository shop
	gives 0 git checkout -b feature/x
	says "vela: database feature-x-" "ready ("
	url=$(env_url)
	same "$(psql -XAtc 'SELECT count(*) FROM orders' "$url")" 1000
	vela branch list -o json >"$out"
	holds '.branches | length == 1 and .[0].git.branch == "feature/x"'
	gives 0 git checkout main
	says "vela: database main ready ("
	not same "$(env_url)" "$url"
	gives 0 git checkout feature/x
	says "vela: database feature-x-"
	same "$(env_url)" "$url"
	gives 0 git checkout feature/x
	says_not vela:
}
prove "a checkout makes the database, or finds it, and writes where it is" follows

starts_again() {
	hooked_repository again
	git checkout -q -b one
	vela branch stop one >/dev/null
	gives 0 git checkout one
	says "vela: database one started ("
	same "$(psql -XAtc 'SELECT count(*) FROM orders' "$(env_url)")" 1000
}
prove "a database that was stopped is started" starts_again

silent() {
	gives 0 "$@"
	says_not vela:
	same "$(vela branch list -o json | jq -c '[.branches[].name]')" "$before"
}

nothing_to_do() {
	hooked_repository idle
	git checkout -q -b topic
	commit_file a.txt
	git checkout -q main
	commit_file b.txt
	before=$(vela branch list -o json | jq -c '[.branches[].name]')
	silent git checkout -q main -- vela.yml
	silent git checkout -q --detach
	silent git checkout -q main
	silent git rebase -q main topic
	silent git checkout -q main
	VELA_SKIP=1 silent git checkout -q -b skipped
	git rm -q --cached vela.yml
	mv vela.yml kept
	gives 0 git checkout -q -b without
	says_not vela:
}
prove "file checkouts, commits, rebases, VELA_SKIP=1 and a branch without vela.yml concern nobody" nothing_to_do

worktrees() {
	hooked_repository trees
	git checkout -q -b one
	one=$(env_url)
	gives 0 git worktree add "$work/other tree" -b two
	says "vela: database two ready ("
	same "$(env_url)" "$one"
	two=$(env_url "$work/other tree/.env")
	not same "$two" "$one"
	cd "$work/other tree"
	gives 0 git checkout -b three
	not same "$(env_url)" "$two"
	same "$(env_url "$work/trees/.env")" "$one"
	gives 0 vela hooks uninstall
	not test -e .env
	not test -e "$work/trees/.env"
	same "$(git config --list --local | grep -c vela)" 0
}
prove "each worktree has its branch and its file; one uninstall clears them all" worktrees

odd_places() {
	hooked_repository "odd 'place' \$HOME" services/shop
	gives 0 git checkout -b one
	says "vela: database one ready ("
	grep -q DATABASE_URL services/shop/.env
	cd services
	gives 0 git checkout -b two
	says "vela: database two ready ("
	mkdir "$work/outer"
	cd "$work/outer"
	git init -q -b main
	git -c protocol.file.allow=always submodule --quiet add "$work/odd 'place' \$HOME" part
	cd part
	git config user.name test
	git config user.email test@example.com
	gives 0 vela -C services/shop hooks install
	gives 0 git checkout -b inner
	says "vela: database inner ready ("
	cd "$work"
	git --git-dir="$work/outer/.git/modules/part" --work-tree="$work/outer/part" checkout -b given >"$out" 2>&1
	says "vela: database given ready ("
}
prove "a vela.yml below the top, paths with spaces and quotes, a submodule, --git-dir" odd_places

bare() {
	git init -q --bare "$work/bare.git"
	cd "$work/bare.git"
	gives 2 vela hooks install
	says "a bare repository"
	gives 2 vela -C / hooks install
	says "no git repository"
	hooked_repository plain
	rm vela.yml
	gives 3 vela hooks install
	says "vela init"
}
prove "where there is nothing to install, it says why" bare

# --- the file ---

keeps_the_rest() {
	hooked_repository rest
	for content in 'A=1' $'A=1\n' $'A=1\r\nB=2\r\n' $'A=1\r\nB=2' $'DATABASE_URL=mine\nC=3\n' $'\n\n'; do
		printf %s "$content" >.env
		chmod 0640 .env
		git checkout -q -B one
		git checkout -q main
		same "$(stat -c %a .env)" 640
		same "$(env_url | grep -c postgresql://)" 1
		[[ "$(cat .env; echo .)" == "$content"* ]]
		gives 0 vela hooks uninstall
		same "$(cat .env; echo .)" "$content."
		gives 0 vela hooks install
	done
	rm .env
	git checkout -q one
	same "$(stat -c %a .env)" 600
	gives 0 vela hooks uninstall
	not test -e .env
}
prove "what else is in the file stays, to the byte; it goes if vela made it" keeps_the_rest

refuses_file() {
	gives 0 git checkout -B "b$RANDOM"
	says "$1"
	says "$2"
}

refusals() {
	hooked_repository refuse
	echo "X=1" >.env
	git add -f .env
	git commit -qm tracked
	refuses_file "git tracks it" "git rm --cached"
	same "$(cat .env)" X=1
	gives 0 vela hooks install
	says "is tracked by git"
	git rm -q --cached .env
	rm .env
	ln -s "$work/elsewhere" .env
	refuses_file "symbolic link" env_file
	not test -e "$work/elsewhere"
	rm .env
	mkfifo .env
	refuses_file "not a regular file" env_file
	rm .env
	ln -s "$work" out
	set_env_file out/env
	refuses_file "symbolic link" env_file
	not test -e "$work/env"
	for path in .git/config .GIT/hooks/pre-commit; do
		set_env_file $path
		refuses_file "git's own files" env_file
	done
	not grep -q DATABASE_URL .git/config
	git init -q nested
	set_env_file nested/.env
	refuses_file "another repository" env_file
	not test -e nested/.env
}
prove "no password goes into what git tracks, through a link, into .git or out of the repository" refusals

follows_the_key() {
	hooked_repository key
	printf '.env*\n' >.gitignore
	git commit -qam ignore
	git checkout -q -b moved
	sed -i 's/env_file: .env/env_file: .env.local/' vela.yml
	git commit -qam moved
	git checkout -q -b next
	not test -e .env
	grep -q DATABASE_URL .env.local
	gives 0 vela hooks uninstall
	not test -e .env.local
}
prove "when vela.yml names another file, the old one is left without vela's lines" follows_the_key

# --- when something is wrong ---

goes_on() {
	gives 0 git checkout -b "c$RANDOM"
	says "$@"
	same "$(grep -c '^vela:' "$err")" 1
}

no_pool() {
	hooked_repository alone
	git checkout -q -b before
	grep -q '^DATABASE_URL=postgresql:' .env
	VELA_POOL=$work/nothing gives 0 git checkout before
	grep -q '^DATABASE_URL=postgresql:' .env
	VELA_POOL=$work/nothing goes_on "$work/nothing"
	same "$(grep '^DATABASE_URL' .env)" "DATABASE_URL="
	git checkout -q before
	grep -q '^DATABASE_URL=postgresql:' .env
	chmod -R a+rwX "$work/alone"
	chown -R nobody "$work/alone"
	HOME=$work setpriv --reuid nobody --regid nogroup --clear-groups git checkout -b theirs >"$out" 2>"$err"
	says "the pool's owner or as root"
	same "$(grep -c '^vela:' "$err")" 1
	chown -R root "$work/alone"
	printf 'version: 1\nnonsense: 1\n' >vela.yml
	goes_on "vela.yml:2:1"
}
prove "without a pool, without rights and with a broken vela.yml git goes on, and one line says why" no_pool

owner() {
	hooked_repository owner
	rm -f .env
	chown -R postgres "$work/owner"
	HOME=$work as_postgres git checkout -b own >"$out" 2>"$err"
	says "vela: database own ready"
	same "$(stat -c '%U %a' .env)" "postgres 600"
	HOME=$work as_postgres git branch -m own other
	HOME=$work as_postgres "$vela_binary" branch show -o json >"$out"
	holds '.name == "other"'
	chmod 0640 .git/config
	git -c safe.directory="*" checkout -q -b roots
	same "$(stat -c %U .env)" postgres
	same "$(stat -c '%U %a' .git/config)" "postgres 640"
}
prove "the pool's owner needs no root; what root's git does leaves files whose they were" owner

locked_config() {
	hooked_repository lockedconfig
	touch .git/config.lock
	gives 0 git checkout -b one
	says "vela: database one ready"
	grep -q DATABASE_URL .env
	rm .git/config.lock
	git checkout -q one
	same "$(git config branch.one.vela)" one
}
prove "while git writes its configuration the database is there all the same" locked_config

busy() {
	hooked_repository busy
	git checkout -q -b held
	vela branch stop held >/dev/null
	exec 9>>"$pool/locks/branch.$project.held.lock"
	flock 9
	gives 0 git checkout held
	says "is busy"
	exec 9>&-
}
prove "a branch that another vela holds is not waited for long" busy

moved() {
	hooked_repository moved
	sed -i "s|$vela_binary|/nonexistent/vela|" .git/hooks/post-checkout
	gives 0 git checkout -b without-vela
	says "vela: it is not where it was"
	mkdir "$work/bin"
	ln -s "$vela_binary" "$work/bin/vela"
	PATH=$work/bin:$PATH gives 0 git checkout -b found
	says "vela: database found ready"
}
prove "a vela that is gone is said, one in PATH is found" moved

# --- how long it takes ---

# The fastest of several, in microseconds.
fastest() {
	local best=999999999 begin took
	for _ in {1..15}; do
		begin=${EPOCHREALTIME/./}
		"$@"
		took=$((${EPOCHREALTIME/./} - begin))
		((took >= best)) || best=$took
	done
	echo "$best"
}

speed() {
	hooked_repository fast
	git checkout -q main
	git checkout -q main
	with=$(fastest git checkout -q main)
	files=$(fastest git checkout -q -- vela.yml)
	commit=$(fastest git checkout -q HEAD~0)
	git checkout -q main
	gives 0 vela hooks uninstall
	without=$(fastest git checkout -q main)
	files_without=$(fastest git checkout -q -- vela.yml)
	commit_without=$(fastest git checkout -q HEAD~0)
	echo "branch +$((with - without)) us, files +$((files - files_without)) us, commit +$((commit - commit_without)) us" |
		tee "$work/speed"
	[[ $((with - without)) -lt 300000 && $((files - files_without)) -lt 200000 ]]
	[[ $((commit - commit_without)) -lt 300000 ]]
}
prove "a checkout with nothing to do takes hardly longer" speed
diag "$(cat "$work/speed")"

done_testing
