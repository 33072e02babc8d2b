#!/usr/bin/env bash
# Migrations in the formats of nine tools, on a baseline in which the tool has recorded its first migration: only the others are
# run, they are recorded as the tool would, and whoever edits what has been applied is told.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

export VELA_POOL=$work/pool

query() { vela psql "$1" -- -XqAt -v ON_ERROR_STOP=1 -c "$2"; }

first_sql='CREATE TABLE accounts (id bigint PRIMARY KEY, email text);'
second_sql='ALTER TABLE accounts ADD COLUMN name text;'
third_sql='CREATE INDEX accounts_email ON accounts (email);'

# --- what each tool's repository looks like: files TOOL makes it here, without a vela.yml ---

files_flyway() {
	mkdir -p migrations/later
	echo "$first_sql" >migrations/V1__first.sql
	echo "$second_sql" >migrations/V1.2__second_one.sql
	echo "$third_sql" >migrations/later/V1.10__third.sql
	echo "CREATE OR REPLACE VIEW emails AS SELECT email FROM accounts;" >migrations/R__emails.sql
}

files_dbmate() {
	mkdir migrations
	printf -- '-- migrate:up\n%s\n\n-- migrate:down\nDROP TABLE accounts;\n' "$first_sql" >migrations/20260101000000_first.sql
	printf -- '-- migrate:up\n%s\n\n-- migrate:down\nALTER TABLE accounts DROP name;\n' "$second_sql" >migrations/20260102000000_second.sql
	printf -- '-- migrate:up transaction:false\n%s\n\n-- migrate:down\nDROP INDEX accounts_email;\n' "${third_sql/INDEX/INDEX CONCURRENTLY}" \
		>migrations/20260103000000_third.sql
}

files_golang_migrate() {
	mkdir migrations
	echo 'module shop' >go.mod
	echo "$first_sql" >migrations/000001_first.up.sql
	echo "DROP TABLE accounts;" >migrations/000001_first.down.sql
	echo "$second_sql" >migrations/000002_second.up.sql
	echo "ALTER TABLE accounts DROP name;" >migrations/000002_second.down.sql
	echo "$third_sql" >migrations/000010_third.up.sql
}

files_goose() {
	mkdir migrations
	printf -- '-- +goose Up\n%s\n\n-- +goose Down\nDROP TABLE accounts;\n' "$first_sql" >migrations/00001_first.sql
	printf -- '-- +goose Up\n-- +goose StatementBegin\nDO $$ BEGIN\n  %s\nEND $$;\n-- +goose StatementEnd\n\n-- +goose Down\nALTER TABLE accounts DROP name;\n' \
		"$second_sql" >migrations/00002_second.sql
	printf -- '-- +goose NO TRANSACTION\n-- +goose Up\n%s\n' "${third_sql/INDEX/INDEX CONCURRENTLY}" >migrations/00003_third.sql
}

files_prisma() {
	mkdir -p prisma/migrations/{20260101000000_first,20260102000000_second,20260103000000_third}
	echo 'provider = "postgresql"' >prisma/migrations/migration_lock.toml
	echo "$first_sql" >prisma/migrations/20260101000000_first/migration.sql
	echo "$second_sql" >prisma/migrations/20260102000000_second/migration.sql
	echo "$third_sql" >prisma/migrations/20260103000000_third/migration.sql
}

files_sqlx() {
	mkdir migrations
	printf '[dependencies]\nsqlx = "0.8"\n' >Cargo.toml
	echo "$first_sql" >migrations/20260101000000_first.up.sql
	echo "DROP TABLE accounts;" >migrations/20260101000000_first.down.sql
	echo "$second_sql" >migrations/20260102000000_second.up.sql
	echo "ALTER TABLE accounts DROP name;" >migrations/20260102000000_second.down.sql
	printf -- '-- no-transaction\n%s\n' "${third_sql/INDEX/INDEX CONCURRENTLY}" >migrations/20260103000000_third.up.sql
	echo "DROP INDEX accounts_email;" >migrations/20260103000000_third.down.sql
}

