# shellcheck shell=bash disable=SC2154 # $work, $pool, … are lib.sh's and sweep.sh's
# For end-to-end tests that need many branches, or revisions of a baseline, but no server on them: copies of one that vela
# made, with their records changed. Sourced after tests/support/sweep.sh.
#
#   plant_model                   makes the branch `model`, which is stopped
#   plant NAME [FILTER]           a branch as the model; jq's filter changes its record, $1… are its --arg a, b, c
#   plant_revision NUMBER AGE     a revision of production that was taken so many days ago

plant_model() {
	must vela branch create model
	must vela branch stop model
	model=$pool/branches/shop/model
	planted_port=$(jq .port "$model/branch.json")
}

plant() {
	local name=$1 filter=${2:-.} directory=$pool/branches/shop/$1
	while [[ -L $pool/ports/$planted_port ]]; do
		planted_port=$((planted_port + 1))
	done
	mkdir -m 0700 "$directory" &&
		btrfs -q subvolume snapshot "$model/data" "$directory/data" >/dev/null &&
		cp -a "$model/password" "$directory" &&
		jq --arg a "${3-}" --arg b "${4-}" ".protected = false | .port = $planted_port | $filter" "$model/branch.json" >"$directory/branch.json" &&
		ln -s "shop/$name" "$pool/ports/$planted_port" &&
		chown -h postgres:postgres "$directory" "$directory/branch.json" "$pool/ports/$planted_port"
}

plant_revision() {
	local first=$pool/baselines/production/1 directory=$pool/baselines/production/$1
	mkdir -m 0700 "$directory" &&
		btrfs -q subvolume snapshot -r "$first/data" "$directory/data" >/dev/null &&
		jq ".revision = \"$1\" | .taken_at = (now - $2 * 86400 | todate)" "$first/baseline.json" >"$directory/baseline.json" &&
		chown postgres:postgres "$directory" "$directory/baseline.json"
}
