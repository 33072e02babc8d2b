#!/usr/bin/env bash
# Many at once: 32 branches of different names, the same name eight times, fifty branches and what gc does with them, and a
# branch cloned from a running one that is written to all the while.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/support/sweep.sh
source "$top/tests/support/sweep.sh"

plan 29
shop_pool
results=$work/results
must mkdir "$results"

# at_once COUNT COMMAND…: the command's output goes to results/N.json, its exit code to results/N.code; %N in it is the number.
at_once() {
	local count=$1 i
	shift
	rm -f "$results"/*
	for ((i = 1; i <= count; i++)); do
		(
			"${@//%N/$i}" >"$results/$i.json" 2>"$results/$i.err"
			echo $? >"$results/$i.code"
		) &
	done
	wait
}

exit_codes() {
	sort "$results"/*.code | uniq -c | xargs
}

# --- 32 branches of different names ---

at_once 32 vela branch create many-%N -o json
is "32 creates at once succeed" "$(exit_codes)" "32 0"
is "each was made" "$(jq -s 'map(.created) | unique' -c "$results"/*.json)" "[true]"
is "each has a port of its own" "$(jq -s 'map(.port) | unique | length' "$results"/*.json)" 32
answers() {
	psql "$(vela url "many-$1")" -XAtc "SELECT count(*), current_setting('cluster_name') FROM orders"
}
for i in {1..32}; do
	answers "$i" >"$results/$i.answer" &
done
wait
is "each answers, and is the one that was asked" "$(sort "$results"/*.answer | uniq)" \
	"$(for i in {1..32}; do echo "1000|shop/many-$i"; done | sort)"

# --- and 18 more: what gc does ---

for i in {33..48}; do
	vela branch create "many-$i" --expires 1s >/dev/null &
done
wait
must vela branch create protected --expires 1s --protect
must vela branch create child --from many-1
must vela branch expire many-1 1s
is "50 branches are there" "$(vela branch list -o json | jq '.branches | length')" 50
sleep 2
before=$(date +%s)
must vela gc --dry-run -o json
is "gc --dry-run tells of 18" "$(jq '.items | length' <<<"$stdout")" 18
is "and does nothing" "$(vela branch list -o json | jq '.branches | length')" 50
must vela gc -o json
is "gc removes the 16 whose time is over" "$(jq '[.items[] | select(.removed)] | length' <<<"$stdout")" 16
is "with the reason" "$(jq -r '[.items[] | select(.removed) | .reason] | unique | join(";")' <<<"$stdout")" "its time is over"
is "and keeps the protected one and the parent, with the reason" \
	"$(jq -r '.items[] | select(.removed | not) | "\(.what): \(.reason)"' <<<"$stdout" | sort)" \
	"branch shop/many-1: its time is over, but it has children
branch shop/protected: its time is over, but it is protected"
[[ $(($(date +%s) - before)) -lt 15 ]] || diag "gc took long"
is "34 are left" "$(vela branch list -o json | jq '.branches | length')" 34
must vela events -n 100 -o json
is "the events tell who went, and why" \
	"$(jq -c '[.events[] | select(.event == "branch.delete" and .reason == "its time is over")] | length' <<<"$stdout")" 16
exits "the protected one cannot be deleted" 5 vela branch delete protected
exits "nor can the parent" 5 vela branch delete many-1
must vela branch delete child
must vela gc -o json
is "without its child the parent goes" "$(jq -r '[.items[] | select(.removed) | .what] | join(";")' <<<"$stdout")" \
	"branch shop/many-1"
must vela branch unprotect protected
at_once 31 vela branch delete "many-%N" -o json
is "31 deletes at once succeed" "$(exit_codes)" "31 0"
must vela branch delete many-32
must vela branch delete protected
wait_until 3 nothing_left
is "nothing is left" "$(left_in_pool)" ""

# --- the same name, eight times ---

at_once 8 vela branch create same -o json
is "8 creates of one name succeed" "$(exit_codes)" "8 0"
is "one of them made it" "$(jq -s 'map(select(.created)) | length' "$results"/*.json)" 1
is "all tell the same" "$(jq -sc 'map(del(.created)) | unique | length' "$results"/*.json)" 1
ok "and it can be used" usable same
at_once 4 vela branch delete same -o json
is "4 deletes of one name succeed" "$(exit_codes)" "4 0"

# --- a parent that is written to ---

must vela branch create parent
uri=$(vela url parent)
psql "$uri" -Xqc 'CREATE TABLE ledger (writer int, number int, PRIMARY KEY (writer, number))'

# Each writer is one session; what the server acknowledged is in its file.
write_ledger() {
	for number in $(seq 1 100000); do
		[[ -e $work/writing ]] || break
		echo "INSERT INTO ledger VALUES ($1, $number) RETURNING number;"
	done | psql "$uri" -XqAt -v ON_ERROR_STOP=1 >"$results/writer.$1" 2>"$results/writer.$1.err"
}
touch "$work/writing"
for writer in 1 2 3; do
	write_ledger "$writer" &
	writers[writer]=$!
done
written() {
	[[ -s $results/writer.1 && -s $results/writer.2 && -s $results/writer.3 ]]
}
wait_until 5 written
acknowledged_before=$(wc -l <"$results/writer.1")
for i in 1 2 3; do
	run vela branch create "child-$i" --from parent
	is "child $i of a parent that is written to" "$status" 0
done
rm "$work/writing"
wait "${writers[@]}"
is "the writers' sessions stayed connected" "$(cat "$results"/writer.*.err)" ""
lost=$(cat "$results"/writer.[123] | wc -l)
lost=$((lost - $(psql "$uri" -XAtc 'SELECT count(*) FROM ledger')))
is "the parent lost no transaction that it acknowledged" "$lost" 0
is "each child has, of every writer, all up to some transaction" \
	"$(for i in 1 2 3; do vela psql "child-$i" -- -XAtc 'SELECT count(*) FROM (SELECT FROM ledger GROUP BY writer HAVING max(number) <> count(*)) gaps'; done | xargs)" \
	"0 0 0"
is "and what was acknowledged before it was asked for" \
	"$(vela psql child-1 -- -XAtc "SELECT count(*) >= $acknowledged_before FROM ledger WHERE writer = 1")" t
