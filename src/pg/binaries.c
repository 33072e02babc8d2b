#include "pg/binaries.h"

#include <unistd.h>

#include "base/file.h"
#include "base/process.h"
#include "pg/environment.h"

enum { VERSION_TIMEOUT_MS = 10000 };

static const char *const well_known[] = {
	"/usr/lib/postgresql/%d/bin", /* Debian, and PGDG for it */
	"/usr/pgsql-%d/bin",          /* PGDG on RPM systems */
};

static char *well_known_directory(size_t index, int major)
{
	struct buffer path = {0};
	const char *number = strstr(well_known[index], "%d");
	buffer_add(&path, well_known[index], (size_t)(number - well_known[index]));
	buffer_addf(&path, "%d%s", major, number + 2);
	return buffer_steal(&path);
}

static bool has_server(const char *directory)
{
	_cleanup_free_ char *program = path_join(directory, "postgres", NULL);
	return euidaccess(program, X_OK) == 0;
}

/* Owned; NULL if that version is not installed. */
static char *find_directory(int major, const struct pg_location *locations, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (locations[i].major == major && has_server(locations[i].directory))
			return string_copy(locations[i].directory);
	for (size_t i = 0; i < ARRAY_SIZE(well_known); i++) {
		_cleanup_free_ char *directory = well_known_directory(i, major);
		if (has_server(directory))
			return TAKE_POINTER(directory);
	}
	return NULL;
}

void pg_binaries_describe(const struct pg_location *locations, size_t count, struct buffer *out)
{
	const char *separator = "";
	for (int major = PG_OLDEST_MAJOR; major <= PG_NEWEST_MAJOR; major++) {
		_cleanup_free_ char *directory = find_directory(major, locations, count);
		if (!directory)
			continue;
		buffer_addf(out, "%s%d (%s)", separator, major, directory);
		separator = ", ";
	}
}

/* An administrator who names a directory means that one: another is not taken silently instead. */
static int check_location(int major, const struct pg_location *locations, size_t count, struct error **err)
{
	for (size_t i = 0; i < count; i++) {
		if (locations[i].major != major || has_server(locations[i].directory))
			continue;
		error_set(err, ERROR_POSTGRES, "there is no postgres in %s, where pool.yml has PostgreSQL %d",
			  locations[i].directory, major);
		return error_hint(err, "install it there, or correct pool.yml");
	}
	return 0;
}

int pg_binaries_find(int major, const struct pg_location *locations, size_t count, char **ret, struct error **err)
{
	if (check_location(major, locations, count, err) < 0)
		return -1;
	char *directory = find_directory(major, locations, count);
	if (directory) {
		*ret = directory;
		return 0;
	}
	_cleanup_buffer_ struct buffer installed = {0};
	pg_binaries_describe(locations, count, &installed);
	error_set(err, ERROR_POSTGRES, "PostgreSQL %d is not installed on this host; installed: %s", major,
		  installed.length > 0 ? buffer_text(&installed) : "none");
	return error_hint(err,
			  "install postgresql-%d (Debian) or postgresql%d-server (RPM), or say in pool.yml where it is",
			  major, major);
}

/* Debian puts what a client needs into a package of its own, and initdb with the server. */
static const char *package_of(const char *tool)
{
	static const char *const of_client[] = {"psql",       "pg_dump",       "pg_dumpall",
						"pg_restore", "pg_basebackup", "pg_isready"};
	for (size_t i = 0; i < ARRAY_SIZE(of_client); i++)
		if (strcmp(tool, of_client[i]) == 0)
			return "postgresql-client";
	return "postgresql";
}

int pg_binaries_tool(const char *directory, const char *tool, char **ret, struct error **err)
{
	_cleanup_free_ char *path = path_join(directory, tool, NULL);
	if (euidaccess(path, X_OK) == 0) {
		*ret = TAKE_POINTER(path);
		return 0;
	}
	error_set(err, ERROR_POSTGRES, "there is no %s in %s", tool, directory);
	return error_hint(err, "install the package %s of that version", package_of(tool));
}

/* "postgres (PostgreSQL) 15.18 (Debian 15.18-1)" has the version after the first closing parenthesis. */
static char *parse_version(const char *text)
{
	const char *at = strchr(text, ')');
	if (!at)
		return NULL;
	at += 1 + strspn(at + 1, " ");
	size_t length = strcspn(at, " \n");
	return length > 0 ? string_copy_n(at, length) : NULL;
}

int pg_binaries_version(const char *directory, int major, char **ret_version, struct error **err)
{
	_cleanup_free_ char *program = NULL;
	if (pg_binaries_tool(directory, "postgres", &program, err) < 0)
		return -1;
	char *argv[] = {program, (char[]){"-V"}, NULL};
	struct process_spec spec = {.argv = argv, .environment = pg_bare_environment};
	_cleanup_output_ struct process_output output = {0};
	if (process_run_checked(&spec, VERSION_TIMEOUT_MS, &output, err) < 0)
		return error_rekind(err, ERROR_POSTGRES);
	_cleanup_free_ char *version = parse_version(buffer_text(&output.out));
	if (!version)
		return error_set(err, ERROR_POSTGRES, "%s -V says nothing about its version", program);
	if ((int)strtol(version, NULL, 10) != major)
		return error_set(err, ERROR_POSTGRES, "%s is of PostgreSQL %s, not %d", program, version, major);
	*ret_version = TAKE_POINTER(version);
	return 0;
}
