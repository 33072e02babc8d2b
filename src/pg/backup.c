/* pg_basebackup as a child of ours. */
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/identity.h"
#include "base/interrupt.h"
#include "base/process.h"
#include "base/text.h"
#include "pg/binaries.h"
#include "pg/connection.h"
#include "pg/source.h"
#include "pg/source_access.h"
#include "pg/tablespaces.h"

enum { KILL_TIMEOUT_MS = 10000, KIBIBYTE = 1024 };

static const char step[] = "copying the source";

/* --- the child's environment --- */

/* What libpq, Kerberos and OpenSSL ask for. Nothing else of the caller's: the user that the program runs as can read
 * its environment, and a CI job has its secrets there. */
static const char *const passed_variables[] = {"PATH=", "PG", "KRB5", "SSL_"};

/* The password is set below; colours would be in the words that we read. */
static const char *const withheld_variables[] = {"PGPASSWORD=", "PG_COLOR"};

static bool starts_with_any(const char *variable, const char *const *prefixes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (string_starts_with(variable, prefixes[i]))
			return true;
	return false;
}

/*
 * The home is that of the user that it runs as: libpq gives up when it may not look for certificates in a home that is
 * somebody else's.
 */
static void make_environment(const struct source_access *access, struct string_list *ret)
{
	for (char **variable = environ; *variable; variable++)
		if (starts_with_any(*variable, passed_variables, ARRAY_SIZE(passed_variables)) &&
		    !starts_with_any(*variable, withheld_variables, ARRAY_SIZE(withheld_variables)))
			string_list_add(ret, *variable);
	string_list_add(ret, "LC_ALL=C"); /* words that we read are in English */
	if (access->password)
		string_list_addf(ret, "PGPASSWORD=%s", access->password);
	const struct passwd *entry = getpwuid(identity_current().uid);
	if (entry)
		string_list_addf(ret, "HOME=%s", entry->pw_dir);
}

static void free_environment(struct string_list *environment)
{
	for (size_t i = 0; i < environment->count; i++)
		if (string_starts_with(environment->items[i], "PGPASSWORD="))
			explicit_bzero(environment->items[i], strlen(environment->items[i]));
	string_list_free(environment);
}

/* --- what it says --- */

/* "  1234/5678 kB (12%), 0/1 tablespace" */
static void read_progress(void *context, const char *line)
{
	unsigned long long done, total;
	char unit[3];
	if (sscanf(line, " %llu/%llu %2s", &done, &total, unit) == 3 && strcmp(unit, "kB") == 0)
		progress_update(context, step, done * KIBIBYTE, (total > done ? total : done) * KIBIBYTE);
}

/* The first line that tells of an error; what follows is only about cleaning up. */
static char *first_error(const struct buffer *output)
{
	static const char *const marks[] = {"error: ", "FATAL:  ", "ERROR:  ", "fatal: "};
	const char *text = buffer_text(output);
	const char *found = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		const char *at = strstr(text, marks[i]);
		if (at && (!found || at < found))
			found = at + strlen(marks[i]);
	}
	if (!found)
		return NULL;
	_cleanup_free_ char *line = string_copy_n(found, strcspn(found, "\r\n"));
	return text_safe(line);
}

static const struct meaning {
	const char *words;
	enum error_kind kind;
	const char *hint; /* may be NULL */
} meanings[] = {
	{"No space left on device", ERROR_STORAGE, "free space in the pool, or make it larger"},
	{"Disk quota exceeded", ERROR_STORAGE, "free space in the pool, or make it larger"},
	{"pg_hba.conf", ERROR_REFUSED,
	 "add a line `host replication ROLE ADDRESS scram-sha-256` to pg_hba.conf on the source"},
	{"password", ERROR_REFUSED, "give the password in PGPASSWORD, in ~/.pgpass or with --password-file"},
	{"authentication", ERROR_REFUSED, NULL},
	{"permission denied", ERROR_REFUSED, NULL},
	{"must be superuser", ERROR_REFUSED, NULL},
	{"max_wal_senders", ERROR_CONFLICT,
	 "all WAL senders of the source are in use: try again later, or raise max_wal_senders"},
	{"replication slots are in use", ERROR_CONFLICT,
	 "try again later, or raise max_replication_slots on the source"},
	{"could not connect", ERROR_NETWORK, NULL},
	{"connection to server", ERROR_NETWORK, NULL},
	{"could not translate host name", ERROR_NETWORK, NULL},
	{"server closed the connection", ERROR_NETWORK, NULL},
	{"connection reset", ERROR_NETWORK, NULL},
	{"Connection timed out", ERROR_NETWORK, NULL},
	{"could not receive data", ERROR_NETWORK, NULL},
	{"SSL SYSCALL", ERROR_NETWORK, NULL},
};

