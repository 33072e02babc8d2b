#!/usr/bin/env bash
# vela gc with 200 branches, 180 of whose git branches were merged in all four ways: it takes seconds, no wrong one goes, and
# when it is killed, the next one ends where it would have.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/support/sweep.sh
source "$top/tests/support/sweep.sh"
# shellcheck source=tests/support/plant.sh
source "$top/tests/support/plant.sh"

plan 7
make_repository shop
shop_pool
plant_model
must vela branch protect model
git config gc.auto 0

names() { find "$pool/branches/shop" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -V | tr '\n' ' '; }

# Each has two commits: a migration of its own, and a line in a file that all of them change.
git_branches() {
	local i
	seq 1000 >changelog
	git add changelog
	git commit -qm first
	for i in $(seq "$1"); do
		git checkout -qb "b$i" main
		echo "$i" >"m$i.sql"
		git add .
		git commit -qm "migration $i"
		sed -i "$((i * 4))s/.*/change $i/" changelog
		git commit -qam "change $i"
		git checkout -q main
		merge_branch "$i"
	done
} >/dev/null

# Every tenth stays: in part it is not merged at all, in part half of it was, or it went on afterwards.
merge_branch() {
	case $(($1 % 20)) in
	0) ;;
	10) git commit -q --allow-empty -m "before $1" && git cherry-pick "b$1~1" && git commit -q --amend -m "half of $1" ;;
	1 | 5 | 9 | 13) git merge -q --no-ff "b$1" ;;
	2 | 6 | 14 | 18)
		git merge -q --ff-only "b$1" || { git rebase -q main "b$1" && git checkout -q main && git merge -q --ff-only "b$1"; }
		;;
	3 | 7 | 11 | 15 | 17) git merge -q --squash "b$1" && git commit -qm "squash $1" ;;
	*) git commit -q --allow-empty -m "before $1" && git cherry-pick "b$1~1" "b$1" ;;
	esac
}

stays() {
	seq 10 10 "$1" | sed 's/^/b/' | tr '\n' ' '
}

must git_branches 200
is "there are 200 git branches" "$(git branch --list 'b*' | wc -l)" 200
for i in {1..200}; do
	plant "b$i" '.git_branch = $a | .git_directory = $b' "b$i" "$work/shop/.git" || must false
done

began=$SECONDS
must vela gc --dry-run -o json
is "gc would remove 180" "$(jq '[.items[] | select(.outcome == "removed")] | length' <<<"$stdout")" 180
is "merged in four ways" "$(jq -r '.items[].reason' <<<"$stdout" | grep -o '([a-z-]*)' | sort | uniq -c | tr -s ' \n' ' ')" \
	" 40 (fast-forward) 40 (merge) 50 (rebase) 50 (squash) "
diag "a dry run took $((SECONDS - began)) s"

# --- killed ---

for point in "rename 1" "unlink 30" "rename 20"; do
	killed_at "$point" "$vela_binary" gc
	[[ $(names) == *" b200 model "* ]] || problem "the last one is gone"
done
sweep "gc is killed" 3

began=$SECONDS
must vela gc
diag "gc took $((SECONDS - began)) s"
is "the next one ends where it would have" "$(names)" "$(stays 200)model "
rm -rf .git
for i in $(seq 10 10 200); do
	must vela branch delete "b$i"
done

# Before each of the calls with which few go: a parent with its child, and one that a server runs on.
family() {
	local past='.expires_at = "2020-01-01T00:00:00Z"'
	[[ -d $pool/branches/shop/parent ]] || plant parent "$past"
	[[ -d $pool/branches/shop/child ]] || plant child "$past | .parent = \"parent\""
	[[ -d $pool/branches/shop/running ]] || run vela branch create running
	jq "$past" "$pool/branches/shop/running/branch.json" >"$work/record"
	cat "$work/record" >"$pool/branches/shop/running/branch.json"
}

family
mapfile -t gc_points < <(points rename,unlink,unlinkat,rmdir,ioctl,write,pidfd_send_signal,ftruncate 4 "$vela_binary" gc)
for i in "${!gc_points[@]}"; do
	family
	killed_at "${gc_points[i]}" "$vela_binary" gc
	run vela gc || problem "the next gc: $stdout"
	[[ $(names) == "model " ]] || problem "it leaves $(names)"
done
sweep "killed anywhere, the next gc ends in the same state" 20
must vela branch unprotect model
must vela branch delete model
ok "and nothing is left behind" nothing_left
