#include "base/file.h"
#include "base/identity.h"
#include "base/text.h"
#include "migration/format_row.h"
#include "sql/tree.h"

enum { SETTINGS_MAX = 64 << 10 /* bytes */ };

void migration_script_free(struct migration_script *script)
{
	free(script->file);
	free(script->version);
	buffer_free(&script->text);
	free(script->segments);
	free(script->before_sql);
	free(script->record_sql);
	*script = (struct migration_script){0};
}

void format_add_segment(struct migration_script *script, size_t start, size_t end, bool whole)
{
	if ((script->segment_count & (script->segment_count - 1)) == 0) /* a power of two, or nothing yet */
		script->segments =
			memory_resize(script->segments, script->segment_count ? script->segment_count * 2 : 1,
				      sizeof(*script->segments));
	script->segments[script->segment_count++] =
		(struct migration_segment){.start = start, .length = end - start, .whole = whole};
}

struct report_failure *format_failure(const struct migration_script *script, size_t offset, const char *message,
				      const char *hint)
{
	struct sql_text sql = {buffer_text(&script->text), script->text.length};
	struct report_failure *failure = failure_at(&sql, offset, true, message);
	failure->hint = string_copy(hint);
	return failure;
}

/* As its first byte says; 0: none begins so. */
static size_t length_by_lead(unsigned char lead)
{
	static const struct {
		unsigned char below;
		size_t length;
	} rows[] = {{0x80, 1}, {0xc2, 0}, {0xe0, 2}, {0xf0, 3}, {0xf5, 4}};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (lead < rows[i].below)
			return rows[i].length;
	return 0;
}

/* Longer than it need be, a surrogate, or beyond U+10FFFF: the second byte tells. */
static bool is_no_character(unsigned char lead, unsigned char second)
{
	switch (lead) {
	case 0xe0:
		return second < 0xa0;
	case 0xed:
		return second >= 0xa0;
	case 0xf0:
		return second < 0x90;
	case 0xf4:
		return second >= 0x90;
	default:
		return false;
	}
}

/* The length of the valid UTF-8 character at `at`, other than NUL; 0 if there is none. */
static size_t character_length(const char *at, size_t rest)
{
	const unsigned char *s = (const unsigned char *)at;
	size_t length = length_by_lead(s[0]);
	if (length == 0 || length > rest || s[0] == '\0')
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return length > 1 && is_no_character(s[0], s[1]) ? 0 : length;
}

/* How many bytes at `at` are ASCII other than NUL, in eights: nearly all of a file of data is. */
static size_t plain_length(const char *at, size_t rest)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
	size_t length = 0;
	for (uint64_t eight; rest - length >= sizeof(eight); length += sizeof(eight)) {
		memcpy(&eight, at + length, sizeof(eight));
		if ((eight | (eight - ones)) & high)
			break;
	}
	return length;
}

/* Postgres would refuse it too, but not say where. */
static struct report_failure *check_encoding(const struct migration_script *script)
{
	const struct buffer *text = &script->text;
	for (size_t offset = plain_length(text->data, text->length); offset < text->length;
	     offset += plain_length(text->data + offset, text->length - offset)) {
		size_t length = character_length(text->data + offset, text->length - offset);
		if (length == 0)
			return format_failure(script, offset,
					      text->data[offset] == '\0' ? "the file has a NUL byte"
									 : "the file is not valid UTF-8",
					      "save the file as UTF-8");
		offset += length;
	}
	return NULL;
}

static struct report_failure *check_mark(const struct migration_format *format, const struct migration_script *script)
{
	if (format->skips_mark || !string_starts_with(buffer_text(&script->text), "\xef\xbb\xbf"))
		return NULL;
	_cleanup_free_ char *message =
		string_format("the file begins with a byte order mark, which %s takes for text", format->name);
	return format_failure(script, 0, message, "save the file as UTF-8 without a byte order mark");
}

