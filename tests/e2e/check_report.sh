#!/usr/bin/env bash
# What a check reports, through the program: every format, every expectation, plans, the workload, the way back, psql's own
# commands, hangs, and what is told where a check could not be carried out. How each looks in detail is in tests/unit/report.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

export VELA_POOL=$work/pool

query() { vela psql "$1" -- -XqAt -v ON_ERROR_STOP=1 -c "$2"; }
no_branch_left() {
	gives 0 vela branch list -o json
	holds '.branches == []'
}

# tells TEXT...: as says, of a report whose lines are broken where they are full.
tells() {
	local text
	for text in "$@"; do
		tr -s '[:space:]' ' ' <"$out" | grep -F -- "$text" >/dev/null || {
			echo "does not tell: $text"
			return 1
		}
	done
}

# project [NAME=SQL...] <<REST-OF-VELA.YML: one migration a pair. KEYS are more keys of `migrations`.
project() {
	local pair
	rm -rf "$work/project"
	mkdir -p "$work/project/db"
	cd "$work/project"
	for pair; do
		echo "${pair#*=}" >"db/${pair%%=*}"
	done
	{
		printf 'version: 1\nproject: shop\ndatabase: shop\nmigrations: {directory: db%s}\n' "${KEYS:-}"
		cat
	} >vela.yml
}

# One of everything: a hazard, a plan that has lost its index, a check that fails, another that warns, a changed schema.
of_everything() {
	project "1_type.sql=ALTER TABLE orders ALTER COLUMN total TYPE numeric(12, 4);" \
		"2_index.sql=SET lock_timeout = '2s'; DROP INDEX orders_customer_id_idx; CREATE VIEW completed AS SELECT * FROM orders WHERE status = 'complete';" <<-'YML'
		checks:
		  - {name: there are none, sql: SELECT count(*) FROM orders, equals: 0}
		  - {name: all have a total, sql: SELECT count(*) FROM orders WHERE total IS NULL, equals: 0, severity: warn}
		  - {name: no order is lost, sql: SELECT count(*) FROM orders, unchanged: true}
		plans:
		  - {name: orders of a customer, sql: SELECT * FROM orders WHERE customer_id = 42, no_seq_scan_on: [orders], uses_index: [orders_customer_id_idx]}
		workload:
		  queries: [{name: an order, sql: SELECT * FROM orders WHERE id = 7, rate: 300}]
	YML
	sed -i 's/directory: db/&, limits: {blocking: 5ms}/' vela.yml
}

json_has_everything() {
	of_everything
	gives 1 vela check -o json
	holds '.schema == 1 and .verdict == "failed" and .reason == null and (has("error") | not)'
	holds '.branch.name == "main" and .branch.created and .branch_kept == false'
	holds '.migrations | map(.file) == ["db/1_type.sql", "db/2_index.sql"] and all(.outcome == "passed" and .milliseconds > 0)'
	holds '.migrations[0].statement_list[0] | .sql == "ALTER TABLE orders ALTER COLUMN total TYPE numeric(12, 4)" and .line == 1
	       and (.locks | any(.relation == "public.orders" and (.mode | test("ACCESS EXCLUSIVE|AccessExclusive"; "i"))))
	       and (.changes | any(.kind == "rewrite" and .relation == "public.orders")) and .wal_bytes > 100000'
	holds '.hazards | any(.id == "table-rewrite" and .severity == "error" and .file == "db/1_type.sql" and .line == 1 and .accepted == null
	       and (.measured | contains("public.orders")) and (.why | length > 20) and (.instead | length > 20))'
	holds '.relations | any(.relation == "public.orders" and .reads_blocked_ms > 5 and .writes_blocked_ms >= .reads_blocked_ms)'
	holds '.limits.blocking_ms == 5 and .limits.statement_ms == 60000'
	holds '.schema_diff | contains("~ table public.orders") and contains("- index orders_customer_id_idx") and contains("+ view public.completed")'
	holds '.schema_changes | any(.action == "added" or .action == "+") and any(.object == "view public.completed")'
	holds '[.checks[] | [.name, .severity, .outcome]] == [["there are none", "error", "failed"], ["all have a total", "warning", "failed"],
	       ["no order is lost", "error", "passed"]]'
	holds '.checks[2] | .before == "20000" and .actual == "20000"'
	holds '.plans[0] | .name == "orders of a customer" and .outcome == "failed" and .changed and (.violations | length == 2)
	       and (.before.tree | tostring | contains("orders_customer_id_idx")) and (.after.tree | tostring | contains("Seq Scan on orders"))
	       and .before.blocks < .after.blocks'
	holds '.workload | .outcome == "passed" and (.queries[0] | .name == "an order" and .during.count >= 1 and .before.p50_ms > 0
	       and .longest_stall_ms > 0 and .stall_migration != null and (.timeline_ms | length > 10)) and .from_ms < -900'
	holds '.timings_ms | .clone > 0 and .migrate > 0 and .checks > 0 and .plans > 0 and .total > .migrate'
	holds '.storage | .exclusive_bytes > 0 and .shared_bytes > 0 and .wal_bytes > 100000'
}

