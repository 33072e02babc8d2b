#!/usr/bin/env bash
# The one step of action.yml. What it is to do comes through the environment, so that no text of a pull request is ever
# part of a script.
set -euo pipefail

vela=("$INPUT_VELA")
[[ -z $INPUT_POOL ]] || vela+=(--pool "$INPUT_POOL")

output() {
	echo "$1=$2" >>"$GITHUB_OUTPUT"
}

# Masked first: what is printed before its mask stays in the log for good.
tell_database() {
	local variables DATABASE_URL PGHOST PGPASSWORD
	variables=$("${vela[@]}" url --format env)
	eval "$variables"
	echo "::add-mask::$PGPASSWORD"
	echo "::add-mask::$DATABASE_URL"
	output db_host "$PGHOST"
	output db_url "$DATABASE_URL"
}

# What a migration's author wrote is in what vela prints, and the runner takes a line of it for a command that looks like
# one, indented or not. So it is told to stop that, and the annotations come afterwards.
check() {
	local report=$RUNNER_TEMP/vela-report.md annotations=$RUNNER_TEMP/vela-annotations code=0 more resume
	local arguments=(--fresh --keep "$INPUT_KEEP" --report "github=$annotations" --report "markdown=$report")
	[[ $INPUT_PUBLISH != true ]] || arguments+=(--publish)
	while read -r more; do
		[[ -z $more ]] || arguments+=(--report "$more")
	done <<<"$INPUT_REPORTS"
	rm -f "$annotations" "$report"
	resume=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	echo "::stop-commands::$resume"
	"${vela[@]}" check "${arguments[@]}" 2>&1 || code=$?
	echo "::$resume::"
	[[ ! -e $annotations ]] || cat "$annotations"
	output report "$report"
	if "${vela[@]}" branch show >/dev/null 2>&1; then
		tell_database
	fi
	return "$code"
}

create() {
	local branch
	branch=$("${vela[@]}" branch create -o json)
	output created "$(jq -r .created <<<"$branch")"
	output branch_id "$(jq -r .name <<<"$branch")"
	tell_database
}

delete() {
	"${vela[@]}" branch delete
}

case $INPUT_COMMAND in
check | create | delete) "$INPUT_COMMAND" ;;
*)
	echo "::error title=vela::command is check, create or delete, not \"$INPUT_COMMAND\""
	exit 2
	;;
esac
