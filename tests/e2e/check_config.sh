#!/usr/bin/env bash
# What is wrong with vela.yml and pool.yml is said in one run, with its place and what was meant.
# shellcheck source=./lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

export VELA_POOL=$work/pool

# errors <<FILE: the places and messages that vela prints for it, in order.
errors() {
	cat >vela.yml
	gives 3 vela check x
	same "$(cat "$out")" ""
	grep -E '^vela\.yml:[0-9]+:[0-9]+: ' "$err" >errors
}

all_errors_in_one_run() {
	errors <<-'YML'
		version: 2
		projct: shop
		database: [a, b]
		branch:
		  expires: soon
		  durable: maybe
		timeout: 5
		timeout: 6s
		migrations:
		  directory: ../outside
		  format: flywa
		checks:
		  - {name: one, sql: SELECT 1, equals: {a: b}}
		  - {name: one, sql: SELECT 1}
		  - {nam: two}
		  - just text
		baseline: Production@
		pool: ""
	YML
	same "$(cut -d : -f 2,3 errors | paste -sd ' ')" \
		"1:10 2:1 3:11 5:12 6:12 7:10 8:1 10:14 11:11 13:40 14:12 15:5 15:5 15:6 16:5 17:11 18:7"
	says 'unknown key "projct"; did you mean "project"?' 'unknown key "nam" in checks[2]; did you mean "name"?' \
		'expires must be a duration' '"soon"' 'vela schema'
	gives 3 vela check x -o json
	holds '.error.kind == "config" and ([.error.message | scan("vela.yml:[0-9]+:[0-9]+: ")] | length == 17)'
}

every_command_says_it() {
	local command
	echo 'verson: 1' >vela.yml
	for command in "check x" "migrate x" "validate x" "branch list" "branch create x" "pool show" gc "url x" events; do
		# shellcheck disable=SC2086 # words
		gives 3 vela $command
		says 'vela.yml:1:1: unknown key "verson"; did you mean "version"?'
	done
	gives 0 vela --config /dev/null --version
	gives 3 vela --config missing.yml check x
	says missing.yml
	gives 0 vela schema
	gives 0 vela help
}

yaml_that_is_not_taken() {
	errors <<<$'version: 1\nproject: &a shop\ndatabase: *a'
	errors <<<$'version: 1\nproject: !!str shop'
	errors <<<$'version: 1\n<<: {project: x}'
	errors <<<$'version: 1\n---\nversion: 1'
	errors <<<$'version: 1\n\tproject: x'
	errors <<<$'version: 1\nproject: "unfinished'
	errors <<<'[]'
	errors <<<'just text'
	errors <<<"$(printf 'version: 1\nchecks: '; printf '[%.0s' {1..2000})"
	: >vela.yml
	gives 3 vela check x
	head -c 2000000 /dev/zero | tr '\0' '#' >vela.yml
	gives 3 timeout 10 "$vela_binary" check x
	rm vela.yml
	ln -s /etc/passwd vela.yml
	gives 3 vela check x
	says_not "root:"
	rm vela.yml
	mkfifo vela.yml
	gives 3 timeout 10 "$vela_binary" check x
	rm vela.yml
}

found_upward() {
	mkdir -p a/b/c
	printf 'version: 1\nproject: upper\n' >vela.yml
	gives 4 vela -C a/b/c branch show x
	says "in project upper"
	printf 'version: 1\nproject: nearer\n' >a/b/vela.yml
	gives 4 vela -C a/b/c branch show x
	says "in project nearer"
	gives 4 vela -C a/b/c --config "$work/vela.yml" branch show x
	says "in project upper"
	gives 4 vela -C a/b/c --config ../../../vela.yml branch show x
	says "in project upper"
}

pool_yml_is_checked_as_well() {
	rm -f vela.yml
	cat >"$VELA_POOL/pool.yml" <<-'YML'
		version: 1
		ports: 25999-25000
		reserve: 200%
		postgres:
		  12: /opt/12
		  16: relative/path
		sources:
		  production: {url: "postgres://u:hushhush@db/shop"}
		  Both: {url: "postgres://u@db/shop", data_directory: /x}
		  neither: {}
		  file: {data_directory: /x, password_file: /y}
	YML
	gives 3 vela branch list
	same "$(grep -c "pool.yml:[0-9]*:[0-9]*: " "$err")" 9
	says "pool.yml:2:" "pool.yml:3:" "pool.yml:5:" "pool.yml:6:" "pool.yml:8:" "pool.yml:9:" "pool.yml:10:" "pool.yml:11:"
	says_not hushhush
	rm "$VELA_POOL/pool.yml"
}

ports_of_pool_yml_are_used() {
	local port
	port=$(free_port)
	printf 'version: 1\nports: %s-%s\n' "$port" "$port" >"$VELA_POOL/pool.yml"
	gives 0 vela branch create only -o json
	holds --argjson port "$port" '.port == $port'
	gives 5 vela branch create another
	grep -q "$port" "$err"
	gives 0 vela branch delete only
	rm "$VELA_POOL/pool.yml"
}

start_production 100
must production_stop fast
must vela pool create "$VELA_POOL" --size 1G
must vela baseline create production --from "$production_data"

prove "all errors of vela.yml in one run, each with line and column" all_errors_in_one_run
prove "every command that reads it says so" every_command_says_it
prove "YAML that is refused, and files that are none" yaml_that_is_not_taken
prove "the nearest vela.yml counts, unless one is named" found_upward
prove "pool.yml is checked as well" pool_yml_is_checked_as_well
prove "a branch gets a port of those that pool.yml gives" ports_of_pool_yml_are_used
done_testing
