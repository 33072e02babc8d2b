#!/usr/bin/env bash
# tests/run, fed with programs that pass, fail, crash, skip, hang, lie and leave things behind.
set -uo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/selftest.XXXXXX")
trap 'rm -rf -- "$work"' EXIT
mkdir "$work/with space"
number=0

# program NAME <<SCRIPT: a test program of that content.
program() {
	cat >"$work/with space/$1"
	chmod +x "$work/with space/$1"
}

# run PROGRAM...: what tests/run prints goes to $work/out.
run() {
	local arguments=() name
	for name in "$@"; do
		arguments+=("$work/with space/$name")
	done
	VELA_TEST_TIMEOUT=${limit:-20} VELA_TEST_PG18="" "$top/tests/run" "${arguments[@]}" >"$work/out" 2>&1
	status=$?
}

# expect TITLE STATUS LAST-LINE [TEXT...]: TEXT stands somewhere in the output.
expect() {
	local title=$1 wanted_status=$2 wanted_line=$3 text problem=
	shift 3
	number=$((number + 1))
	[[ $status == "$wanted_status" ]] || problem="exit code $status, not $wanted_status"
	[[ $(tail -n 1 "$work/out") == "$wanted_line" ]] || problem="last line is not \"$wanted_line\""
	for text in "$@"; do
		grep -qF -- "$text" "$work/out" || problem="\"$text\" is missing"
	done
	if [[ -z $problem ]]; then
		echo "ok $number - $title"
	else
		echo "not ok $number - $title"
		echo "# $problem"
		sed 's/^/# /' "$work/out"
		failed=1
	fi
}

echo 1..25

program passing.sh <<'SCRIPT'
echo 1..2
echo 'ok 1 - a'
echo 'ok 2'
SCRIPT
run passing.sh
expect "a passing program" 0 "2 passed, 0 failed" "with space/passing.sh: 2 passed, 0 failed, "

program late-plan.sh <<'SCRIPT'
echo 'ok 1 - a'
echo 'okay, this is no result'
echo 1..1
SCRIPT
run late-plan.sh passing.sh
expect "several programs, a plan at the end" 0 "3 passed, 0 failed"

program executable <<'SCRIPT'
#!/bin/sh
echo 1..1
echo ok 1
SCRIPT
run executable
expect "an executable" 0 "1 passed, 0 failed"

program failing.sh <<'SCRIPT'
echo 1..3
echo 'ok 1 - a'
echo 'not ok 2 - b'
echo '# the reason of the failure'
echo 'ok 3 - c'
exit 1
SCRIPT
run failing.sh passing.sh
expect "a failing program is shown in full" 1 "4 passed, 1 failed" "FAILED" "# the reason of the failure"

program lenient.sh <<'SCRIPT'
echo 1..1
echo 'not ok 1 - b'
SCRIPT
run lenient.sh
expect "a failed test though the exit code is 0" 1 "0 passed, 1 failed"

program silent-failure.sh <<'SCRIPT'
echo 1..1
echo 'ok 1 - a'
echo 'cannot clean up' >&2
exit 3
SCRIPT
run silent-failure.sh
expect "an exit code though every test passed" 1 "1 passed, 1 failed" "exit code 3" "cannot clean up"

program crashing.sh <<'SCRIPT'
echo 1..3
echo 'ok 1 - a'
kill -SEGV $$
SCRIPT
run crashing.sh
expect "a crash" 1 "1 passed, 2 failed" "2 not run" "killed by signal 11"

program crashing-at-the-end.sh <<'SCRIPT'
echo 1..1
echo 'ok 1 - a'
kill -ABRT $$
SCRIPT
run crashing-at-the-end.sh
expect "a crash after all tests" 1 "1 passed, 1 failed" "killed by signal 6"

program skipping.sh <<'SCRIPT'
echo 1..2
echo 'ok 1 - a # SKIP no Postgres'
echo 'ok 2 - b'
SCRIPT
run skipping.sh
expect "a skip" 1 "1 passed, 1 failed" "1 skipped"

program skipping-all.sh <<'SCRIPT'
echo '1..0 # SKIP not root'
SCRIPT
run skipping-all.sh
expect "a program that skips everything" 1 "0 passed, 1 failed" "skipped as a whole"

program empty.sh </dev/null
run empty.sh
expect "a program that says nothing" 1 "0 passed, 1 failed" "no plan"

program planless.sh <<'SCRIPT'
echo 'ok 1 - a'
SCRIPT
run planless.sh
expect "results without a plan" 1 "1 passed, 1 failed" "no plan"

program testless.sh <<'SCRIPT'
echo 1..0
SCRIPT
run testless.sh
expect "a plan without tests" 1 "0 passed, 1 failed" "no tests"

program fewer.sh <<'SCRIPT'
echo 1..5
echo 'ok 1 - a'
SCRIPT
run fewer.sh
expect "fewer tests than announced" 1 "1 passed, 4 failed" "4 not run"

