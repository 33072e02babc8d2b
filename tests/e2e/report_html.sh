#!/usr/bin/env bash
# The page of a report in a real browser: at a phone's and a desktop's width, in light and in dark.
source "${BASH_SOURCE[0]%/*}/lib.sh"

# What renders the pages of the reports that the unit tests are made of.
renderer=${vela_binary%/*}/tests/report/test_html
[[ -x $renderer ]] || renderer=$top/build/release/tests/report/test_html
[[ -x $renderer ]] || must make -s -C "$top" build/release/tests/report/test_html

mkdir pages profile odd
(cd "$top" && VELA_TEST_PAGES=$work/pages "$renderer") >"$work/rendered" 2>&1 || diag "$(<"$work/rendered")"

browse() {
	timeout 60 node "$top/tests/support/browser.mjs" "$work/profile" "$@"
}

all_are_there() {
	local name
	for name in silent story hazards plans workload reversal poisoned crowded; do
		[[ -s pages/$name.html ]] || return 1
	done
}

# What the next test trusts in: a page with each of the faults that are looked for.
faults_are_seen() {
	cat >odd/page.html <<-'HTML'
		<!DOCTYPE html><title>odd</title><meta name="viewport" content="width=device-width"><p style="width: 700px; color: #ccc">pale</p>
		<img src="missing.png"><script>console.log(1)</script>
	HTML
	gives 1 browse odd/page.html
	says "at 390 in light: is 7" "contrast of 1" "asks for file" "runs a script"
}

nothing_is_wrong() {
	gives 0 browse pages/*.html
	same "$(cat "$out")" ""
}

ok "there is a page of each report" all_are_there
prove "the browser sees what is wrong with a page" faults_are_seen
rm -rf profile && mkdir profile
prove "pages fit the window, can be read, ask for nothing and run nothing" nothing_is_wrong
done_testing
