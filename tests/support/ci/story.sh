# shellcheck shell=bash
# What happens to three pull requests, from the first checkout to the cleanup: a developer's clone with hooks, a CI system
# that checks each, one merged by squash, one closed, one left. story_github.sh and story_gitlab.sh tell it; each says
# how its system runs:
#
#   ci_checks N            a check of the pull request as it is now; ends as its verdict
#   ci_status              what the forge calls success and failure, in this order
#
# Uses lib.sh beside it.

start_story() {
	start_company
	start_forge "$1"
	echo "$forge_token" >"$work/token"
	must chmod 0600 "$work/token"
	must chown postgres: "$work/token"
	cat >"$VELA_POOL/pool.yml" <<-YAML
		version: 1
		projects:
		  shop: {forge: $1, api: $(forge_api), repository: acme/shop, token_file: $work/token, ca_file: $forge_directory/ca.pem}
	YAML
	cat >>shop/vela.yml <<-'YAML'
		hooks: {env_file: .env}
	YAML
	printf '.env\n' >shop/.gitignore
	printf 'MINE=1\n' >shop/.env
	must in_shop add -A
	must in_shop commit -qm "databases follow branches"
	must in_shop push -q origin main
}

database_url() {
	(
		# shellcheck source=/dev/null
		source "$work/shop/.env"
		echo "${DATABASE_URL-}"
	)
}

sql() {
	psql -XqAt -v ON_ERROR_STOP=1 "$(database_url)" -c "$1"
}

# --- a day ---

hooks_are_installed() {
	gives 0 vela -C shop hooks install
	same "$(in_shop status --porcelain)" ""
}

# A new branch has a database of its own, which is there again, as it was left, after a look at another.
database_follows_the_branch() {
	local seven eight
	in_shop checkout -q -b feature/seven
	seven=$(database_url)
	sql "CREATE TABLE only_on_seven (i int)"
	in_shop checkout -q -b feature/eight main
	eight=$(database_url)
	not same "$seven" "$eight"
	not sql "SELECT FROM only_on_seven"
	in_shop checkout -q feature/seven
	same "$(database_url)" "$seven"
	sql "SELECT FROM only_on_seven"
	grep -xF MINE=1 shop/.env
	in_shop checkout -q main
	not sql "SELECT FROM only_on_seven"
	same "$(vela -C shop branch list -o json | jq -r '[.branches[].git.branch] | sort | join(" ")')" "feature/eight feature/seven main"
}

commit_migration() { # BRANCH FILE SQL
	in_shop checkout -q "$1" 2>/dev/null || in_shop checkout -q -b "$1" main
	echo "$3" >"shop/db/migrations/$2"
	in_shop add -A
	in_shop commit -qm "$2"
}

# A push of a migration that does not hold is stopped before it reaches anybody; whoever wants to may.
pull_requests_are_opened() {
	commit_migration feature/seven 2_seven.sql "ALTER TABLE orders ADD COLUMN seven int;"
	push_pull 7 feature/seven
	commit_migration feature/eight 2_eight.sql "ALTER TABLE orders ADD COLUMN eight int;"
	push_pull 8 feature/eight
	commit_migration feature/nine 2_nine.sql "ALTER TABLE orders ADD COLUMN nine int NOT NULL;"
	not in_shop push -q origin feature/nine
	not git -C "$origin" rev-parse -q --verify refs/heads/feature/nine
	VELA_SKIP=1 push_pull 9 feature/nine
	in_shop checkout -q main
}

ci_checks_each() {
	ci_checks 7
	ci_checks 8
	not ci_checks 9
	same "$(forge_state '.comments | map_values(length) | tojson')" '{"7":1,"8":1,"9":1}'
	same "$(pull_databases)" "pr-7 pr-8 pr-9"
}

# The comment is the same one, and says what is now.
ci_checks_again() {
	local comment
	comment=$(forge_state '.comments["7"][0].id')
	commit_migration feature/seven 3_seven_too.sql "ALTER TABLE orders ADD COLUMN seven_too int;"
	push_pull 7 feature/seven
	in_shop checkout -q main
	ci_checks 7
	same "$(forge_state '.comments["7"] | map(.id) | tojson')" "[$comment]"
	forge_state '.comments["7"][0].body' | grep -F 3_seven_too.sql
}