files_diesel() {
	mkdir -p migrations/{2026-01-01-000000_first,2026-01-02-000000_second,2026-01-03-000000_third}
	echo '[migrations_directory]' >diesel.toml
	echo "$first_sql" >migrations/2026-01-01-000000_first/up.sql
	echo "DROP TABLE accounts;" >migrations/2026-01-01-000000_first/down.sql
	echo "$second_sql" >migrations/2026-01-02-000000_second/up.sql
	echo "ALTER TABLE accounts DROP name;" >migrations/2026-01-02-000000_second/down.sql
	echo "${third_sql/INDEX/INDEX CONCURRENTLY}" >migrations/2026-01-03-000000_third/up.sql
	echo "DROP INDEX accounts_email;" >migrations/2026-01-03-000000_third/down.sql
	echo 'run_in_transaction = false' >migrations/2026-01-03-000000_third/metadata.toml
}

# commit NUMBER SQL: as `graphile-migrate commit` does; each hash is of the one before and the text.
commit() {
	local hash
	hash=sha1:$(printf '%s%s\n' "${previous:+$previous$'\n'}" "$2" | sha1sum | cut -c 1-40)
	printf -- '--! Previous: %s\n--! Hash: %s\n\n%s\n' "${previous:--}" "$hash" "$2" >"migrations/committed/$1.sql"
	previous=$hash
}
files_graphile_migrate() {
	local previous=
	mkdir -p migrations/committed
	echo '{}' >.gmrc
	commit 000001-first "$first_sql"
	commit 000002-second "$second_sql"
	commit 000003 "$third_sql"
}

# --- and what the tool has put into the database with the first of them ---

history_flyway() {
	local sum
	sum=$(python3 -c 'import sys, zlib; n = zlib.crc32(sys.argv[1].encode()); print(n - (n >> 31 << 32))' "$first_sql")
	cat <<-SQL
		CREATE TABLE flyway_schema_history (installed_rank INT NOT NULL, version VARCHAR(50), description VARCHAR(200) NOT NULL,
		    type VARCHAR(20) NOT NULL, script VARCHAR(1000) NOT NULL, checksum INTEGER, installed_by VARCHAR(100) NOT NULL,
		    installed_on TIMESTAMP NOT NULL DEFAULT now(), execution_time INTEGER NOT NULL, success BOOLEAN NOT NULL);
		ALTER TABLE flyway_schema_history ADD CONSTRAINT flyway_schema_history_pk PRIMARY KEY (installed_rank);
		CREATE INDEX flyway_schema_history_s_idx ON flyway_schema_history (success);
		INSERT INTO flyway_schema_history VALUES (1, '1', 'first', 'SQL', 'V1__first.sql', $sum, 'shop_owner', now(), 5, true);
	SQL
}
history_dbmate() {
	echo "CREATE TABLE schema_migrations (version varchar PRIMARY KEY); INSERT INTO schema_migrations VALUES ('20260101000000');"
}
history_golang_migrate() {
	echo "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL); INSERT INTO schema_migrations VALUES (1, false);"
}
history_goose() {
	cat <<-SQL
		CREATE TABLE goose_db_version (id integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, version_id bigint NOT NULL,
		    is_applied boolean NOT NULL, tstamp timestamp NOT NULL DEFAULT now());
		INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (1, true);
	SQL
}
history_prisma() {
	cat <<-SQL
		CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
		    migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
		    applied_steps_count INTEGER NOT NULL DEFAULT 0);
		INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
		VALUES (gen_random_uuid(), '$(sha256sum <<<"$first_sql" | cut -c 1-64)', now(), '20260101000000_first', 1);
	SQL
}
history_sqlx() {
	cat <<-SQL
		CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, installed_on TIMESTAMPTZ NOT NULL DEFAULT now(),
		    success BOOLEAN NOT NULL, checksum BYTEA NOT NULL, execution_time BIGINT NOT NULL);
		INSERT INTO _sqlx_migrations VALUES (20260101000000, 'first', now(), true, '\\x$(sha384sum <<<"$first_sql" | cut -c 1-96)', 100);
	SQL
}
history_diesel() {
	cat <<-SQL
		CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP);
		INSERT INTO __diesel_schema_migrations (version) VALUES ('20260101000000');
	SQL
}
history_graphile_migrate() {
	cat <<-SQL
		CREATE SCHEMA graphile_migrate;
		CREATE TABLE graphile_migrate.migrations (hash text PRIMARY KEY, previous_hash text REFERENCES graphile_migrate.migrations,
		    filename text NOT NULL, date timestamptz NOT NULL DEFAULT now());
		CREATE TABLE graphile_migrate.current (filename text PRIMARY KEY DEFAULT 'current.sql', content text NOT NULL,
		    date timestamptz NOT NULL DEFAULT now());
		INSERT INTO graphile_migrate.migrations (hash, filename) VALUES ('sha1:$(sha1sum <<<"$first_sql" | cut -c 1-40)', '000001.sql');
	SQL
}

