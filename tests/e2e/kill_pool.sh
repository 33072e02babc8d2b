#!/usr/bin/env bash
# vela is killed (SIGKILL) before each of the system calls with which it makes a pool, and on the way to a baseline. The next
# command works; destroy and gc leave nothing behind: no file, mount, loop device, process, and nothing on production.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/support/sweep.sh
source "$top/tests/support/sweep.sh"

plan 7

# --- pool create ---

place=$work/place
must mkdir "$place"
pool=$place/pool

left_in_place() {
	find "$place" -mindepth 1 ! -path "$pool" # an empty directory is no harm: it is what the user named
	find "$pool" -mindepth 1 2>/dev/null
	grep -F " $place/" /proc/self/mounts
	losetup --list --noheadings --output BACK-FILE | grep -F "$place/"
	pgrep -af -- "$place/"
}

nothing_in_place() {
	[[ -z $(left_in_place) ]]
}

making=mkdir,ioctl,mount,clone,rename,wait4,unlink,fchmod,fgetxattr,fsync
mapfile -t pool_points < <(points $making 7 "$vela_binary" pool create "$pool" --size 256M)
run vela pool destroy "$pool"
for i in "${!pool_points[@]}"; do
	killed_at "${pool_points[i]}" "$vela_binary" pool create "$pool" --size 256M
	if ((i % 2)); then
		run vela pool create "$pool" --size 256M || problem "the next create: $stderr"
		run vela --pool "$pool" doctor || problem "doctor: $stdout"
		unowned=$(find "$pool" ! -user postgres)
		unexpected=$(find "$pool" -maxdepth 1 -name '.*' -o -name '*.new')
		[[ -z $unowned$unexpected ]] || problem "in the pool: $unowned $unexpected"
	fi
	run vela pool destroy "$pool" || problem "destroy: $stderr"
	rm -f "$pool"/.vela-probe-* # of a trial before there was anything that destroy could know as a pool
	wait_until 2 nothing_in_place || problem "left: $(left_in_place)"
done
sweep "pool create" 24

# --- doctor, which tries to clone ---

pool=$work/pool
shop_pool
mapfile -t doctor_points < <(points ioctl,fgetxattr,mkdir 4 "$vela_binary" doctor)
for number in "${doctor_points[@]}"; do
	killed_at "$number" "$vela_binary" doctor
	wait_until 2 nothing_left || problem "left: $(left_in_pool)"
done
sweep "doctor" 5

# --- baseline create ---

is_clean() {
	nothing_left && [[ -z $(on_production) ]]
}

taking=clone,rename,ioctl,wait4,pidfd_send_signal,fsync,fgetxattr,rmdir
command=("$vela_binary" baseline create another --from "$(production_url)")
mapfile -t baseline_points < <(points $taking 8 "${command[@]}" | awk 'NR % 3 == 1 || /^clone/')
run vela baseline delete another
for number in "${baseline_points[@]}"; do
	killed_at "$number" "${command[@]}"
	! vela baseline show another >/dev/null 2>&1 || run vela baseline delete another || problem "delete: $stderr"
	wait_until 3 is_clean || problem "left: $(left_in_pool) $(on_production)"
done
sweep "baseline create" 12
ok "and then it can be taken" "${command[@]}"

# --- baseline create, while production keeps it waiting: what it runs must not outlive it ---

run vela baseline delete another
hold_backups
"${command[@]}" >/dev/null 2>&1 &
taking=$!
ok "a copy that production keeps waiting" wait_until 10 backup_runs
kill -KILL "$taking"
wait "$taking" 2>/dev/null
no_backup_runs() {
	! backup_runs
}
ok "it ends with the vela that asked for it" wait_until 1 no_backup_runs
release_backups
wait_until 3 is_clean
is "and nothing is left of it" "$(left_in_pool; on_production)" ""
