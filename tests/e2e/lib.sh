# shellcheck shell=bash
# For end-to-end tests: source it first. It makes a directory of its own below TMPDIR ($work, the working directory) and
# removes it at the end together with every process, mount and loop device in it, whatever happened. As root.
#
#   plan COUNT                          announces the tests; or call done_testing at the very end
#   ok NAME COMMAND...                  the command succeeds
#   exits NAME CODE COMMAND...          the command ends with that code
#   is NAME GOT WANTED                  two texts are the same
#   like NAME TEXT REGEX, unlike …      a text matches, or does not match, an extended regular expression
#   run COMMAND...                      sets $status, $stdout and $stderr; so do ok and exits
#   prove NAME FUNCTION                 the function holds; made of gives, says, holds, same, not: see there
#   defer COMMAND...                    to be run at the end, the last first
#   vela ARGUMENTS...                   the program under test
#
#   make_filesystem btrfs|xfs DIRECTORY [SIZE]      a new one in a sparse file, mounted there
#   make_repository DIRECTORY                       an empty git repository on main, with a committer
#   start_production [ORDERS]                       see there
#   wait_until SECONDS COMMAND...                   tries until it succeeds
#
# Tests are counted in this shell: none of these may stand in a pipeline or in ( ).
set -uo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
vela_binary=${VELA_TEST_BINARY:-build/vela}
[[ $vela_binary == /* ]] || vela_binary=$top/$vela_binary
work=$(mktemp -d "${TMPDIR:-/tmp}/w.XXXXXX")
chmod 0755 "$work"
cd "$work" || exit 1
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 LC_ALL=C.UTF-8
unset VELA_POOL PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE DATABASE_URL GIT_DIR GITHUB_ACTIONS GITLAB_CI CIRCLECI \
	BITBUCKET_BUILD_NUMBER JENKINS_URL BUILDKITE TF_BUILD

test_count=0
test_failures=0
deferred=()

# --- the end ---

defer() {
	local command
	printf -v command '%q ' "$@"
	deferred+=("$command")
}

# Servers that a branch has outlive its test by design.
end_processes() {
	local signal pids
	for signal in QUIT KILL; do
		for _ in {1..50}; do
			mapfile -t pids < <(processes_below "$work")
			[[ ${#pids[@]} -gt 0 ]] || return 0
			kill "-$signal" "${pids[@]}" 2>/dev/null
			sleep 0.1
		done
	done
}

# Those that name something below a directory in their arguments, or work there. Not to be called from there.
processes_below() {
	{
		# shellcheck disable=SC2062 # those are files, not the pattern
		grep -lsF --file=<(echo "$1/") -- /proc/[0-9]*/cmdline || true
		find /proc -maxdepth 2 -path '/proc/[0-9]*/cwd' \( -lname "$1" -o -lname "$1/*" \) 2>/dev/null || true
	} | cut -d / -f 3 | sort -nu
}