statuses_are_right() {
	local success failure
	read -r success failure <<<"$(ci_status)"
	same "$(status_of feature/seven) $(status_of feature/eight) $(status_of feature/nine)" "$success $success $failure"
	same "$(forge_state '.statuses | map(map(.context) | unique | length) | unique | tojson')" "[1]"
}

status_of() {
	forge_state ".statuses[\"$(in_shop rev-parse "$1")\"][-1].state"
}

pull_databases() {
	databases | tr ' ' '\n' | grep '^pr-' | xargs
}

# The pull request 7 is merged, 8 closed; CI is told of neither. Nobody works on seven any more.
pull_requests_end() {
	squash_pull 7 feature/seven
	pull_is 7 merged
	pull_is 8 closed
	same "$(pull_databases)" "pr-7 pr-8 pr-9"
}

# What the forge does not answer is no reason to remove anything.
nothing_goes_without_the_forge() {
	local before
	before=$(pull_databases)
	jq -n '[{do: "status", status: 404, times: 1000}]' >"$forge_directory/faults.json"
	vela -C shop gc >gc.log 2>&1 || true
	same "$(pull_databases)" "$before"
	echo '[]' >"$forge_directory/faults.json"
}

right_ones_remain() {
	local before
	before=$(databases)
	gives 0 vela -C shop gc --dry-run
	says "would remove" "pr-7" "pr-8"
	says_not "pr-9" "feature-nine" "feature-eight"
	same "$(databases)" "$before"
	gives 0 vela -C shop gc
	same "$(pull_databases)" pr-9
	# Of the developer's own, seven was merged; eight was closed at the forge, but its branch is here; and main.
	same "$(git_branches)" "feature/eight feature/nine main"
	gives 0 vela -C shop gc -o json
	holds '[.items[] | select(.removed)] == []'
	same "$(pull_databases)" pr-9
}

git_branches() {
	vela -C shop branch list -o json | jq -r '[.branches[] | select(.name | startswith("pr-") | not) | .git.branch] | sort | join(" ")'
}

removals_have_reasons() {
	gives 0 vela -C shop events -o json
	jq -c '.events[] | select(.event == "branch.delete")' "$out"
	holds '[.events[] | select(.event == "branch.delete" and (.subject | test("/(pr-[78]|feature-seven.*)$")))]
		| map(.reason // "") | length >= 3 and all(. != "")'
}

secrets_stay_secret() {
	not grep -rF "$forge_token" runs --include=log
	not grep -rF "$forge_token" "$VELA_POOL/events.jsonl" "$VELA_POOL/branches"
	not grep -rF "$(cat "$VELA_POOL/branches/shop/pr-9/password")" runs --include=log
	same "$(forge_problems)" ""
}

# Deleting a git branch takes its database along; without hooks git is as it was.
hooks_are_removed() {
	in_shop branch -qD feature/eight
	same "$(git_branches)" "feature/nine main"
	gives 0 vela -C shop hooks uninstall
	same "$(cat shop/.env)" MINE=1
	same "$(find shop/.git/hooks -type f -not -name '*.sample' | wc -l)" 0
	in_shop checkout -q -b feature/ten
	same "$(git_branches)" "feature/nine main"
}

tell_story() {
	prove "hooks are installed" hooks_are_installed
	prove "the database follows the git branch" database_follows_the_branch
	prove "three pull requests; a broken migration is not pushed by accident" pull_requests_are_opened
	prove "CI checks each, and says so once" ci_checks_each
	prove "a second push updates the comment" ci_checks_again
	prove "statuses are those of the checks" statuses_are_right
	prove "one is merged by squash, one closed" pull_requests_end
	prove "while the forge knows nothing, nothing goes" nothing_goes_without_the_forge
	prove "after gc the right databases remain" right_ones_remain
	prove "each removal has its reason" removals_have_reasons
	prove "no secret is where it should not be" secrets_stay_secret
	prove "hooks go without a trace" hooks_are_removed
}