# Into a directory with a space, all in one run; each says the same.
all_formats_at_once() {
	local directory="my reports" format
	of_everything
	mkdir "$directory"
	gives 1 vela check --report "text=$directory/r.txt" --report "json=$directory/r.json" --report "markdown=$directory/r.md" \
		--report "junit=$directory/r.xml" --report "github=$directory/r.github" --report "codequality=$directory/gl.json" \
		--report "sarif=$directory/r.sarif" --report "html=$directory/r.html"
	cmp "$out" "$directory/r.txt"
	jq -e '.verdict == "failed" and (.hazards | length > 0)' "$directory/r.json" >/dev/null
	grep -q '^### .*Failed' "$directory/r.md"
	xmllint --noout --nonet --schema "$top/tests/support/validators/junit.xsd" "$directory/r.xml" 2>/dev/null
	grep -q '^::error file=db/1_type.sql,line=1,' "$directory/r.github"
	jq -e 'any(.check_name == "table-rewrite" and .location.path == "db/1_type.sql" and .location.lines.begin == 1)' "$directory/gl.json" >/dev/null
	jq -e '.version == "2.1.0" and (.runs[0].results | any(.ruleId == "table-rewrite"))' "$directory/r.sarif" >/dev/null
	grep -qi '^<!doctype html>' "$directory/r.html"
	for format in r.txt r.json r.md r.xml r.github gl.json r.sarif r.html; do
		grep -q 'table-rewrite' "$directory/$format" || { echo "no hazard in $format"; return 1; }
		grep -q 'there are none' "$directory/$format" || { echo "no check in $format"; return 1; }
		grep -q 'orders of a customer' "$directory/$format" || { echo "no plan in $format"; return 1; }
	done
	not grep -qE "password|postgres(ql)?://[^ ]*:[^ ]*@" "$directory"/*
}

github_is_told() {
	local -x GITHUB_STEP_SUMMARY=$work/summary.md GITHUB_OUTPUT=$work/outputs
	echo "# before" >"$GITHUB_STEP_SUMMARY"
	: >"$GITHUB_OUTPUT"
	of_everything
	gives 1 vela check --report github=/proc/self/fd/1
	grep -q '^::error file=db/1_type.sql,' "$out"
	grep -q '^✗ Failed' "$out" # which it has not written over
	same "$(head -n 1 "$GITHUB_STEP_SUMMARY")" "# before"
	grep -q 'table-rewrite' "$GITHUB_STEP_SUMMARY"
	grep -qx verdict=failed "$GITHUB_OUTPUT"
	grep -qx created=true "$GITHUB_OUTPUT"
	grep -qx branch_id=main "$GITHUB_OUTPUT"
	not grep -q db_url "$GITHUB_OUTPUT" # its database is gone
	: >"$GITHUB_OUTPUT"
	gives 1 vela check --keep always --report github=/dev/null
	grep -qE '^db_url=postgres://vela@127.0.0.1:[0-9]+/shop$' "$GITHUB_OUTPUT"
	gives 0 vela branch delete main
	: >"$GITHUB_OUTPUT"
	gives 1 vela check --report json=r.json # the format says whether GitHub is told
	same "$(cat "$GITHUB_OUTPUT")" ""
}

difference_of_a_kept_branch() {
	project "1.sql=ALTER TABLE orders ADD COLUMN note text; CREATE TABLE notes (id int); DROP INDEX orders_customer_id_idx; GRANT SELECT ON notes TO shop_app;" <<<''
	gives 0 vela check kept --keep always -o json
	jq -r .schema_diff "$out" >of_the_check
	gives 0 vela diff kept
	says "~ table public.orders" "+ column note text" "+ table public.notes" "- index orders_customer_id_idx"
	not grep -q $'\e' "$out"
	diff "$out" <(sed '/^$/d' of_the_check)
	gives 0 vela diff kept -o json
	holds '.schema == 1 and .branch == "kept" and .baseline == "production@1" and (.schema_diff | contains("+ column note text"))
	       and ([.schema_changes[].object] == ["table public.notes", "table public.orders"])'
	gives 0 vela branch list -o json
	holds '[.branches[].name] == ["kept"]' # and nothing of the comparison
	gives 0 vela branch reset kept
	gives 0 vela diff kept
	same "$(cat "$out")" ""
	says "the schema of kept is that of production@1"
	gives 0 vela branch delete kept
	gives 4 vela diff kept
	says kept
}

taking_it_back() {
	local KEYS=', format: dbmate, reversible: true' up='-- migrate:up' down='-- migrate:down'
	project "1_note.sql=$up"$'\n'"ALTER TABLE orders ADD COLUMN note text; INSERT INTO products VALUES (1000, 'new', 1);"$'\n'"$down"$'\n'"ALTER TABLE orders DROP COLUMN note; DELETE FROM products WHERE id = 1000;" <<<''
	gives 0 vela check -o json
	holds '.reversal | .outcome == "passed" and (.steps | map(.outcome) == ["passed", "passed"]) and .schema_changes == [] and .tables == []'
	gives 0 vela check
	tells "taken back and applied again, nothing differs"
	sed -i 's/DELETE FROM products.*/UPDATE products SET price = 0 WHERE id = 3; CREATE TABLE forgotten ();/' db/1_note.sql
	gives 1 vela check -o json
	holds '.verdict == "failed" and .migrations[0].outcome == "passed"'
	holds '.reversal | .outcome == "failed" and (.schema_changes | any(.object == "table public.forgotten"))
	       and (.tables | any(contains("after the down") and contains("public.products")))'
	gives 1 vela check
	tells "Failed: it cannot be taken back" "Taking the migrations back" "the schema is not what it was" "+ table public.forgotten" \
		'applied again: duplicate key value violates unique constraint "products_pkey"'
	sed -i 's/DROP COLUMN note;/DROP COLUMN noet;/' db/1_note.sql
	gives 1 vela check
	tells 'on the way down: column "noet" of relation "orders" does not exist' "db/1_note.sql:4"
	rm db/*
	KEYS=', format: sqlx, reversible: true' project "1_note.sql=ALTER TABLE orders ADD COLUMN note text;" <<<''
	gives 1 vela check
	tells "db/1_note.sql has no way down"
	no_branch_left
}

plans_before_and_after() {
	project "1.sql=SET lock_timeout = '2s'; DROP INDEX orders_customer_id_idx;" <<-'YML'
		plans:
		  - {name: of a customer, sql: SELECT * FROM orders WHERE customer_id = 42 ORDER BY id, no_seq_scan_on: [orders]}
		  - {name: only told, sql: SELECT * FROM orders WHERE customer_id = 43, unchanged: true, severity: warn}
		  - {name: as before, sql: SELECT * FROM orders WHERE id = 42, unchanged: true, uses_index: [orders_pkey]}
		  - {name: known well, sql: SELECT * FROM orders WHERE status = 'open', rows: {max_misestimate: 10}, no_spill: true}
		  - {name: it writes, sql: DELETE FROM order_items}
	YML
	gives 1 vela check
	tells "Failed: 1 of 5 plans does not hold" 'vela.yml:6' 'plan "of a customer" does not hold' "which no_seq_scan_on forbids" "1 warning"
	# side by side, the one that it was and the one that it has become
	grep -qE '^  before +after$' "$out"
	grep -qE '^ .*orders_customer_id_idx' "$out"
	grep -qE 'Seq Scan on orders' "$out"
	gives 1 vela check -o json
	holds '[.plans[].outcome] == ["failed", "failed", "passed", "passed", "passed"]'
	holds '.plans[0].differences | length > 0'
	# What could not be explained before is no failure, after is one.
	project "1.sql=ALTER TABLE orders ADD COLUMN note text;" <<-'YML'
		plans:
		  - {name: of the new, sql: SELECT note FROM orders WHERE id = 1, uses_index: [orders_pkey]}
	YML
	gives 0 vela check -o json
	holds '.plans[0] | .outcome == "passed" and .before == null and .before_failure != null and .after.tree != null'
	project "1.sql=ALTER TABLE orders DROP COLUMN total;" <<<'plans: [{name: of the old, sql: SELECT total FROM orders}]'
	gives 1 vela check
	tells 'plan "of the old"' 'column "total" does not exist'
	query_is_still_there=$(production_sql -c 'SELECT count(*) FROM order_items')
	[[ $query_is_still_there -gt 0 ]]
}

expectations() { # VERDICT...: of each check its outcome, in order
	local wanted=$1 code=$2
	gives "$code" vela check -o json
	same "$(jq -r '[.checks[] | .outcome[0:1]] | join("")' "$out")" "$wanted"
}

every_expectation() {
	project "1.sql=SET lock_timeout = '2s'; UPDATE products SET price = price + 1; DELETE FROM order_items WHERE product_id < 10; ALTER TABLE orders ADD note text;" <<-'YML'
		checks:
		  - {name: equals, sql: SELECT 41 + 1, equals: 42}
		  - {name: not_equals, sql: SELECT 1, not_equals: 2}
		  - {name: between, sql: SELECT 10, between: [1, 10]}
		  - {name: at_least, sql: SELECT 2.0, at_least: 2}
		  - {name: at_most, sql: SELECT -5, at_most: 2}
		  - {name: matches, sql: "SELECT 'v12'", matches: '^v[0-9]+$'}
		  - {name: rows, sql: "SELECT generate_series(1, 3)", rows: 3}
		  - {name: rows at least, sql: "SELECT generate_series(1, 3)", rows: {at_least: 3}}
		  - {name: empty, sql: SELECT 1 WHERE false, empty: true}
		  - {name: returns, sql: "SELECT i, NULLIF(i, 2) FROM generate_series(1, 3) i", returns: [[3, 3], [1, 1], [2, null]]}
		  - {name: ordered, sql: "SELECT generate_series(1, 3)", returns: [[1], [2], [3]], ordered: true}
		  - {name: fails, sql: "INSERT INTO orders SELECT * FROM orders WHERE id = 1", fails: "23505"}
		  - {name: fails with text, sql: SELECT 1/0, fails: division by zero}
		  - {name: and was rolled back, sql: SELECT count(*) FROM orders, unchanged: true}
		  - {name: change, sql: SELECT count(*) FROM order_items, change: {at_most: 20%, at_least: 1}}
		  - {name: not_null, sql: "SELECT id, note FROM orders", not_null: [id]}
		  - {name: unique, sql: "SELECT id, customer_id FROM orders", unique: [id, customer_id]}
		  - {name: only has to run, sql: SELECT note FROM orders LIMIT 1}
	YML
	expectations pppppppppppppppppp 0
	project "1.sql=SET lock_timeout = '2s'; UPDATE products SET price = price + 1; DELETE FROM order_items WHERE product_id < 10; ALTER TABLE orders ADD note text;" <<-'YML'
		checks:
		  - {name: equals, sql: SELECT NULL, equals: 42}
		  - {name: not_equals, sql: SELECT 1, not_equals: 1}
		  - {name: between, sql: SELECT 11, between: [1, 10]}
		  - {name: at_least, sql: SELECT 1.9, at_least: 2}
		  - {name: at_most, sql: SELECT 3, at_most: 2}
		  - {name: matches, sql: "SELECT 'x12'", matches: '^v[0-9]+$'}
		  - {name: rows, sql: "SELECT generate_series(1, 3)", rows: 2}
		  - {name: rows at least, sql: "SELECT generate_series(1, 3)", rows: {at_least: 4}}
		  - {name: empty, sql: "SELECT id, status FROM orders WHERE id = 3", empty: true}
		  - {name: returns, sql: "SELECT i, i * 2 FROM generate_series(1, 2) i", returns: [[1, 2], [2, null]]}
		  - {name: ordered, sql: "SELECT generate_series(1, 3)", returns: [[3], [2], [1]], ordered: true}
		  - {name: fails, sql: SELECT 1/0, fails: "23505"}
		  - {name: fails with text, sql: SELECT 1, fails: division by zero}
		  - {name: unchanged, sql: SELECT sum(price) FROM products, unchanged: true}
		  - {name: change, sql: SELECT count(*) FROM order_items, change: {at_most: 1%}}
		  - {name: not_null, sql: "SELECT id, total FROM orders", not_null: [id, total]}
		  - {name: unique, sql: "SELECT customer_id FROM orders", unique: [customer_id]}
		  - {name: does not run, sql: SELECT nonsense}
	YML
	expectations ffffffffffffffffff 1
	gives 1 vela check
	tells "18 of 18 checks do not hold" "expected between 1 and 10" "actual 11" "expected no rows" "1 row: (id = 3, status = " \
		"expected that it fails with SQLSTATE 23505" "actual division by zero (22012)" "before 5049.00" "actual 5149.00" \
		"600 rows with a NULL, one of them: (id = " '"does not run": column "nonsense" does not exist'
	sed -i 's/}$/, severity: warn}/; s/^migrations: .*warn}/migrations: {directory: db}/' vela.yml
	expectations ffffffffffffffffff 0
	gives 0 vela check
	tells "✓ Passed: 1 migration applies, 18 warnings" 'warning: "between" does not hold'
}

workload_stalls() {
	project "1_wait.sql=LOCK TABLE orders; SELECT pg_sleep(2);" <<-'YML'
		workload:
		  max_stall: 1s
		  queries:
		    - {name: an order, sql: SELECT * FROM orders WHERE id = 7, rate: 50}
		    - {name: a product, sql: SELECT * FROM products WHERE id = 7, rate: 50}
	YML
	sed -i 's/directory: db/&, limits: {blocking: 1m}/' vela.yml # so that nothing but the stall fails
	gives 1 vela check
	tells "Failed: the workload stalled" 'workload "an order"' "no call came back for" "the limit is 1.0 s" "during db/1_wait.sql:1" "LOCK TABLE orders"
	grep -qE '✗ an order +.*[▆▇█]' "$out"
	grep -qE '✓ a product ' "$out"
	tells "longest stall"
	grep -qE '╰.*migrations' "$out"
	gives 1 vela check -o json
	holds '.workload | .outcome == "failed" and .max_stall_ms == 1000'
	holds '.workload.queries | (.[0] | .longest_stall_ms > 1500 and .stall_migration == 0 and .stall_statement == 0) and .[1].longest_stall_ms < 1000'
	sed -i 's/max_stall: .*/max_stall: 1m/' vela.yml
	gives 0 vela check
	says_not "stalled"
	# That of a row which a statement has written is that statement's.
	project "1_write.sql=UPDATE orders SET total = 1 WHERE id = 7; SELECT pg_sleep(2);" <<-'YML'
		workload: {max_stall: 1s, queries: [{name: the same order, sql: UPDATE orders SET total = 2 WHERE id = 7, rate: 50}]}
	YML
	gives 1 vela check
	tells "Failed: the workload stalled" "during db/1_write.sql:1"
}

