# shellcheck shell=bash disable=SC2154 # $work, $vela_binary and $pool are those of lib.sh and sweep.sh
# For end-to-end tests of git's hooks; sourced after tests/support/sweep.sh.
#
#   hooks_pool                       a pool with a baseline; VELA_POOL names it
#   hooked_repository NAME [DIR]     a repository of that name on main, with vela.yml (below DIR) and hooks; enters it; sets $project
#   commit_file PATH [TEXT]          writes and commits it
#   env_url [FILE]                   the last DATABASE_URL in it
#   set_env_file PATH                in vela.yml
#   hooks_snapshot [DIRECTORY]       names, modes and contents of what is in .git/hooks
export HOME=$work

hooks_pool() {
	start_production
	must vela pool create "$pool" --size 4G
	export VELA_POOL=$pool PGPASSWORD=replicator
	must vela baseline create production --from "$(production_url)"
}

plain_repository() {
	local directory=$work/$1 below=${2:-.}
	project=${1//[^a-z]/-} # one each: branches of two repositories may have the same name
	project=${project%%-*}
	git init -q -b main "$directory"
	cd "$directory" || return 1
	git config user.name test
	git config user.email test@example.com
	mkdir -p "$below/db"
	printf '%s\n' 'version: 1' "project: $project" 'database: shop' 'migrations: {directory: db}' 'hooks:' '  env_file: .env' \
		>"$below/vela.yml"
	echo 'CREATE TABLE first ();' >"$below/db/1.sql"
	echo .env >.gitignore
	git add .
	git commit -qm first
}

hooked_repository() {
	plain_repository "$@"
	vela -C "${2:-.}" hooks install >/dev/null
}

commit_file() {
	mkdir -p "$(dirname "$1")"
	echo "${2-text}" >"$1"
	git add -- "$1"
	git commit -qm "$1"
}

env_url() {
	sed -n 's/^DATABASE_URL=//p' "${1:-.env}" | tail -n 1 | tr -d '\r'
}

set_env_file() {
	sed -i "s|env_file: .*|env_file: $1|" vela.yml
}

# Names, modes and contents.
hooks_snapshot() {
	(cd "${1:-.git/hooks}" && find . -printf '%p %m %y %l\n' | sort && find . -type f -print0 | sort -z | xargs -0r sha256sum)
}
