#!/usr/bin/env bash
# What vela says about itself, and to whoever mistypes: help, manual, completion, suggestions, exit codes. Needs no pool.
# shellcheck disable=SC2016,SC2119
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

commands=(init doctor "pool create" "pool show" "pool mount" "pool unmount" "pool destroy"
	"baseline create" "baseline refresh" "baseline list" "baseline show" "baseline delete"
	"branch create" "branch list" "branch show" "branch reset" "branch delete" "branch start" "branch stop"
	"branch protect" "branch unprotect" "branch expire" "branch rename" url psql exec check migrate validate diff
	"report publish" gc "hooks install" "hooks uninstall" "hooks status" "hooks run" logs events schema
	completion help)
global_options=(directory config pool output quiet verbose no-color help version)

# The options of a command or of the overview, as its help lists them.
options_of() { sed -nE 's/^  (-., |    )(--[a-z-]+).*/\2/p' | sort -u; }

fits_80_columns() {
	local command
	gives 0 vela -h
	same "$(awk '{ if (length > 80) print }' "$out")" ""
	for command in "${commands[@]}"; do
		# shellcheck disable=SC2086 # two words
		gives 0 vela $command -h
		same "$(awk -v c="$command" 'length > 80 { print c ": " $0 }' "$out")" ""
	done
}

overview_is_complete() {
	local command option
	gives 0 vela -h
	for command in "${commands[@]}"; do
		grep -qE "^  $command +[a-z]" "$out" || { echo "not in the overview: $command"; return 1; }
	done
	same "$(sed -n '/^Commands:/,/^$/p' "$out" | grep -c '^  ')" "${#commands[@]}"
	for option in "${global_options[@]}"; do
		says "--$option"
	done
	for code in 0 1 2 3 4 5 6 7 8 9 10 130; do
		grep -qE "^ +$code  [A-Za-z]" "$out" || { echo "exit code $code is not explained"; return 1; }
	done
	vela --help | cmp - "$out"
	vela help | cmp - "$out"
}

options_are_aligned() {
	gives 0 vela check -h
	same "$(grep -E '^ +(-., )?--' "$out" | grep -cvE '^.{26}  [^ ]')" 0
}

every_command_has_help() {
	local command
	for command in "${commands[@]}"; do
		# shellcheck disable=SC2086 # two words
		gives 0 vela $command -h
		grep -q "^usage: vela $command" "$out"
		cp "$out" help
		same "$(options_of <help | comm -12 - <(printf -- '--%s\n' "${global_options[@]}" | sort) | wc -l)" "${#global_options[@]}"
		# shellcheck disable=SC2086
		vela help $command | cmp - help
		# shellcheck disable=SC2086
		vela $command --help | cmp - help
	done
}

groups_have_help() {
	local group
	for group in pool baseline branch report hooks; do
		gives 0 vela "$group" -h
		grep -q "^usage: vela $group COMMAND" "$out"
		same "$(grep -c "^  $group " "$out")" "$(printf '%s\n' "${commands[@]}" | grep -c "^$group ")"
		gives 0 vela help "$group"
		gives 2 vela "$group"
		says "vela $group -h"
	done
}

# The section of one command in docs/commands.md: what stands below its title.
section() { awk -v title="## vela $1" '$0 == title { on = 1; next } /^## / { on = 0 } on' markdown; }

documents_agree() {
	local command option
	vela help --markdown >markdown
	vela help --man | sed 's/\\-/-/g' >manual
	for command in "${commands[@]}"; do
		grep -qxF "## vela $command" markdown
		grep -qE "^\.SS vela $command( |$)" manual
		# shellcheck disable=SC2086 # two words
		vela $command -h | sed '/^Global options:/,$d' | options_of >listed
		section "$command" | sed -nE 's/^\| `(-., )?(--[a-z-]+).*/\2/p' | sort | diff listed -
		awk -v c="$command" '/^\.S[SH] / { on = index($0 " ", ".SS vela " c " ") == 1 } on' manual |
			sed -nE 's/^\.B (-., )?(--[a-z-]+).*/\2/p' | sort | diff listed -
	done
	same "$(grep -c '^## vela ' markdown)" "${#commands[@]}"
	same "$(grep -c '^\.SS ' manual)" "${#commands[@]}"
	for option in "${global_options[@]}"; do
		sed -n '/^## Global/,/^## Exit/p' markdown | grep -qE -- "--$option\b"
		sed -n '/^\.SH GLOBAL/,/^\.SH COMMANDS/p' manual | grep -qE -- "--$option\b"
	done
}

