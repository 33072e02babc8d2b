#!/usr/bin/env bash
# Who may do what, and what belongs to whom: root leaves nothing of root's in a pool; the owner can do everything but mount;
# nobody else anything. Branches have nothing of the job around them, and neither they nor vela touch production.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/support/sweep.sh
source "$top/tests/support/sweep.sh"

start_production

# What production tells of itself: everything that a write, a login, a slot or a setting would change.
production_state() {
	production_sql <<-'SQL'
		SELECT slot_name FROM pg_replication_slots;
		SELECT rolname, rolsuper, rolcanlogin, rolreplication, rolpassword FROM pg_authid ORDER BY 1;
		SELECT datname, datallowconn, datacl, datdba FROM pg_database ORDER BY 1;
		SELECT setdatabase, setrole, setconfig FROM pg_db_role_setting ORDER BY 1, 2;
		SELECT relname, reltuples, relpages, relfilenode FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1;
		SELECT datname, tup_inserted, tup_updated, tup_deleted FROM pg_stat_database WHERE datname = 'shop';
		SELECT system_identifier FROM pg_control_system();
		SELECT timeline_id, next_oid FROM pg_control_checkpoint();
		SELECT name, setting FROM pg_settings WHERE source NOT IN ('default', 'client', 'session') ORDER BY 1;
		SELECT count(*), sum(hashtext(orders::text)) FROM orders;
	SQL
	sha256sum "$production_data"/{pg_hba.conf,pg_ident.conf,postgresql.conf,postgresql.auto.conf}
	find "$production_data" -maxdepth 1 | sort
}
must production_sql -c CHECKPOINT
production_before=$(production_state)
transactions_before=$(production_sql -c 'SELECT pg_snapshot_xmax(pg_current_snapshot())')

# --- root ---

unowned() {
	find "$pool" ! -user postgres
}
must vela pool create "$pool" --size 1G
export VELA_POOL=$pool PGPASSWORD=replicator
must vela baseline create production --from "$(production_url)"
must mkdir -p "$work/shop/migrations" "$work/private/reports"
must chmod 700 "$work/private"
cd "$work/shop" || exit 1
cat >vela.yml <<-'YML'
	version: 1
	project: shop
	database: shop
	baseline: production
	migrations:
	  directory: migrations
	checks:
	  - {name: there are orders, sql: "SELECT count(*) FROM orders", equals: 1000}
YML
echo 'ALTER TABLE orders ADD COLUMN shipped_at timestamptz' >migrations/1.sql
must vela branch create one
must vela branch create two --from one
must vela branch reset one
must vela branch stop two
must vela branch protect two
must vela check three --report json="$work/private/reports/report.json"
must vela baseline refresh production
must vela gc
must vela doctor
is "root leaves nothing of root's in a pool" "$(unowned)" ""
is "a report belongs to who asked for it, also where nobody else may look" "$(stat -c %U "$work/private/reports/report.json")" root
is "nobody but the owner looks into a pool" "$(stat -c '%U %a' "$pool")" "postgres 700"
must vela exec one -- id -un
is "a program that root runs on a branch is root's" "$stdout" root

# --- a branch's server has nothing of the job around it ---

must vela branch stop one
server_of() {
	head -n 1 "$pool/branches/shop/one/data/postmaster.pid"
}
run env RUNNER_TRACKING_ID=github_1 BUILD_ID=7 JENKINS_NODE_COOKIE=x JENKINS_SERVER_COOKIE=y CI_JOB_TOKEN=secret-token \
	GITHUB_TOKEN=secret-token AWS_SECRET_ACCESS_KEY=secret-token PGOPTIONS='-c work_mem=1MB' "$vela_binary" branch start one
is "a branch starts within a CI job" "$status" 0
variables=$(tr '\0' '\n' <"/proc/$(server_of)/environ" | cut -d = -f 1 | sort | xargs)
like "its environment is its own" "$variables" '^(LC_ALL|PATH|PG_GRANDPARENT_PID| )+$'
unlike "no secret in it" "$(tr '\0' '\n' <"/proc/$(server_of)/environ")" secret
unlike "nor in what it is called" "$(tr '\0' ' ' <"/proc/$(server_of)/cmdline")" "secret|$(<"$pool/branches/shop/one/password")"
read -r _ _ _ _ group session _ <"/proc/$(server_of)/stat"
is "a session and a process group of its own" "$group $session" "$(server_of) $(server_of)"
is "its streams are no terminal's and no pipe's" "$(readlink "/proc/$(server_of)/fd/0")" /dev/null
is "nor is any file open in it but its own" "$(readlink "/proc/$(server_of)"/fd/* | grep ^/ | grep -v "^$pool/branches/shop/one/" | sort -u)" \
	/dev/null
