/* The first run on a copy: one process in single-user mode, which recovers the data and lets nobody in. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/process.h"
#include "base/template.h"
#include "base/text.h"
#include "pg/binaries.h"
#include "pg/control.h"
#include "pg/environment.h"
#include "pg/prepare.h"
#include "pg/settings.h"

enum { LOGIN_TRIGGERS_SINCE = 17, NAME_BYTES_MAX = 63 };

static const char maintenance_database[] = "template1"; /* the only one that nearly every cluster has */

/* Settings of this run alone; the first of all, an error ends it instead of being printed and forgotten. */
static const char *const session[] = {
	"exit_on_error=on", "search_path=pg_catalog", "standard_conforming_strings=on", "lc_messages=C",
	"fsync=off",        "full_page_writes=off",   "log_min_messages=fatal"};

/* The forced settings are the same as those of a server for preparation. Its files are those in the data directory. */
static int make_arguments(const char *binaries, const char *data, int major, struct string_list *ret,
			  struct error **err)
{
	struct pg_control control;
	if (pg_control_read(data, &control, err) < 0)
		return -1;
	const struct pg_instance instance = {.purpose = PG_FOR_PREPARATION,
					     .major = major,
					     .binaries = binaries,
					     .data = data,
					     .directory = data,
					     .socket_directory = data,
					     .port = 5432,
					     .branch = "vela/prepare",
					     .superuser = ""};
	_cleanup_free_ char *path = path_join(data, "pg_tblspc", NULL);
	_cleanup_(string_list_free) struct string_list tablespaces = {0};
	if (directory_list(path, &tablespaces, err) < 0)
		return -1;
	const struct pg_facts facts = {.wal_segment_bytes = control.wal_segment_bytes,
				       .max_prepared_transactions = control.max_prepared_transactions,
				       .tablespaces = tablespaces.count > 0};
	_cleanup_(string_list_free) struct string_list forced = {0};
	pg_settings_arguments(&instance, &facts, &forced);
	string_list_add(ret, forced.items[0]);
	string_list_add(ret, "--single");
	string_list_add(ret, "-j"); /* a statement ends with a semicolon and an empty line */
	for (size_t i = 1; i < forced.count; i++)
		string_list_add(ret, forced.items[i]);
	for (size_t i = 0; i < ARRAY_SIZE(session); i++) {
		string_list_add(ret, "-c");
		string_list_add(ret, session[i]);
	}
	string_list_add(ret, maintenance_database);
	return 0;
}

/* The SQL, in a file without a name that the child reads as its standard input. */
static int make_input(int major, int *ret_fd, struct error **err)
{
	_cleanup_buffer_ struct buffer sql = {0};
	if (major >= LOGIN_TRIGGERS_SINCE)
		buffer_addf(&sql, "%s\n", template_text("sql/prepare_single_login_triggers.sql"));
	buffer_addf(&sql, "%s\n", template_text("sql/prepare_single.sql"));
	_cleanup_close_ int fd = memfd_create("vela", MFD_CLOEXEC);
	if (fd < 0 || descriptor_write(fd, sql.data, sql.length) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return error_errno(err, errno, "cannot hand SQL to postgres");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* --- what it says --- */

static char *last_message(const struct buffer *output)
{
	static const char *const marks[] = {"PANIC:  ", "FATAL:  ", "ERROR:  "};
	const char *found = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		for (const char *at = buffer_text(output); (at = strstr(at, marks[i])); at++)
			if (at > found || !found)
				found = at + strlen(marks[i]);
	if (!found)
		return NULL;
	const char *detail = strstr(found, "DETAIL:  ");
	_cleanup_free_ char *line = string_copy_n(found, strcspn(found, "\n"));
	_cleanup_free_ char *more = detail ? string_copy_n(detail + 9, strcspn(detail + 9, "\n")) : NULL;
	_cleanup_free_ char *both = string_format("%s%s%s", line, more ? ": " : "", more ? more : "");
	return text_safe(both);
}

static int translate_failure(const struct process_output *output, struct error **err)
{
	_cleanup_free_ char *words = last_message(&output->err);
	_cleanup_free_ char *how = process_result_describe(&output->result);
	error_set(err, ERROR_POSTGRES, "cannot recover the copy: %s", words ? words : how);
	if (strcasestr(buffer_text(&output->err), "No space left on device"))
		error_rekind(err, ERROR_STORAGE);
	else if (words && strstr(words, "locale"))
		error_hint(err,
			   "install the source's locale on this host (locale-gen, or the package glibc-langpack-…)");
	else if (words && strstr(words, "checkpoint record"))
		error_hint(err, "the copy lacks write-ahead log: copy a stopped server, or use a postgres:// URL");
	return -1;
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* `	 1: superuser = "706f737467726573"	(typeid = 25, …)` */
static int read_name(const struct buffer *output, char **ret, struct error **err)
{
	static const char label[] = ": superuser = \"";
	const char *at = strstr(buffer_text(output), label);
	char name[NAME_BYTES_MAX + 1] = "";
	size_t length = 0;
	for (at = at ? at + strlen(label) : ""; length < NAME_BYTES_MAX; at += 2) {
		int high = hex_digit(at[0]);
		int low = high < 0 ? -1 : hex_digit(at[1]);
		if (low < 0)
			break;
		name[length++] = (char)(high * 16 + low);
	}
	if (length == 0)
		return error_set(err, ERROR_POSTGRES, "the copy has no superuser");
	*ret = string_copy_n(name, length);
	return 0;
}

int pg_prepare_superuser(const char *binaries, const char *data, char **ret, struct error **err)
{
	int major;
	_cleanup_(string_list_free) struct string_list arguments = {0};
	_cleanup_free_ char *absolute = path_absolute(NULL, data);
	_cleanup_free_ char *program = NULL;
	_cleanup_close_ int input = -1;
	if (pg_data_major(absolute, &major, err) < 0 || pg_binaries_tool(binaries, "postgres", &program, err) < 0 ||
	    make_arguments(binaries, absolute, major, &arguments, err) < 0 || make_input(major, &input, err) < 0)
		return -1;
	struct process_spec spec = {.argv = arguments.items,
				    .environment = pg_bare_environment,
				    .directory = "/",
				    .in = {STREAM_FD, input}};
	_cleanup_output_ struct process_output output = {0};
	if (process_run(&spec, 0, NULL, NULL, &output, err) < 0)
		return -1;
	if (!output.result.exited || output.result.code != 0)
		return translate_failure(&output, err);
	return read_name(&output.out, ret, err);
}