# What the versions that are recorded are, in the order of their recording.
declare -A recorded=(
	[flyway]="SELECT string_agg(coalesce(version, description) || ' ' || type || ' ' || script, ', ' ORDER BY installed_rank) FROM flyway_schema_history WHERE success"
	[dbmate]="SELECT string_agg(version, ', ' ORDER BY version) FROM schema_migrations"
	[golang-migrate]="SELECT string_agg(version || CASE WHEN dirty THEN ' dirty' ELSE '' END, ', ') FROM schema_migrations"
	[goose]="SELECT string_agg(version_id::text, ', ' ORDER BY id) FROM goose_db_version WHERE is_applied"
	[prisma]="SELECT string_agg(migration_name || ' ' || (finished_at IS NOT NULL) || ' ' || applied_steps_count || ' ' || length(checksum), ', ' ORDER BY started_at) FROM _prisma_migrations"
	[sqlx]="SELECT string_agg(version || ' ' || description || ' ' || success || ' ' || length(checksum), ', ' ORDER BY version) FROM _sqlx_migrations"
	[diesel]="SELECT string_agg(version, ', ' ORDER BY version) FROM __diesel_schema_migrations"
	[graphile-migrate]="SELECT string_agg(m.filename || CASE WHEN p.hash IS NULL THEN '' ELSE ' after ' || p.filename END, ', ' ORDER BY m.filename)
		FROM graphile_migrate.migrations m LEFT JOIN graphile_migrate.migrations p ON p.hash = m.previous_hash"
)

# --- the tests ---

# repository TOOL: its repository in a directory of its own, and the shell in it.
repository() {
	rm -rf "$work/repository"
	mkdir "$work/repository"
	cd "$work/repository"
	"files_${1//-/_}"
	vela init >/dev/null
	sed -i 's/^project: .*/project: shop/' vela.yml
	echo "database: ${1//-/_}" >>vela.yml
}

# pending_run TOOL FILES RECORDED: with the format that vela init has found, and with the one that a check finds.
pending_run() {
	local tool=$1 directory
	repository "$tool"
	grep -qx "  format: $tool" vela.yml
	directory=$(sed -n 's/^  directory: //p' vela.yml)
	gives 0 vela check run --keep always -o json
	same "$(jq -r '[.migrations[] | .file | ltrimstr($d + "/")] | join(" ")' --arg d "$directory" "$out")" "$2"
	holds '[.migrations[].outcome] | unique == ["passed"]'
	holds '[.schema_changes[].object] | all(contains("schema_history") or contains("migrations") or contains("goose") | not)'
	holds '.schema_changes | any(.object == "table public.accounts" and (.detail | contains("+ column name text") and contains("accounts_email")))'
	same "$(query run "${recorded[$tool]}")" "$3"
	gives 0 vela check run # and are not run again
	says "there was nothing to run"
	gives 0 vela branch delete run
	sed -i '/^  format:/d' vela.yml # auto
	gives 0 vela check recognised -o json
	holds '.migrations | length > 0'
}

