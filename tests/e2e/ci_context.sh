#!/usr/bin/env bash
# Each recorded run of each CI system gets the database that it should.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

export VELA_POOL=$work/pool

# expected RECORDING FIELD: what the recording's head says of it
expected() {
	sed -n "s/^# $2: //p" "$top/tests/ci/$1.env"
}

run_as() {
	local run_variables
	read_recording "$1"
	shift
	env "${run_variables[@]}" "$@"
}

recorded_run() {
	local name=$1 number branch
	number=$(expected "$name" pull_request)
	branch=$(expected "$name" branch)
	if [[ -n $(expected "$name" system) && $(expected "$name" origin) != repository ]]; then
		gives 6 run_as "$name" "$vela_binary" branch create
		says "fork"
		return
	fi
	if [[ -z $number$branch ]]; then
		gives 2 run_as "$name" "$vela_binary" branch create
		says "which branch?"
		return
	fi
	gives 0 run_as "$name" "$vela_binary" branch create -o json
	holds --arg branch "$branch" --arg commit "$(expected "$name" commit)" --argjson number "${number:-null}" \
		'.created and .pull_request == $number and .git == {branch: $branch, commit: $commit}'
	if [[ -n $number ]]; then
		holds --arg number "$number" '.name == "pr-" + $number'
	fi
	gives 0 run_as "$name" "$vela_binary" url
	gives 0 run_as "$name" "$vela_binary" branch delete -o json
	holds .deleted
}

start_production 50
must production_stop fast
must vela pool create "$VELA_POOL" --size 2G
must vela baseline create production --from "$production_data"
make_repository .
must git commit -q --allow-empty -m first
must git checkout -q --detach # as runners do

for recording in "$top"/tests/ci/*.env; do
	recording=${recording##*/}
	prove "${recording%.env}" recorded_run "${recording%.env}"
done
done_testing
