#!/usr/bin/env bash
# Three pull requests at GitHub, from the first checkout to the cleanup: ../support/ci/story.sh.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=../support/ci/lib.sh
source "$top/tests/support/ci/lib.sh"
# shellcheck source=../support/ci/story.sh
source "$top/tests/support/ci/story.sh"

# The first time it is opened; from then on it is pushed to.
ci_checks() {
	local action=opened
	[[ ! -d runs/$1-opened ]] || action=synchronize
	github "$1" "$action" "$examples/github/workflows/vela-jobs.yml"
}

ci_status() {
	echo success failure
}

start_story github
tell_story
done_testing
