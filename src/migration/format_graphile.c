#include "base/file.h"
#include "base/text.h"
#include "migration/format_row.h"
#include "sql/tree.h"

/* graphile-migrate's committed files begin with headers, "--! Name: value", and an empty line. */

struct headers {
	char *previous, *hash; /* owned; NULL: not there */
	bool allows_invalid_hash;
	size_t body; /* the first byte after the headers */
	bool is_divided;
};

static void headers_clear(struct headers *headers)
{
	free(headers->previous);
	free(headers->hash);
}

/* "--! Name" or "--! Name: value"; *ret_value is NULL in the first case. */
static char *read_header(const char *line, size_t length, char **ret_value)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	_cleanup_free_ char *copy = string_copy_n(line, length);
	*ret_value = NULL;
	if (!string_starts_with(copy, "--! ") || copy[4] < 'A' || copy[4] > 'Z')
		return NULL;
	size_t name = strspn(copy + 4, letters);
	char next = copy[4 + name];
	if (next == ':')
		*ret_value = format_trimmed(copy + 4 + name + 1, strlen(copy + 4 + name + 1));
	else if (next != '\0')
		return NULL;
	return string_copy_n(copy + 4, name);
}

static void read_headers(const struct buffer *text, struct headers *ret)
{
	struct format_line line = {0};
	while (format_next_line(text, ret->body, &line)) {
		_cleanup_free_ char *value = NULL;
		_cleanup_free_ char *name = read_header(text->data + line.start, line.end - line.start, &value);
		if (!name)
			break;
		if (string_equal(name, "Previous"))
			string_replace(&ret->previous, TAKE_POINTER(value));
		else if (string_equal(name, "Hash"))
			string_replace(&ret->hash, TAKE_POINTER(value));
		else if (string_equal(name, "AllowInvalidHash"))
			ret->allows_invalid_hash = true;
		ret->body = line.next;
	}
	ret->is_divided = ret->body < text->length && text->data[ret->body] == '\n';
}

/* Of the hash before, a line end and the trimmed text. */
static char *compute_hash(const char *previous, const char *body)
{
	_cleanup_free_ char *statements = format_trimmed(body, strlen(body));
	_cleanup_free_ char *whole = string_format("%s\n%s", previous ? previous : "", statements);
	_cleanup_free_ char *content = format_trimmed(whole, strlen(whole));
	_cleanup_free_ char *hashed = string_format("%s\n", content);
	_cleanup_free_ char *digest = format_hash_sha1(hashed, strlen(hashed));
	return string_format("sha1:%s", digest);
}

static int refuse(struct error **err, const struct migration *migration, const char *why, const char *hint)
{
	_cleanup_free_ char *shown = text_safe(migration->file);
	error_set(err, ERROR_CONFIG, "%s %s", shown, why);
	return error_hint(err, "%s", hint);
}

static int check_link(const struct migration *migration, const struct headers *headers, const char *body,
		      const char *before, struct error **err)
{
	if (!headers->previous || !headers->hash)
		return refuse(err, migration, "has no headers \"--! Previous\" and \"--! Hash\"",
			      "commit it with `graphile-migrate commit`");
	if (!headers->is_divided)
		return refuse(err, migration, "has no empty line after its headers",
			      "its line ends may have been changed: see core.autocrlf of git");
	const char *previous = string_equal(headers->previous, "-") ? NULL : headers->previous;
	if (!string_equal(previous, before))
		return refuse(err, migration, "does not follow the file before it: \"--! Previous\" is another hash",
			      "after a merge, uncommit it and commit it again with graphile-migrate");
	_cleanup_free_ char *hash = compute_hash(previous, body);
	if (string_equal(hash, headers->hash) == headers->allows_invalid_hash)
		return refuse(err, migration,
			      headers->allows_invalid_hash ? "allows an invalid hash, but its hash is valid"
							   : "was edited: its hash is another than \"--! Hash\"",
			      "uncommit it and commit it again with graphile-migrate");
	return 0;
}

int format_link_graphile(const char *repository, struct migration_set *set, struct error **err)
{
	const char *before = NULL;
	for (size_t i = 0; i < set->count; i++) {
		struct migration *migration = &set->items[i];
		_cleanup_(headers_clear) struct headers headers = {0};
		_cleanup_buffer_ struct buffer text = {0};
		if (tree_read(repository, migration->file, MIGRATION_FILE_MAX, &text, err) < 0)
			return -1;
		read_headers(&text, &headers);
		if (check_link(migration, &headers, buffer_text(&text) + headers.body, before, err) < 0)
			return -1;
		migration->checksum = TAKE_POINTER(headers.hash);
		before = migration->checksum;
	}
	return 0;
}

static bool is_word_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static struct report_failure *find_placeholder(const struct migration_script *script, size_t body)
{
	static const char *const placeholders[] = {":DATABASE_NAME", ":DATABASE_OWNER"};
	const char *text = script->text.data;
	for (size_t i = 0; i < ARRAY_SIZE(placeholders); i++)
		for (const char *at = text + body; (at = strstr(at, placeholders[i])); at++)
			if (!is_word_character(at[strlen(placeholders[i])]))
				return format_failure(
					script, (size_t)(at - text),
					"a placeholder of graphile-migrate, whose value is not known here",
					"run graphile-migrate itself: migrations.command in vela.yml");
	return NULL;
}

/* "--! no-transaction" in the first line after the headers. */
static bool makes_no_transaction(const char *body)
{
	static const char word[] = "no-transaction";
	if (!string_starts_with(body, "--!"))
		return false;
	body += strlen("--!");
	while (*body != '\n' && format_is_space(*body))
		body++;
	return string_starts_with(body, word) && !is_word_character(body[strlen(word)]);
}

struct report_failure *format_cut_graphile(struct migration_script *script, enum migration_direction direction,
					   const struct format_settings *settings)
{
	(void)direction;
	(void)settings;
	_cleanup_(headers_clear) struct headers headers = {0};
	read_headers(&script->text, &headers);
	size_t body = headers.body;
	while (body < script->text.length && format_is_space(script->text.data[body]))
		body++;
	if (body == script->text.length)
		return NULL;
	struct report_failure *failure = find_placeholder(script, body);
	if (failure)
		return failure;
	if (makes_no_transaction(script->text.data + body))
		script->transaction = TRANSACTION_STATEMENT;
	format_add_segment(script, body, script->text.length, false);
	return NULL;
}
