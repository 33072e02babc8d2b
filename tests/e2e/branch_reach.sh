#!/usr/bin/env bash
# Reaching a branch: url in every format, psql, exec, logs; and what happens to streams and terminals.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

export VELA_POOL=$work/pool

# Where am I? The answer is only this branch's.
asked="SELECT current_database() || ' ' || session_user || ' ' || current_setting('vela.branch')"
answer() { same "$1" "shop vela $(jq -r .id "$VELA_POOL/pool.json")/shop/one"; }
direct_psql() { env -u PGPASSWORD psql -XqAt -v ON_ERROR_STOP=1 "$@"; }

uri_connects() {
	gives 0 vela url one
	same "$(wc -l <"$out")" 1
	grep -qE '^postgresql://vela:[^@]+@127\.0\.0\.1:[0-9]+/shop$' "$out"
	answer "$(direct_psql "$(cat "$out")" -c "$asked")"
	cp "$out" uri
	gives 0 vela url one --format uri
	cmp "$out" uri
}

env_connects() {
	gives 0 vela url one --format env
	same "$(cut -d = -f 1 "$out" | paste -sd ' ')" "DATABASE_URL PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE"
	answer "$(set -a; eval "$(cat "$out")"; psql -XqAt -c "$asked")"
	answer "$(eval "$(cat "$out")"; unset PGPASSWORD; psql -XqAt "$DATABASE_URL" -c "$asked")"
	answer "$(sh -c "$(sed 's/^/export /' "$out"); psql -XqAt -c \"\$0\"" "$asked")"
}

json_connects() {
	gives 0 vela url one --format json
	holds 'keys == ["database", "host", "password", "port", "schema", "uri", "user"] and .schema == 1'
	holds --arg uri "$(cat uri)" '.uri == $uri and (.port | type == "number")'
	answer "$(PGPASSWORD=$(jq -r .password "$out") direct_psql_keeping_password -h "$(jq -r .host "$out")" -p "$(jq -r .port "$out")" \
		-U "$(jq -r .user "$out")" -c "$asked" "$(jq -r .database "$out")")"
	cp "$out" json
	gives 0 vela -o json url one
	cmp "$out" json
}
direct_psql_keeping_password() { psql -XqAt "$@"; }

