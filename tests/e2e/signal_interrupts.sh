#!/usr/bin/env bash
# Ctrl-C (SIGINT) and SIGTERM, before system calls all along the way: what was half-made is gone when vela has ended, with
# 130, and without gc. A signal that comes after all is done is too late, and the command ends as it would have.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/support/sweep.sh
source "$top/tests/support/sweep.sh"

plan 16

completed=0

# interrupted_at SIGNAL "SYSCALL NUMBER" COMMAND...
interrupted_at() {
	local signal=$1
	point="$signal before $2"
	# shellcheck disable=SC2086 # two words
	signalled "$signal" $2 "${@:3}"
	case $status in
	130) reached=$((reached + 1)) ;;
	0) completed=$((completed + 1)) ;;
	*) problem "ended with $status: $(<"$work/.signalled")" ;;
	esac
}

# Waiting calls too: in these a signal finds vela most of the time.
calls=mkdir,symlink,rename,ioctl,clone,connect,sendto,recvfrom,poll,fgetxattr,fsync,wait4,mount
signals=(INT TERM)

# --- pool create ---

place=$work/place
must mkdir "$place"
left_in_place() {
	find "$place" -mindepth 1
	grep -F " $place/" /proc/self/mounts
	losetup --list --noheadings --output BACK-FILE | grep -F "$place/"
	pgrep -af -- "$place/"
}
mapfile -t pool_points < <(points $calls 3 "$vela_binary" pool create "$place/pool" --size 256M)
run vela pool destroy "$place/pool"
for i in "${!pool_points[@]}"; do
	interrupted_at "${signals[i % 2]}" "${pool_points[i]}" "$vela_binary" pool create "$place/pool" --size 256M
	[[ $status -ne 0 ]] || run vela pool destroy "$place/pool"
	[[ -z $(left_in_place) ]] || problem "left: $(left_in_place)"
done
sweep "pool create" 12

# --- branch create ---

shop_pool

left_now() {
	left_in_pool | grep -v "^$pool/locks/"
}

mapfile -t create_points < <(points $calls 4 "$vela_binary" branch create one)
run vela branch delete one
for i in "${!create_points[@]}"; do
	interrupted_at "${signals[i % 2]}" "${create_points[i]}" "$vela_binary" branch create one
	[[ $status -ne 0 ]] || run vela branch delete one
	[[ -z $(left_now) ]] || problem "left: $(left_now)"
done
sweep "branch create" 15

# --- check ---

must mkdir migrations
cat >>vela.yml <<-'YML'
	migrations:
	  directory: migrations
	checks:
	  - {name: there are orders, sql: "SELECT count(*) FROM orders", equals: 1000}
YML
echo 'ALTER TABLE orders ADD COLUMN shipped_at timestamptz; UPDATE orders SET shipped_at = created_at;' >migrations/1.sql
mapfile -t check_points < <(points clone,poll,recvfrom,sendto,rename,ioctl 12 "$vela_binary" check one | awk 'NR % 3 == 0')
for i in "${!check_points[@]}"; do
	interrupted_at "${signals[i % 2]}" "${check_points[i]}" "$vela_binary" check one
	[[ -z $(left_now) ]] || problem "left: $(left_now)"
done
sweep "check" 12

# --- a statement that runs for long, and one that will not be cancelled ---

milliseconds() {
	echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

statement_runs() {
	pgrep -f 'postgres: shop/slow: vela .* (SELECT|DO)'
}

# interrupt_check NAME SIGNAL MOST_MS: as a terminal does it. A shell's background job would ignore SIGINT.
interrupt_check() {
	local name=$1 signal=$2 most=$3 began elapsed
	env --default-signal=INT "$vela_binary" check slow >"$work/.out" 2>&1 &
	wait_until 10 statement_runs
	began=$(milliseconds)
	kill "-$signal" $!
	wait $!
	status=$?
	elapsed=$(($(milliseconds) - began))
	is "$name: exit code" "$status" 130
	if [[ $elapsed -lt $most ]] && ! statement_runs >/dev/null && [[ -z $(left_now) ]]; then
		pass "$name: cancelled, and the branch is gone, in time"
	else
		fail "$name: cancelled, and the branch is gone, in time" "$elapsed ms; $(<"$work/.out")" "$(left_now)"
	fi
}

echo 'SELECT pg_sleep(60)' >migrations/1.sql
interrupt_check "SIGINT during a long migration" INT 3000
interrupt_check "SIGTERM during a long migration" TERM 3000
echo 'DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$' >migrations/1.sql
interrupt_check "SIGINT during a migration that refuses to be cancelled" INT 6000

# --- baseline create ---

command=("$vela_binary" baseline create another --from "$(production_url)")
production_is_free() {
	[[ -z $(on_production) ]]
}

mapfile -t baseline_points < <(points clone,poll,sendto,rename 150 "${command[@]}" |
	awk '(($1 ~ /clone|rename/) && $2 % 2) || (($1 ~ /poll|sendto/) && NR % 40 == 0)')
run vela baseline delete another
for i in "${!baseline_points[@]}"; do
	interrupted_at "${signals[i % 2]}" "${baseline_points[i]}" "${command[@]}"
	[[ $status -ne 0 ]] || run vela baseline delete another
	[[ -z $(left_now) ]] || problem "left: $(left_now)"
	wait_until 2 production_is_free || problem "on production: $(on_production)"
done
sweep "baseline create" 10

# --- a copy that does not get on ---

hold_backups
env --default-signal=INT "${command[@]}" >"$work/.out" 2>&1 &
taking=$!
ok "a copy that production keeps waiting" wait_until 10 backup_runs
began=$(milliseconds)
kill -INT "$taking"
wait "$taking"
status=$?
elapsed=$(($(milliseconds) - began))
release_backups
is "SIGINT while the copy stands still: exit code" "$status" 130
like "and within 4 seconds" "$elapsed" '^[0-3]?[0-9]{1,3}$'
wait_until 2 production_is_free
is "nothing is left in the pool" "$(left_now)" ""
is "nothing is left on production" "$(on_production)" ""

[[ $completed -lt 60 ]] || diag "$completed signals came too late"
is "nothing that came too late did harm" "$(vela gc -o json | jq -c .items)" "[]"
