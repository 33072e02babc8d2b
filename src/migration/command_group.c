#include "migration/command_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/interrupt.h"

enum { GRACE_MS = 2000, LEFT_GRACE_MS = 500 };

/* --- whom it leaves behind --- */

static bool has_pid(const struct command_pids *pids, pid_t pid)
{
	for (size_t i = 0; i < pids->count; i++)
		if (pids->items[i] == pid)
			return true;
	return false;
}

static void add_pid(struct command_pids *pids, pid_t pid)
{
	pids->items = memory_resize(pids->items, pids->count + 1, sizeof(*pids->items));
	pids->items[pids->count++] = pid;
}

static bool add_child(void *context, pid_t pid)
{
	if (process_parent(pid) == getpid())
		add_pid(context, pid);
	return true;
}

/* By parent alone: while a process executes a program it has no arguments to be known by. */
static struct command_pids find_children(void)
{
	struct command_pids children = {0};
	process_each_id(add_child, &children);
	return children;
}

/* Sends `number` to each that is there still, and before that SIGTERM to each not seen yet; false: none is there. */
static bool signal_orphans(struct command_group *group, struct command_pids *seen, int number)
{
	struct command_pids children = find_children();
	bool found = false;
	for (size_t i = 0; i < children.count; i++) {
		pid_t pid = children.items[i];
		if (has_pid(&group->others, pid) || waitpid(pid, NULL, WNOHANG) != 0)
			continue;
		found = true;
		if (!has_pid(seen, pid)) {
			add_pid(seen, pid);
			(void)kill(pid, SIGTERM);
		}
		if (number)
			(void)kill(pid, number);
	}
	free(children.items);
	return found;
}

/*
 * What loses its parent becomes our child, whatever session it has gone to; so one that ends may leave others to us.
 * One that cannot be ended is another user's.
 */
static void end_orphans(struct command_group *group)
{
	struct command_pids seen = {0};
	double began = clock_monotonic_ms(), passed = 0;
	while (passed <= 2 * (double)GRACE_MS && signal_orphans(group, &seen, passed > LEFT_GRACE_MS ? SIGKILL : 0)) {
		(void)poll(NULL, 0, 10);
		passed = clock_monotonic_ms() - began;
	}
	group->left_behind = seen.count;
	free(seen.items);
}

/* --- its start --- */

static bool is_same_variable(const char *pair, const char *name)
{
	size_t length = strlen(name);
	return strncmp(pair, name, length) == 0 && pair[length] == '=';
}

/* Tools look for their files at home: it has to be that of whom they run as. */
static void make_environment(char *const *environment, struct string_list *ret)
{
	static const char *const names[] = {"HOME", "USER", "LOGNAME"};
	const struct passwd *user = geteuid() != getuid() ? getpwuid(geteuid()) : NULL;
	for (char *const *pair = environment; *pair; pair++) {
		bool is_users = false;
		for (size_t i = 0; i < ARRAY_SIZE(names) && user; i++)
			is_users = is_users || is_same_variable(*pair, names[i]);
		if (!is_users)
			string_list_add(ret, *pair);
	}
	if (!user)
		return;
	string_list_addf(ret, "HOME=%s", user->pw_dir);
	string_list_addf(ret, "USER=%s", user->pw_name);
	string_list_addf(ret, "LOGNAME=%s", user->pw_name);
}

/* The user that owns the pool need not be the one that has the repository. */
static int check_directory(const char *directory, struct error **err)
{
	if (faccessat(AT_FDCWD, directory, R_OK | X_OK, AT_EACCESS) == 0)
		return 0;
	int number = errno;
	_cleanup_free_ char *user = identity_user_name(geteuid());
	error_errno(err, number, "user \"%s\" cannot work in %s", user, directory);
	if (number == EACCES)
		return error_hint(err,
				  "migrations.command runs as the owner of the pool, not as you: let \"%s\" read the "
				  "repository, and enter every directory above it",
				  user);
	return -1;
}

