#!/usr/bin/env bash
# The main job, for real, from nothing: a production server under load, a pool, a baseline of the running server, a pull
# request that would have stopped the shop, the same one mended, and proof that production lost nothing and nothing is left
# behind.
# Everything lives in one temporary directory. Run by `make demo`, as root.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
vela=${VELA_TEST_BINARY:-$top/build/vela}
bin=/usr/lib/postgresql/15/bin
orders=${DEMO_ORDERS:-1000000}

work=$(mktemp -d /tmp/vela-demo.XXXXXX)
chmod 755 "$work"
pool=$work/pool
shop=$work/shop
data=$work/production/data
export VELA_POOL=$pool GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
unset GITHUB_ACTIONS GITLAB_CI # what surrounds the demo is not what it shows
writer=

bold() { if [ -t 1 ]; then printf '\033[1m%s\033[0m\n' "$*"; else printf '%s\n' "$*"; fi; }
step() { printf '\n'; bold "── $*"; }
run() { # shows a command as the reader would type it, then runs it
	local word line='$'
	for word in "$@"; do
		case $word in
		"$vela") word=vela ;;
		*[!a-zA-Z0-9_./:@=-]*) word="'$word'" ;;
		esac
		line+=" $word"
	done
	printf '%s\n' "$line"
	"$@"
}
as_postgres() { setpriv --reuid postgres --regid postgres --init-groups -- "$@"; }
psql_production() { PGPASSWORD=owner psql -XqAt -h 127.0.0.1 -p "$port" -U shop_owner "$@" shop; }

clean_up() {
	local code=$?
	trap - EXIT INT TERM
	stop_writing
	"$vela" pool destroy "$pool" --yes >/dev/null 2>&1 || true
	[ ! -f "$data/postmaster.pid" ] || as_postgres "$bin/pg_ctl" -D "$data" -m immediate -w stop >/dev/null 2>&1 || true
	cd /
	rm -rf "$work"
	exit "$code"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

free_port() {
	local candidate
	for candidate in $(seq 26500 26999); do
		if ! (exec 3<>"/dev/tcp/127.0.0.1/$candidate") 2>/dev/null; then
			echo "$candidate"
			return
		fi
	done
	echo "demo: no free port from 26500 to 26999" >&2
	return 1
}

start_production() {
	port=$(free_port)
	install -d -o postgres -g postgres "$work/production"
	install -o postgres -m 600 <(echo superuser) "$work/production/password"
	as_postgres "$bin/initdb" -D "$data" -A scram-sha-256 --locale C.UTF-8 --pwfile="$work/production/password" >/dev/null
	echo "host replication replicator 127.0.0.1/32 scram-sha-256" >>"$data/pg_hba.conf"
	as_postgres "$bin/pg_ctl" -D "$data" -l "$work/production/log" -w start \
		-o "-p $port -k $work/production -c listen_addresses=127.0.0.1" >/dev/null
	PGPASSWORD=superuser psql -Xq -h 127.0.0.1 -p "$port" -U postgres -d postgres <<-'SQL'
		CREATE ROLE shop_owner LOGIN PASSWORD 'owner';
		CREATE ROLE shop_app LOGIN PASSWORD 'app';
		CREATE ROLE replicator LOGIN REPLICATION PASSWORD 'replicator';
		CREATE DATABASE shop OWNER shop_owner;
	SQL
}

# A third of the orders are open: what the pull request's first version trips over.
fill_production() {
	psql_production -v orders="$orders" <<-'SQL'
		CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL UNIQUE, created_at timestamptz NOT NULL);
		CREATE TABLE products (id int PRIMARY KEY, name text NOT NULL, price numeric(10,2) NOT NULL);
		CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers, status text NOT NULL,
		                     total numeric(10,2), created_at timestamptz NOT NULL);
		CREATE TABLE order_items (order_id bigint NOT NULL, product_id int NOT NULL, quantity int NOT NULL);
		CREATE TABLE visits (id bigserial PRIMARY KEY, customer_id bigint NOT NULL, seen_at timestamptz NOT NULL DEFAULT now());
		INSERT INTO customers SELECT i, 'customer' || i || '@example.com', now() - i * interval '1 minute'
		  FROM generate_series(1, :orders / 20) i;
		INSERT INTO products SELECT i, 'product ' || i, (i % 500) + 0.99 FROM generate_series(1, 1000) i;
		INSERT INTO orders SELECT i, i % (:orders / 20) + 1, (ARRAY['open', 'complete', 'cancelled'])[i % 3 + 1],
		                          CASE WHEN i % 100 < 3 THEN NULL ELSE i % 900 + 0.5 END, now() - i * interval '20 seconds'
		  FROM generate_series(1, :orders) i;
		INSERT INTO order_items SELECT i, i % 1000 + 1, i % 4 + 1 FROM generate_series(1, :orders) i;
		CREATE INDEX ON orders (customer_id);
		CREATE INDEX ON orders (created_at);
		GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO shop_app;
		GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO shop_app;
		ANALYZE orders;
	SQL
}

