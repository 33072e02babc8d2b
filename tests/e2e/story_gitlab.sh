#!/usr/bin/env bash
# Three merge requests at GitLab, from the first checkout to the cleanup: ../support/ci/story.sh.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=../support/ci/lib.sh
source "$top/tests/support/ci/lib.sh"
# shellcheck source=../support/ci/story.sh
source "$top/tests/support/ci/story.sh"

ci_checks() {
	gitlab "$1"
}

ci_status() {
	echo success failed
}

start_story gitlab
tell_story
done_testing
