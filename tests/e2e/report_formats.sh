#!/usr/bin/env bash
# What is written for other programs is what they say they read. The reports are those that the unit tests compare the
# renderers' output with, hostile ones among them; the schemas are the formats' own, where there is one to be had.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

goldens=$top/tests/golden/report
support=$top/tests/support/validators
validators=$("$top/tests/support/install-deps" --print-validators)
export NODE_PATH=$validators/node_modules

validate() { # SCHEMA FILE...
	node "$support/validate.js" "$@"
}

sarif_is_valid() {
	validate "$validators/sarif-2.1.0.json" "$goldens"/*.sarif.json
}

code_quality_is_valid() {
	validate "$support/codequality.schema.json" "$goldens"/*.codequality.json
}

junit_is_valid() {
	xmllint --noout --nonet --schema "$support/junit.xsd" "$goldens"/*.junit.xml
}

# GitLab takes two findings with one fingerprint for one.
fingerprints_are_unique() {
	local file
	for file in "$goldens"/*.codequality.json; do
		jq -e 'map(.fingerprint) | length == (unique | length)' "$file" >/dev/null || { echo "$file"; return 1; }
	done
}

rules_are_where_results_say() {
	local file
	for file in "$goldens"/*.sarif.json; do
		jq -e '.runs[] | .tool.driver.rules as $rules | .results | all($rules[.ruleIndex].id == .ruleId)' "$file" \
			>/dev/null || { echo "$file"; return 1; }
	done
}

# A suite says how many cases of which outcome it has; what it says is so.
junit_counts_are_right() {
	local file attribute element
	for file in "$goldens"/*.junit.xml; do
		while read -r attribute element; do
			same "$(xmllint --xpath "sum(//testsuite/@$attribute) = count(//$element)" "$file")" true
			same "$(xmllint --xpath "/testsuites/@$attribute = count(//$element)" "$file")" true
		done <<<$'tests testcase\nfailures failure\nerrors error\nskipped skipped'
	done
}

# The validators do find what is wrong.
wrong_ones_are_found() {
	local story=$goldens/story
	jq '.runs[0].results[0].level = "fatal"' "$story.sarif.json" >wrong.sarif.json
	not validate "$validators/sarif-2.1.0.json" wrong.sarif.json
	jq '.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri = "a b%"' "$story.sarif.json" >wrong.sarif.json
	not validate "$validators/sarif-2.1.0.json" wrong.sarif.json
	jq '.[0].severity = "bad"' "$story.codequality.json" >wrong.codequality.json
	not validate "$support/codequality.schema.json" wrong.codequality.json
	sed '0,/ name="[^"]*" file=/s// file=/' "$story.junit.xml" >wrong.junit.xml
	not xmllint --noout --nonet --schema "$support/junit.xsd" wrong.junit.xml
}

prove "SARIF is valid by the standard's schema" sarif_is_valid
prove "Code Quality is valid" code_quality_is_valid
prove "JUnit is valid" junit_is_valid
prove "fingerprints are unique" fingerprints_are_unique
prove "SARIF's rules are where its results say" rules_are_where_results_say
prove "JUnit's counts are right" junit_counts_are_right
prove "what is wrong is found" wrong_ones_are_found
done_testing
