/*
 * Whatever the file: cutting it ends, and segments lie in it one after the other. The first byte chooses the format,
 * the second the direction; names are parsed from the same bytes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "migration/format_row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)                                                                                             \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "does not hold: %s\n", #condition);                                            \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

static void parse_name(const struct migration_format *format, const char *text)
{
	struct format_name name = {0};
	_cleanup_free_ char *line = string_copy_n(text, strcspn(text, "/\n"));
	format->parse_name(line, &name);
	bool explained = name.part == PART_BAD || name.part == PART_LEFT_OUT;
	REQUIRE(explained == (name.why != NULL));
	if (name.version && name.part == PART_UP)
		REQUIRE(format->compare_versions(name.version, name.version) == 0);
	free(name.version);
	free(name.description);
}

static void check_segments(const struct migration_script *script)
{
	size_t end = 0;
	for (size_t i = 0; i < script->segment_count; i++) {
		const struct migration_segment *segment = &script->segments[i];
		REQUIRE(segment->start >= end);
		REQUIRE(segment->start <= script->text.length);
		REQUIRE(segment->length <= script->text.length - segment->start);
		end = segment->start + segment->length;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t count = 0;
	while (migration_formats[count])
		count++;
	if (size < 2 || count == 0)
		return 0;
	const struct migration_format *format = migration_formats[data[0] % count];
	enum migration_direction direction = data[1] & 1 ? MIGRATION_DOWN : MIGRATION_UP;
	struct format_settings settings = {.decides = data[1] & 2, .in_transaction = data[1] & 4};
	_cleanup_script_ struct migration_script script = {0};
	buffer_add(&script.text, data + 2, size - 2);
	parse_name(format, buffer_text(&script.text));
	if (format->read_settings)
		format->read_settings(&script.text, &settings);
	report_failure_free(format_cut(format, &script, direction, &settings));
	check_segments(&script);
	if (format->checksum) {
		_cleanup_free_ char *checksum = format->checksum(buffer_text(&script.text), script.text.length);
		REQUIRE(format_checksum_matches(format, &script.text, checksum));
	}
	return 0;
}
