/* Whether a data directory is in use: what decides if copying it file by file gives a whole. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/identity.h"
#include "base/process.h"
#include "pg/control.h"
#include "pg/source.h"

struct search {
	struct stat directory;
	bool found;
};

static bool is_server(int pid)
{
	_cleanup_free_ char *path = string_format("/proc/%d/comm", pid);
	_cleanup_buffer_ struct buffer name = {0};
	return file_read(path, 64, FILE_FOLLOW, &name, NULL) == 0 &&
	       (strstr(buffer_text(&name), "postgres") || strstr(buffer_text(&name), "postmaster"));
}

static bool works_in(void *context, pid_t pid, const char *arguments, size_t length)
{
	(void)arguments;
	(void)length;
	struct search *search = context;
	struct stat st;
	char path[32];
	snprintf(path, sizeof(path), "/proc/%d/cwd", (int)pid);
	search->found = stat(path, &st) == 0 && st.st_dev == search->directory.st_dev &&
			st.st_ino == search->directory.st_ino && is_server(pid);
	return !search->found;
}

/* A server's working directory is its data directory, also when it runs in a container where it has another pid. */
static bool has_inhabitant(const char *data)
{
	struct search search = {0};
	if (stat(data, &search.directory) < 0)
		return false;
	IDENTITY_CALLER_SCOPE; /* root sees the working directories of all */
	process_each(works_in, &search);
	return search.found;
}

/* Where we may not see its working directory, a live process of the name counts: rather refuse than tear the copy. */
static bool is_named_server(const char *data)
{
	_cleanup_free_ char *path = path_join(data, "postmaster.pid", NULL);
	_cleanup_buffer_ struct buffer text = {0};
	char link[16];
	if (file_read(path, 8192, FILE_NO_FOLLOW, &text, NULL) < 0)
		return false;
	int pid = (int)strtol(buffer_text(&text), NULL, 10);
	_cleanup_free_ char *cwd = string_format("/proc/%d/cwd", pid);
	return pid > 0 && readlink(cwd, link, sizeof(link)) < 0 && is_server(pid);
}

int pg_directory_state(const char *data, enum pg_directory_state *ret, struct error **err)
{
	int major;
	struct pg_control control;
	if (pg_data_major(data, &major, err) < 0 || pg_control_read(data, &control, err) < 0)
		return -1;
	if (has_inhabitant(data) || is_named_server(data))
		*ret = PG_DIRECTORY_RUNNING;
	else
		*ret = pg_control_is_clean(&control) ? PG_DIRECTORY_STOPPED : PG_DIRECTORY_CRASHED;
	return 0;
}