acceptance() {
	project "1.sql=SET lock_timeout = '2s';"$'\n''-- vela:ignore data-loss kept in the archive'$'\n'"DROP TABLE order_items;" <<<''
	gives 0 vela check
	tells "Accepted" "data-loss" "kept in the archive"
	gives 0 vela check -o json
	holds '.hazards | length == 1 and (.[0] | .id == "data-loss" and .accepted == "kept in the archive")'
	sed -i 's/ kept.*//' db/1.sql # no reason
	gives 1 vela check
	tells "no reason is given for ignoring data-loss"
	sed -i 's/ignore .*/ignore data-los it is empty/' db/1.sql
	gives 1 vela check
	tells 'there is no hazard "data-los"; did you mean data-loss?'
}

commands_of_psql() {
	project "1_meta.sql=$(printf '%s\n' '\set n 7' '\echo making :n' 'CREATE TABLE made AS SELECT :n AS n;' 'SELECT n + 1 AS next FROM made \gset' \
		'\if true' 'INSERT INTO made VALUES (:next);' '\endif' '\ir ../more.sql')" \
		<<<'checks: [{name: what they made, sql: "SELECT string_agg(n::text, $$ $$ ORDER BY n) FROM made", equals: 7 8 9}]'
	echo 'INSERT INTO made VALUES (9);' >more.sql
	gives 0 vela check
	tells "it has commands of psql, and ran through psql"
	printf 'SELECT 1;\n\nSELECT 2; \\! touch %s/escaped\n' "$work" >db/2_evil.sql
	gives 1 vela check
	tells 'db/2_evil.sql:3:11' 'psql meta-command \! is refused: it runs a program' '3 │ SELECT 2; \!' 'take it out of the file'
	gives 1 vela check -o json
	holds '.migrations[1].failure | .line == 3 and .column == 11 and .exact and .sqlstate == null and (.hint | contains("migrations.command"))'
	not test -e "$work/escaped"
	printf '\\set n 1\n\n  SELECT :n / 0;\n' >db/2_evil.sql
	gives 1 vela check
	tells "db/2_evil.sql:3" "division by zero (SQLSTATE 22012)"
	no_branch_left
}

