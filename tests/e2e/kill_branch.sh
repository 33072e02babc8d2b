#!/usr/bin/env bash
# vela is killed (SIGKILL) before each of the system calls with which it makes, resets, deletes and clones a branch. The
# next command works as if nothing had been, and gc leaves nothing behind.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/support/sweep.sh
source "$top/tests/support/sweep.sh"

plan 7
shop_pool

is_there() {
	[[ $(vela branch show "$1" -o json 2>/dev/null | jq -r .state) =~ ^(ready|stopped)$ ]]
}

none_paused() {
	! pgrep -f -- "[ =]$pool/" | sed 's|.*|/proc/&/status|' | xargs -r grep -l '^State:.T (stopped)' 2>/dev/null | grep -q .
}

clean() {
	vela branch delete child >/dev/null 2>&1
	vela branch delete one >/dev/null 2>&1 || problem "cannot delete it"
	wait_until 3 nothing_left || problem "left: $(left_in_pool)"
}

make_one() {
	run vela branch create one || problem "cannot make it: $stderr"
}

# --- create ---

changing=symlink,mkdir,rename,fsync,clone,connect,sendto,ftruncate,fgetxattr
mapfile -t create_points < <(points $changing 8 "$vela_binary" branch create one)
clean
for i in "${!create_points[@]}"; do
	killed_at "${create_points[i]}" "$vela_binary" branch create one
	if ((i % 2)); then
		run vela branch create one || problem "the next create: $stderr"
		usable one || problem "it cannot be used"
		clean
	elif is_there one; then # it was killed at the very end
		usable one || problem "it is there, and cannot be used"
		clean
	else
		wait_until 3 nothing_left || problem "gc leaves: $(left_in_pool)"
	fi
done
sweep "create" 20

# --- reset ---

make_changed() {
	make_one
	run vela psql one -- -Xqc 'CREATE TABLE extra ()' || problem "cannot change it: $stderr"
}

make_changed
mapfile -t reset_points < <(points $changing,rmdir,pidfd_send_signal 8 "$vela_binary" branch reset one)
for i in "${!reset_points[@]}"; do
	run vela psql one -- -Xqc 'CREATE TABLE IF NOT EXISTS extra ()' || problem "cannot change it: $stderr"
	killed_at "${reset_points[i]}" "$vela_binary" branch reset one
	if ((i % 3 == 1)); then
		run vela migrate one || problem "the next migrate: $stderr"
	elif ((i % 3 == 2)); then
		run vela gc || problem "gc: $stdout"
	fi
	usable one || problem "it cannot be used"
	if ((i % 3 == 0)); then
		run vela branch reset one || problem "the next reset: $stderr"
		[[ $(vela psql one -- -XAtc "SELECT to_regclass('extra')") == "" ]] || problem "it is not as it was made"
	fi
	[[ ! -e $pool/branches/shop/one/data.new ]] || problem "data.new is left"
done
clean
sweep "reset" 24

# --- delete ---

make_one
mapfile -t delete_points < <(points rename,unlinkat,unlink,rmdir,pidfd_send_signal,ftruncate,fgetxattr 6 \
	"$vela_binary" branch delete one)
for i in "${!delete_points[@]}"; do
	make_one
	killed_at "${delete_points[i]}" "$vela_binary" branch delete one
	if ((i % 2)); then
		make_one
		usable one || problem "it cannot be used"
	else
		run vela gc || problem "gc: $stdout"
		! is_there one || usable one || problem "it is there, and cannot be used"
	fi
	clean
done
sweep "delete" 8

# --- create --from a running branch ---

make_one
mapfile -t from_points < <(points $changing,pidfd_send_signal 9 "$vela_binary" branch create child --from one |
	awk '$1 == "pidfd_send_signal" || NR % 2') # each of those that pause the parent, and let it go on
for i in "${!from_points[@]}"; do
	run vela branch delete child || problem "cannot delete the child: $stderr"
	killed_at "${from_points[i]}" "$vela_binary" branch create child --from one
	wait_until 2 none_paused || problem "the parent stays paused"
	if ((i % 2)); then
		run vela branch create child --from one || problem "the next create: $stderr"
		usable child || problem "the child cannot be used"
	else
		run vela gc || problem "gc: $stdout"
		! is_there child || usable child || problem "the child is there, and cannot be used"
	fi
	usable one || problem "the parent cannot be used"
done
sweep "create --from a running branch" 20

# --- a runner that kills everything at once, the guard of a pause too ---

clean
make_one
postmaster=$(head -n 1 "$pool/branches/shop/one/data/postmaster.pid")
strace -qqq -o /dev/null -e trace=fgetxattr -e inject=fgetxattr:delay_enter=20000000 \
	"$vela_binary" branch create child --from one >/dev/null 2>&1 &
is_paused() {
	grep -q '^State:.T' "/proc/$postmaster/status"
}
ok "the parent stands still while it is cloned" wait_until 10 is_paused
mapfile -t family < <(pgrep -f -- "^$vela_binary branch create child")
kill -KILL "${family[@]}" %1
wait 2>/dev/null
run vela branch create child --from one
is "its next command finds it paused, and goes on" "$status" 0
point="killed with its guard"
usable one || problem "the parent cannot be used"
usable child || problem "the child cannot be used"
clean
reached=1
sweep "parent and child can be used, and nothing is left" 1
