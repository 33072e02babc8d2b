#!/usr/bin/env bash
# vela check as a CI step: its verdict, reports and exit codes, what it keeps and what it removes, and when it goes wrong.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

export VELA_POOL=$work/pool

query() { vela psql "$1" -- -XqAt -v ON_ERROR_STOP=1 -c "$2"; }
names() { vela branch list -o json | jq -r '[.branches[].name] | join(" ")'; }
nothing_left() {
	same "$(names)" ""
	same "$(ls -A "$VELA_POOL/trash" "$VELA_POOL/tmp" "$VELA_POOL/ports" | grep -v : | tr -d '\n' || true)" ""
	same "$(processes_below "$VELA_POOL" || true)" ""
}

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

passing_check() { project "1_fine=ALTER TABLE orders ADD COLUMN seen boolean;" <<<'checks: [{name: there are orders, sql: SELECT count(*) FROM orders, equals: 1000}]'; }
failing_check() { project "1_fine=ALTER TABLE orders ADD COLUMN seen boolean;" <<<'checks: [{name: there are none, sql: SELECT count(*) FROM orders, equals: 0}, {name: but, sql: SELECT 1, equals: 1}]'; }
failing_migration() { project "1_fine=SELECT 1;" "2_bad=SELECT 1/0;" "3_after=SELECT 1;" <<<'checks: [{name: any, sql: SELECT 1}]'; }

check_shape='
	.schema == 1 and (.verdict | IN("passed", "failed", "error"))
	and (.branch | .schema == 1 and .project == "shop" and (.name | type == "string") and (.created | type == "boolean")
	     and .database == "shop" and (.port | type == "number") and .baseline.name == "production")
	and (.migrations | type == "array" and all(has("file", "outcome", "milliseconds", "statements", "failure")))
	and (.checks | type == "array" and all(has("name", "sql", "line", "outcome", "expected", "actual", "failure", "milliseconds")))
	and (.timings_ms | has("clone", "start", "migrate", "checks", "teardown", "total")
	     and (.total >= .clone) and ([.[] | type == "number" and . >= 0] | all))
	and (.storage | (.exclusive_bytes | type == "number") and .shared_bytes > 1000000)'

passing() {
	passing_check
	gives 0 vela check
	says_not "checks 0.0 ms"
	says "✓ Passed: 1 migration applies, 1 check holds" "✓ db/1_fine.sql" "✓ there are orders" "branch    main of shop, created and removed" \
		"baseline  production@1, taken " "database  shop" "clone " "start "
	gives 0 vela check -o json
	holds "$check_shape"
	holds '.verdict == "passed" and .branch_kept == false and .branch.name == "main" and .branch.created
	       and .checks[0] == (.checks[0] + {name: "there are orders", outcome: "passed", expected: "1000", actual: "1000", line: 4})'
	holds '.timings_ms | .clone > 0 and .start > 0 and .migrate > 0 and .checks > 0 and .teardown > 0'
	nothing_left
}

failing() {
	failing_check
	gives 1 vela check
	says "✗ Failed: 1 of 2 checks does not hold" "vela.yml:4" '"there are none" does not hold' "SELECT count(*) FROM orders" \
		"expected  0" "actual    1000" "✗ there are none" "✓ but"
	gives 1 vela check -o json
	holds "$check_shape"
	holds '.verdict == "failed" and .checks[0].outcome == "failed" and .checks[0].expected == "0" and .checks[0].actual == "1000"
	       and .checks[1].outcome == "passed"'
	failing_migration
	gives 1 vela check -o json
	holds "$check_shape"
	holds '.verdict == "failed" and [.migrations[].outcome] == ["passed", "failed", "not_run"] and .checks[0].outcome == "not_run"
	       and .migrations[1].failure.sqlstate == "22012"'
	nothing_left
}

what_checks_expect() {
	project <<-'YML'
		checks:
		  - {name: number, sql: SELECT 41 + 1, equals: 42}
		  - {name: text, sql: "SELECT 'a b'", equals: a b}
		  - {name: boolean, sql: SELECT 1 = 1, equals: true}
		  - {name: it only has to run, sql: SELECT 1 WHERE false}
		  - {name: an explanation, sql: EXPLAIN SELECT * FROM orders}
		  - {name: nothing is not something, sql: SELECT NULL, equals: ""}
		  - {name: no row, sql: SELECT 1 WHERE false, equals: 1}
		  - {name: two rows, sql: "SELECT generate_series(1, 2)", equals: 1}
		  - {name: two columns, sql: "SELECT 1, 2", equals: 1}
		  - {name: it does not run, sql: SELECT nonsense, equals: 1}
		  - {name: it writes, sql: DELETE FROM order_items, equals: 0}
		  - {name: the next is not hurt, sql: SELECT count(*) > 0 FROM order_items, equals: true}
	YML
	gives 1 vela check -o json
	holds '[.checks[] | select(.outcome == "passed") | .name] == ["number", "text", "boolean", "it only has to run", "an explanation",
	       "the next is not hurt"]'
	holds '[.checks[] | select(.outcome == "failed") | .name] == ["nothing is not something", "no row", "two rows", "two columns",
	       "it does not run", "it writes"]'
	holds '.checks[] | select(.name == "it does not run") | .failure.message | contains("nonsense")'
	gives 1 vela check
	says "6 of 12 checks do not hold" '"it does not run": column "nonsense" does not exist'
}

