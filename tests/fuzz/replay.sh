#!/usr/bin/env bash
# Each fuzz target over its corpus: what fuzzing found once must never come back.
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."

sources=(tests/fuzz/fuzz_*.c)
echo "1..${#sources[@]}"
number=0
for source in "${sources[@]}"; do
	name=$(basename "$source" .c)
	number=$((number + 1))
	if inputs=$("${VELA_TEST_FUZZ:-build/release/fuzz}/$name" "tests/fuzz/corpus/${name#fuzz_}"); then
		echo "ok $number - $name: $inputs"
	else
		echo "not ok $number - $name"
		echo "# $inputs"
	fi
done