static int spawn(const struct command_wanted *wanted, int output, struct process *ret, struct error **err)
{
	_cleanup_(string_list_free) struct string_list environment = {0};
	_cleanup_(string_list_free) struct string_list shell = {0};
	make_environment(wanted->environment, &environment);
	if (wanted->shell) {
		string_list_add(&shell, "/bin/sh");
		string_list_add(&shell, "-c");
		string_list_add(&shell, wanted->shell);
	}
	struct process_spec spec = {
		.argv = wanted->shell ? shell.items : wanted->argv,
		.environment = environment.items,
		.directory = wanted->directory,
		.in = {wanted->input > 0 ? STREAM_FD : STREAM_NULL, wanted->input},
		.out = {STREAM_FD, output},
		.err = {STREAM_FD, output},
		.new_session = true,
	};
	if (process_spawn(&spec, ret, err) == 0)
		return 0;
	_cleanup_free_ char *user = identity_user_name(geteuid());
	error_rekind(err, ERROR_CONFIG);
	return error_hint(err, "migrations.command in vela.yml runs as user \"%s\", with the PATH that vela has", user);
}

int command_group_start(const struct command_wanted *wanted, struct command_group *ret, struct error **err)
{
	int ends[2];
	if (check_directory(wanted->directory, err) < 0)
		return -1;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(err, errno, "cannot run the command");
	struct command_group group = {.output = ends[0], .others = find_children()};
	(void)fcntl(group.output, F_SETFL, O_NONBLOCK);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	int result = spawn(wanted, ends[1], &group.process, err);
	close_descriptor(&ends[1]);
	if (result < 0) {
		group.process = (struct process){.pidfd = -1, .hold_fd = -1, .error_fd = -1};
		command_group_free(&group);
		return -1;
	}
	*ret = group;
	return 0;
}

void command_group_free(struct command_group *group)
{
	(void)prctl(PR_SET_CHILD_SUBREAPER, 0);
	process_free(&group->process);
	close_descriptor(&group->output);
	buffer_free(&group->said);
	free(group->others.items);
	*group = (struct command_group){.output = -1, .process = {.pidfd = -1, .hold_fd = -1, .error_fd = -1}};
}

/* --- what it says --- */

/* At most `max` bytes; -1 at the end. */
static ssize_t read_output(struct command_group *group, size_t max)
{
	char bytes[16384];
	ssize_t n = read(group->output, bytes, max < sizeof(bytes) ? max : sizeof(bytes));
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -1;
	if (n == 0)
		return -1;
	buffer_add(&group->said, bytes, (size_t)n);
	if (group->said.length > 2 * (size_t)COMMAND_SAID_MAX) { /* not each time: it moves what is kept */
		memmove(group->said.data, group->said.data + group->said.length - COMMAND_SAID_MAX, COMMAND_SAID_MAX);
		buffer_truncate(&group->said, COMMAND_SAID_MAX);
	}
	return n;
}

/* What is in the pipe, and no more: what it leaves behind may go on writing for ever. */
static void drain_output(struct command_group *group)
{
	int left = 0;
	(void)ioctl(group->output, FIONREAD, &left);
	while (left > 0) {
		ssize_t n = read_output(group, (size_t)left);
		if (n <= 0)
			return;
		left -= (int)n;
	}
}

int command_group_wait(struct command_group *group, double until_ms, struct error **err)
{
	bool open = true;
	while (!group->ended) {
		double left = until_ms - clock_monotonic_ms();
		struct pollfd fds[3] = {{.fd = open ? group->output : -1, .events = POLLIN},
					{.fd = group->process.pidfd, .events = POLLIN},
					{.fd = interrupt_fd(), .events = POLLIN}};
		(void)poll(fds, 3, left <= 0 ? 0 : (int)left + 1);
		if (interrupt_check(err) < 0)
			return -1;
		group->ended = fds[1].revents != 0;
		if (fds[0].revents && !group->ended)
			open = read_output(group, SIZE_MAX) >= 0;
		if (left <= 0)
			return 0;
	}
	drain_output(group);
	return 0;
}

/* --- its end --- */

void command_group_end(struct command_group *group, struct process_result *ret)
{
	pid_t pid = group->process.id.pid;
	int status = 0;
	bool by_itself = group->ended;
	if (!by_itself) {
		struct pollfd fd = {.fd = group->process.pidfd, .events = POLLIN};
		(void)kill(-pid, SIGTERM);
		(void)poll(&fd, 1, GRACE_MS);
		(void)kill(-pid, SIGKILL);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*ret = (struct process_result){
		.exited = WIFEXITED(status),
		.code = WIFEXITED(status) ? WEXITSTATUS(status) : 0,
		.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
	};
	end_orphans(group);
	if (!by_itself)
		group->left_behind = 0;
	group->ended = true;
	drain_output(group);
}
