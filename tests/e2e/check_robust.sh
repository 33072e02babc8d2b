#!/usr/bin/env bash
# Migrations that go wrong in the worst ways: each is told as what it is, with the exit code that it has, and nothing of it
# stays: no process, branch, clone to compare with, file or mount.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

export VELA_POOL=$work/pool
big=1000 # rows of 100 kB: 100 MB

query() { vela psql "$1" -- -XqAt -v ON_ERROR_STOP=1 -c "$2"; }

# project [NAME=SQL...] <<REST-OF-VELA.YML: one migration a pair.
project() {
	local pair
	rm -rf "$work/project"
	mkdir -p "$work/project/db"
	cd "$work/project"
	for pair; do
		echo "${pair#*=}" >"db/${pair%%=*}.sql"
	done
	{
		printf 'version: 1\nproject: shop\nmigrations: {directory: db}\n'
		cat
	} >vela.yml
}

# The same with a command in the place of the files: the script on stdin.
command_project() {
	rm -rf "$work/project"
	mkdir -p "$work/project"
	cd "$work/project"
	printf 'version: 1\nproject: shop\nmigrations: {command: sh migrate}\n' >vela.yml
	cat >migrate
}

left() {
	find "$VELA_POOL"/{tmp,trash,ports,branches/*,run} -mindepth 1 -maxdepth 1 | grep -v '^$' || true
	find "$VELA_POOL/locks" -name 'branch.*' || true
	processes_below "$VELA_POOL" | xargs -r ps -o pid=,args= -p || true
	btrfs subvolume list "$VELA_POOL" | grep -v ' path baselines/' || true
	awk -v pool="$VELA_POOL/" 'index($2, pool) == 1' /proc/self/mounts
	find "$VELA_POOL" ! -user postgres
	find /tmp -maxdepth 1 -name 'vela-pgbench*' || true
}
nothing_left() { same "$(left)" ""; }
collected() { "$vela_binary" gc >/dev/null && [[ -z $(left) ]]; }
# A killed vela cannot clean up; its children may need a moment to go.
nothing_left_after_gc() {
	wait_until 60 collected || nothing_left
}

# In the background; its number is in $pid.
start() {
	env --default-signal=INT,TERM "$vela_binary" "$@" >"$out" 2>"$err" &
	pid=$!
}
ends_with() { # CODE
	local code=0
	wait "$pid" || code=$?
	same "$code" "$1"
}
# What migrations do on the branch right now.
at_work() { # BRANCH PATTERN
	local port
	port=$("$vela_binary" branch show "$1" -o json | jq .port)
	as_postgres psql -XqAt -h "$VELA_POOL/run" -p "$port" -d shop -U postgres \
		-c "SELECT pid FROM pg_stat_activity WHERE query ~ '^$2' AND state = 'active'" | grep .
}
await_work() { wait_until 60 at_work "$@"; }

sleeping='SELECT pg_sleep(60);'
# Everything that a check can have running at once.
all_at_once=$'checks: [{name: before, sql: SELECT count(*) FROM orders, unchanged: true}]
plans: [{name: orders, sql: SELECT * FROM orders WHERE id = 1}]
workload: {script: load.sql, rate: 50, queries: [{name: one, sql: SELECT 1, rate: 20}]}'
busy_project() {
	project "$@" <<<"$all_at_once"
	echo 'SELECT count(*) FROM orders;' >load.sql
}

# --- it is ended ---

have_ended() { # PID...
	local one
	for one; do
		[[ ! -e /proc/$one ]] || return 1
	done
}
# shellcheck disable=SC2086 # several numbers
ended_from_outside() {
	local signal kind children
	for kind in plain psql; do
		for signal in INT TERM KILL; do
			busy_project "1_sleeps=$([[ $kind == plain ]] || printf '\\echo begins\n ')$sleeping"
			start check ended -o json --report json=report.json
			await_work ended 'SELECT pg_sleep'
			children=$(pgrep -P "$pid" '^(psql|pgbench)$' | xargs)
			[[ $(wc -w <<<"$children") -eq $([[ $kind == plain ]] && echo 1 || echo 2) ]]
			kill "-$signal" "$pid"
			if [[ $signal == KILL ]]; then
				ends_with 137
				nothing_left_after_gc
				wait_until 60 have_ended $children
			else
				ends_with 130
				holds '.error.kind == "interrupted"'
				jq -e '.verdict == "error" and .branch_kept == false' report.json >/dev/null
				nothing_left
				have_ended $children
			fi
		done
	done
}

only_after_gc() { "$vela_binary" gc >/dev/null && [[ $("$vela_binary" branch list -o json | jq -r '.branches[].name') == "$1" ]]; }
# A branch that was there has a clone beside it while it is checked. Killed, it stays as it is, without that.
killed_beside_its_reference() {
	busy_project "1_sleeps=$sleeping"
	gives 0 vela branch create mine
	start check mine
	await_work mine 'SELECT pg_sleep'
	[[ $(vela branch list -o json | jq '.branches | length') == 2 ]]
	[[ -d $VELA_POOL/branches/shop/mine/workload ]]
	kill -KILL "$pid"
	ends_with 137
	wait_until 60 only_after_gc mine
	not test -e "$VELA_POOL/branches/shop/mine/workload"
	same "$(query mine 'SELECT count(*) FROM orders')" 1000
	gives 0 vela branch delete mine
	nothing_left_after_gc
}

drops_its_connection() {
	local own='SET ROLE NONE; SELECT pg_terminate_backend(pg_backend_pid());'
	local ended='terminating connection due to administrator command'
	project "1_first=SELECT 1;" "2_drops=SELECT 1;
		$own" <<<''
	gives 8 vela check -o json --report json=report.json
	holds '.error.message | contains("db/2_drops.sql: line 2:") and contains("the connection is lost: '"$ended"'")'
	jq -e '.verdict == "error" and (.reason | contains("line 2")) and .migrations[0].outcome == "passed"
	       and .migrations[1].outcome != "passed"' report.json >/dev/null
	project "1_drops=\\echo psql
		$own" <<<''
	gives 8 vela check -o json
	holds '.error.message | contains("db/1_drops.sql: line 2: psql lost its connection: '"$ended"'")'
	nothing_left
}

# --- it writes, prints or waits without end ---

fills_the_disk() {
	local kind sql="CREATE TABLE filler AS SELECT i, repeat('x', 1000) FROM generate_series(1, 100000000) i;"
	for kind in plain psql; do
		project "1_fills=$([[ $kind == plain ]] || printf '\\echo psql\n ')$sql" <<<''
		gives 7 vela check -o json --report json=report.json
		holds --argjson line "$([[ $kind == plain ]] && echo 1 || echo 2)" \
			'.error | .kind == "storage" and (.message | contains("db/1_fills.sql: line \($line): ") and contains("No space left on device"))'
		jq -e '.verdict == "error"' report.json >/dev/null
		nothing_left
	done
}

runs_forever() {
	local sql began
	for sql in 'DO $$ BEGIN LOOP END LOOP; END $$;' 'SELECT count(*) FROM generate_series(1, 1000000000000);' $'\\echo psql\n'"$sleeping" \
		$'COPY (SELECT 1 FROM generate_series(1, 1000000000000)) TO STDOUT;'; do
		project "1_endless=$sql" <<<'timeout: 1s'
		began=$SECONDS
		gives 1 vela check -o json
		[[ $((SECONDS - began)) -lt 60 ]]
		holds '.verdict == "failed" and (.migrations[0].failure | .line >= 1 and (.hint | contains("timeout in vela.yml")))'
		nothing_left
	done
}

idle_in_transaction() { query "$1" "SET ROLE NONE; SELECT pid FROM pg_stat_activity WHERE state = 'idle in transaction'" | grep .; }
waits_for_a_lock() {
	local holder
	project "1_waits=ALTER TABLE orders ADD COLUMN waited boolean;" <<<''
	gives 0 vela branch create waiting
	mkfifo "$work/hold"
	env -C "$work/project" "$vela_binary" psql waiting -- -Xq <"$work/hold" >/dev/null 2>&1 &
	holder=$!
	exec 7>"$work/hold"
	echo "BEGIN; SELECT count(*) FROM orders;" >&7
	wait_until 60 idle_in_transaction waiting
	gives 1 timeout 240 "$vela_binary" migrate waiting -o json
	holds '.verdict == "failed" and (.migrations[0].failure | .line == 1
	       and (.message | contains("waits for a lock on public.orders that nobody will release") and contains("SELECT count(*) FROM orders"))
	       and (.hint | length > 0))'
	exec 7>&-
	wait "$holder"
	rm "$work/hold"
	gives 0 vela migrate waiting # and the branch is none the worse
	gives 0 vela branch delete waiting
	nothing_left
}

# Waits until what was started ends; sets $memory to the most that it had, in KiB.
measure_memory() {
	local now
	while now=$(awk '/^VmHWM:/ { print $2 }' "/proc/$pid/status" 2>/dev/null) && [[ -n $now ]]; do
		memory=$now
		sleep 0.02
	done
}

prints_100_megabytes() {
	local sql pid memory=0
	local row="repeat('0123456789', 10000)"
	for sql in "DO \$\$ BEGIN FOR i IN 1..$big LOOP RAISE NOTICE '%', $row; END LOOP; END \$\$;" \
		"SELECT i, $row FROM generate_series(1, $big) i;" \
		"COPY (SELECT $row FROM generate_series(1, $big)) TO STDOUT;" \
		$'\\echo psql\n'"SELECT i, $row FROM generate_series(1, $big) i;"; do
		project "1_prints=$sql" "2_after=SELECT 1;" <<<''
		start check -o json
		measure_memory
		ends_with 0
		[[ $memory -lt 65536 ]] || {
			echo "$memory KiB of memory for $sql"
			return 1
		}
		holds '.verdict == "passed" and (.migrations | length == 2) and ((.migrations[0].output // "") | length <= 65536)'
		[[ $(stat -c %s "$out") -lt 200000 ]]
		nothing_left
	done
}

# --- the server goes ---

server_process_is_killed() {
	local kind victim
	for kind in plain psql; do
		busy_project "1_sleeps=$([[ $kind == plain ]] || printf '\\echo begins\n ')$sleeping"
		start check killed -o json --report json=report.json
		await_work killed 'SELECT pg_sleep'
		victim=$(at_work killed 'SELECT pg_sleep')
		kill -KILL "$victim"
		ends_with 8
		holds --argjson victim "$victim" '.error.kind == "postgres" and (.error.message | contains("db/1_sleeps.sql: line") and contains("connection")
		       and contains("(server process (PID \($victim)) was terminated by signal 9: Killed)"))'
		jq -e '.verdict == "error" and .migrations[0].outcome != "passed"' report.json >/dev/null
		nothing_left
	done
}

server_is_killed() {
	busy_project "1_sleeps=$sleeping"
	start check killed -o json
	await_work killed 'SELECT pg_sleep'
	kill -KILL "$(head -n 1 "$VELA_POOL/branches/shop/killed/data/postmaster.pid")"
	ends_with 8
	holds '.error.kind == "postgres" and (.error.message | contains("db/1_sleeps.sql"))'
	nothing_left
}

# --- a command in the place of the files ---

# What the command runs may not be seen as the pool's: it is known by a name.
of_command() { pgrep -f "^sleep 61\.$$" || true; }

command_ended_from_outside() {
	local signal
	for signal in INT TERM KILL; do
		command_project <<-SH
			sleep 61.$$ &
			psql -Xc 'SELECT pg_sleep(60)'
		SH
		start check ended -o json
		await_work ended 'SELECT pg_sleep'
		[[ -n $(of_command) ]]
		kill "-$signal" "$pid"
		if [[ $signal == KILL ]]; then
			ends_with 137
			nothing_left_after_gc
			of_command | xargs kill # what the command put into the background: nobody is left who knows of it
		else
			ends_with 130
			holds '.error.kind == "interrupted"'
			nothing_left
			same "$(of_command)" ""
		fi
	done
}

command_without_end() {
	local pid memory=0
	command_project <<-SH
		sleep 61.$$ & trap '' TERM
		yes | head -c 100000000
		while :; do sleep 1; done
	SH
	echo 'timeout: 3s' >>vela.yml
	start check -o json
	measure_memory
	ends_with 1
	[[ $memory -lt 65536 ]]
	holds '.verdict == "failed" and .migrations[0].outcome == "failed" and (.migrations[0].failure.hint | contains("timeout in vela.yml"))
	       and (.migrations[0].output | length < 65537)'
	[[ $(stat -c %s "$out") -lt 200000 ]]
	same "$(of_command)" ""
	nothing_left
}

command_prints_100_megabytes() {
	local pid memory=0
	command_project <<-'SH'
		yes 'many words' | head -c 100000000
		psql -Xqc 'CREATE TABLE made ()'
		yes | head -c 100000000 >&2
	SH
	start check -o json
	measure_memory
	ends_with 0
	[[ $memory -lt 65536 ]] || {
		echo "$memory KiB of memory"
		return 1
	}
	holds '.verdict == "passed" and (.migrations[0].output | length < 65537)'
	nothing_left
}

command_meets_a_dying_server() {
	local victim
	command_project <<<"psql -v ON_ERROR_STOP=1 -Xc 'SELECT pg_sleep(60)'"
	start check killed -o json
	await_work killed 'SELECT pg_sleep'
	victim=$(at_work killed 'SELECT pg_sleep')
	kill -KILL "$victim"
	ends_with 8
	holds --argjson victim "$victim" '.error.message | contains("server process (PID \($victim)) was terminated by signal 9")'
	nothing_left
	start check killed -o json
	await_work killed 'SELECT pg_sleep'
	kill -KILL "$(head -n 1 "$VELA_POOL/branches/shop/killed/data/postmaster.pid")"
	ends_with 8
	holds '.error.kind == "postgres"'
	nothing_left
}

command_fills_the_disk() {
	command_project <<-'SH'
		psql -v ON_ERROR_STOP=1 -Xc "CREATE TABLE filler AS SELECT i, repeat('x', 1000) FROM generate_series(1, 100000000) i"
	SH
	gives 7 vela check -o json
	holds '.error | .kind == "storage" and (.message | contains("No space left on device"))'
	nothing_left
}

make_repository .
must git commit -q --allow-empty -m first
start_production
must vela pool create "$VELA_POOL" --size 320M
PGPASSWORD=replicator must vela baseline create production --from "$(production_url)"

prove "ended by a signal, whatever runs beside it" ended_from_outside
prove "killed while a branch that stays is compared with the baseline" killed_beside_its_reference
prove "it drops its own connection" drops_its_connection
prove "it fills the disk" fills_the_disk
prove "it runs for ever" runs_forever
prove "it waits for a lock that nobody releases" waits_for_a_lock
prove "it prints 100 MB" prints_100_megabytes
prove "its server process is killed" server_process_is_killed
prove "the server is killed" server_is_killed
prove "a command is ended by a signal, with all that it began" command_ended_from_outside
prove "a command that has no end and does not listen" command_without_end
prove "a command that prints 100 MB" command_prints_100_megabytes
prove "a command whose server is killed" command_meets_a_dying_server
prove "a command that fills the disk" command_fills_the_disk
done_testing