static char *settings_path(const struct migration_format *format, const char *file)
{
	if (format->layout != LAYOUT_DIRECTORIES)
		return string_format("%s%s", file, format->settings_file);
	_cleanup_free_ char *parent = path_parent(file);
	return path_join(parent, format->settings_file, NULL);
}

static int read_settings(const char *repository, const struct migration_format *format, const char *file,
			 struct format_settings *ret, struct error **err)
{
	if (!format->settings_file)
		return 0;
	_cleanup_free_ char *path = settings_path(format, file);
	_cleanup_buffer_ struct buffer text = {0};
	_cleanup_error_ struct error *error = NULL;
	if (tree_read(repository, path, SETTINGS_MAX, &text, &error) < 0) {
		if (error->kind == ERROR_NOT_FOUND)
			return 0;
		return error_pass(err, TAKE_POINTER(error));
	}
	format->read_settings(&text, ret);
	return 0;
}

/* A simple Query of several statements is a transaction of all of them, one of a single statement is none. */
static bool is_single_statement(const struct migration_script *script)
{
	size_t count = 0;
	for (size_t i = 0; i < script->segment_count && count < 2; i++) {
		struct sql_scanner scanner;
		struct sql_statement statement;
		sql_scanner_init(&scanner, script->text.data + script->segments[i].start, script->segments[i].length);
		while (count < 2 && sql_scanner_next(&scanner, &statement))
			count++;
	}
	return count < 2;
}

struct report_failure *format_cut(const struct migration_format *format, struct migration_script *script,
				  enum migration_direction direction, const struct format_settings *settings)
{
	struct report_failure *failure = check_encoding(script);
	if (!failure)
		failure = check_mark(format, script);
	if (failure)
		return failure;
	if ((settings->decides && !settings->in_transaction) || format->sends_text_always)
		script->transaction = TRANSACTION_STATEMENT;
	if (format->cut)
		failure = format->cut(script, direction, settings);
	else if (script->text.length > 0)
		format_add_segment(script, 0, script->text.length, false);
	if (!failure && script->transaction == TRANSACTION_STATEMENT && format->sending == SENDS_TEXT &&
	    !is_single_statement(script))
		script->transaction = TRANSACTION_FILE;
	return failure;
}

static char *steal_or_null(struct buffer *buffer)
{
	return buffer->length ? buffer_steal(buffer) : NULL;
}

static void record(const struct migration_set *set, const struct migration *migration,
		   enum migration_direction direction, struct migration_script *script)
{
	const struct migration_format *format = set->format;
	void (*write)(const struct format_record *, struct buffer *, struct buffer *) =
		direction == MIGRATION_UP ? format->record_up : format->record_down;
	if (!write)
		return;
	struct format_record what = {
		.set = set, .migration = migration, .text = &script->text, .table = format_history_table(set)};
	_cleanup_buffer_ struct buffer before = {0}, after = {0};
	write(&what, &before, &after);
	script->before_sql = steal_or_null(&before);
	script->record_sql = steal_or_null(&after);
}

int migration_script_read(const char *repository, const struct migration_set *set, const struct migration *migration,
			  enum migration_direction direction, struct migration_script *ret,
			  struct report_failure **ret_failure, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	const char *file = direction == MIGRATION_UP ? migration->file : migration->down_file;
	if (!file) {
		_cleanup_free_ char *shown = text_safe(migration->file);
		return error_set(err, ERROR_CONFIG, "%s has no way down", shown);
	}
	_cleanup_script_ struct migration_script script = {.file = string_copy(file),
							   .version = string_copy(migration->version)};
	struct format_settings settings = {0};
	if (tree_read(repository, file, MIGRATION_FILE_MAX, &script.text, err) < 0 ||
	    read_settings(repository, set->format, file, &settings, err) < 0)
		return -1;
	*ret_failure = format_cut(set->format, &script, direction, &settings);
	record(set, migration, direction, &script);
	migration_script_free(ret);
	*ret = script;
	script = (struct migration_script){0};
	return 0;
}