# Only requests that every formatter knows, and no text that it would take for one.
manual_is_well_formed() {
	vela help --man >manual
	same "$(head -n 1 manual)" ".TH VELA 1 \"\" \"$(vela --version)\""
	same "$(grep "^[.']" manual | grep -vE '^\.(TH|SH|SS|TP|PP|B)( |$)' || true)" ""
	same "$(grep -A 1 '^\.TP' manual | grep -vE '^(\.TP|\.B .+|[0-9]+|--)$' || true)" ""
	same "$(grep -nE '(^|[^\\])-' manual | grep -v ' \\- ' || true)" ""
}

# What bash offers when WORDS are typed; the last word is the unfinished one.
offered() {
	bash -c 'source <(cat completion.bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _vela; printf "%s\n" "${COMPREPLY[@]}"' \
		bash vela "$@" | sort -u
}

bash_completes() {
	local command expected
	vela completion bash >completion.bash
	bash -c 'set -u; source ./completion.bash; complete -p vela' >registered
	grep -q -- '-F _vela vela' registered
	same "$(offered '')" "$(printf '%s\n' "${commands[@]%% *}" | sort -u)"
	same "$(offered bran)" branch
	same "$(offered branch '')" "$(printf '%s\n' "${commands[@]}" | sed -n 's/^branch //p' | sort)"
	same "$(offered branch un)" unprotect
	same "$(offered hooks run pre)" pre-push
	same "$(offered completion z)" zsh
	for command in "${commands[@]}"; do
		# shellcheck disable=SC2086 # two words
		expected=$(vela $command -h | options_of)
		# shellcheck disable=SC2086
		same "$(offered $command --)" "$expected"
	done
}

other_shells_complete() {
	local command option
	vela completion zsh >completion.zsh
	same "$(head -n 1 completion.zsh)" "#compdef vela"
	grep -q 'bashcompinit' completion.zsh
	vela completion fish >completion.fish
	for command in "${commands[@]}"; do
		grep -qE -- "-a '${command#* }'" completion.fish
		# shellcheck disable=SC2086 # two words
		for option in $(vela $command -h | options_of); do
			grep -qE -- "-l ${option#--}( |$)" completion.fish
		done
	done
	gives 2 vela completion tcsh
	says 'tcsh' 'bash, zsh and fish'
	gives 2 vela completion
}

suggests() { # WANTED WORD...
	local wanted=$1
	shift
	gives 2 vela "$@"
	says "did you mean" "$wanted"
	same "$(wc -c <"$out")" 0
}

misspelt_words_get_suggestions() {
	suggests 'vela check?' cehck
	suggests 'vela branch list?' branch lst
	suggests 'vela branch create?' branhc create
	suggests 'vela baseline refresh?' baselin refresh production
	suggests 'vela branch?' brnach
	suggests 'vela pool create?' pool craete /nowhere
	suggests '--protect?' branch create --protct
	suggests '--baseline?' branch create --basline=x
	suggests '--verbose?' --verbos
	suggests 'vela help check' help chek
	gives 2 vela quux
	says 'there is no command "quux"' 'vela -h'
	says_not 'did you mean'
	gives 2 vela branch quuxquux
	says 'there is no command "branch quuxquux"' 'vela branch -h'
}

wrong_usage_ends_with_2() {
	gives 2 vela
	says 'vela -h'
	gives 2 vela ''
	gives 2 vela branch ''
	gives 2 vela branch list extra
	says '"extra"' 'usage: vela branch list'
	gives 2 vela pool create
	says 'needs DIR' 'usage: vela pool create [OPTIONS] DIR'
	gives 2 vela baseline create x
	says '--from'
	gives 2 vela branch create a --baseline b --from c
	gives 2 vela branch create a --expires soon
	says '"soon"' '7d'
	gives 2 vela branch expire
	gives 2 vela branch create --expires
	says '--expires needs a value'
	gives 2 vela branch create --protect=yes
	says '--protect takes no value'
	gives 2 vela -x
	gives 2 vela -hx
	gives 2 vela -o yaml doctor
	says 'text and json'
	gives 2 vela -C "$work/missing" doctor
	says 'missing'
	gives 2 vela check --keep sometimes
	says 'never, on-failure and always'
	gives 2 vela check --report json
	gives 2 vela check --report xml=report
	says 'formats: text, json'
	gives 2 vela events -n 0
	gives 2 vela events -n 3x
	gives 2 vela logs -n -1 x
	gives 2 vela exec x
	says 'usage: vela exec'
	gives 2 vela psql x -c 'SELECT 1'
	says 'after --'
}

errors_are_json_when_asked() {
	local arguments
	for arguments in 'cehck -o json' '-o json cehck' '-ojson branch lst' '--output=json check --keep x' 'check --output json --nope'; do
		# shellcheck disable=SC2086 # words
		gives 2 vela $arguments
		same "$(wc -c <"$err")" 0
		holds '.error.kind == "usage" and (.error.message | type == "string" and length > 5) and (.error | has("hint"))'
		holds '(keys == ["error"]) and (.error | keys == ["hint", "kind", "message"])'
	done
	gives 4 vela -o json branch list
	holds '.error.kind == "not_found" and (.error.hint | contains("vela pool create"))'
	gives 2 vela -o json branch create a --baseline b --from c
	holds '.error.hint == null'
	gives 4 vela exec x -- program -o json --nope # the program's option, not ours
	same "$(wc -c <"$out")" 0
}

hostile_words_are_not_printed_raw() {
	gives 2 vela $'ch\e[31meck'
	says 'ch?[31meck'
	gives 2 vela --$'opt\e]0;x\aion'
	gives 2 vela branch create $'a\e[2Jb'
	gives 2 vela completion $'\e[2J'
	gives 2 vela help $'\e[2J'
	not grep -q $'\e' "$out" "$err"
}

version_is_told() {
	gives 0 vela --version
	grep -qxE 'vela [0-9]+\.[0-9]+\.[0-9]+' "$out"
	gives 0 vela branch list --version
	grep -qxE 'vela [0-9]+\.[0-9]+\.[0-9]+' "$out"
}

reader_may_leave() {
	local command
	for command in 'help --markdown' '-h' 'schema' 'completion bash'; do
		# shellcheck disable=SC2086 # words
		(sleep 0.05; vela $command 2>"$err"; echo $? >code) | true # which has ended by then
		same "$(cat code "$err")" 0
	done
}

full_disk_is_an_error() {
	local code=0
	"$vela_binary" schema >/dev/full 2>"$err" || code=$?
	same "$code" 10
	grep -q 'cannot write' "$err"
	code=0
	"$vela_binary" schema >&- 2>"$err" || code=$?
	same "$code" 10
}

schema_describes_vela_yml() {
	gives 0 vela schema
	holds '."$schema" | startswith("https://json-schema.org/")'
	holds '.type == "object" and .additionalProperties == false and (.required | index("version") != null)'
	holds '.properties | has("version", "project", "pool", "baseline", "database", "branch", "migrations", "timeout", "checks", "plans", "workload")'
	holds '.properties.checks.items.required == ["name", "sql"] and .properties.checks.items.additionalProperties == false'
	holds '.properties.migrations.properties.format.enum == ["auto", "sql", "flyway", "dbmate", "golang-migrate", "goose",
	       "prisma", "sqlx", "diesel", "graphile-migrate"]'
	holds '[.. | objects | select(has("type") and (has("properties") | not)) | select(.type != "array") | has("description")] | all'
	gives 0 vela schema --pool
	holds '.properties | has("version", "ports", "reserve", "postgres", "sources")'
	gives 0 vela schema --markdown
	says '`checks[].equals`' '`sources.NAME.password_file`'
}