# An applied file that was edited: where the tool keeps a checksum, it is told.
edits_are_told() { # TOOL FILE CODE WORDS...
	local tool=$1 file=$2 code=$3
	shift 3
	repository "$tool"
	sed -i 's/email text/email text NOT NULL/' "$file"
	gives "$code" vela check edited
	says "$file" "$@"
	gives "$code" vela check -o json edited
	holds '.verdict == "error" and (.error.hint | length > 0) and .error.message == .reason'
	gives 0 vela branch list -o json
	holds '.branches == []'
}

edits_pass() { # TOOL FILE: of what the tool itself does not see
	repository "$1"
	sed -i 's/email text/email text NOT NULL/' "$2"
	gives 0 vela check edited
}

checksums() {
	edits_are_told flyway migrations/V1__first.sql 5 "applied already, and edited since" "write a new migration"
	edits_are_told prisma prisma/migrations/20260101000000_first/migration.sql 5 "applied already, and edited since"
	edits_are_told sqlx migrations/20260101000000_first.up.sql 5 "applied already, and edited since"
	edits_are_told graphile-migrate migrations/committed/000001-first.sql 3 "was edited" "commit it again"
	edits_pass dbmate migrations/20260101000000_first.sql
	edits_pass golang-migrate migrations/000001_first.up.sql
	edits_pass goose migrations/00001_first.sql
	edits_pass diesel migrations/2026-01-01-000000_first/up.sql
}

two_tools_are_one_too_many() {
	repository golang-migrate
	rm go.mod
	sed -i '/^  format:/d' vela.yml
	gives 3 vela check either
	says "migrations may be of golang-migrate or of sqlx" "name one of them as migrations.format in vela.yml"
	sed -i 's/^  directory:.*/&\n  format: golang-migrate/' vela.yml
	gives 0 vela check either
}

# --- plain SQL, which records nothing: git knows ---

git_repository() {
	rm -rf "$work/plain"
	make_repository "$work/plain"
	cd "$work/plain"
	mkdir -p "db/my migrations"
	printf 'version: 1\nproject: shop\ndatabase: shop\nmigrations: {directory: db/my migrations}\n' >vela.yml
	echo 'ALTER TABLE orders ADD COLUMN first int;' >"db/my migrations/1_first.sql"
	git add -A
	git commit -qm first
	git switch -qc feature
	echo 'ALTER TABLE orders ADD COLUMN second int;' >"db/my migrations/2_second.sql"
	git add -A
	git commit -qm second
	echo 'ALTER TABLE orders ADD COLUMN third int;' >"db/my migrations/3 third.sql" # not even added
}

files_run() { jq -r '[.migrations[].file | sub(".*/"; "")] | join(", ")' "$out"; }

git_branch_decides() {
	git_repository
	gives 0 vela check -o json
	same "$(files_run)" "2_second.sql, 3 third.sql"
	holds '.blind == []'
	git switch -q main
	echo 'ALTER TABLE orders ADD COLUMN meanwhile int;' >"db/my migrations/1_meanwhile.sql"
	git add "db/my migrations/1_meanwhile.sql"
	git commit -qm meanwhile
	git switch -q feature
	gives 0 vela check -o json # what main has got since is not of this branch
	same "$(files_run)" "2_second.sql, 3 third.sql"
}

git_edit_is_told() {
	git_repository
	echo '-- really' >>"db/my migrations/1_first.sql"
	gives 5 vela check
	says "db/my migrations/1_first.sql: in the base branch already, and edited here" "write a new migration"
	git checkout -q -- .
	git mv "db/my migrations/1_first.sql" "db/my migrations/0_first.sql"
	gives 5 vela check
	says "db/my migrations/0_first.sql"
}

