#!/usr/bin/env bash
# Hazards through the program: the verdict, the exit code, the report and the limits of vela.yml. What each migration must and
# must not tell is in tests/suite, and run by tests/unit/check/test_suite.c.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

export VELA_POOL=$work/pool

# project KEYS CASE...: a repository whose migrations are these cases of the suite, with more keys of `migrations`.
project() {
	local keys=$1 name
	shift
	rm -rf "$work/project"
	mkdir -p "$work/project/db"
	cd "$work/project"
	printf 'version: 1\nproject: shop\nmigrations: {directory: db%s}\n' "$keys" >vela.yml
	for name; do
		cp "$top/tests/suite/$name.sql" "db/$name.sql"
	done
}

hazards() { jq -r '.hazards[] | [.id, .severity, .file, .line, (.accepted // "-")] | map(tostring) | join(" ")' "$out"; }

harmless_passes_in_silence() {
	project '' column_widened small_table_rewritten new_table_with_foreign_key
	gives 0 vela check -o json
	holds '.verdict == "passed" and .hazards == []'
}

an_error_fails_the_check() {
	project '' type_changed
	gives 1 vela check -o json
	holds '.verdict == "failed" and .migrations[0].outcome == "passed"'
	same "$(hazards)" "table-rewrite error db/type_changed.sql 6 -"
	holds '.hazards[0] | (.measured | test("public.events .*ACCESS EXCLUSIVE blocks reads and writes")) and .why != "" and .instead != ""'
}

limits_decide() {
	project ', limits: {blocking: 1m, rewrite: 1G}' type_changed
	gives 0 vela check -o json
	holds '.verdict == "passed" and .hazards == []'
	project ', limits: {blocking: 4s, rewrite: 1G}' type_changed
	gives 0 vela check -o json
	same "$(hazards)" "table-rewrite warning db/type_changed.sql 6 -"
}

an_acceptance_is_shown() {
	project '' drop_accepted
	gives 0 vela check -o json
	same "$(hazards)" "data-loss error db/drop_accepted.sql 6 copied to the new system"
	gives 0 vela check
	says "copied to the new system"
}

statements_on_their_own() {
	project ', transaction: statement' index_concurrently
	gives 0 vela check -o json
	holds '.hazards == []'
	project '' index_concurrently
	gives 1 vela check -o json
	same "$(hazards)" "concurrently-in-transaction error db/index_concurrently.sql 5 -"
}

start_production
must production_as shop_owner -c 'DROP TABLE order_items, orders, products, customers'
must production_as shop_owner -q -f "$top/tests/suite/setup.sql"
must vela pool create "$VELA_POOL" --size 2G
PGPASSWORD=replicator must vela baseline create production --from "$(production_url)"
make_repository .
must git commit -q --allow-empty -m first

prove "what is harmless passes in silence" harmless_passes_in_silence
prove "an error fails the check, and says where and why" an_error_fails_the_check
prove "the limits of vela.yml decide" limits_decide
prove "an acceptance is shown with its reason" an_acceptance_is_shown
prove "a file's statements run on their own where vela.yml says so" statements_on_their_own
done_testing