# What the JDBC driver reads: the place before "?", and user and password behind it, percent-encoded.
jdbc_connects() {
	gives 0 vela url one --format jdbc
	local url user password
	url=$(cat "$out")
	[[ $url =~ ^jdbc:(postgresql://[^?]+)\?user=([^\&]+)\&password=([^\&]+)$ ]]
	url=${BASH_REMATCH[1]} user=${BASH_REMATCH[2]} password=${BASH_REMATCH[3]}
	answer "$(PGUSER=$(printf '%b' "${user//%/\\x}") PGPASSWORD=$(printf '%b' "${password//%/\\x}") psql -XqAt "$url" -c "$asked")"
}

psql_connects() {
	gives 0 vela url one --format psql
	same "$(wc -l <"$out")" 1
	answer "$(sh -c "$(cat "$out") -XqAtc \"\$0\"" "$asked")"
}

formats_are_known() {
	gives 2 vela url one --format jbdc
	says "did you mean jdbc?"
	gives 2 vela url one --format yaml
	says "uri, env, json, jdbc, psql"
	gives 4 vela url missing
	gives 4 vela url missing -o json
	holds '.error.kind == "not_found"'
}

# A database whose name needs quoting in every format.
names_are_quoted() {
	local format
	production=$(printf 'version: 1\nproject: odd\ndatabase: "it'"'"'s a/b?c&d%%20=\\"e\\""\n')
	echo "$production" >odd.yml
	gives 0 vela --config odd.yml branch create odd
	for format in uri psql env jdbc json; do
		gives 0 vela --config odd.yml url odd --format "$format"
		cp "$out" "odd.$format"
	done
	asked='SELECT current_database()'
	same "$(direct_psql "$(cat odd.uri)" -c "$asked")" "$odd"
	same "$(sh -c "$(cat odd.psql) -XqAtc \"\$0\"" "$asked")" "$odd"
	same "$(set -a; eval "$(cat odd.env)"; psql -XqAt -c "$asked")" "$odd"
	same "$(jq -r .database odd.json)" "$odd"
	url=$(sed -E 's/^jdbc:([^?]+)\?.*/\1/' odd.jdbc)
	same "$(PGUSER=vela PGPASSWORD=$(jq -r .password odd.json) psql -XqAt "$url" -c "$asked")" "$odd"
	same "$(vela --config odd.yml psql odd -- -XqAtc "$asked")" "$odd"
	gives 0 vela --config odd.yml branch delete odd
}

psql_passes_everything_through() {
	gives 0 vela psql one -- -XAtc "$asked"
	answer "$(cat "$out")"
	gives 1 vela psql one -- -Xc 'SELECT 1/0'
	says "division by zero"
	gives 3 vela psql one -- -X -v ON_ERROR_STOP=1 -f /dev/stdin <<<'SELECT 1/0;'
	gives 2 vela psql one -- -Xd 'dbname=missing_database' -c ''
	same "$(echo 'SELECT 6 * 7' | vela psql one -- -XAt)" 42
	gives 0 vela psql one -- -o json --version # what follows -- is psql's
	says "psql (PostgreSQL)"
}

exec_passes_everything_through() {
	local code
	for code in 0 1 42 255; do
		gives "$code" vela exec one -- sh -c "exit $code"
	done
	gives 137 vela exec one -- sh -c 'kill -KILL $$'
	gives 0 vela exec one -- sh -c 'psql -XqAtc "$0"' "$asked"
	answer "$(cat "$out")"
	gives 0 vela exec one -- sh -c 'psql -XqAt "$DATABASE_URL" -c "$0"' "$asked"
	answer "$(cat "$out")"
	gives 0 vela exec one -- printf '%s|' 'two words' '' --help '*'
	same "$(cat "$out")" 'two words||--help|*|'
	same "$(echo through | vela exec one -- cat)" through
	gives 0 env PGHOST=production.example.com PGPORT=1 PGDATABASE=x PGUSER=y PGPASSWORD=z DATABASE_URL=postgres://production.example.com \
		"$vela_binary" exec one -- sh -c 'psql -XqAtc "$0"' "$asked"
	answer "$(cat "$out")"
	gives 0 env KEPT=kept "$vela_binary" exec one -- sh -c 'echo "$KEPT $(id -u) $PWD"'
	same "$(cat "$out")" "kept 0 $PWD"
	gives 2 vela exec one -- no-such-program-anywhere
	says "no-such-program-anywhere"
	gives 2 vela exec one -- /etc/passwd
	gives 4 vela exec missing -- true
}

programs_get_signals_and_streams_as_usual() {
	# yes(1) has to die of a closed pipe, as it would without vela.
	same "$(vela exec one -- sh -c 'yes | head -n 1; exit 3'; echo $?)" $'y\n3'
	gives 141 vela exec one -- bash -c 'set -o pipefail; yes | head -n 1'
	gives 0 vela exec one -- sh -c 'trap "exit 0" TERM; kill -TERM $$; exit 9'
	gives 0 vela exec one -- sh -c 'ls /proc/self/fd | wc -l' # nothing of vela's stays open
	same "$(cat "$out")" "$(sh -c 'ls /proc/self/fd | wc -l')"
	same "$(vela exec one -- grep SigIgn /proc/self/status)" "$(grep SigIgn /proc/self/status)"
}

logs_are_shown() {
	gives 0 vela logs one
	says "database system is ready to accept connections" "division by zero"
	cp "$out" log
	gives 0 vela logs one -n 2
	tail -n 2 log | cmp - "$out"
	gives 0 vela logs one -n 0
	same "$(wc -c <"$out")" 0
	gives 0 vela logs one --lines=100000
	cmp log "$out"
	gives 4 vela logs missing
}

# shellcheck disable=SC2010 # these are no names of files
watches() { ls -l "/proc/$1/fd" | grep -q inotify; }

ends() { # PID: a child; fails if it does not end, or not well
	wait_until 60 eval "! kill -0 $1" || kill -KILL "$1"
	wait "$1"
}

follows_until() { # COMMAND that ends the process it is given
	env --default-signal=INT "$vela_binary" logs one -f -n 0 >followed 2>follow-errors & # the shell had it ignore Ctrl-C
	local pid=$!
	wait_until 60 watches "$pid"
	vela psql one -- -Xc "SELECT 'marker' / $RANDOM" >/dev/null 2>&1 || true
	wait_until 60 grep -q "'marker'" followed
	"$@" "$pid"
	ends "$pid"
	same "$(cat follow-errors)" ""
}

logs_are_followed() {
	follows_until kill -INT
	follows_until kill -TERM
	gives 0 vela branch create brief
	"$vela_binary" logs brief -f >followed 2>&1 &
	local pid=$!
	wait_until 60 watches "$pid"
	gives 0 vela branch delete brief
	ends "$pid" # the branch is gone: nothing will come
	grep -q "ready to accept connections" followed
}

readers_may_leave() {
	local command
	for command in "branch list -o json" "branch show one" "events" "logs one" "url one" "branch show one -o json"; do
		# shellcheck disable=SC2086 # words
		(sleep 0.05; vela $command 2>"$err"; echo $? >code) | true # which has ended by then
		same "$(cat code "$err")" 0
	done
	timeout 10 "$vela_binary" logs one -f | head -n 1 >first
	[[ -s first ]] # and vela ended with its reader
}

full_disk_is_an_error() {
	local command code
	for command in "branch list" "branch list -o json" "branch show one" "events" "logs one" "url one" "doctor" "pool show"; do
		code=0
		# shellcheck disable=SC2086 # words
		"$vela_binary" $command >/dev/full 2>"$err" || code=$?
		same "$command: $code" "$command: 10"
		grep -q "cannot write" "$err"
	done
	# What was asked for is done, even if it cannot be said; and a closed stream is nobody's file.
	code=0
	"$vela_binary" branch create quiet >&- 2>&- <&- || code=$?
	same "$code" 10
	gives 0 vela branch show quiet -o json
	holds '.state == "ready"'
	gives 0 vela branch delete quiet
	"$vela_binary" exec one -- sh -c 'readlink /proc/$$/fd/0 /proc/$$/fd/2' <&- 2>&- >occupied
	same "$(sort -u occupied)" /dev/null
}

# A terminal of its own, made by script(1); what is typed is stdin. Afterwards the file "echo" tells whether it echoes.
# In bash, whatever the shell of who runs the tests: dash ends after a job that took Ctrl-C and went on.
on_terminal() { # COMMAND...
	local command
	printf -v command '%q ' "$@"
	rm -f transcript echo
	TERM=xterm SHELL=$BASH script -qefc "stty cols 80 rows 24; $command; code=\$?; stty -a | grep -o ' echo ' >echo; exit \$code" transcript >/dev/null
}

# psql shows its prompt once it has the terminal as it wants it. What is typed before, the terminal itself would take:
# Ctrl-D, for one, would never reach psql. Only a prompt after the answer to what was typed before is a new one.
prompts_after() { # TEXT
	[[ $(tr -d '\0' <transcript) == *"$1"*'shop=>'* ]]
}

# Types a line as soon as the terminal shows a prompt after TEXT.
types() { # TEXT LINE
	wait_until 60 prompts_after "$1"
	printf '%b' "$2"
}

sleeps() {
	[[ $(vela psql one -- -XqAtc "SET ROLE NONE" -c "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(600);'") == 1 ]]
}

terminal_stays_usable() {
	local code=0
	rm -f transcript # of another test
	{
		types '' 'SELECT 6 * 7 AS answer;\n'
		types '(1 row)' '\004' # Ctrl-D, which ends psql
	} | on_terminal timeout --foreground 120 "$vela_binary" psql one -- -X
	grep -q 42 transcript
	same "$(cat echo)" " echo "
	on_terminal "$vela_binary" exec one -- sh -c 'exit 7' || code=$?
	same "$code" 7
	# psql is the foreground job: Ctrl-C ends its query, and not it.
	{
		types '' 'SELECT pg_sleep(600);\n'
		wait_until 60 sleeps
		printf '\003'
		types 'due to user request' 'SELECT 6 * 111;\n'
		types '(1 row)' '\\q\n'
	} | on_terminal timeout --foreground 120 "$vela_binary" psql one -- -X
	grep -q "canceling statement due to user request" transcript
	grep -q 666 transcript
	same "$(cat echo)" " echo "
}

colour_is_for_terminals() {
	on_terminal "$vela_binary" branch list
	grep -q $'\e\\[' transcript
	local how
	for how in NO_COLOR=1 TERM=dumb --no-color; do
		local -a plain=(env "$how" "$vela_binary")
		[[ $how != --* ]] || plain=("$vela_binary" "$how")
		on_terminal "${plain[@]}" branch list
		grep -q one transcript
		not grep -q $'\e' transcript
		on_terminal "${plain[@]}" branch show missing || true
		not grep -q $'\e' transcript
	done
	gives 0 env TERM=xterm "$vela_binary" branch list
	gives 0 env TERM=xterm "$vela_binary" doctor
	not grep -q $'\e' "$out" "$err"
	on_terminal "$vela_binary" --pool "$work/a-directory-with-a-long-name/in-another-one/for-a-pool" branch list || true
	same "$(tr -d '\r' <transcript | sed 's/\x1b\[[0-9;]*m//g' | awk 'length > 80 && !/Script/')" ""
}

passwords_stay_where_they_are_asked_for() {
	local password command
	password=$(vela url one --format json | jq -r .password)
	[[ ${#password} -ge 32 ]]
	for command in "branch create one -o json" "branch show one -o json" "branch show one" "branch list -o json" "branch list" \
		"branch start one" "branch protect one" "branch unprotect one" "events" "events -o json" "logs one" "doctor" "pool show -o json" \
		"branch reset one" "gc"; do
		# shellcheck disable=SC2086 # words
		gives 0 vela -v $command
		says_not "$password"
	done
	# On disk there is one file with it, and that is the owner's alone.
	same "$(grep -rlF --exclude-dir=data -- "$password" "$VELA_POOL")" "$VELA_POOL/branches/shop/one/password"
	same "$(stat -c '%U %a' "$VELA_POOL/branches/shop/one/password")" "postgres 600"
	gives 0 vela psql one -- -XqAtc 'SELECT pg_backend_pid()'
	echo "$password" >password
	same "$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' | grep -cF -f password || true)" 0
}

start_production 100
odd="it's a/b?c&d%20=\"e\""
must production_sql -c "CREATE DATABASE \"${odd//\"/\"\"}\" OWNER shop_owner"
must production_stop fast
must vela pool create "$VELA_POOL" --size 2G
must vela baseline create production --from "$production_data"
printf 'version: 1\nproject: shop\ndatabase: shop\n' >vela.yml
must vela branch create one

prove "the URI connects" uri_connects
prove "the environment connects" env_connects
prove "the JSON connects" json_connects
prove "the JDBC URL connects" jdbc_connects
prove "the psql command line connects" psql_connects
prove "other formats are refused" formats_are_known
prove "names that need quoting are quoted" names_are_quoted
prove "psql: arguments, input and exit code pass through" psql_passes_everything_through
prove "exec: arguments, environment and exit code pass through" exec_passes_everything_through
prove "what vela runs has its signals and streams as usual" programs_get_signals_and_streams_as_usual
prove "logs, whole and in part" logs_are_shown
prove "logs are followed until Ctrl-C or the branch's end" logs_are_followed
prove "a reader that has had enough is no error" readers_may_leave
prove "output that cannot be written is an error" full_disk_is_an_error
prove "the terminal stays usable" terminal_stays_usable
prove "colour is for terminals, unless it is not wanted" colour_is_for_terminals
prove "a branch's password is only in its file and in url" passwords_stay_where_they_are_asked_for
done_testing
