#!/usr/bin/env bash
# Hostile names, unusual places for a pool, damaged records, foreign programs on ports, servers that were killed, a machine
# that went down: a clear error with the right exit code, or it goes on; and the other branches are never affected.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/support/sweep.sh
source "$top/tests/support/sweep.sh"

shop_pool
must vela branch create healthy
healthy() {
	usable healthy && [[ $(vela branch list -o json | jq -r '.branches[] | select(.name == "healthy") | .state') == ready ]]
}

record() {
	echo "$pool/branches/shop/$1/branch.json"
}

# change_record BRANCH JQ-FILTER
change_record() {
	jq "$2" "$(record "$1")" >"$work/.record" && cat "$work/.record" >"$(record "$1")"
}

postmaster_of() {
	head -n 1 "$pool/branches/shop/$1/data/postmaster.pid"
}

# --- names ---

long=$(printf 'x%.0s' {1..300})
for name in '../../etc' 'with spaces' 'ünïcödé' "quote's \"and\" \$(touch $work/pwned) \`x\`" "$long" 'UPPER/Case' '...' 'a/../b'; do
	shown=${name:0:20}
	run vela branch create -o json -- "$name"
	if [[ $status -eq 0 ]]; then
		slug=$(jq -r .name <<<"$stdout")
		like "$shown becomes a name that harms nothing" "$slug" '^[a-z0-9][a-z0-9._-]{0,62}$'
		is "$shown can be used by the name it was given" \
			"$(vela psql -- "$name" -XAtc 'SELECT count(*) FROM orders' 2>/dev/null || psql "$(vela url -- "$name")" -XAtc 'SELECT count(*) FROM orders')" 1000
		ok "and deleted by it" vela branch delete -- "$name"
	else
		is "$shown is refused" "$status" 2
	fi
done
exits "an empty name" 2 vela branch create ''
exits "a name with a leading dash is an option" 2 vela branch create -x
like "and the hint tells how it could be meant" "$stderr" '-- *$|after --'
exits "a name with a newline" 2 vela branch create $'a\nb'
exits "a name that is no UTF-8" 2 vela branch create $'\xff\xfe'
is "nothing was run, or written elsewhere" "$(find "$work" -name 'pwned*'; ls "$pool/branches")" shop
for name in '../x' 'a b' '-x' "$long" '' 'x@1'; do
	exits "baseline create ${name:0:10} is refused" 2 vela baseline create --from "$(production_url)" -- "$name"
done
printf 'version: 1\nproject: ../escape\n' >"$work/bad.yml"
exits "a project that would leave the pool" 3 vela --config "$work/bad.yml" branch create one
ok "the healthy branch" healthy

# --- damaged records ---

must vela branch create damaged
port=$(vela branch show damaged -o json | jq .port)
for content in '' '{' '[]' '{"format": 1}' 'null' "$(head -c 3000000 /dev/zero | tr '\0' x)"; do
	printf '%s' "$content" >"$(record damaged)"
	exits "show, of a record ${content:0:12}" 7 vela branch show damaged
	like "names it" "$stderr" 'branches/shop/damaged/branch\.json'
done
exits "create does not go over it" 7 vela branch create damaged
ok "list goes on" vela branch list
like "list names it" "$stdout$stderr" damaged
like "list shows the others" "$stdout" 'healthy *ready'
exits "gc goes on, and tells" 7 vela gc
like "gc names it" "$stdout" 'shop/damaged'
exits "doctor tells" 1 vela doctor
like "doctor names it" "$stdout" 'damaged/branch\.json'
ok "delete works" vela branch delete damaged
is "and ends what ran on it" "$(pgrep -f -- "[ =]$pool/branches/shop/damaged/")$(ls "$pool/ports" | grep -x "$port")" ""
ok "the name can be used again" vela branch create damaged
must vela branch delete damaged
ok "the healthy branch" healthy

must cp -a "$pool/pool.json" "$work/pool.json"
must vela baseline create broken --from "$(production_url)"
printf '{' >"$pool/baselines/broken/1/baseline.json"
exits "a damaged baseline cannot be branched" 7 vela branch create one --baseline broken
like "the message names it" "$stderr" 'baselines/broken/1/baseline\.json'
ok "baseline list goes on" vela baseline list
like "and names it" "$stdout$stderr" 'broken@1'
exits "doctor tells" 1 vela doctor
like "and names it" "$stdout" 'broken@1'
ok "the other baseline works" vela branch create one --baseline production
must vela branch delete one
ok "the damaged one can be deleted" vela baseline delete broken
is "with its data" "$(btrfs subvolume list "$pool" | grep broken)" ""
unlike "really" "$(vela baseline list 2>&1)" broken

for content in '' '{"format": 1}' 'x'; do
	printf '%s' "$content" >"$pool/pool.json"
	exits "a damaged pool.json: ${content:-empty}" 7 vela branch list
	like "is named" "$stderr" 'pool\.json'
done
jq '.format = 99' "$work/pool.json" >"$pool/pool.json"
exits "a pool of a newer vela is refused" 6 vela branch list
like "and the message says so" "$stderr" 'newer vela'
must cp -a "$work/pool.json" "$pool/pool.json"
ok "the healthy branch" healthy

# --- lost files, stale links ---

