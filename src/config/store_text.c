#include "config/store.h"

#include <inttypes.h>

#include "base/file.h"
#include "base/name.h"
#include "base/text.h"
#include "config/problem.h"
#include "config/url.h"

static bool keep_text(const struct schema_row *row, const char *text, void *record)
{
	string_replace(store_field(record, row->offset), string_copy(text));
	return true;
}

static bool check_length(const struct schema_row *row, const char *text, struct buffer *complaint)
{
	size_t length = strlen(text);
	if (length >= row->minimum && length <= row->maximum)
		return true;
	if (length < row->minimum)
		buffer_add_text(complaint, "must not be empty");
	else
		buffer_addf(complaint, "must have at most %" PRIu64 " bytes, not %zu", row->maximum, length);
	return false;
}

static bool check_printable(const struct schema_row *row, const char *text, struct buffer *complaint)
{
	if (!check_length(row, text, complaint))
		return false;
	if (text_is_printable(text))
		return true;
	buffer_add_text(complaint, "must be one line without control characters");
	return false;
}

bool store_text(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	return check_printable(row, node->text, complaint) && keep_text(row, node->text, record);
}

bool store_sql(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	if (node->text[strspn(node->text, " \t\r\n")] == '\0') {
		buffer_add_text(complaint, "must not be empty");
		return false;
	}
	for (const unsigned char *c = (const unsigned char *)node->text; *c; c++)
		if ((*c < 0x20 && *c != '\t' && *c != '\n' && *c != '\r') || *c == 0x7f) {
			buffer_add_text(complaint, "must not have control characters");
			return false;
		}
	return check_length(row, node->text, complaint) && keep_text(row, node->text, record);
}

/* Booleans are what the server prints for them, so that they compare with the text of a query's result. */
bool store_scalar(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	const char *text = node->text;
	if (node->plain && string_equal(text, "true"))
		text = "t";
	else if (node->plain && string_equal(text, "false"))
		text = "f";
	return check_length(row, text, complaint) && keep_text(row, text, record);
}

bool store_name(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	(void)complaint;
	return name_is_valid(node->text) && keep_text(row, node->text, record);
}

bool store_baseline(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	(void)complaint;
	const char *at = strchr(node->text, '@');
	_cleanup_free_ char *name = at ? string_copy_n(node->text, (size_t)(at - node->text)) : string_copy(node->text);
	if (!name_is_valid(name) || (at && !name_is_valid(at + 1)))
		return false;
	return keep_text(row, node->text, record);
}

static const char *next_choice(const void *choices, size_t index)
{
	return ((const char *const *)choices)[index];
}

bool store_choice(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	for (size_t i = 0; row->choices[i]; i++)
		if (string_equal(row->choices[i], node->text))
			return keep_text(row, node->text, record);
	_cleanup_free_ char *quoted = problem_quote(node->text);
	buffer_add_text(complaint, "must be ");
	for (size_t i = 0; row->choices[i]; i++)
		buffer_addf(complaint, "%s\"%s\"", !i ? "" : row->choices[i + 1] ? ", " : " or ", row->choices[i]);
	buffer_addf(complaint, ", not %s", quoted);
	const char *meant = text_suggest(node->text, next_choice, row->choices);
	if (meant)
		buffer_addf(complaint, "; did you mean \"%s\"?", meant);
	return false;
}

bool store_path(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	if (!check_printable(row, node->text, complaint))
		return false;
	if (node->text[0] == '~') {
		buffer_add_text(complaint, "must be written out: \"~\" is not expanded");
		return false;
	}
	return keep_text(row, node->text, record);
}

bool store_absolute(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	if (node->text[0] == '/')
		return store_path(row, node, record, complaint);
	/* Not repeated in the message: a password may have been written where the name of its file belongs. */
	buffer_add_text(complaint, "must be an absolute path, one that begins with \"/\"");
	return false;
}

static bool has_parent_component(const char *path)
{
	for (const char *at = path; *at;) {
		size_t length = strcspn(at, "/");
		if (length == 2 && at[0] == '.' && at[1] == '.')
			return true;
		at += length;
		at += strspn(at, "/");
	}
	return false;
}

bool store_relative(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	if (node->text[0] == '/' || has_parent_component(node->text))
		return false;
	return store_path(row, node, record, complaint);
}

bool store_url(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	if (!check_printable(row, node->text, complaint))
		return false;
	switch (url_check(node->text)) {
	case URL_HAS_PASSWORD:
		buffer_add_text(complaint,
				"must not hold a password: put it into a file and name that in password_file");
		return false;
	case URL_IS_INVALID:
		buffer_add_text(complaint, "must be a valid connection URL such as postgres://user@host:5432/database");
		return false;
	case URL_IS_GOOD:
		break;
	}
	return keep_text(row, node->text, record);
}

/* One that names a host and nothing that belongs elsewhere: no user, no password, no question. */
bool store_https(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	static const char scheme[] = "https://";
	if (!check_printable(row, node->text, complaint))
		return false;
	if (!string_starts_with(node->text, scheme)) {
		buffer_add_text(complaint, "must begin with https://: a token goes nowhere else");
		return false;
	}
	const char *host = node->text + strlen(scheme);
	if (host[strcspn(host, "@?# \\")] || strspn(host, "/:") > 0 || !*host) {
		buffer_add_text(complaint,
				"must be an address without a user, such as https://gitlab.example.com/api/v4");
		return false;
	}
	_cleanup_free_ char *address = path_without_slash(node->text);
	return keep_text(row, address, record);
}
