#!/usr/bin/env bash
# Writes C: every template given, as a string, in the table that base/template.h declares.
set -euo pipefail

printf '#include "base/template.h"\n\n'
printf 'const struct template templates[] = {\n'
for file in "$@"; do
	printf '\t{"%s",\n' "${file#templates/}"
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/\t "/' -e 's/$/\\n"/' "$file"
	printf '\t},\n'
done
printf '\t{NULL, NULL},\n};\n'
