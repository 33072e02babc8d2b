#!/usr/bin/env bash
# vela is killed (SIGKILL) before each of the system calls with which it renames a branch that runs, has a child and
# belongs to a git branch. The next command finds it under one of the two names, whole, and finishes.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/support/sweep.sh
source "$top/tests/support/sweep.sh"
# shellcheck source=tests/support/hooks.sh
source "$top/tests/support/hooks.sh"

plan 2
hooks_pool
must plain_repository rename
cd "$work/rename" || exit 1

names() {
	vela branch list -o json | jq -r '[.branches[] | select(.name | test("^(one|two)$")).name] | join(" ")'
}

ports() {
	find "$pool/ports" -mindepth 1 -printf '%l\n' | sort | tr '\n' ' '
}

make_both() {
	run git checkout -q -B one main || problem "git: $stderr"
	run vela branch create || problem "cannot make it: $stderr"
	run vela psql -- -Xqc 'CREATE TABLE mine ()' || problem "cannot write to it: $stderr"
	run vela branch create child --from one || problem "cannot make the child: $stderr"
}

# whole NAME: that is what it is called, and it is what it was.
whole() {
	[[ $(names) == "$1" ]] || problem "called: $(names)"
	[[ $(timeout 60 "$vela_binary" psql "$1" -- -XAtc "SELECT to_regclass('mine')" 2>&1) == mine ]] || problem "lost its table"
	[[ $(ports) == "rename/child rename/$1 " ]] || problem "ports: $(ports)"
	[[ $(vela branch show child -o json | jq -r .parent) == "$1" ]] || problem "its child has no parent"
	run vela branch reset child || problem "its child cannot be reset: $stderr"
	[[ -z $(jq -r '.renamed_from // empty' "$pool/branches/rename/$1/branch.json") ]] || problem "not finished"
}

clean() {
	local name
	for name in child one two; do
		run vela branch delete "$name" || problem "cannot delete $name: $stderr"
	done
	wait_until 3 nothing_left || problem "left: $(left_in_pool)"
}

changing=symlink,mkdir,rename,fsync,unlink,ftruncate,pidfd_send_signal,sendto,connect

# --- asked for: again until it is done ---

make_both
mapfile -t rename_points < <(points $changing 5 "$vela_binary" branch rename one two)
clean
for i in "${!rename_points[@]}"; do
	make_both
	killed_at "${rename_points[i]}" "$vela_binary" branch rename one two
	((i % 2)) || run vela gc || problem "gc: $stdout"
	if [[ $(names) == one ]]; then
		usable one || problem "it cannot be used under its old name"
		run vela branch rename one two || problem "the next rename: $stderr"
	else
		run vela branch start two || problem "it does not start: $stderr"
	fi
	whole two
	clean
done
sweep "vela branch rename" 18

# --- because git renamed: whatever comes next; the steps are the same, so that every third is enough ---

for ((i = 0; i < ${#rename_points[@]}; i += 3)); do
	make_both
	run git branch -M one two || problem "git: $stderr"
	killed_at "${rename_points[i]}" "$vela_binary" url
	if ((i % 2)); then
		run vela gc || problem "gc: $stdout"
		[[ $stdout != *"branch rename/one"* ]] || problem "gc took it for gone: $stdout"
	fi
	run vela branch start || problem "the next command: $stderr"
	whole two
	clean
	git config --unset branch.two.vela
done
sweep "git branch -m" 8