# Whoever holds the lock sleeps in a transaction: that is told after seconds, and not waited for until the time limit.
hang_is_recognised() {
	local holder
	project "1.sql=SELECT 1; ALTER TABLE orders ADD COLUMN note text;" <<<'timeout: 10m'
	gives 0 vela branch create held
	mkfifo "$work/held"
	vela psql held -- -Xq -v ON_ERROR_STOP=1 <"$work/held" >/dev/null 2>&1 &
	holder=$!
	exec 7>"$work/held"
	echo "SET application_name = 'my tool'; BEGIN; LOCK TABLE orders;" >&7
	wait_until 60 eval '[[ $(query held "SELECT count(*) FROM pg_locks WHERE relation = '"'orders'"'::regclass AND mode = '"'AccessExclusiveLock'"'") == 1 ]]'
	gives 1 timeout 240 "$vela_binary" check held -o json
	holds '.migrations[0].outcome == "failed" and (.migrations[0].failure | .line == 1 and (.hint | contains("end that transaction"))
	       and (.message | test("waits for a lock on public.orders that nobody will release; process [0-9]+ \\(my tool\\) holds it")))'
	holds '.timings_ms.total < 240000 and (.blind | any(contains("what became of the schema")))'
	exec 7>&-
	wait "$holder" || true
	gives 0 vela check held
	gives 0 vela branch delete held
	rm "$work/held"
}

