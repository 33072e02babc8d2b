/* Servers that no record needs to know: found by what the operating system says. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "pg/instance.h"

enum { STATUS_MAX = 1 << 16 };

static const char branch_argument[] = "vela.branch=";

/* The command line of a postmaster; a backend rewrites its own into one single argument, "postgres: …". */
struct postmaster {
	const char *data;   /* NULL without -D */
	const char *branch; /* NULL if it is no branch of vela */
};

static bool parse_postmaster(const char *arguments, size_t length, struct postmaster *ret)
{
	if (!string_equal(path_basename(arguments), "postgres"))
		return false;
	*ret = (struct postmaster){0};
	const char *end = arguments + length; /* a NUL stands there, too */
	for (const char *at = arguments + strlen(arguments) + 1; at < end; at += strlen(at) + 1) {
		if (strcmp(at, "-D") == 0 && at + 3 < end)
			ret->data = at + 3;
		else if (string_starts_with(at, "-D"))
			ret->data = at + 2;
		else if (string_starts_with(at, branch_argument))
			ret->branch = at + strlen(branch_argument);
	}
	return true;
}

static bool read_command_line(pid_t pid, struct buffer *ret)
{
	_cleanup_free_ char *path = string_format("/proc/%d/cmdline", (int)pid);
	return file_read(path, 1 << 20, FILE_FOLLOW, ret, NULL) == 0 && ret->length > 0;
}

/* Between fork and its new title a child looks just like its postmaster. */
static bool is_child_of_same(pid_t pid, const struct postmaster *postmaster)
{
	_cleanup_buffer_ struct buffer line = {0};
	struct postmaster parent;
	return read_command_line(process_parent(pid), &line) && parse_postmaster(line.data, line.length, &parent) &&
	       string_equal(parent.data, postmaster->data) && string_equal(parent.branch, postmaster->branch);
}

static bool same_directory(const char *path, const struct stat *directory)
{
	struct stat st;
	return stat(path, &st) == 0 && st.st_dev == directory->st_dev && st.st_ino == directory->st_ino;
}

/* By its -D, else (PGDATA in its environment, a relative path) by its working directory, which is the data's. */
static bool runs_on(pid_t pid, const struct postmaster *postmaster, const char *data)
{
	struct stat directory;
	if (postmaster->data && strcmp(postmaster->data, data) == 0)
		return true;
	if (stat(data, &directory) < 0)
		return false;
	char cwd[32];
	snprintf(cwd, sizeof(cwd), "/proc/%d/cwd", (int)pid);
	return same_directory(cwd, &directory) ||
	       (postmaster->data && *postmaster->data == '/' && same_directory(postmaster->data, &directory));
}

/* Anybody can give a process of his any command line: who it belongs to is what he cannot choose. */
static bool runs_as(pid_t pid, uid_t user)
{
	static const char label[] = "\nUid:";
	_cleanup_free_ char *path = string_format("/proc/%d/status", (int)pid);
	_cleanup_buffer_ struct buffer text = {0};
	if (file_read(path, STATUS_MAX, FILE_FOLLOW, &text, NULL) < 0)
		return false;
	const char *line = strstr(buffer_text(&text), label);
	return line && strtoul(line + strlen(label), NULL, 10) == user;
}

/* Postgres itself insists that whoever runs it owns the data. Where they are gone, it is one that we started. */
static uid_t server_user(const char *data)
{
	struct stat directory;
	return stat(data, &directory) == 0 ? directory.st_uid : geteuid();
}

struct search {
	const char *data;
	struct process_id found;
	bool is_found;
};

static bool consider(void *context, pid_t pid, const char *arguments, size_t length)
{
	struct search *search = context;
	struct postmaster postmaster;
	struct process_id id;
	if (!parse_postmaster(arguments, length, &postmaster) || !runs_on(pid, &postmaster, search->data) ||
	    !runs_as(pid, server_user(search->data)) || is_child_of_same(pid, &postmaster) ||
	    !process_identify(pid, &id))
		return true;
	search->found = id;
	search->is_found = true;
	return false;
}

/* A clone carries the postmaster.pid of what it was cloned from, and pids are reused: the file is a guess, no proof. */
static void consider_pid_file(struct search *search)
{
	_cleanup_free_ char *path = path_join(search->data, "postmaster.pid", NULL);
	_cleanup_buffer_ struct buffer text = {0};
	_cleanup_buffer_ struct buffer line = {0};
	if (file_read(path, 8192, FILE_NO_FOLLOW, &text, NULL) < 0)
		return;
	pid_t pid = (int)strtol(buffer_text(&text), NULL, 10);
	if (pid > 0 && read_command_line(pid, &line))
		(void)consider(search, pid, line.data, line.length);
}

bool pg_instance_find(const char *data, struct process_id *ret)
{
	struct search search = {.data = data};
	consider_pid_file(&search);
	if (!search.is_found)
		process_each(consider, &search);
	if (search.is_found)
		*ret = search.found;
	return search.is_found;
}

struct walk {
	const char *prefix;
	void (*visit)(void *context, const struct process_id *id, const char *branch, const char *data);
	void *context;
};

static bool walk_one(void *context, pid_t pid, const char *arguments, size_t length)
{
	const struct walk *walk = context;
	struct postmaster postmaster;
	struct process_id id;
	if (parse_postmaster(arguments, length, &postmaster) && postmaster.branch && postmaster.data &&
	    string_starts_with(postmaster.branch, walk->prefix) && runs_as(pid, geteuid()) &&
	    !is_child_of_same(pid, &postmaster) && process_identify(pid, &id))
		walk->visit(walk->context, &id, postmaster.branch, postmaster.data);
	return true;
}

void pg_instance_each(const char *branch_prefix,
		      void (*visit)(void *context, const struct process_id *id, const char *branch, const char *data),
		      void *context)
{
	struct walk walk = {.prefix = branch_prefix, .visit = visit, .context = context};
	process_each(walk_one, &walk);
}
