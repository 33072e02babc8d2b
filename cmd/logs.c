#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "cmd/branch_show.h"
#include "cmd/commands.h"
#include "cmd/output.h"

static const struct option options[] = {
	{"follow", 'f', NULL, "go on with what is added, until Ctrl-C"},
	{"lines", 'n', "COUNT", "only the last COUNT lines (default: all)"},
	{NULL, 0, NULL, NULL},
};

/* *ret_done: nobody reads any more. */
static int copy_rest(int fd, bool *ret_done, struct error **err)
{
	char chunk[16384];
	ssize_t n;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		fwrite(chunk, 1, (size_t)n, stdout);
	if (n < 0)
		return error_errno(err, errno, "cannot read the log");
	int flushed = output_flush();
	if (flushed < 0)
		return error_set(err, ERROR_INTERNAL, "cannot write to standard output");
	*ret_done = flushed > 0;
	return 0;
}

/* Puts the file's position in front of its last `count` lines. */
static void seek_lines(int fd, long count)
{
	off_t at = lseek(fd, 0, SEEK_END);
	long seen = -1; /* the last line's end does not count */
	char chunk[4096];
	while (at > 0) {
		size_t size = at < (off_t)sizeof(chunk) ? (size_t)at : sizeof(chunk);
		at -= (off_t)size;
		if (pread(fd, chunk, size, at) != (ssize_t)size)
			break;
		for (size_t i = size; i > 0; i--)
			if (chunk[i - 1] == '\n' && ++seen == count) {
				(void)lseek(fd, at + (off_t)i, SEEK_SET);
				return;
			}
	}
	(void)lseek(fd, 0, SEEK_SET);
}

static int follow(int fd, const char *path, struct error **err)
{
	_cleanup_close_ int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (watch < 0 || inotify_add_watch(watch, path, IN_MODIFY | IN_ATTRIB) < 0)
		return error_errno(err, errno, "cannot watch %s", path);
	bool done = false;
	for (;;) {
		struct pollfd fds[3] = {{.fd = watch, .events = POLLIN},
					{.fd = interrupt_fd(), .events = POLLIN},
					{.fd = STDOUT_FILENO}};
		if (copy_rest(fd, &done, err) < 0)
			return -1;
		if (done)
			return 0;
		(void)poll(fds, ARRAY_SIZE(fds), -1);
		if (fds[1].revents || fds[2].revents) /* Ctrl-C, or nobody reads any more */
			return 0;
		char events[4096]; /* that something happened is all they tell us */
		(void)!read(watch, events, sizeof(events));
		struct stat status;
		if (fstat(fd, &status) == 0 && status.st_nlink == 0)
			return copy_rest(fd, &done, err); /* the branch is gone */
	}
}

static int run(struct invocation *invocation, struct error **err)
{
	_cleanup_context_ struct branch_context context = {0};
	_cleanup_branch_ struct branch branch = {0};
	long count = 0;
	if (option_count(invocation, "lines", 0, &count, err) < 0 || branch_name_of(invocation, &context, err) < 0 ||
	    branch_find(&invocation->app, context.name, &branch, err) < 0)
		return -1;
	_cleanup_free_ char *path = branch_log_path(&branch);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return error_errno(err, errno, "cannot read the log of %s", branch.name);
	if (option_given(invocation, "lines"))
		seek_lines(fd, count);
	bool done;
	return option_given(invocation, "follow") ? follow(fd, path, err) : copy_rest(fd, &done, err);
}

const struct command command_logs = {
	.name = "logs",
	.arguments = "[NAME]",
	.summary = "print the log of a branch's Postgres",
	.options = options,
	.most = 1,
	.run = run,
};