# Of an error there is one document too, with what was known by then; and a report in each format.
errors_have_a_report() {
	local format
	project "1.sql=SELECT 1;" "2.sql=SELECT pg_sleep(60);" <<<'checks: [{name: any, sql: SELECT 1}]'
	mkdir "my reports"
	"$vela_binary" check dies -o json --report "text=my reports/r.txt" --report "html=my reports/r.html" >"$out" 2>"$err" &
	wait_until 60 eval '[[ $(query dies "SET ROLE NONE; SELECT count(*) FROM pg_stat_activity WHERE query ~ '"'^SELECT pg_sleep'"'") == 1 ]]'
	kill -QUIT "$(head -n 1 "$VELA_POOL/branches/shop/dies/data/postmaster.pid")"
	local code=0
	wait "$!" || code=$?
	same "$code" 8
	same "$(jq -s length "$out")" 1
	holds '.schema == 1 and .verdict == "error" and .error.kind == "postgres" and .error.message == .reason and (.error | has("hint"))'
	holds '(.migrations | map(.file) == ["db/1.sql", "db/2.sql"]) and .migrations[0].outcome == "passed" and .migrations[1].outcome == "failed"
	       and .checks[0].outcome == "not_run" and .branch.name == "dies" and .branch_kept == false and .timings_ms.migrate >= 0'
	grep -q '^! Error: the check could not be carried out' "my reports/r.txt"
	grep -q "connection is lost" "my reports/r.txt" "my reports/r.html"
	no_branch_left
	# Before there is a branch at all.
	sed -i '1a baseline: nowhere' vela.yml
	local all=()
	for format in text json markdown junit github codequality sarif html; do
		all+=(--report "$format=my reports/$format")
	done
	gives 4 vela check -o json "${all[@]}"
	holds '.verdict == "error" and .error.kind == "not_found" and (.error.message | contains("nowhere"))'
	for format in text json markdown junit github sarif html; do
		grep -q nowhere "my reports/$format" || { echo "not in $format"; return 1; }
	done
	gives 4 vela check
	same "$(cat "$out")" "" # a person reads it once
	says "nowhere"
	echo 'projct: x' >>vela.yml
	gives 3 vela check -o json --report "junit=my reports/again.xml"
	holds '.verdict == "error" and .error.kind == "config" and (.error.message | contains("vela.yml:")) and .migrations == []'
	xmllint --noout "my reports/again.xml"
	gives 3 vela migrate -o json
	holds '.verdict == "error" and .error.kind == "config"'
	gives 2 vela check -o json --report nothing
	holds '.error.kind == "usage"'
	same "$(jq -s length "$out")" 1
}

