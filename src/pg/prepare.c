/* The second half of making a copy harmless: in SQL, in a server that only we reach. */
#include "pg/prepare.h"

#include <locale.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "base/interrupt.h"
#include "base/template.h"
#include "base/text.h"
#include "pg/connection.h"
#include "pg/library.h"
#include "pg/prepare_freeze.h"
#include "pg/prepare_steps.h"

enum { START_TIMEOUT_MS = 3600000, STOP_TIMEOUT_MS = 3600000, DISCARD_TIMEOUT_MS = 10000, ROLE_BYTES_MAX = 57 };

struct cluster_database {
	char *name;
	bool open; /* in the source it accepts connections */
	bool template;
};
struct databases {
	struct cluster_database *items;
	size_t count;
};

static void free_databases(struct databases *databases)
{
	for (size_t i = 0; i < databases->count; i++)
		free(databases->items[i].name);
	free(databases->items);
}

void pg_prepared_free(struct pg_prepared *prepared)
{
	string_list_free(&prepared->databases);
	free(prepared->preload);
	*prepared = (struct pg_prepared){0};
}

/* --- which databases --- */

/* The server says only that its locale is "incompatible", and only once somebody connects. */
static int check_locale(const char *database, const char *name, int category, struct error **err)
{
	locale_t locale = newlocale(category, name, (locale_t)0);
	if (locale) {
		freelocale(locale);
		return 0;
	}
	_cleanup_free_ char *shown = text_safe(database);
	_cleanup_free_ char *shown_locale = text_safe(name);
	error_set(err, ERROR_POSTGRES, "database \"%s\" has the locale \"%s\", which this host does not have", shown,
		  shown_locale);
	return error_hint(err, "install that locale on this host (locale-gen, or the package glibc-langpack-…)");
}

enum list_column { LIST_NAME, LIST_OPEN, LIST_TEMPLATE, LIST_COLLATE, LIST_CTYPE };

static int list_databases(PGconn *connection, struct databases *ret, struct error **err)
{
	_cleanup_result_ PGresult *rows = NULL;
	if (pg_execute(connection, template_text("sql/prepare_list.sql"), &rows, err) < 0)
		return -1;
	for (int row = 0; row < PQntuples(rows); row++) {
		const char *name = PQgetvalue(rows, row, LIST_NAME);
		if (check_locale(name, PQgetvalue(rows, row, LIST_COLLATE), LC_COLLATE_MASK, err) < 0 ||
		    check_locale(name, PQgetvalue(rows, row, LIST_CTYPE), LC_CTYPE_MASK, err) < 0)
			return -1;
		ret->items = memory_resize(ret->items, ret->count + 1, sizeof(*ret->items));
		ret->items[ret->count++] = (struct cluster_database){
			.name = string_copy(name),
			.open = *PQgetvalue(rows, row, LIST_OPEN) == 't',
			.template = *PQgetvalue(rows, row, LIST_TEMPLATE) == 't',
		};
	}
	return 0;
}

/* Whoever owns a closed database can open it: it is prepared like the others, and closed again. */
static int set_closed(PGconn *connection, const struct databases *databases, bool open, struct error **err)
{
	for (size_t i = 0; i < databases->count; i++) {
		if (databases->items[i].open)
			continue;
		_cleanup_free_ char *name = pg_quote_identifier(databases->items[i].name);
		_cleanup_free_ char *sql =
			string_format("ALTER DATABASE %s ALLOW_CONNECTIONS %s", name, open ? "true" : "false");
		if (pg_execute(connection, sql, NULL, err) < 0)
			return -1;
	}
	return 0;
}

/* --- what the host lacks --- */

static void tell_missing_preload(const struct preparation *preparation, const char *left_out)
{
	if (!left_out)
		return;
	_cleanup_free_ char *shown = text_safe(left_out);
	_cleanup_free_ char *note = string_format(
		"branches do not preload what is not on this host, or would call other servers by itself: %s", shown);
	progress_note(preparation->progress, note);
}

static int tell_missing_libraries(const struct preparation *preparation, PGconn *connection, struct error **err)
{
	_cleanup_result_ PGresult *rows = NULL;
	_cleanup_(string_list_free) struct string_list directories = {0};
	if (pg_execute(connection, template_text("sql/prepare_libraries.sql"), &rows, err) < 0)
		return -1;
	pg_library_directories(preparation->instance->binaries, &directories);
	for (int row = 0; row < PQntuples(rows); row++) {
		if (pg_library_exists(&directories, PQgetvalue(rows, row, 1)))
			continue;
		_cleanup_free_ char *extension = text_safe(PQgetvalue(rows, row, 0));
		_cleanup_free_ char *database = text_safe(PQdb(connection));
		_cleanup_free_ char *note =
			string_format("database \"%s\" uses the extension %s, which is not installed on this "
				      "host: install its package",
				      database, extension);
		progress_note(preparation->progress, note);
	}
	return 0;
}

/* --- the work --- */