nothing_to_run() {
	project <<<''
	rm -r db
	printf 'version: 1\nproject: shop\n' >vela.yml
	gives 0 vela check
	says "there was nothing to run"
	says_not "migrate 0" "checks 0"
	rm vela.yml
	gives 3 vela check
	says "there is no vela.yml" "vela init"
	nothing_left
}

reports() {
	failing_check
	gives 1 vela check --report json=report.json --report text=report.txt
	cp "$out" screen
	jq -e "$check_shape"' and .verdict == "failed"' report.json >/dev/null
	grep -q "✗ Failed: 1 of 2 checks" report.txt
	not grep -q $'\e' report.txt
	same "$(stat -c '%U %a' report.json report.txt | sort -u)" "root 644"
	gives 1 vela check -o json --report text=-again.txt --report=json=second=.json
	grep -q "✗ Failed" ./-again.txt
	jq -e '.verdict == "failed"' second=.json >/dev/null
	gives 2 vela check --report pdf=report.pdf
	says 'there is no report format "pdf"' 'formats: text, json, markdown, junit, github, codequality, sarif, html'
	not test -e report.pdf
	gives 2 vela check --report json=
	gives 2 vela check --report json=missing/directory/report.json # before anything is done
	says "cannot write the report" "there is no directory missing/directory"
	nothing_left
	# What could not be carried out has a report as well.
	rm report.json
	start_sleeping_check --report json=report.json
	kill_server asleep
	ends_with 8
	jq -e '.verdict == "error" and (.reason | type == "string") and .migrations[0].outcome != "passed"' report.json >/dev/null
	nothing_left
}
kill_server() { kill -QUIT "$(head -n 1 "$VELA_POOL/branches/shop/$1/data/postmaster.pid")"; }

keeping() {
	local keep
	for keep in never on-failure always; do
		passing_check
		gives 0 vela check --keep $keep -o json
		cp "$out" passed
		failing_check
		same "$(names)" "$([[ $keep != always ]] || echo main)"
		holds ".branch_kept == $([[ $keep == always ]] && echo true || echo false)"
		gives 0 vela branch delete main
		gives 1 vela check --keep=$keep
		same "$(names)" "$([[ $keep == never ]] || echo main)"
		if [[ $keep != never ]]; then
			says "created and kept" "vela psql main" "vela branch delete main"
			same "$(query main 'SELECT count(seen) FROM orders')" 0
			gives 0 vela branch delete main
		fi
	done
	nothing_left
}

a_branch_that_was_there_stays() {
	passing_check
	gives 0 vela branch create mine
	query mine 'CREATE TABLE of_mine ()'
	gives 0 vela check mine --keep never -o json
	holds '.branch.created == false and .branch_kept == true and .branch.name == "mine"'
	query mine 'TABLE of_mine'
	query mine 'SELECT seen FROM orders LIMIT 1'
	gives 0 vela check mine -o json # again: vela knows that the column is there already
	holds '.migrations == [] and .branch.created == false'
	query mine 'ALTER TABLE orders RENAME seen TO known'
	echo 'ALTER TABLE orders ADD known text' >db/3_known.sql
	gives 1 vela check mine
	says 'column "known" of relation "orders" already exists' "mine of shop, reused and kept"
	rm db/3_known.sql
	same "$(names)" mine
	gives 0 vela check mine --fresh -o json
	holds '.branch.created == true'
	same "$(names)" "" # and this one was the check's
	nothing_left
}

steps_one_at_a_time() {
	failing_check
	gives 4 vela migrate
	gives 4 vela validate
	gives 0 vela branch create
	gives 1 vela validate
	says "✗ Failed: 1 of 2 checks"
	says_not "1_fine"
	gives 0 vela migrate -o json --report json=migrate.json
	holds '.verdict == "passed" and (.migrations | length == 1) and .checks == [] and .branch_kept'
	cmp "$out" migrate.json
	query main 'SELECT seen FROM orders LIMIT 1'
	gives 0 vela migrate -o json
	holds '.migrations == []'
	gives 2 vela migrate --keep never
	gives 0 vela branch stop
	gives 1 vela validate # starts it
	same "$(names)" main
	gives 0 vela branch delete
}