links_stay() {
	project "1.sql=SELECT 1;" <<<''
	echo old >target
	ln -s target linked
	gives 0 vela check --report json=linked
	[[ -L linked ]]
	jq -e '.verdict == "passed"' target >/dev/null
}

# The verdict stands where a file cannot be written; that it could not is an error only where nothing else is wrong.
unwritten_files() {
	project "1.sql=SELECT 1;" <<<'checks: [{name: any, sql: SELECT 1, equals: 1}]'
	gives 2 vela check -o json --report text=/dev/full
	same "$(jq -s length "$out")" 1
	holds '.verdict == "passed" and (.error.message | contains("cannot write the report")) and .checks[0].outcome == "passed"'
	sed -i 's/equals: 1/equals: 2/' vela.yml
	gives 1 vela check -o json --report text=/dev/full
	holds '.verdict == "failed" and (has("error") | not)'
	says "cannot write the report"
}

start_production 20000
must vela pool create "$VELA_POOL" --size 3G
PGPASSWORD=replicator must vela baseline create production --from "$(production_url)"
make_repository .
must git commit -q --allow-empty -m first

prove "JSON has everything" json_has_everything
prove "all formats at once" all_formats_at_once
prove "GitHub's summary and outputs" github_is_told
prove "vela diff" difference_of_a_kept_branch
prove "down and up again" taking_it_back
prove "plans before and after" plans_before_and_after
prove "every expectation" every_expectation
prove "a workload that stalls" workload_stalls
prove "an accepted hazard" acceptance
prove "commands of psql" commands_of_psql
prove "a hang is recognised" hang_is_recognised
prove "an error has a report" errors_have_a_report
prove "a report behind a link" links_stay
prove "a report that cannot be written" unwritten_files
done_testing