# Where git does not know, all are run, and the report says why.
all_are_run() {
	git_repository
	git add -A
	git commit -qm third
	git switch -qC main
	gives 0 vela check -o json
	same "$(files_run)" "1_first.sql, 2_second.sql, 3 third.sql"
	holds '.blind | any(contains("what is checked out is main itself; all were applied"))'
	rm -rf .git
	gives 0 vela check by-hand
	says "Could not be seen" "this is no git repository" "1_first.sql" "2_second.sql" "3 third.sql"
	gives 0 vela check by-hand -o json
	same "$(files_run)" "1_first.sql, 2_second.sql, 3 third.sql"
	holds '.blind | any(contains("this is no git repository; all were applied"))'
}

base_of_the_pull_request() {
	git_repository
	git add -A
	git commit -qm third
	git switch -qc release HEAD~1
	git switch -qc fix feature
	local -x BITBUCKET_BUILD_NUMBER=1 BITBUCKET_PR_ID=12 BITBUCKET_BRANCH=fix BITBUCKET_PR_DESTINATION_BRANCH=release
	gives 0 vela check -o json
	holds '.branch.name == "pr-12"'
	same "$(files_run)" "3 third.sql"
	BITBUCKET_PR_DESTINATION_BRANCH=nowhere
	gives 0 vela check -o json
	holds '.blind | any(contains("there is no branch nowhere here: fetch it, `git fetch origin nowhere`"))'
	same "$(files_run)" "1_first.sql, 2_second.sql, 3 third.sql"
}

start_production 100
tools="flyway dbmate golang_migrate goose prisma sqlx diesel graphile_migrate"
for tool in $tools; do
	must production_sql -c "CREATE DATABASE $tool OWNER shop_owner TEMPLATE template0"
	{
		echo "SET ROLE shop_owner; $first_sql"
		"history_$tool"
	} >"$work/history.sql"
	must env PGPASSWORD=postgres psql -XqAt -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$production_port" -U postgres -d "$tool" \
		-f "$work/history.sql"
done
must vela pool create "$VELA_POOL" --size 2G
PGPASSWORD=replicator must vela baseline create production --from "$(production_url)"

prove flyway pending_run flyway "V1.2__second_one.sql later/V1.10__third.sql R__emails.sql" \
	"1 SQL V1__first.sql, 1.2 SQL V1.2__second_one.sql, 1.10 SQL later/V1.10__third.sql, emails SQL R__emails.sql"
prove dbmate pending_run dbmate "20260102000000_second.sql 20260103000000_third.sql" "20260101000000, 20260102000000, 20260103000000"
prove golang-migrate pending_run golang-migrate "000002_second.up.sql 000010_third.up.sql" 10
prove goose pending_run goose "00002_second.sql 00003_third.sql" "0, 1, 2, 3"
prove prisma pending_run prisma "20260102000000_second/migration.sql 20260103000000_third/migration.sql" \
	"20260101000000_first true 1 64, 20260102000000_second true 1 64, 20260103000000_third true 1 64"
prove sqlx pending_run sqlx "20260102000000_second.up.sql 20260103000000_third.up.sql" \
	"20260101000000 first true 48, 20260102000000 second true 48, 20260103000000 third true 48"
prove diesel pending_run diesel "2026-01-02-000000_second/up.sql 2026-01-03-000000_third/up.sql" "20260101000000, 20260102000000, 20260103000000"
prove graphile-migrate pending_run graphile-migrate "000002-second.sql 000003.sql" \
	"000001.sql, 000002.sql after 000001.sql, 000003.sql after 000002.sql"
prove "an applied file that was edited" checksums
prove "files that may be of two tools" two_tools_are_one_too_many
prove "plain SQL: what the git branch adds" git_branch_decides
prove "plain SQL: an edited file of the base branch" git_edit_is_told
prove "plain SQL: all where git does not know" all_are_run
prove "plain SQL: the base of the pull request" base_of_the_pull_request
done_testing