time_limit() {
	project "1_slow=SELECT pg_sleep(30);" <<<'timeout: 1s'
	local began=$SECONDS
	gives 1 vela check -o json
	[[ $((SECONDS - began)) -lt 8 ]]
	holds '.verdict == "failed" and (.migrations[0].failure.hint | contains("timeout in vela.yml"))'
	project <<<$'timeout: 1s\nchecks: [{name: slow, sql: SELECT pg_sleep(30), equals: 1}, {name: after, sql: SELECT 1}]'
	gives 1 vela check
	says "timeout in vela.yml"
	nothing_left
}

# A check in the background, up to where its migration sleeps; its number is in $pid.
start_sleeping_check() {
	project "1_slow=SELECT pg_sleep(60);" <<<''
	env --default-signal=INT,TERM "$vela_binary" check asleep "$@" >"$out" 2>"$err" &
	pid=$!
	wait_until 10 eval '[[ $(query asleep "SET ROLE NONE; SELECT count(*) FROM pg_stat_activity WHERE query ~ '"'^SELECT pg_sleep'"'") == 1 ]]'
}

ends_with() { # CODE
	local code=0
	wait "$pid" || code=$?
	same "$code" "$1"
}

server_dies() {
	local pid
	start_sleeping_check -o json
	kill_server asleep
	ends_with 8
	holds '.error.kind == "postgres"'
	nothing_left
	start_sleeping_check --keep never
	kill -KILL "$(head -n 1 "$VELA_POOL/branches/shop/asleep/data/postmaster.pid")" # its backends see that, and end
	ends_with 8
	nothing_left
}

interrupted() {
	local pid signal
	for signal in INT TERM; do
		start_sleeping_check --keep always -o json
		kill "-$signal" "$pid"
		ends_with 130
		holds '.error.kind == "interrupted"'
		nothing_left
	done
}

one_at_a_time() {
	local pid
	start_sleeping_check # which waits with psql, from the first moment on: that is let in while the check goes on
	gives 5 timeout 60 "$vela_binary" branch stop asleep
	says "branch shop/asleep is busy: held by vela check (pid $pid)"
	kill -INT "$pid"
	ends_with 130
	nothing_left
}

hostile_text_is_harmless() {
	project <<-'YML'
		checks:
		  - {name: hostile, sql: "SELECT E'\\x1b[31mred\\x07\\u202e\\r\\nsecond'", equals: plain}
	YML
	printf 'DO $$ BEGIN RAISE EXCEPTION E%s; END $$; -- \033[2J\n' "'\\x1b]0;owned\\x07 \\x1b[2J'" >db/1_$'\e[5m'.sql
	printf '\033[8mSELECT;\n' >db/2.sql
	gives 1 vela check --report json=report.json --report text=report.txt
	not grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$out" "$err" report.txt
	says "owned"
	printf 'version: 1\nprojct: "\\e[2J"\n' >hostile.yml
	gives 3 vela --config hostile.yml check
	printf 'version: 1\n\033[2J: x\n' >hostile.yml
	gives 3 vela --config hostile.yml check
	not grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$err"
	rm db/*
	gives 1 vela check --report text=report.txt
	not grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xe2\x80\xae' "$out" "$err" report.txt
	says "red"
	gives 1 vela check -o json
	not grep -qP '\\u001b|\\u0007|\x1b|\xe2\x80\xae' "$out"
	holds '.checks[0].actual | contains("second")'
	gives 0 vela branch create $'here'
	query here "COMMENT ON TABLE orders IS E'\\x1b[2J'"
	gives 0 vela branch delete here
}

production_is_told_apart() {
	same "$(production_sql -c "SELECT count(*) FROM information_schema.columns WHERE column_name = 'seen'")" 0
}

start_production
must vela pool create "$VELA_POOL" --size 2G
PGPASSWORD=replicator must vela baseline create production --from "$(production_url)"
make_repository .
must git commit -q --allow-empty -m first

prove "a check that passes" passing
prove "a check that fails, by a check and by a migration" failing
prove "what a check may expect" what_checks_expect
prove "nothing to run, and nothing that says what" nothing_to_run
prove "reports in files" reports
prove "--keep" keeping
prove "a branch that was there is used, and stays" a_branch_that_was_there_stays
prove "migrate and validate" steps_one_at_a_time
prove "the time limit of vela.yml" time_limit
prove "a server that dies is an error, and its branch is gone" server_dies
prove "an interrupted check leaves nothing" interrupted
prove "who comes meanwhile is told who is at work" one_at_a_time
prove "hostile text does not reach the terminal" hostile_text_is_harmless
prove "production is not changed" production_is_told_apart
done_testing