static int in_each(const struct preparation *preparation, const struct databases *databases,
		   int (*work)(const struct preparation *preparation, PGconn *connection, struct error **err),
		   const char *step, struct error **err)
{
	for (size_t i = 0; i < databases->count; i++) {
		_cleanup_connection_ PGconn *connection = NULL;
		if (step)
			progress_update(preparation->progress, step, i, databases->count);
		if (prepare_connect(preparation, databases->items[i].name, &connection, err) < 0 ||
		    work(preparation, connection, err) < 0)
			return -1;
	}
	return 0;
}

static int begin_database(const struct preparation *preparation, PGconn *connection, struct error **err)
{
	return prepare_run(preparation, PREPARE_FIRST, connection, err);
}

static int neutralise_database(const struct preparation *preparation, PGconn *connection, struct error **err)
{
	if (tell_missing_libraries(preparation, connection, err) < 0) /* first: it may be why the rest fails */
		return -1;
	return prepare_run(preparation, PREPARE_DATABASE, connection, err);
}

/* Closing databases touched their catalog once more. A switch, so that a branch begins in a segment of the log where
 * nothing is yet. */
static int finish(PGconn *connection, struct error **err)
{
	static const char *const statements[] = {"VACUUM (FREEZE) pg_database", "CHECKPOINT", "SELECT pg_switch_wal()"};
	for (size_t i = 0; i < ARRAY_SIZE(statements); i++)
		if (pg_execute(connection, statements[i], NULL, err) < 0)
			return -1;
	return 0;
}

/* Those that a branch is for. */
static void list_prepared(const struct databases *databases, struct pg_prepared *ret)
{
	for (size_t i = 0; i < databases->count; i++)
		if (databases->items[i].open && !databases->items[i].template)
			string_list_add(&ret->databases, databases->items[i].name);
}

/* Either may be gone, or closed. */
static int connect_somewhere(const struct preparation *preparation, PGconn **ret, struct error **err)
{
	if (prepare_connect(preparation, "postgres", ret, NULL) == 0)
		return 0;
	return prepare_connect(preparation, "template1", ret, err);
}

static int prepare_all(const struct preparation *preparation, struct pg_prepared *ret, struct error **err)
{
	_cleanup_connection_ PGconn *connection = NULL;
	_cleanup_(free_databases) struct databases databases = {0};
	static const char step[] = "making the copy harmless";
	if (connect_somewhere(preparation, &connection, err) < 0 || list_databases(connection, &databases, err) < 0 ||
	    set_closed(connection, &databases, true, err) < 0 ||
	    in_each(preparation, &databases, begin_database, NULL, err) < 0 ||
	    prepare_run(preparation, PREPARE_CLUSTER, connection, err) < 0 ||
	    in_each(preparation, &databases, neutralise_database, step, err) < 0 ||
	    in_each(preparation, &databases, prepare_freeze, NULL, err) < 0 ||
	    set_closed(connection, &databases, false, err) < 0 || finish(connection, err) < 0)
		return -1;
	list_prepared(&databases, ret);
	return 0;
}

/* --- the server --- */

static int remember(void *context, const struct process_id *id, struct error **err)
{
	(void)err;
	*(struct process_id *)context = *id;
	return 0;
}

static int check_role(const struct pg_instance *instance, const char *role, struct error **err)
{
	if (strlen(role) > ROLE_BYTES_MAX || string_starts_with(role, "pg_") || !*role)
		return error_set(err, ERROR_CONFIG, "the role of branches cannot be called \"%s\"", role);
	if (!string_equal(role, instance->superuser))
		return 0;
	error_set(err, ERROR_CONFIG, "the role of branches cannot be \"%s\", the superuser of the source", role);
	return error_hint(err, "choose a name that the source does not use");
}

static int run_server(const struct preparation *preparation, struct pg_prepared *ret, struct error **err)
{
	struct process_id id = {0};
	const struct pg_start_hooks hooks = {.spawned = remember, .context = &id};
	progress_update(preparation->progress, "starting the copy", 0, 0);
	if (pg_instance_start(preparation->instance, START_TIMEOUT_MS, &hooks, err) < 0)
		return -1;
	if (prepare_all(preparation, ret, err) < 0) {
		(void)pg_instance_stop(&id, PG_STOP_DISCARD, DISCARD_TIMEOUT_MS, NULL);
		return -1;
	}
	return pg_instance_stop(&id, PG_STOP_CLEAN, STOP_TIMEOUT_MS, err);
}

int pg_prepare_cluster(const struct pg_instance *instance, const char *role, const struct progress *progress,
		       struct pg_prepared *ret, struct error **err)
{
	if (check_role(instance, role, err) < 0)
		return -1;
	_cleanup_(pg_prepared_free) struct pg_prepared prepared = {0};
	_cleanup_free_ char *heir = string_format("%s_owner", role);
	struct pg_instance server = *instance;
	_cleanup_free_ char *left_out = NULL;
	pg_library_preload(instance->binaries, instance->preload, &prepared.preload, &left_out);
	server.preload = prepared.preload;
	const struct preparation preparation = {.instance = &server, .role = role, .heir = heir, .progress = progress};
	tell_missing_preload(&preparation, left_out);
	if (run_server(&preparation, &prepared, err) < 0 || prepare_trim_wal(instance->data, err) < 0)
		return -1;
	*ret = prepared;
	prepared = (struct pg_prepared){0};
	return 0;
}