static int translate_failure(const struct process_output *output, struct error **err)
{
	_cleanup_free_ char *words = first_error(&output->err);
	_cleanup_free_ char *how = process_result_describe(&output->result);
	error_set(err, ERROR_POSTGRES, "pg_basebackup: %s", words ? words : how);
	for (size_t i = 0; words && i < ARRAY_SIZE(meanings); i++) {
		if (!strcasestr(words, meanings[i].words))
			continue;
		error_rekind(err, meanings[i].kind);
		if (meanings[i].hint)
			error_hint(err, "%s", meanings[i].hint);
		break;
	}
	return -1;
}

/* --- its end --- */

/*
 * pg_basebackup has a child of its own for the WAL, which lives on for a while when its parent is killed, and writes.
 * Both have the target in their command line, which nobody else has.
 */
static bool kill_if_ours(void *context, pid_t pid, const char *arguments, size_t length)
{
	const char *target = context;
	bool same_target = false;
	const char *end = arguments + length;
	if (!string_equal(path_basename(arguments), "pg_basebackup"))
		return true;
	for (const char *at = arguments; at < end; at += strlen(at) + 1)
		same_target |= string_equal(at, target);
	struct process_id id;
	if (same_target && process_identify(pid, &id)) {
		(void)process_signal(&id, SIGKILL);
		(void)process_await_end(&id, KILL_TIMEOUT_MS);
	}
	return true;
}

/* --- the whole --- */

static int ask_source(const struct source_access *access, struct tablespaces *ret, bool *ret_slots, struct error **err)
{
	_cleanup_connection_ PGconn *connection = NULL;
	_cleanup_free_ char *slots = NULL;
	if (source_access_connect(access, false, &connection, err) < 0 ||
	    pg_execute(connection, "SET search_path = pg_catalog", NULL, err) < 0 ||
	    pg_value(connection, "SHOW max_replication_slots", &slots, err) < 0)
		return -1;
	*ret_slots = !string_equal(slots, "0");
	return tablespaces_ask(connection, ret, err);
}

/* No manifest: nothing reads it here. No sync: the baseline is synced when it is sealed. */
static const char *const options[] = {"--format=plain", "--wal-method=stream", "--checkpoint=fast", "--no-manifest",
				      "--no-sync",      "--no-password",       "--progress"};

static void make_arguments(const char *program, const struct source_access *access, const char *target, bool slots,
			   const struct tablespaces *tablespaces, struct string_list *ret)
{
	string_list_add(ret, program);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		string_list_add(ret, options[i]);
	if (!slots)
		string_list_add(ret, "--no-slot");
	string_list_add(ret, "-d");
	string_list_add(ret, access->conninfo);
	string_list_add(ret, "-D");
	string_list_add(ret, target);
	tablespaces_map(tablespaces, target, ret);
}

static int run_backup(const struct string_list *arguments, const struct source_access *access, const char *target,
		      const struct progress *progress, struct error **err)
{
	_cleanup_(free_environment) struct string_list environment = {0};
	make_environment(access, &environment);
	struct process_spec spec = {.argv = arguments->items, .environment = environment.items, .directory = "/"};
	_cleanup_output_ struct process_output output = {0};
	struct progress watched = progress ? *progress : (struct progress){0};
	int result = process_run(&spec, 0, read_progress, &watched, &output, err);
	if (result == 0 && (!output.result.exited || output.result.code != 0))
		result = translate_failure(&output, err);
	if (result < 0) {
		INTERRUPT_DEFER_SCOPE;
		char *named = string_copy(target);
		process_each(kill_if_ours, named);
		free(named);
	}
	return result;
}

int pg_source_backup(const char *binaries, const char *url, const char *password, const char *target,
		     const struct progress *progress, struct error **err)
{
	_cleanup_free_ char *program = NULL;
	_cleanup_free_ char *absolute = path_absolute(NULL, target);
	_cleanup_access_ struct source_access access = {0};
	_cleanup_tablespaces_ struct tablespaces tablespaces = {0};
	_cleanup_(string_list_free) struct string_list arguments = {0};
	bool slots = true;
	if (pg_binaries_tool(binaries, "pg_basebackup", &program, err) < 0 ||
	    source_access_read(url, password, &access, err) < 0 || ask_source(&access, &tablespaces, &slots, err) < 0)
		return -1;
	progress_update(progress, step, 0, 0);
	make_arguments(program, &access, absolute, slots, &tablespaces, &arguments);
	if (run_backup(&arguments, &access, absolute, progress, err) < 0)
		return -1;
	return tablespaces_settle(&tablespaces, absolute, err);
}
