/* shared_preload_libraries, as the configuration files of a data directory have it. */
#include <ctype.h>
#include <strings.h>

#include "base/file.h"
#include "pg/source.h"

enum { CONFIGURATION_MAX = 1 << 20, DEPTH_MAX = 10 };

static const char wanted[] = "shared_preload_libraries";

static void read_configuration(const char *path, int depth, char **value);

static const char *skip(const char *line, const char *end, bool (*is_part)(char c))
{
	while (line < end && is_part(*line))
		line++;
	return line;
}

static bool is_blank(char c)
{
	return isspace((unsigned char)c);
}

static bool is_of_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

static bool is_between(char c)
{
	return is_blank(c) || c == '=';
}

/* In quotes two of them, or a backslash before something, stand for one character. Owned. */
static char *parse_quoted(const char *at, const char *end)
{
	struct buffer value = {0};
	for (; at < end; at++) {
		bool escapes = at + 1 < end && (*at == '\\' || (*at == '\'' && at[1] == '\''));
		if (*at == '\'' && !escapes)
			break;
		at += escapes;
		buffer_add_char(&value, *at);
	}
	return buffer_steal(&value);
}

static bool is_plain(char c)
{
	return !is_blank(c) && c != '#';
}

/* "name = 'value' # comment": splits one line; the quotes are taken off. False if the line sets nothing. */
static bool parse_line(const char *line, size_t length, char **ret_name, char **ret_value)
{
	const char *end = line + length, *name = skip(line, end, is_blank);
	const char *name_end = skip(name, end, is_of_name), *value = skip(name_end, end, is_between);
	if (name_end == name || value == end || *value == '#')
		return false;
	*ret_name = string_copy_n(name, (size_t)(name_end - name));
	*ret_value = *value == '\'' ? parse_quoted(value + 1, end)
				    : string_copy_n(value, (size_t)(skip(value, end, is_plain) - value));
	return true;
}

static void read_directory(const char *path, int depth, char **value)
{
	_cleanup_(string_list_free) struct string_list names = {0};
	if (directory_list(path, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		size_t length = strlen(names.items[i]);
		if (names.items[i][0] == '.' || length <= 5 || strcmp(names.items[i] + length - 5, ".conf") != 0)
			continue;
		_cleanup_free_ char *file = path_join(path, names.items[i], NULL);
		read_configuration(file, depth, value);
	}
}

static void obey_line(const char *file, const char *name, const char *setting, int depth, char **value)
{
	_cleanup_free_ char *parent = path_parent(file);
	_cleanup_free_ char *path = path_absolute(parent, setting);
	if (strcasecmp(name, wanted) == 0)
		string_replace(value, string_copy(setting));
	else if (strcasecmp(name, "include") == 0 || strcasecmp(name, "include_if_exists") == 0)
		read_configuration(path, depth + 1, value);
	else if (strcasecmp(name, "include_dir") == 0)
		read_directory(path, depth + 1, value);
}

/* The last line that sets it counts. */
static void read_configuration(const char *path, int depth, char **value)
{
	_cleanup_buffer_ struct buffer text = {0};
	if (depth > DEPTH_MAX || file_read(path, CONFIGURATION_MAX, FILE_FOLLOW, &text, NULL) < 0)
		return;
	for (const char *line = buffer_text(&text); *line;) {
		size_t length = strcspn(line, "\n");
		_cleanup_free_ char *name = NULL;
		_cleanup_free_ char *setting = NULL;
		if (parse_line(line, length, &name, &setting))
			obey_line(path, name, setting, depth, value);
		line += length + (line[length] == '\n');
	}
}

/*
 * Debian keeps the configuration elsewhere; the command line that the server was last started with tells where:
 * /usr/lib/postgresql/15/bin/postgres "-D" "/var/lib/…" "-c" "config_file=/etc/…/postgresql.conf"
 */
static char *find_configuration(const char *data, const struct buffer *options)
{
	static const char option[] = "config_file=";
	const char *at = strstr(buffer_text(options), option);
	if (!at)
		return path_join(data, "postgresql.conf", NULL);
	at += strlen(option);
	return string_copy_n(at, strcspn(at, "\"\n"));
}

/* What the command line sets wins over every file. */
static void read_options(const struct buffer *options, char **value)
{
	const char *at = strstr(buffer_text(options), wanted);
	if (!at || at[strlen(wanted)] != '=')
		return;
	at += strlen(wanted) + 1;
	string_replace(value, string_copy_n(at, strcspn(at, "\"\n")));
}

char *pg_directory_preload(const char *data)
{
	char *value = NULL;
	_cleanup_buffer_ struct buffer options = {0};
	_cleanup_free_ char *options_file = path_join(data, "postmaster.opts", NULL);
	_cleanup_free_ char *automatic = path_join(data, "postgresql.auto.conf", NULL);
	(void)file_read(options_file, CONFIGURATION_MAX, FILE_NO_FOLLOW, &options, NULL);
	_cleanup_free_ char *configuration = find_configuration(data, &options);
	read_configuration(configuration, 0, &value);
	read_configuration(automatic, 0, &value);
	read_options(&options, &value);
	if (value && !*value)
		string_replace(&value, NULL);
	return value;
}
