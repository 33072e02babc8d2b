#include "app/url.h"

#include <jansson.h>

#include "base/text.h"
#include "pg/environment.h"
#include "pool/record.h"

#define HOST "127.0.0.1" /* instances listen on loopback only */

static char *percent_encode(const char *text)
{
	struct buffer out = {0};
	text_add_encoded(&out, text, "");
	return buffer_steal(&out);
}

static char *make_uri(const struct branch *branch, const char *password)
{
	_cleanup_free_ char *user = percent_encode(branch->role);
	_cleanup_free_ char *secret = percent_encode(password);
	_cleanup_free_ char *database = percent_encode(branch->database);
	return string_format("postgresql://%s:%s@" HOST ":%d/%s", user, secret, branch->port, database);
}

/* For a shell: single quotes, in which only a single quote needs care. */
static void add_assignment(struct buffer *out, const char *name, const char *value)
{
	buffer_addf(out, "%s%s='", out->length ? "\n" : "", name);
	for (const char *c = value; *c; c++)
		buffer_add_text(out, *c == '\'' ? "'\\''" : (char[]){*c, '\0'});
	buffer_add_char(out, '\'');
}

static void each_variable(const struct branch *branch, const char *password,
			  void (*add)(void *context, const char *name, const char *value), void *context)
{
	_cleanup_free_ char *uri = make_uri(branch, password);
	_cleanup_free_ char *port = string_format("%d", branch->port);
	add(context, "DATABASE_URL", uri);
	add(context, "PGHOST", HOST);
	add(context, "PGPORT", port);
	add(context, "PGUSER", branch->role);
	add(context, "PGPASSWORD", password);
	add(context, "PGDATABASE", branch->database);
}

static void add_to_text(void *context, const char *name, const char *value)
{
	add_assignment(context, name, value);
}

static char *make_env(const struct branch *branch, const char *password)
{
	struct buffer out = {0};
	each_variable(branch, password, add_to_text, &out);
	return buffer_steal(&out);
}

static char *make_json(const struct branch *branch, const char *password)
{
	_cleanup_free_ char *uri = make_uri(branch, password);
	_cleanup_json_ json_t *json =
		json_pack("{s:i, s:s, s:s, s:i}", "schema", 1, "uri", uri, "host", HOST, "port", branch->port);
	record_set_string(json, "database", branch->database);
	record_set_string(json, "user", branch->role);
	record_set_string(json, "password", password);
	return json_dumps(json, JSON_INDENT(2));
}

static char *make_jdbc(const struct branch *branch, const char *password)
{
	_cleanup_free_ char *user = percent_encode(branch->role);
	_cleanup_free_ char *secret = percent_encode(password);
	_cleanup_free_ char *database = percent_encode(branch->database);
	return string_format("jdbc:postgresql://" HOST ":%d/%s?user=%s&password=%s", branch->port, database, user,
			     secret);
}

static char *make_psql(const struct branch *branch, const char *password)
{
	_cleanup_free_ char *uri = make_uri(branch, password);
	return string_format("psql '%s'", uri);
}

const struct url_format url_formats[] = {
	{"uri", "postgresql://USER:PASSWORD@HOST:PORT/DATABASE", make_uri},
	{"env", "DATABASE_URL and PG* as shell assignments", make_env},
	{"json", "an object with every part", make_json},
	{"jdbc", "jdbc:postgresql://…", make_jdbc},
	{"psql", "a command line for psql", make_psql},
	{NULL, NULL, NULL},
};

static const char *format_name(const void *context, size_t index)
{
	(void)context;
	return url_formats[index].name;
}

int url_make(const struct branch *branch, const char *format, char **ret, struct error **err)
{
	const struct url_format *found = url_formats;
	while (format && found->name && !string_equal(found->name, format))
		found++;
	if (!found->name) {
		_cleanup_free_ char *safe = text_safe(format);
		const char *near = text_suggest(format, format_name, NULL);
		error_set(err, ERROR_USAGE, "there is no format \"%s\"", safe);
		return near ? error_hint(err, "did you mean %s?", near)
			    : error_hint(err, "formats: uri, env, json, jdbc, psql");
	}
	_cleanup_free_ char *password = NULL;
	if (branch_password_read(branch, &password, err) < 0)
		return -1;
	*ret = found->make(branch, password);
	return 0;
}

/* What the surroundings say of a connection must not lead to another server than the branch. */
static void remove_variable(void *context, const char *name)
{
	struct string_list *environment = context;
	size_t length = strlen(name), kept = 0;
	for (size_t i = 0; i < environment->count; i++) {
		if (strncmp(environment->items[i], name, length) == 0 && environment->items[i][length] == '=')
			free(environment->items[i]);
		else
			environment->items[kept++] = environment->items[i];
	}
	environment->count = kept;
	if (environment->items)
		environment->items[kept] = NULL;
}

static void add_variable(void *context, const char *name, const char *value)
{
	string_list_addf(context, "%s=%s", name, value);
}

int url_add_environment(const struct branch *branch, struct string_list *environment, struct error **err)
{
	_cleanup_free_ char *password = NULL;
	if (branch_password_read(branch, &password, err) < 0)
		return -1;
	pg_environment_each(remove_variable, environment);
	remove_variable(environment, "DATABASE_URL");
	each_variable(branch, password, add_variable, environment);
	return 0;
}

/* Some tools look for the connection under a name, or in a form, of their own. */
int url_add_tool_environment(const struct branch *branch, struct string_list *environment, struct error **err)
{
	static const struct {
		const char *name, *format; /* a row of url_formats, NULL: `value` */
		const char *value;
	} variables[] = {
		{"FLYWAY_URL", "jdbc", NULL},
		{"LIQUIBASE_COMMAND_URL", "jdbc", NULL},
		{"GOOSE_DRIVER", NULL, "postgres"},
		{"GOOSE_DBSTRING", "uri", NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		_cleanup_free_ char *value = string_copy(variables[i].value);
		if (variables[i].format && url_make(branch, variables[i].format, &value, err) < 0)
			return -1;
		remove_variable(environment, variables[i].name);
		add_variable(environment, variables[i].name, value);
	}
	return 0;
}
