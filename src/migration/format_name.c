#include "migration/format_row.h"

/* What each tool makes of a name. */

/* Digits as the number a bigint column shows; NULL if they are too many for one. */
static char *bigint_text(const char *digits, size_t length)
{
	static const char largest[] = "9223372036854775807";
	while (length > 1 && *digits == '0') {
		digits++;
		length--;
	}
	size_t most = strlen(largest);
	if (length == 0 || length > most || (length == most && strncmp(digits, largest, most) > 0))
		return NULL;
	return string_copy_n(digits, length);
}

/* Underscores are spaces to people. */
static char *words(const char *text, size_t length)
{
	char *copy = string_copy_n(text, length);
	for (char *c = copy; *c; c++)
		if (*c == '_')
			*c = ' ';
	return copy;
}

static void set_bad(struct format_name *ret, const char *why)
{
	ret->part = PART_BAD;
	ret->why = why;
}

static void set_left_out(struct format_name *ret, const char *why)
{
	ret->part = PART_LEFT_OUT;
	ret->why = why;
}

void format_parse_sql(const char *name, struct format_name *ret)
{
	ret->part = format_stem_length(name, ".sql") ? PART_UP : PART_NONE;
}

/* "1_2" and "1.2" are the same version: digits, in parts. */
static bool is_flyway_version(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		bool divides = text[i] == '.' || text[i] == '_';
		if (!divides && !format_is_digit(text[i]))
			return false;
		if (divides &&
		    (i == 0 || i + 1 == length || !format_is_digit(text[i - 1]) || !format_is_digit(text[i + 1])))
			return false;
	}
	return length > 0;
}

static void parse_flyway_versioned(const char *stem, size_t length, struct format_name *ret)
{
	_cleanup_free_ char *rest = string_copy_n(stem + 1, length - 1);
	const char *separator = strstr(rest, "__");
	size_t digits = separator ? (size_t)(separator - rest) : strlen(rest);
	if (!is_flyway_version(rest, digits)) {
		set_bad(ret, "has no valid version before two underscores (V1_2__words.sql)");
		return;
	}
	ret->part = *stem == 'V' ? PART_UP : PART_DOWN;
	ret->version = string_copy_n(rest, digits);
	for (char *c = ret->version; *c; c++)
		if (*c == '_')
			*c = '.';
	ret->description = separator ? words(separator + 2, strlen(separator + 2)) : string_copy("");
}

void format_parse_flyway(const char *name, struct format_name *ret)
{
	size_t length = format_stem_length(name, ".sql");
	if (length == 0)
		return;
	char next = length > 1 ? name[1] : '\0';
	if ((*name == 'V' || *name == 'U') && format_is_digit(next)) {
		parse_flyway_versioned(name, length, ret);
	} else if (length >= 3 && string_starts_with(name, "R__")) {
		ret->part = PART_REPEATABLE;
		ret->description = words(name + 3, length - 3);
	} else if (*name == 'R' && (next == '_' || format_is_digit(next))) {
		set_bad(ret, "begins as what is repeatable does, but not with R__");
	} else if (*name == 'B' && format_is_digit(next)) {
		set_left_out(ret, "a baseline is for databases that are empty");
	} else if (string_starts_with(name, "before") || string_starts_with(name, "after")) {
		set_left_out(ret, "callbacks are not run");
	} else {
		set_left_out(ret, "not the name of a migration");
	}
}

void format_parse_dbmate(const char *name, struct format_name *ret)
{
	if (format_stem_length(name, ".sql") == 0)
		return;
	size_t digits = format_count_digits(name);
	if (digits == 0) {
		set_left_out(ret, "the name does not begin with a version");
		return;
	}
	ret->part = PART_UP;
	ret->version = string_copy_n(name, digits);
}

/* The last ".up." or ".down.", behind `from`. */
static const char *find_direction(const char *from, bool *ret_down)
{
	const char *found = NULL;
	for (const char *c = from; *c; c++)
		if (string_starts_with(c, ".up.") || string_starts_with(c, ".down.")) {
			found = c;
			*ret_down = c[1] == 'd';
		}
	return found;
}

void format_parse_golang_migrate(const char *name, struct format_name *ret)
{
	size_t digits = format_count_digits(name);
	bool is_sql = format_stem_length(name, ".sql") > 0, down = false;
	if (digits == 0 || name[digits] != '_' || !find_direction(name + digits + 1, &down)) {
		if (is_sql && digits > 0)
			set_bad(ret, "is not named NUMBER_words.up.sql or NUMBER_words.down.sql");
		else if (is_sql)
			set_left_out(ret, "the name does not begin with a version");
		return;
	}
	ret->version = bigint_text(name, digits);
	if (!ret->version)
		set_bad(ret, "has a version that is too large");
	else
		ret->part = down ? PART_DOWN : PART_UP;
}

void format_parse_goose(const char *name, struct format_name *ret)
{
	size_t digits = format_count_digits(name);
	bool named = digits > 0 && name[digits] == '_';
	if (format_stem_length(name, ".go") && named && !format_stem_length(name, "_test.go"))
		set_bad(ret, "is written in Go: its statements are known only to a program (migrations.command)");
	if (format_stem_length(name, ".sql") == 0)
		return;
	if (named)
		ret->version = bigint_text(name, digits);
	if (!ret->version || string_equal(ret->version, "0"))
		set_bad(ret, "has no version greater than 0 before an underscore (00001_words.sql)");
	else
		ret->part = PART_UP;
}

void format_parse_prisma(const char *name, struct format_name *ret)
{
	ret->part = PART_UP;
	ret->version = string_copy(name);
}

void format_parse_sqlx(const char *name, struct format_name *ret)
{
	const char *separator = strchr(name, '_');
	size_t length = format_stem_length(name, ".sql");
	if (length == 0)
		return;
	if (!separator) {
		set_left_out(ret, "the name has no underscore after a version");
		return;
	}
	size_t digits = (size_t)(separator - name);
	if (format_count_digits(name) == digits)
		ret->version = bigint_text(name, digits);
	if (!ret->version) {
		set_bad(ret, "has no version before the first underscore");
		return;
	}
	size_t up = format_stem_length(name, ".up.sql"), down = format_stem_length(name, ".down.sql");
	ret->part = down ? PART_DOWN : PART_UP;
	length = down ? down : up ? up : length;
	ret->description = words(separator + 1, length > digits ? length - digits - 1 : 0);
}

void format_parse_diesel(const char *name, struct format_name *ret)
{
	size_t length = strcspn(name, "_");
	struct buffer version = {0};
	for (size_t i = 0; i < length; i++)
		if (name[i] != '-')
			buffer_add_char(&version, name[i]);
	ret->part = PART_UP;
	ret->version = buffer_steal(&version);
	if (!ret->version || *ret->version == '\0')
		set_bad(ret, "has no version before the first underscore");
	else if (strlen(ret->version) > 50)
		set_bad(ret, "has a version of more than 50 characters");
}

void format_parse_graphile(const char *name, struct format_name *ret)
{
	size_t length = format_stem_length(name, ".sql");
	if (length == 0)
		return;
	size_t digits = format_count_digits(name);
	size_t allowed = strspn(name + digits, "-_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
	if (digits == 0 || digits + allowed != length || (allowed > 0 && name[digits] != '-')) {
		set_left_out(ret, "not the name of a committed migration");
		return;
	}
	ret->part = PART_UP;
	ret->version = string_format("%.*s.sql", (int)digits, name);
}