init_writes_a_valid_file() {
	mkdir -p shop/db/migrations
	touch shop/db/migrations/1_first.sql
	cd shop
	gives 0 vela init -o json
	holds --arg path "$PWD/vela.yml" '.schema == 1 and .created == true and .path == $path'
	grep -qx 'project: shop' vela.yml
	grep -qx '  directory: db/migrations' vela.yml
	same "$(stat -c %a vela.yml)" 644
	gives 1 vela doctor -o json # there is no pool; the file is fine
	holds '[.findings[] | select(.topic == "vela.yml") | .level] == ["ok"]'
}

# uncommented: the file with the suggestions in its comments; what begins with a capital is said to the reader.
suggestions_are_valid() {
	sed -E '/^ *# [A-Z]/d; s/^( *)# ?/\1/' vela.yml >uncommented.yml
	for key in limits checks plans workload; do
		grep -qE "^ *$key:" uncommented.yml || { echo "not in the file: $key"; return 1; }
	done
	gives 1 vela --config uncommented.yml doctor -o json
	holds '[.findings[] | select(.topic == "vela.yml") | .level] == ["ok"]'
}

init_finds() { # NAME WANTED...: what vela init makes of the repository here; each line stands in the file.
	local name=$1 line
	shift
	gives 0 vela init -o json
	holds --arg name "$name" '.created and .tool == $name'
	for line; do
		grep -qxF -- "$line" vela.yml || { echo "not in the file: $line"; cat vela.yml; return 1; }
	done
	suggestions_are_valid
}