must vela branch create lost
rm "$pool/branches/shop/lost/password"
exits "url, without the password" 7 vela url lost
like "tells what to do" "$stderr" 'vela branch reset lost'
ok "reset gives it a new one" vela branch reset lost
ok "with which it can be used" usable lost
ln -s shop/nobody "$pool/ports/25999"
must vela gc
is "links of ports that nobody has are gone" "$(ls "$pool/ports" | grep -cx 25999)" 0
must vela branch stop lost
rm -r "$pool/branches/shop/lost/data/global"
exits "a branch whose data are damaged does not start" 7 vela branch start lost
ok "reset makes it anew" vela branch reset lost
ok "and it can be used" usable lost

# --- foreign programs on its port ---

must vela branch stop lost
port=$(vela branch show lost -o json | jq .port)
python=$(command -v python3 || command -v python)
"$python" -c "
import socket, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('127.0.0.1', $port)); s.listen(); time.sleep(300)" &
listener=$!
listens() {
	(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
}
wait_until 5 listens
run vela branch start lost
is "another program has its port: it starts" "$status" 0
like "and tells that it moves" "$stderr" "another program listens on port $port"
unlike "to another port" "$(vela branch show lost -o json | jq .port)" "^$port\$"
ok "where it can be used" usable lost
is "only one port is kept for it" "$(find "$pool/ports" -lname shop/lost | wc -l)" 1
kill "$listener"
wait "$listener" 2>/dev/null

# --- servers that were killed ---

kill -KILL "$(postmaster_of lost)"
stopped() {
	[[ $(vela branch show lost -o json | jq -r .state) == stopped ]]
}
ok "a killed server is stopped" wait_until 5 stopped
ok "and starts again" vela branch start lost
ok "and can be used" usable lost
psql "$(vela url lost)" -Xqc 'CREATE TABLE kept AS SELECT 1 AS x'
kill -KILL "$(postmaster_of lost)"
wait_until 5 stopped
ok "psql starts it" vela psql lost -- -XAtc 'SELECT x FROM kept'
is "what was committed before it was killed is there" "$stdout" 1

# A pid that is somebody else's by now.
kill -KILL "$(postmaster_of lost)"
wait_until 5 stopped
sleep 300 &
stranger=$!
change_record lost ".instance.pid = $stranger"
ok "with the pid of another process it is stopped" stopped
change_record lost ".instance.pid = $stranger | .instance.start_time = 1"
ok "starts again" vela branch start lost
ok "and the other process lives" kill -0 "$stranger"
ok "as does one whose record it was, when it is deleted" vela branch delete lost
kill "$stranger"
wait "$stranger" 2>/dev/null
ok "the healthy branch" healthy

# --- a machine that went down ---

mapfile -t servers < <(pgrep -f -- "/postgres -D $pool/")
kill -KILL "${servers[@]}"
servers_gone() {
	! pgrep -f -- "[ =]$pool/"
}
ok "nothing runs any more" wait_until 10 servers_gone
change_record healthy '.instance.boot_id = "00000000-0000-0000-0000-000000000000" | .instance.pid = 1'
ok "the pool is unmounted" vela pool unmount "$pool"
exits "then there is none" 4 vela branch list
like "and the hint tells how to mount it" "$stderr" "vela pool mount"
ok "it is mounted again" vela pool mount "$pool"
is "the branch is stopped" "$(vela branch show healthy -o json | jq -r .state)" stopped
run vela branch start healthy
is "it starts again" "$status" 0
like "with a word on what may be lost" "$stderr" 'ran without fsync when the machine went down'
ok "and can be used" healthy

# --- a pool that cannot be written ---

must vela branch stop healthy
must mount -o remount,ro "$pool"
for command in 'branch create one' 'branch delete healthy' 'branch reset healthy' 'branch start healthy' gc \
	"baseline create again --from $(production_url)"; do
	# shellcheck disable=SC2086 # words
	exits "read-only: $command" 7 vela $command
	like "says so" "$stdout$stderr" 'Read-only file system'
done
ok "read-only: list" vela branch list
ok "read-only: show" vela branch show healthy
exits "read-only: doctor" 1 vela doctor
must mount -o remount,rw "$pool"
ok "and writable again" vela branch start healthy
ok "it can be used" healthy

# --- places ---

spaced="$work/a pool of  ours"
must vela pool create "$spaced" --size 300M
like "the line for fstab can be used as it is" "$stdout" 'a\\040pool\\040of\\040\\040ours btrfs loop'
VELA_POOL=$spaced
ok "a pool with spaces in its path: baseline" vela baseline create production --from "$(production_url)"
ok "branch" vela branch create one
ok "query" usable one
ok "reset" vela branch reset one
ok "a child" vela branch create two --from one
ok "query" usable two
ok "gc" vela gc
ok "destroy" vela pool destroy "$spaced" --yes
is "nothing is left" "$(find "$work" -maxdepth 1 -name 'a pool*')" ""

deep=$work/$(printf 'd%.0s' {1..120})/pool
must vela pool create "$deep" --size 300M
VELA_POOL=$deep
ok "a path too long for sockets: baseline" vela baseline create production --from "$(production_url)"
ok "branch" vela branch create one
ok "query" usable one
sockets=$(vela branch show one -o json | jq -r .socket)
like "its sockets are elsewhere" "$sockets" '^/tmp/vela-'
is "where only its owner gets" "$(stat -c '%U %a' "$sockets")" "postgres 700"
ok "destroy" vela pool destroy "$deep" --yes
ok "takes the sockets along" test ! -e "$sockets"
exits "a path that no system could have" 2 vela pool create "/$(printf 'x%.0s' {1..300})/pool"
done_testing