# One transaction an insert, by the application's own role, in a process of its own, until it is told to stop. The ledger has
# the id of every transaction that production acknowledged.
start_writing() {
	touch "$work/writing"
	(
		while [ -e "$work/writing" ]; do
			echo "INSERT INTO visits (customer_id) VALUES (1 + random() * 1000) RETURNING id;"
			sleep 0.005
		done
	) | PGPASSWORD=app psql -XqAt -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$port" -U shop_app shop >"$work/ledger" &
	writer=$!
}

stop_writing() {
	rm -f "$work/writing"
	[ -z "$writer" ] || wait "$writer" || true
	writer=
}

make_repository() {
	git init -q -b main "$shop"
	git -C "$shop" config user.name demo
	git -C "$shop" config user.email demo@example.com
	mkdir -p "$shop/db/migrations"
	cat >"$shop/vela.yml" <<-'YML'
		version: 1
		project: shop
		database: shop
		migrations:
		  directory: db/migrations
		  limits: {blocking: 500ms}
		checks:
		  - name: every completed order has a date
		    sql: SELECT count(*) FROM orders WHERE status = 'complete' AND processed_at IS NULL
		    equals: 0
		  - name: no order is lost
		    sql: SELECT count(*) FROM orders
		    unchanged: true
		plans:
		  - name: recent orders
		    sql: SELECT * FROM orders WHERE customer_id = 42 ORDER BY created_at DESC LIMIT 20
		    no_seq_scan_on: [orders]
		workload:
		  max_stall: 500ms
		  queries:
		    - {name: show an order, sql: SELECT * FROM orders WHERE id = 4711}
		    - {name: sell something, sql: "INSERT INTO order_items VALUES (4711, 1, 1)"}
	YML
	git -C "$shop" add -A
	git -C "$shop" commit -qm "Ask vela about every pull request"
}

write_first_version() {
	git -C "$shop" switch -qc feature/processed-at
	cat >"$shop/db/migrations/1_processed_at.sql" <<-'SQL'
		ALTER TABLE orders ADD COLUMN processed_at timestamptz;

		UPDATE orders SET processed_at = created_at WHERE status = 'complete';
	SQL
	cat >"$shop/db/migrations/2_require.sql" <<-'SQL'
		ALTER TABLE orders
		  ALTER COLUMN processed_at SET NOT NULL;
	SQL
	git -C "$shop" add -A
	git -C "$shop" commit -qm "Remember when an order was processed"
}