remove_everything() {
	local code=$? mount i
	trap - EXIT
	trap '' INT TERM HUP
	for ((i = ${#deferred[@]} - 1; i >= 0; i--)); do
		eval "${deferred[i]}" >/dev/null 2>&1
	done
	cd /
	end_processes
	while read -r mount; do
		umount -- "$(printf '%b' "$mount")" || umount -l -- "$(printf '%b' "$mount")"
	done < <(awk -v prefix="$work/" 'index($2, prefix) == 1 { print $2 }' /proc/self/mounts | tac)
	rm -rf --one-file-system -- "$work"
	if [[ $code -eq 0 && $test_failures -gt 0 ]]; then
		code=1
	fi
	exit "$code"
}
trap remove_everything EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# --- TAP ---

plan() {
	echo "1..$1"
}

done_testing() {
	plan "$test_count"
}

diag() {
	printf '%s\n' "$@" | sed 's/^/# /'
}

pass() {
	test_count=$((test_count + 1))
	echo "ok $test_count - $1"
}

# fail NAME REASON...
fail() {
	test_count=$((test_count + 1))
	test_failures=$((test_failures + 1))
	echo "not ok $test_count - $1"
	shift
	diag "$@"
}

# What the test cannot do without: ends it.
must() {
	if ! run "$@"; then
		echo "Bail out! exit code $status: $*"
		diag "$stdout" "$stderr"
		exit 1
	fi
}

run() {
	"$@" >"$work/.stdout" 2>"$work/.stderr" </dev/null
	status=$?
	stdout=$(<"$work/.stdout")
	stderr=$(<"$work/.stderr")
	return "$status"
}

exits() {
	local name=$1 wanted=$2
	shift 2
	run "$@"
	if [[ $status -eq $wanted ]]; then
		pass "$name"
	else
		fail "$name" "exit code $status, not $wanted: $*" "$stdout" "$stderr"
	fi
}

ok() {
	local name=$1
	shift
	exits "$name" 0 "$@"
}

is() {
	if [[ $2 == "$3" ]]; then
		pass "$1"
	else
		fail "$1" "got:    $2" "wanted: $3"
	fi
}

like() {
	if [[ $2 =~ $3 ]]; then
		pass "$1"
	else
		fail "$1" "does not match $3:" "$2"
	fi
}

unlike() {
	if [[ $2 =~ $3 ]]; then
		fail "$1" "matches $3:" "$2"
	else
		pass "$1"
	fi
}

wait_until() {
	local deadline=$((SECONDS + $1 + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		[[ $SECONDS -lt $deadline ]] || return 1
		sleep 0.05
	done
}

# --- tests that are functions ---

out=$work/.out
err=$work/.err

# prove NAME FUNCTION [ARGUMENT...]: the function holds if none of its commands fails. It runs in a subshell that begins in
# $work: what it sets is forgotten, what it makes stays.
prove() {
	local name=$1 code
	shift
	: >"$out"
	: >"$err"
	(
		set -eE
		trap 'echo "line $LINENO ended with $?: $BASH_COMMAND" >&2' ERR
		"$@"
	) >"$work/.log" 2>&1 </dev/null
	code=$?
	if [[ $code -eq 0 ]]; then
		pass "$name"
	else
		fail "$name" "$(cat "$work/.log")" "$(head -n 40 "$out" | sed 's/^/stdout: /')" "$(head -n 40 "$err" | sed 's/^/stderr: /')"
	fi
}

# gives CODE COMMAND...: the command ends with that code; what it prints goes to the files $out and $err.
gives() {
	local wanted=$1 code=0
	shift
	"$@" >"$out" 2>"$err" || code=$?
	[[ $code -eq $wanted ]] || {
		echo "exit code $code, not $wanted: $*"
		return 1
	}
}

# says TEXT...: each stands in what the command before printed to stdout or stderr.
says() {
	local text
	for text in "$@"; do
		cat -- "$out" "$err" | grep -F -- "$text" >/dev/null || {
			echo "does not say: $text"
			return 1
		}
	done
}

says_not() {
	local text
	for text in "$@"; do
		if cat -- "$out" "$err" | grep -F -- "$text" >/dev/null; then
			echo "says: $text"
			return 1
		fi
	done
}

# holds [OPTIONS] FILTER: jq's filter is true of what the command before printed to stdout.
holds() {
	jq -e "$@" "$out" >/dev/null || {
		echo "does not hold: $*"
		return 1
	}
}

# same GOT WANTED
same() {
	[[ $1 == "$2" ]] || {
		printf 'got:    %s\nwanted: %s\n' "$1" "$2"
		return 1
	}
}

# not COMMAND...: fails if the command succeeds. (Of "! command", set -e takes no notice.)
not() {
	if "$@"; then
		echo "should fail: $*"
		return 1
	fi
}

# --- what a test needs around it ---

vela() {
	"$vela_binary" "$@"
}

as_postgres() {
	setpriv --reuid postgres --regid postgres --init-groups -- "$@"
}

make_filesystem() {
	local kind=$1 directory=$2 size=${3:-4G} options=noatime
	[[ $directory == /* ]] || directory=$work/$directory
	[[ $kind != btrfs ]] || options+=,user_subvol_rm_allowed
	must mkdir -p "$directory"
	must truncate -s "$size" "$directory.image"
	must "mkfs.$kind" -q "$directory.image"
	must mount -t "$kind" -o "loop,$options" "$directory.image" "$directory"
}

make_repository() {
	must git init -q -b main "$1"
	must git -C "$1" config user.name test
	must git -C "$1" config user.email test@example.com
}

free_port() {
	local port
	for _ in {1..200}; do
		port=$((20000 + RANDOM % 6000))
		if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			echo "$port"
			return
		fi
	done
	return 1
}

# read_recording NAME: fills `run_variables` with the environment that this CI system gives a run, as tests/ci has it.
read_recording() {
	local line
	run_variables=()
	while read -r line; do
		[[ $line == '#'* ]] || run_variables+=("$line")
	done <"$top/tests/ci/$1.env"
	run_variables+=(GITHUB_EVENT_PATH="$top/tests/ci/$1.event.json")
}

# --- a production server ---
#
# start_production [ORDERS] makes a server as a company would have it and starts it: passwords asked of everyone
# (scram-sha-256), wal_level=replica, on 127.0.0.1:$production_port and the socket directory $production_socket. The data
# are in $production_data. Roles, each with its own name as the password: shop_owner owns the database shop, shop_app
# reads and writes in it, replicator may take base backups; postgres is the superuser. There are ORDERS orders (default:
# 1000), with customers, products and order items; 3 % of the orders have no total.
#
# Set before: production_binaries for another version of PostgreSQL, production_directory for another place.

production_binaries=/usr/lib/postgresql/15/bin
production_directory=$work/production
production_port=
production_data=
production_socket=

production_sql() {
	PGPASSWORD=postgres psql -XqAt -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$production_port" -U postgres -d shop "$@"
}

# As one of the roles: production_as shop_app -c 'SELECT 1'
production_as() {
	local role=$1
	shift
	PGPASSWORD=$role psql -XqAt -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$production_port" -U "$role" -d shop "$@"
}

production_url() {
	echo "postgres://${1:-replicator}@127.0.0.1:$production_port/shop"
}

production_start() {
	as_postgres "$production_binaries/pg_ctl" -D "$production_data" -l "$production_directory/log" -w -t 60 start
}

# production_stop fast|immediate
production_stop() {
	as_postgres "$production_binaries/pg_ctl" -D "$production_data" -m "$1" -w -t 60 stop
}

production_configure() {
	cat >>"$production_data/postgresql.conf" <<-CONF
		listen_addresses = '127.0.0.1'
		port = $production_port
		unix_socket_directories = '$production_socket'
	CONF
}

production_fill() {
	PGPASSWORD=postgres psql -Xq -h 127.0.0.1 -p "$production_port" -U postgres -d postgres -v ON_ERROR_STOP=1 <<-'SQL' &&
		CREATE ROLE shop_owner LOGIN PASSWORD 'shop_owner';
		CREATE ROLE shop_app LOGIN PASSWORD 'shop_app';
		CREATE ROLE replicator LOGIN REPLICATION PASSWORD 'replicator';
		CREATE DATABASE shop OWNER shop_owner;
	SQL
		production_as shop_owner -v orders="$1" <<-'SQL'
			CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL UNIQUE, created_at timestamptz NOT NULL);
			CREATE TABLE products (id int PRIMARY KEY, name text NOT NULL, price numeric(10,2) NOT NULL);
			CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers,
			                     status text NOT NULL, total numeric(10,2), created_at timestamptz NOT NULL);
			CREATE TABLE order_items (order_id bigint NOT NULL REFERENCES orders, product_id int NOT NULL REFERENCES products,
			                          quantity int NOT NULL, PRIMARY KEY (order_id, product_id));
			INSERT INTO customers SELECT i, 'customer' || i || '@example.com', now() - i * interval '1 minute'
			  FROM generate_series(0, :orders / 20) i;
			INSERT INTO products SELECT i, 'product ' || i, i + 0.99 FROM generate_series(0, 99) i;
			INSERT INTO orders SELECT i, i % (:orders / 20 + 1), (ARRAY['open', 'complete', 'cancelled'])[i % 3 + 1],
			                          CASE WHEN i % 100 < 3 THEN NULL ELSE i % 900 + 0.5 END, now() - i * interval '20 seconds'
			  FROM generate_series(1, :orders) i;
			INSERT INTO order_items SELECT i, (i + j * 7) % 100, i % 4 + 1 FROM generate_series(1, :orders) i, generate_series(0, 1) j;
			CREATE INDEX ON orders (customer_id);
			GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO shop_app;
			ANALYZE;
		SQL
}

production_initialise() {
	local orders=$1
	printf postgres >"$production_directory/password" &&
		as_postgres "$production_binaries/initdb" -D "$production_data" -U postgres -A scram-sha-256 -E UTF8 \
			--locale C.UTF-8 --pwfile "$production_directory/password" --no-sync &&
		echo "wal_level = replica" >>"$production_data/postgresql.conf" &&
		cp "$production_data/postgresql.conf" "$production_directory/pristine.conf" &&
		production_configure &&
		production_start &&
		production_fill "$orders" &&
		production_stop fast &&
		cat "$production_directory/pristine.conf" >"$production_data/postgresql.conf"
}

start_production() {
	local orders=${1:-1000} cache new
	production_data=$production_directory/data
	production_socket=$production_directory
	production_port=$(free_port) || must false
	must install -d -m 0755 -o postgres -g postgres "$production_directory"
	# Making it takes seconds, copying it none: so the first test that needs one keeps it for the others.
	cache=$top/build/production/$({
		declare -f production_initialise production_fill
		"$production_binaries/postgres" -V
		echo "$orders"
	} | sha256sum | cut -c 1-16)
	if [[ ! -d $cache ]]; then
		must production_initialise "$orders"
		must mkdir -p "${cache%/*}"
		new=$(mktemp -d "$cache.XXXXXX")
		must cp -a "$production_data/." "$new"
		mv -T "$new" "$cache" 2>/dev/null || rm -rf "$new" # another test was faster
	else
		must cp -a "$cache" "$production_data"
	fi
	must production_configure
	must production_start
}
