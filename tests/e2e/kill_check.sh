#!/usr/bin/env bash
# vela is killed (SIGKILL) before each of many system calls of a check, also of one with everything beside it. The next
# command works as if nothing had been, and gc leaves nothing behind.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/support/sweep.sh
source "$top/tests/support/sweep.sh"

plan 4
shop_pool

# --- check: a branch that nobody is going to remove, with some of the migrations in it, is in nobody's way ---

must mkdir migrations
printf '\tmigrations:\n\t  directory: migrations\n' | sed 's/^\t//' >>vela.yml
echo 'CREATE TABLE made_by_migration ()' >migrations/1.sql
mapfile -t check_points < <(points clone,sendto,rename,pidfd_send_signal,rmdir 14 "$vela_binary" check one | awk 'NR % 2')
for i in "${!check_points[@]}"; do
	killed_at "${check_points[i]}" "$vela_binary" check one
	if ((i % 2)); then
		run vela check one || problem "the next check: $stdout $stderr"
	fi
	wait_until 3 nothing_left || problem "gc leaves: $(left_in_pool)"
done
sweep "check" 8
# The same with all that a check can have beside it: a clone to compare with (two, of a branch that stays), pgbench, psql.
cat >>vela.yml <<-'YML'
	checks: [{name: orders, sql: SELECT count(*) FROM orders, unchanged: true}]
	plans: [{name: one, sql: SELECT * FROM orders WHERE id = 1}]
	workload: {script: load.sql, clients: 1, rate: 20, queries: [{name: one, sql: SELECT 1, rate: 20}]}
YML
echo 'SELECT count(*) FROM orders;' >load.sql
printf '\\echo through psql\nCREATE TABLE made_by_psql ();\n' >migrations/2.sql
all_gone() {
	nothing_left && ! pgrep -f -- "--log-prefix=$pool/" >/dev/null
}
mapfile -t busy_points < <({
	points clone,rename,pidfd_send_signal,rmdir 20 "$vela_binary" check one | awk '/^(clone|rmdir)/ || NR % 4 == 0'
	points sendto 400 "$vela_binary" check one | awk 'NR % 50 == 0'
})
for i in "${!busy_points[@]}"; do
	if ((i % 2)); then
		run vela branch create one || problem "cannot make it: $stderr"
		killed_at "${busy_points[i]}" "$vela_binary" check one
		run vela gc || problem "gc: $stdout"
		usable one || problem "the branch that stays cannot be used"
		[[ $(vela branch list -o json | jq -r '[.branches[].name] | join(" ")') == one ]] || problem "left: $(left_in_pool)"
		[[ ! -e $pool/branches/shop/one/workload ]] || problem "pgbench's log is left"
		run vela branch delete one || problem "cannot delete it: $stderr"
	else
		killed_at "${busy_points[i]}" "$vela_binary" check one
	fi
	wait_until 5 all_gone || problem "gc leaves: $(left_in_pool)"
done
sweep "check with plans, a workload and psql" 10
rm migrations/2.sql load.sql
sed -i '/^checks:/,$d' vela.yml

must vela check kept --keep always
must vela gc
ok "what a check keeps is no leftover" usable kept
clean_kept() {
	vela branch delete kept && nothing_left
}
ok "until it is deleted" clean_kept