program more.sh <<'SCRIPT'
echo 1..1
echo 'ok 1 - a'
echo 'ok 2 - b'
SCRIPT
run more.sh
expect "more tests than announced" 1 "2 passed, 1 failed" "1 more than planned"

program hanging.sh <<'SCRIPT'
echo 1..2
echo 'ok 1 - a'
sleep 100
SCRIPT
limit=1 run hanging.sh
expect "a program that hangs" 1 "1 passed, 1 failed" "time limit of 1 s"

run missing
expect "a program that is not there" 1 "0 passed, 1 failed" "no plan"

program environment.sh <<'SCRIPT'
echo 1..5
[[ -d $TMPDIR && ${#TMPDIR} -lt 24 && $HOME == "$TMPDIR" ]] || printf 'not '; echo 'ok 1'
[[ -z ${GITHUB_ACTIONS+x}${PGHOST+x}${VELA_POOL+x}${GIT_DIR+x} ]] || printf 'not '; echo 'ok 2'
[[ -e tests/run ]] || printf 'not '; echo 'ok 3'
[[ -z $(cat) ]] || printf 'not '; echo 'ok 4'
touch "$TMPDIR/left" && [[ $(stat -c %a "$TMPDIR") == 1777 ]] || printf 'not '; echo 'ok 5'
SCRIPT
export GITHUB_ACTIONS=true PGHOST=production VELA_POOL=/ GIT_DIR=/
run environment.sh <<<"input"
unset GITHUB_ACTIONS PGHOST VELA_POOL GIT_DIR
expect "the environment of a program" 0 "5 passed, 0 failed"

# --- a second run ---

# Fails beside others, and where it finds them still at work; it passes on its second run.
flaky() { # NAME [COMMAND]
	program "$1" <<-SCRIPT
		echo 1..2
		echo 'ok 1 - a'
		if [[ ! -e "$work/$1.ran" ]]; then
			touch "$work/$1.ran"
			${2-}
			echo "not ok 2 - b: the machine was busy"
			exit 1
		fi
		[[ -e "$work/slow" ]] || printf 'not '
		echo 'ok 2 - b'
	SCRIPT
}

program slow.sh <<SCRIPT
sleep 1
touch "$work/slow"
echo 1..1
echo 'ok 1 - a'
SCRIPT

flaky flaky.sh "sleep 100 &" # what it leaves then is not held against it
run flaky.sh slow.sh passing.sh
expect "what failed beside others and passes alone has passed, and is named" 0 "5 passed, 0 failed" \
	"flaky.sh: failed beside others, passed alone" "not ok 2 - b: the machine was busy" "FLAKY, passed alone only: "

run failing.sh passing.sh
expect "what fails twice has failed, and both runs are shown" 1 "4 passed, 1 failed" "failing.sh, alone"

flaky flaky-among-broken.sh
run flaky-among-broken.sh failing.sh slow.sh
expect "of two that failed one may pass alone" 1 "5 passed, 1 failed" "FLAKY, passed alone only: "

flaky single.sh
run single.sh
expect "what ran alone is not run again" 1 "1 passed, 1 failed"

several=()
for name in {1..6}.sh; do
	flaky "$name"
	several+=("$name")
done
run "${several[@]}"
expect "where many fail none is run again" 1 "6 passed, 6 failed"

# --- what is left behind ---

# Three processes, each of which gives itself away by one thing only. Their arguments are nobody else's.
program leaving-processes.sh <<SCRIPT
echo 1..1
echo 'ok 1 - a'
ln -s "\$(command -v sleep)" "\$TMPDIR/by-arguments"
(cd / && exec env -i setsid "\$TMPDIR/by-arguments" 1$$ &) >/dev/null 2>&1
(cd "\$TMPDIR" && exec env -i setsid sleep 2$$ &) >/dev/null 2>&1
(cd / && exec setsid sleep 3$$ &) >/dev/null 2>&1
sleep 0.3
SCRIPT
run leaving-processes.sh
for argument in 1$$ 2$$ 3$$; do
	if grep -qszxF -- "$argument" /proc/[0-9]*/cmdline; then
		status=left
	fi
done
expect "processes left behind are found and ended" 1 "1 passed, 1 failed" "nothing is left behind" \
	"by-arguments 1$$" "sleep 2$$" "sleep 3$$"

program leaving-mounts.sh <<SCRIPT
echo 1..1
mkdir "\$TMPDIR/a mount"
truncate -s 16M "\$TMPDIR/image$$"
mkfs.ext4 -q "\$TMPDIR/image$$" && mount -o loop "\$TMPDIR/image$$" "\$TMPDIR/a mount" || printf 'not '
echo 'ok 1 - mounted'
SCRIPT
run leaving-mounts.sh
if grep -qsF "image$$" /sys/block/loop*/loop/backing_file; then
	status=left
fi
expect "mounts and loop devices left behind are found and removed" 1 "1 passed, 1 failed" "nothing is left behind" \
	"mount " "loop device /dev/loop"

exit "${failed:-0}"