# No long work under a lock, and no more asked of the data than holds.
write_second_version() {
	rm "$shop"/db/migrations/*
	cat >"$shop/db/migrations/1_processed_at.sql" <<-'SQL'
		SET lock_timeout = '2s';
		ALTER TABLE orders ADD COLUMN processed_at timestamptz;
	SQL
	cat >"$shop/db/migrations/2_backfill.sql" <<-SQL
		UPDATE orders SET processed_at = created_at WHERE status = 'complete' AND id <= $((orders / 2));
	SQL
	cat >"$shop/db/migrations/3_backfill.sql" <<-SQL
		UPDATE orders SET processed_at = created_at WHERE status = 'complete' AND id > $((orders / 2));
	SQL
	cat >"$shop/db/migrations/4_require.sql" <<-'SQL'
		SET lock_timeout = '2s';
		ALTER TABLE orders ADD CONSTRAINT processed_if_complete
		  CHECK (status <> 'complete' OR processed_at IS NOT NULL) NOT VALID;
	SQL
	cat >"$shop/db/migrations/5_validate.sql" <<-'SQL'
		SET lock_timeout = '2s';
		ALTER TABLE orders VALIDATE CONSTRAINT processed_if_complete;
	SQL
	git -C "$shop" add -A
	git -C "$shop" commit -qm "Remember when an order was processed, without stopping the shop"
}

show_migrations() { (cd "$shop" && run tail -n +1 db/migrations/*.sql); }

check_pull_request() { # expected exit code, and what the report has to say
	local code=0 text
	run "$vela" -C "$shop" check --report "text=$work/report.txt" || code=$?
	if [ "$code" -ne "$1" ]; then
		echo "demo: vela check ended with $code, not $1" >&2
		exit 1
	fi
	shift
	for text; do
		grep -qF -- "$text" "$work/report.txt" || { echo "demo: the report does not say: $text" >&2; exit 1; }
	done
}

prove_production() {
	stop_writing
	local acknowledged found
	acknowledged=$(wc -l <"$work/ledger")
	found=$(psql_production <<-SQL
		CREATE TEMP TABLE ledger (id bigint);
		\\copy ledger FROM '$work/ledger'
		SELECT count(*) FROM ledger JOIN visits USING (id);
	SQL
	)
	echo "transactions acknowledged to the application: $acknowledged"
	echo "of these found in production:                 $found"
	if [ "$acknowledged" -eq 0 ] || [ "$found" != "$acknowledged" ]; then
		echo "demo: production lost transactions" >&2
		exit 1
	fi
	[ "$(psql_production -c "SELECT count(*) FROM information_schema.columns WHERE column_name = 'processed_at'")" = 0 ] || {
		echo "demo: a migration reached production" >&2
		exit 1
	}
	[ "$(PGPASSWORD=superuser psql -XqAt -h 127.0.0.1 -p "$port" -U postgres -c 'SELECT count(*) FROM pg_replication_slots' postgres)" = 0 ]
	! grep -qE 'PANIC|FATAL|crash' "$work/production/log" || { grep -E 'PANIC|FATAL|crash' "$work/production/log" >&2; exit 1; }
}

prove_nothing_left() {
	local processes mounts loops
	processes=$(pgrep -fc "$pool" || true)
	mounts=$(grep -c " $pool " /proc/mounts || true)
	loops=$(losetup -a | grep -c "$work" || true)
	echo "processes: $processes, mounts: $mounts, loop devices: $loops, files: $(find "$work" -name 'pool*' | wc -l)"
	if [ "$processes$mounts$loops" != 000 ] || [ -e "$pool" ] || [ -e "$pool.btrfs" ]; then
		echo "demo: something is left behind" >&2
		exit 1
	fi
}

[ "$(id -u)" = 0 ] || { echo "demo: run as root: it mounts a filesystem of its own" >&2; exit 1; }
began=$SECONDS
step "Production: a shop with $orders orders, and an application that writes to it all the time"
start_production
fill_production
start_writing
echo "127.0.0.1:$port, $(psql_production -c 'SELECT pg_size_pretty(pg_database_size(current_database()))'), an insert every 5 ms"

step "A pool, and a baseline of the running server"
run "$vela" pool create "$pool" --size 8G
printf '\n'
export PGPASSWORD=replicator
run "$vela" baseline create production --from "postgres://replicator@127.0.0.1:$port/shop"
unset PGPASSWORD

step "A branch by hand"
run "$vela" branch create try-it
run "$vela" psql try-it -- -XAt -c 'SELECT count(*) FROM orders'
run "$vela" branch show try-it
run "$vela" branch delete try-it

make_repository
step "A pull request: orders need a processed_at"
write_first_version
show_migrations
check_pull_request 1 "work-under-lock" "not-null-on-data" "rows of public.orders have no processed_at" "the workload stalled"

step "The same, as the report says to write it"
write_second_version
show_migrations
check_pull_request 0 "nobody was blocked for longer than"

step "Its databases are gone"
run "$vela" -C "$shop" branch list --all
run "$vela" events -n 4

step "Production lost nothing"
prove_production

step "Nothing is left behind"
run "$vela" pool destroy "$pool" --yes
prove_nothing_left
printf '\n'
bold "done in $((SECONDS - began)) s"
