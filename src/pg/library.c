#include "pg/library.h"

#include "base/file.h"
#include "base/process.h"
#include "pg/environment.h"

enum { CONFIG_TIMEOUT_MS = 10000 };

static bool ask_config(const char *binaries, struct string_list *ret)
{
	_cleanup_free_ char *program = path_join(binaries, "pg_config", NULL);
	char option[] = "--pkglibdir";
	char *argv[] = {program, option, NULL};
	struct process_spec spec = {.argv = argv, .environment = pg_bare_environment};
	_cleanup_output_ struct process_output output = {0};
	if (!file_exists(program) || process_run_checked(&spec, CONFIG_TIMEOUT_MS, &output, NULL) < 0)
		return false;
	string_list_take(ret, string_copy_n(buffer_text(&output.out), strcspn(buffer_text(&output.out), "\n")));
	return true;
}

void pg_library_directories(const char *binaries, struct string_list *ret)
{
	/* Beside the programs: Debian, PGDG's RPMs, and whatever was configured with a prefix. */
	static const char *const beside[] = {"../lib", "../lib/postgresql", "../lib64/postgresql", "../lib64"};
	if (ask_config(binaries, ret))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(beside); i++)
		string_list_take(ret, path_join(binaries, beside[i], NULL));
}

static bool exists_as(const char *path)
{
	_cleanup_free_ char *with_suffix = string_format("%s.so", path);
	return file_exists(path) || file_exists(with_suffix);
}

bool pg_library_exists(const struct string_list *directories, const char *name)
{
	static const char directory[] = "$libdir/";
	if (string_starts_with(name, directory))
		name += strlen(directory);
	if (*name == '/')
		return exists_as(name);
	for (size_t i = 0; i < directories->count; i++) {
		_cleanup_free_ char *path = path_join(directories->items[i], name, NULL);
		if (exists_as(path))
			return true;
	}
	return false;
}

/* --- what is preloaded --- */

/* Their background workers dial other servers as soon as they are loaded, by what is written in the data. */
static const char *const dialling[] = {"pglogical",        "bdr", "spock", "citus", "pg_net", "pgautofailover",
				       "pg_failover_slots"};

static bool dials_out(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(dialling); i++)
		if (string_equal(path_basename(name), dialling[i]))
			return true;
	return false;
}

/* Takes the next name of a list such as `pg_stat_statements, "$libdir/x"`; NULL at the end. */
static char *next_name(const char **list)
{
	const char *at = *list + strspn(*list, ", \t\n");
	bool quoted = *at == '"';
	at += quoted;
	size_t length = strcspn(at, quoted ? "\"" : ", \t\n");
	*list = at + length + (at[length] == '"');
	return length > 0 ? string_copy_n(at, length) : NULL;
}

static void add_name(struct buffer *list, const char *name)
{
	const char *quote = strpbrk(name, ", \t") ? "\"" : "";
	buffer_addf(list, "%s%s%s%s", list->length > 0 ? ", " : "", quote, name, quote);
}

void pg_library_preload(const char *binaries, const char *wanted, char **ret_kept, char **ret_left_out)
{
	_cleanup_(string_list_free) struct string_list directories = {0};
	_cleanup_buffer_ struct buffer kept = {0};
	_cleanup_buffer_ struct buffer left_out = {0};
	if (wanted && *wanted)
		pg_library_directories(binaries, &directories);
	for (const char *at = wanted ? wanted : ""; *at;) {
		_cleanup_free_ char *name = next_name(&at);
		if (name)
			add_name(!dials_out(name) && pg_library_exists(&directories, name) ? &kept : &left_out, name);
	}
	*ret_kept = kept.length > 0 ? buffer_steal(&kept) : NULL;
	*ret_left_out = left_out.length > 0 ? buffer_steal(&left_out) : NULL;
}
