#!/usr/bin/env bash
# What the other end-to-end tests build on: their own library.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
plan 20

# --- a test that fails half-way is a test that failed, and leaves nothing ---

cat >inner.sh <<SCRIPT
source "$top/tests/e2e/lib.sh"
plan 9
ok "true" true
ok "false" false
exits "three" 3 bash -c 'exit 3'
exits "not three" 3 true
is "same" "a b" "a b"
is "different" a b
like "like" abc '^a.c\$'
unlike "unlike" abc 'b'
make_filesystem btrfs disk 256M
cp "\$(command -v sleep)" disk/server
(cd / && exec env -i setsid "\$work/disk/server" 300 >/dev/null 2>&1 &)
defer touch "$work/deferred"
echo "\$work" >"$work/inner-work"
must false
echo "not reached"
SCRIPT
run bash inner.sh
is "a failed test ends with 1" "$status" 1
is "passes are counted" "$(grep -c '^ok ' <<<"$stdout")" 4
is "failures are counted" "$(grep -c '^not ok ' <<<"$stdout")" 4
like "what it must have and has not ends it" "$stdout" 'Bail out! exit code 1: false'
unlike "and nothing comes after" "$stdout" "not reached"
inner=$(<inner-work)
exits "its directory is gone" 1 test -e "$inner"
is "its mounts are gone" "$(grep -cF "$inner" /proc/self/mounts)" 0
is "its loop devices are gone" "$(cat /sys/block/loop*/loop/backing_file 2>/dev/null | grep -cF "$inner")" 0
is "its processes are gone" "$(processes_below "$inner")" ""
ok "what was deferred was done" test -e deferred

# --- the production server ---

start_production 200
is "orders" "$(production_as shop_app -c 'SELECT count(*) FROM orders')" 200
is "order items" "$(production_as shop_app -c 'SELECT count(*) FROM order_items')" 400
is "the owner of the tables" "$(production_sql -c "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")" \
	shop_owner
exits "a password is asked for" 2 env PGPASSWORD=wrong psql -XqAt -h 127.0.0.1 -p "$production_port" -U postgres -d shop -c ''
like "and on the socket too" "$(PGPASSWORD=wrong psql -h "$production_socket" -p "$production_port" -U postgres shop 2>&1)" \
	"password authentication failed"
ok "replicator takes a base backup" env PGPASSWORD=replicator "$production_binaries/pg_basebackup" -D "$work/backup" -U replicator \
	-h 127.0.0.1 -p "$production_port" -c fast --no-sync
ok "it can be stopped" production_stop immediate
exits "and is" 2 production_sql -c ''
ok "and started again" production_start
is "with its data" "$(production_as shop_owner -c 'SELECT count(*) FROM orders WHERE total IS NULL')" 6
