#!/usr/bin/env bash
# The documentation says what the program does: what is made from its tables is up to date, what is written by hand names
# only commands, options, keys and files that there are.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

up_to_date() { # FILE COMMAND...
	local file=$1
	shift
	vela "$@" | diff "$top/docs/$file" - || {
		echo "run: make docs"
		return 1
	}
}

links_lead_somewhere() {
	local file link
	for file in "$top"/*.md "$top"/docs/*.md; do
		while read -r link; do
			[[ -e ${file%/*}/${link%%#*} ]] || { echo "$file: $link"; return 1; }
		done < <(grep -oE '\]\([^)#][^)]*\)' "$file" | sed -E 's/^\]\(|\)$//g' | grep -vE '^(https?|mailto):' || true)
	done
}

# What stands in `…`, or begins a line of a block of code.
named_commands() {
	grep -ohE '`vela [^`]*`' "$@" | tr -d '`'
	awk '/^```/ { on = !on; next } on && /^(\$ )?vela / { sub(/^\$ /, ""); print }' "$@"
}

commands_exist() {
	local line command option
	vela help --markdown | sed -n 's/^## vela //p' >commands
	mapfile -t lines < <(named_commands "$top/README.md" "$top/docs/ARCHITECTURE.md" | sort -u)
	[[ ${#lines[@]} -gt 0 ]]
	for line in "${lines[@]}"; do
		[[ $line != "vela "[-C]* ]] || continue # of all commands
		command=$(awk -v line="${line#vela } " 'index(line, $0 " ") == 1' commands)
		[[ -n $command ]] || { echo "there is no command: $line"; return 1; }
		# shellcheck disable=SC2086 # words
		vela $command -h >options
		for option in $(grep -oE -- '(^| )--[a-z][a-z-]*' <<<"${line%% -- *}" || true); do
			grep -qE -- "^ +(-., )?$option( |$)" options || { echo "$command has no $option: $line"; return 1; }
		done
	done
}

files_exist() {
	local file
	while read -r file; do
		[[ -e $top/$file ]] || compgen -G "$top/$file" >/dev/null || { echo "there is no $file"; return 1; }
	done < <(grep -oE '`(src|cmd|tests|templates|docs)/[A-Za-z0-9_./*-]+`' "$top/docs/ARCHITECTURE.md" "$top/README.md" -h | tr -d '`' | sort -u)
}

# A folder of src/ that the map does not show is one that nobody finds.
map_is_complete() {
	local folder
	for folder in "$top"/src/*/ "$top/cmd/"; do
		folder=${folder#"$top"/}
		grep -q "^    $folder " "$top/docs/ARCHITECTURE.md" || { echo "$folder is not on the map"; return 1; }
	done
}

example_of_the_readme_is_valid() {
	awk '/^```ya?ml/ { n++; on = 1; next } /^```/ { on = 0 } on { print > ("example." n ".yml") }' "$top/README.md"
	local file
	for file in example.*.yml; do
		[[ -e $file ]] || continue
		gives 4 vela --config "$file" --pool "$work/none" branch list
	done
}

prove "docs/commands.md is up to date" up_to_date commands.md help --markdown
prove "docs/config.md is up to date" up_to_date config.md schema --markdown
prove "links lead somewhere" links_lead_somewhere
prove "commands and options that are named exist" commands_exist
prove "files that are named exist" files_exist
prove "the map of the sources is complete" map_is_complete
prove "the README's vela.yml is valid" example_of_the_readme_is_valid
done_testing