is "it runs as the owner, with no more" \
	"$(awk '/^(Uid|Gid):/ { print $2, $3, $4, $5 }' "/proc/$(server_of)/status" | tr '\n' ' ')" \
	"$(id -u postgres | sed 's/.*/& & & &/') $(id -g postgres | sed 's/.*/& & & &/') "
is "without root's groups" "$(awk '/^Groups:/ { $1 = ""; print }' "/proc/$(server_of)/status" | xargs -n 1 | sort)" "$(id -G postgres | xargs -n 1 | sort)"

# A runner ends the group and the session of a job, and what carries its mark.
setsid env RUNNER_TRACKING_ID=github_1 "$vela_binary" branch create survivor >/dev/null 2>&1
mapfile -t marked < <(grep -lzxF RUNNER_TRACKING_ID=github_1 /proc/[0-9]*/environ 2>/dev/null | cut -d / -f 3)
[[ ${#marked[@]} -eq 0 ]] || kill -KILL "${marked[@]}"
is "a runner that cleans up finds nothing to kill" "${marked[*]}" ""
ok "and the branch goes on" usable survivor

# --- the owner ---

owner_vela() {
	as_postgres env VELA_POOL="$pool" PGPASSWORD=replicator "$vela_binary" "$@"
}
chmod 0755 "$work/shop" "$work/shop/migrations"
ok "the owner: baseline" owner_vela baseline create owners --from "$(production_url)"
ok "branch" owner_vela branch create mine --baseline owners
ok "a child" owner_vela branch create child --from mine
ok "check" owner_vela check four
ok "reset" owner_vela branch reset mine
ok "psql" owner_vela psql mine -- -XAtc 'SELECT 1'
ok "gc" owner_vela gc
ok "delete" owner_vela branch delete child
ok "delete of what root made" owner_vela branch delete survivor
ok "doctor" owner_vela doctor
ok "delete" owner_vela branch delete mine
ok "delete the baseline" owner_vela baseline delete owners
is "root finds it all gone" "$(vela branch list --all -o json | jq -c '[.branches[].name] | sort')" '["one","two"]'
exits "but not unmount" 6 owner_vela pool unmount "$pool"
exits "nor destroy what is in a file" 6 owner_vela pool destroy "$pool" --yes
ok "after which all is as it was" usable one

# --- anybody else ---

other_vela() {
	setpriv --reuid nobody --regid nogroup --clear-groups -- env VELA_POOL="$pool" "$vela_binary" "$@"
}
for command in 'branch list' 'branch create one' 'branch delete one' 'url one' 'psql one' 'check one' gc 'pool show' \
	'pool destroy --yes' 'logs one' events; do
	# shellcheck disable=SC2086 # words
	exits "another user: $command" 6 other_vela $command
done
like "and the hint says who may" "$stderr" 'owner|root'
exits "doctor says so" 1 other_vela doctor

# --- production ---

is "production is as it was" "$(production_state)" "$production_before"
transactions=$(($(production_sql -c 'SELECT pg_snapshot_xmax(pg_current_snapshot())') - transactions_before))
is "no transaction has written anything there" "$transactions" 0

port=$(vela branch show one -o json | jq .port)
password=$(<"$pool/branches/shop/one/password")
for role in vela shop_owner; do
	run env PGPASSWORD="$password" psql -h 127.0.0.1 -p "$production_port" -U $role -d shop -XAtc 'SELECT 1'
	is "a branch's password opens nothing on production ($role)" "$status" 2
done
for role in shop_owner shop_app replicator postgres; do
	run env PGPASSWORD=$role psql -h 127.0.0.1 -p "$port" -U $role -d shop -XAtc 'SELECT 1'
	is "production's logins open no branch ($role)" "$status" 2
done
run env PGPASSWORD="$password" psql "host=127.0.0.1 port=$port user=vela dbname=shop replication=database" -XAtc 'IDENTIFY_SYSTEM'
is "nor does a branch replicate" "$status" 2
must vela branch unprotect two
exits "destroy asks" 2 vela pool destroy "$pool"
ok "destroy" vela pool destroy "$pool" --yes
is "leaves nothing" "$(pgrep -af -- "[ =]$pool/"; ls -d "$pool"* 2>/dev/null; grep -F " $pool " /proc/self/mounts)" ""
is "production is as it was, to the end" "$(production_state)" "$production_before"
done_testing