init_recognises_the_tool() {
	local n=0
	repository() { mkdir "$work/found.$((++n))"; cd "$work/found.$n"; }
	repository
	mkdir -p db/migrations
	printf -- '-- migrate:up\nSELECT 1;\n' >db/migrations/20260131120000_first.sql
	init_finds dbmate "  directory: db/migrations" "  format: dbmate"
	repository
	mkdir -p src/main/resources/db/migration
	echo 'SELECT 1;' >src/main/resources/db/migration/V1__first.sql
	init_finds flyway "  directory: src/main/resources/db/migration" "  format: flyway"
	repository
	mkdir -p prisma/migrations/20260131120000_first
	touch prisma/schema.prisma
	echo 'SELECT 1;' >prisma/migrations/20260131120000_first/migration.sql
	init_finds prisma "  directory: prisma/migrations" "  format: prisma"
	repository
	mkdir migrations
	touch go.mod migrations/1_first.{up,down}.sql
	init_finds golang-migrate "  directory: migrations" "  format: golang-migrate"
	gives 0 vela init
	says "stays as it is"
	repository
	touch alembic.ini
	init_finds alembic "  command: alembic upgrade head"
	rm vela.yml
	gives 0 vela init
	says "alembic migrations, applied by alembic upgrade head"
	repository
	touch sqitch.plan
	init_finds sqitch '  command: sqitch deploy "db:$DATABASE_URL"'
	repository
	gives 0 vela init
	says "say in it where the migrations are"
	suggestions_are_valid
}

init_never_overwrites() {
	mkdir -p other
	cd other
	echo 'version: 1 # mine' >vela.yml
	gives 0 vela init
	says 'stays as it is'
	same "$(cat vela.yml)" 'version: 1 # mine'
	gives 0 vela init -o json
	holds '.created == false'
	ln -sf nowhere ../linked.yml
	mkdir -p dangling
	ln -s ../target.yml dangling/vela.yml
	gives 0 vela -C dangling init
	[[ -L dangling/vela.yml ]]
}

init_names_the_project_after_the_directory() {
	mkdir -p 'My Shop'
	cd 'My Shop'
	gives 0 vela init
	grep -qE '^project: my-shop-[0-9a-f]{8}$' vela.yml
	grep -q '^# migrations:' vela.yml
}

options_may_stand_anywhere() {
	mkdir -p place
	echo 'version: 7' >place/vela.yml
	gives 3 vela -C place branch list
	says 'vela.yml:1:10'
	gives 3 vela branch list -C place
	gives 3 vela branch list --directory=place
	gives 3 vela --config place/vela.yml branch list
	gives 3 vela --config "$work/nowhere.yml" branch list
	says nowhere.yml
}

prove "help fits a terminal of 80 columns" fits_80_columns
prove "the overview has every command, global option and exit code" overview_is_complete
prove "options and their help are aligned" options_are_aligned
prove "every command has help, and says the same by -h, --help and help" every_command_has_help
prove "groups of commands have help" groups_have_help
prove "help, docs/commands.md and the manual list the same commands and options" documents_agree
prove "the manual is well-formed" manual_is_well_formed
prove "completion for bash loads and offers every command and option" bash_completes
prove "completion for zsh and fish has every command and option" other_shells_complete
prove "misspelt commands, groups and options get suggestions" misspelt_words_get_suggestions
prove "wrong usage ends with 2 and says what would be right" wrong_usage_ends_with_2
prove "with -o json errors are JSON, on stdout alone" errors_are_json_when_asked
prove "hostile words are not printed raw" hostile_words_are_not_printed_raw
prove "--version" version_is_told
prove "a reader that has had enough is no error" reader_may_leave
prove "output that cannot be written is an error" full_disk_is_an_error
prove "vela schema describes vela.yml and pool.yml" schema_describes_vela_yml
prove "vela init writes a valid vela.yml" init_writes_a_valid_file
prove "vela init recognises the migration tool, and its suggestions are valid" init_recognises_the_tool
prove "vela init never overwrites" init_never_overwrites
prove "vela init makes a project name of any directory" init_names_the_project_after_the_directory
prove "-C and --config, before and after the command" options_may_stand_anywhere
done_testing
