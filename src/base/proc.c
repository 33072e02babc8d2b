/* What /proc says of any process. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"

struct stat_fields {
	char state;
	pid_t parent;
	uint64_t start_time;
};

static bool read_stat(pid_t pid, struct stat_fields *ret)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	_cleanup_buffer_ struct buffer text = {0};
	if (pid <= 0 || file_read(path, 4096, FILE_FOLLOW, &text, NULL) < 0)
		return false;
	/* The name in parentheses may hold anything, a ')' too: the fields follow the last one. */
	const char *at = strrchr(buffer_text(&text), ')');
	int parent;
	unsigned long long start;
	if (!at || sscanf(at + 1, " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
			  &ret->state, &parent, &start) != 3)
		return false;
	ret->parent = parent;
	ret->start_time = start;
	return true;
}

bool process_identify(pid_t pid, struct process_id *ret)
{
	struct stat_fields fields;
	if (!read_stat(pid, &fields) || fields.state == 'Z' || fields.state == 'X')
		return false;
	*ret = (struct process_id){pid, fields.start_time};
	return true;
}

bool process_is_alive(const struct process_id *id)
{
	struct process_id now;
	return process_identify(id->pid, &now) && now.start_time == id->start_time;
}

char process_state(pid_t pid)
{
	struct stat_fields fields;
	return read_stat(pid, &fields) ? fields.state : '\0';
}

pid_t process_parent(pid_t pid)
{
	struct stat_fields fields;
	return read_stat(pid, &fields) ? fields.parent : 0;
}

/* Opened before the identity is checked, a pidfd cannot come to mean another process. */
static int open_pidfd(const struct process_id *id)
{
	int fd = (int)syscall(SYS_pidfd_open, id->pid, 0);
	if (fd >= 0 && !process_is_alive(id)) {
		close_descriptor(&fd);
		errno = ESRCH;
		return -1;
	}
	return fd;
}

bool process_is_ours(pid_t pid)
{
	_cleanup_free_ char *path = string_format("/proc/%d/status", (int)pid);
	_cleanup_buffer_ struct buffer text = {0};
	if (geteuid() == 0)
		return true;
	if (file_read(path, 65536, FILE_FOLLOW, &text, NULL) < 0)
		return false;
	const char *line = strstr(buffer_text(&text), "\nUid:");
	return line && strtoul(line + 5, NULL, 10) == geteuid();
}

int process_signal(const struct process_id *id, int number)
{
	_cleanup_close_ int fd = open_pidfd(id);
	if (fd >= 0 && !process_is_ours(id->pid)) {
		errno = EPERM;
		return -1;
	}
	return fd < 0 ? -1 : (int)syscall(SYS_pidfd_send_signal, fd, number, NULL, 0);
}

bool process_await_end(const struct process_id *id, double timeout_ms)
{
	_cleanup_close_ int fd = open_pidfd(id);
	if (fd < 0)
		return errno == ESRCH;
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	double deadline = clock_monotonic_ms() + timeout_ms;
	for (;;) {
		double left = deadline - clock_monotonic_ms();
		int ready = poll(&poll_fd, 1, left <= 0 ? 0 : left > 1e6 ? 1000000 : (int)left + 1);
		if (ready > 0)
			return true;
		if (left <= 0)
			return false;
	}
}

char *process_boot_id(void)
{
	_cleanup_buffer_ struct buffer text = {0};
	if (file_read("/proc/sys/kernel/random/boot_id", 128, FILE_FOLLOW, &text, NULL) < 0)
		return string_copy("unknown");
	while (text.length > 0 && text.data[text.length - 1] == '\n')
		buffer_truncate(&text, text.length - 1);
	return buffer_steal(&text);
}

void process_each_id(bool (*visit)(void *context, pid_t pid), void *context)
{
	DIR *directory = opendir("/proc");
	if (!directory)
		return;
	const struct dirent *entry;
	bool go_on = true;
	while (go_on && (entry = readdir(directory)))
		if (isdigit((unsigned char)entry->d_name[0]))
			go_on = visit(context, (pid_t)strtol(entry->d_name, NULL, 10));
	closedir(directory);
}

struct each {
	bool (*visit)(void *context, pid_t pid, const char *arguments, size_t length);
	void *context;
};

static bool visit_with_arguments(void *context, pid_t pid)
{
	const struct each *each = context;
	char path[32];
	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	_cleanup_buffer_ struct buffer arguments = {0};
	if (file_read(path, 1 << 20, FILE_FOLLOW, &arguments, NULL) < 0 || arguments.length == 0)
		return true;
	return each->visit(each->context, pid, arguments.data, arguments.length);
}

void process_each(bool (*visit)(void *context, pid_t pid, const char *arguments, size_t length), void *context)
{
	struct each each = {visit, context};
	process_each_id(visit_with_arguments, &each);
}
