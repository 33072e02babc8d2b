# shellcheck shell=bash disable=SC2154 # $work and $vela_binary are lib.sh's
# For end-to-end tests that end vela at many points: not at moments of a clock, which nobody can repeat, but before its
# system calls. Between two calls that change something nothing changes, so that killing before each covers every state
# that a killed vela can leave. Sourced after tests/e2e/lib.sh.
#
#   points SYSCALL,… MOST COMMAND...      runs it and prints "SYSCALL NUMBER" for each call it made, at most MOST per name
#   signalled SIGNAL SYSCALL NUMBER COMMAND...     runs it, and sends it the signal before that call; sets $status
#   killed_at "SYSCALL NUMBER" COMMAND... the same with SIGKILL, as the next point of a sweep
#   problem TEXT...                       something does not hold at this point
#   sweep NAME LEAST                      one test: no problem was noted, and LEAST points were reached
#   shop_pool [OPTION...]                 production, $pool with a baseline of it, and the project shop in $work/shop
#   usable BRANCH                         it answers a query, with all its orders
#   hold_backups, release_backups         production lets no base backup begin, or go on: its checkpointer stands still
#   backup_runs                           a base backup into the pool
#   on_production                         prints the slots and senders that backups have there
#   left_in_pool                          prints what there is besides baselines
#   nothing_left                          collects garbage, and nothing is left

problems=()
reached=0
pool=$work/pool

points() {
	local syscalls=$1 most=$2
	shift 2
	strace -qqq -c -e trace="$syscalls" -o "$work/.calls" "$@" >/dev/null 2>&1
	awk -v most="$most" '$4 ~ /^[0-9]+$/ && $NF !~ /^total$/ { for (i = 1; i <= $4 && i <= most; i++) print $NF, i }' "$work/.calls"
}

signalled() {
	local signal=$1 syscall=$2 number=$3
	shift 3
	(
		strace -qqq -o /dev/null -e trace="$syscall" -e signal=none -e inject="$syscall:signal=$signal:when=$number" "$@"
		exit $? # without this it would be our shell that tells of the signal, on its own stderr
	) >"$work/.signalled" 2>&1 </dev/null
	status=$?
}

# At "SYSCALL NUMBER"; a command that makes one call less than last time ends by itself, and is no harm.
killed_at() {
	point=$1
	shift
	# shellcheck disable=SC2086 # two words
	signalled KILL $point "$@"
	case $status in
	137) reached=$((reached + 1)) ;;
	0) ;;
	*) problem "ended with $status: $(<"$work/.signalled")" ;;
	esac
}

problem() {
	problems+=("$point: $*")
}

sweep() {
	if [[ ${#problems[@]} -gt 0 ]]; then
		fail "$1" "${problems[@]}"
	elif [[ $reached -lt $2 ]]; then
		fail "$1" "only $reached points were reached"
	else
		pass "$1 ($reached points)"
	fi
	problems=()
	reached=0
}

shop_pool() {
	start_production
	must vela pool create "$pool" --size 4G "$@"
	export VELA_POOL=$pool PGPASSWORD=replicator
	must vela baseline create production --from "$(production_url)"
	must mkdir -p "$work/shop"
	printf 'version: 1\nproject: shop\ndatabase: shop\n' >"$work/shop/vela.yml"
	cd "$work/shop" || exit 1
}

production_checkpointer() {
	pgrep -P "$(head -n 1 "$production_data/postmaster.pid")" -f 'postgres: checkpointer'
}

hold_backups() {
	kill -STOP "$(production_checkpointer)"
}

release_backups() {
	kill -CONT "$(production_checkpointer)"
}

backup_runs() {
	pgrep -f -- "pg_basebackup .*-D $pool/"
}

on_production() {
	production_sql -c "SELECT 'slot', slot_name FROM pg_replication_slots
		UNION ALL SELECT 'sender', application_name FROM pg_stat_replication"
}

usable() {
	[[ $(timeout 60 "$vela_binary" psql "$1" -- -XAtc 'SELECT count(*) FROM orders' 2>/dev/null) == 1000 ]]
}

left_in_pool() {
	find "$pool"/{branches/*,tmp,trash,ports,run,locks} -mindepth 1 -maxdepth 1 2>/dev/null
	btrfs subvolume list "$pool" 2>/dev/null | grep -v ' path baselines/'
	pgrep -af -- "[ =]$pool/" | cut -c 1-200
	find "$pool" ! -user postgres
}

nothing_left() {
	vela gc >"$work/.gc" 2>&1 && [[ -z $(left_in_pool) ]]
}
