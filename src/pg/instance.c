#include "pg/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "pg/control.h"
#include "pg/log.h"
#include "pg/environment.h"
#include "pg/orphans.h"
#include "pg/settings.h"
#include "pg/startup.h"

enum { KILL_TIMEOUT_MS = 10000 };

/* The socket is DIRECTORY/.s.PGSQL.65535, and the lock file beside it has a longer name that is no socket. */
bool pg_socket_fits(const char *directory)
{
	return strlen(directory) + strlen("/.s.PGSQL.65535") <= PG_SOCKET_PATH_MAX;
}

static struct sockaddr_un socket_address(const struct pg_instance *instance)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/.s.PGSQL.%d", instance->socket_directory,
		 instance->port);
	return address;
}

/* --- before the start --- */

/* Names end up in files made of lines; from 16 on a leading slash makes a pattern of even a quoted name. */
static int check_name(const char *name, const char *what, struct error **err)
{
	if (!name || (*name && *name != '/' && text_is_printable(name)))
		return 0;
	_cleanup_free_ char *shown = text_safe(name);
	return error_set(err, ERROR_REFUSED, "the %s \"%s\" cannot be used: vela cannot write it into pg_hba.conf",
			 what, shown);
}

static int check_instance(const struct pg_instance *instance, struct error **err)
{
	if (check_name(instance->superuser, "superuser", err) < 0 || check_name(instance->role, "role", err) < 0)
		return -1;
	if (!pg_socket_fits(instance->socket_directory))
		return error_set(err, ERROR_CONFIG, "the path %s is too long for a socket", instance->socket_directory);
	struct process_id running;
	if (instance->just_cloned)
		return 0;
	if (pg_instance_find(instance->data, &running))
		return error_set(err, ERROR_CONFLICT, "a server already runs on %s (process %d)", instance->data,
				 (int)running.pid);
	return pg_orphans_end(instance->data, err);
}

/* A clone of a running server's files carries its postmaster.pid; we know by now that nobody runs on these. */
static int remove_stale(const struct pg_instance *instance, struct error **err)
{
	static const char *const names[] = {"postmaster.pid", "postmaster.opts"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = path_join(instance->data, names[i], NULL);
		if (file_unlink(path, err) < 0)
			return -1;
	}
	/* A killed server leaves its socket, and a lock file whose process id may be somebody else's by now. */
	struct sockaddr_un address = socket_address(instance);
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 || errno != ECONNREFUSED)
		return 0;
	_cleanup_free_ char *lock = string_format("%s.lock", address.sun_path);
	return file_unlink(lock, err) < 0 || file_unlink(address.sun_path, err) < 0 ? -1 : 0;
}

static int read_facts(const struct pg_instance *instance, struct pg_facts *ret, struct error **err)
{
	struct pg_control control;
	if (pg_control_read(instance->data, &control, err) < 0)
		return -1;
	_cleanup_free_ char *path = path_join(instance->data, "pg_tblspc", NULL);
	_cleanup_(string_list_free) struct string_list tablespaces = {0};
	if (directory_list(path, &tablespaces, err) < 0)
		return -1;
	*ret = (struct pg_facts){
		.wal_segment_bytes = control.wal_segment_bytes,
		.max_prepared_transactions = control.max_prepared_transactions,
		.tablespaces = tablespaces.count > 0,
	};
	return 0;
}

static int write_file(const struct pg_instance *instance, const char *name, const struct buffer *text,
		      struct error **err)
{
	_cleanup_free_ char *path = path_join(instance->directory, name, NULL);
	return file_replace(path, buffer_text(text), text->length, 0600, FILE_VOLATILE, err);
}

static int write_configuration(const struct pg_instance *instance, const struct pg_facts *facts, struct error **err)
{
	_cleanup_buffer_ struct buffer file = {0};
	_cleanup_buffer_ struct buffer hba = {0};
	_cleanup_buffer_ struct buffer ident = {0};
	_cleanup_free_ char *user = identity_user_name(identity_current().uid);
	pg_settings_file(instance, facts, &file);
	pg_settings_hba(instance, &hba);
	pg_settings_ident(instance, user, &ident);
	if (write_file(instance, "postgresql.conf", &file, err) < 0 ||
	    write_file(instance, "pg_hba.conf", &hba, err) < 0)
		return -1;
	return write_file(instance, "pg_ident.conf", &ident, err);
}

/* --- the start --- */

static int spawn(const struct pg_instance *instance, const struct pg_facts *facts, int log_fd, struct process *ret,
		 struct error **err)
{
	_cleanup_(string_list_free) struct string_list arguments = {0};
	pg_settings_arguments(instance, facts, &arguments);
	struct process_spec spec = {
		.argv = arguments.items,
		.environment = pg_bare_environment,
		.directory = instance->directory,
		.in = {.mode = STREAM_NULL},
		.out = {.mode = STREAM_FD, .fd = log_fd},
		.err = {.mode = STREAM_FD, .fd = log_fd},
		.new_session = true, /* nor does it hear of the terminal's signals */
		.outlives = true,
		.hold = true,
	};
	return process_spawn(&spec, ret, err);
}

static int release(const struct pg_instance *instance, struct process *process, const struct pg_start_hooks *hooks,
		   struct error **err)
{
	if (hooks && hooks->spawned && hooks->spawned(hooks->context, &process->id, err) < 0)
		return -1;
	_cleanup_free_ char *program = path_join(instance->binaries, "postgres", NULL);
	if (process_release(process, program, err) < 0)
		return error_rekind(err, ERROR_POSTGRES);
	return hooks && hooks->booting ? hooks->booting(hooks->context, err) : 0;
}

static int open_log(const char *path, off_t *ret_end, struct error **err)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0) {
		error_errno(err, errno, "cannot open %s", path);
		close_descriptor(&fd);
		return -1;
	}
	*ret_end = st.st_size;
	return fd;
}

/* A child that is still held goes with process_free(); a server has to be told. */
static void abandon(const struct process *process)
{
	if (process->hold_fd < 0)
		(void)pg_instance_stop(&process->id, PG_STOP_DISCARD, KILL_TIMEOUT_MS, NULL);
}

int pg_instance_start(const struct pg_instance *instance, double timeout_ms, const struct pg_start_hooks *hooks,
		      struct error **err)
{
	struct pg_facts facts;
	_cleanup_free_ char *log = path_join(instance->directory, "log", NULL);
	_cleanup_(pg_startup_unwatch) struct startup startup = {.data = instance->data,
								.log = log,
								.socket_directory = instance->socket_directory,
								.port = instance->port,
								.inotify_fd = -1};
	if (interrupt_check(err) < 0 || check_instance(instance, err) < 0 || remove_stale(instance, err) < 0 ||
	    read_facts(instance, &facts, err) < 0 || write_configuration(instance, &facts, err) < 0)
		return -1;
	_cleanup_close_ int log_fd = open_log(log, &startup.log_start, err);
	_cleanup_process_ struct process process = {.pidfd = -1, .hold_fd = -1, .error_fd = -1};
	if (log_fd < 0 || pg_startup_watch(instance->data, &startup, err) < 0 ||
	    spawn(instance, &facts, log_fd, &process, err) < 0)
		return -1;
	if (release(instance, &process, hooks, err) < 0 || pg_startup_await(&startup, &process, timeout_ms, err) < 0) {
		abandon(&process);
		return -1;
	}
	return 0;
}

int pg_instance_await(const char *data, const char *log, const struct process_id *id, double timeout_ms,
		      struct error **err)
{
	if (pg_startup_is_ready(data, id->pid))
		return 0;
	_cleanup_(pg_startup_unwatch) struct startup startup = {
		.data = data, .log = log, .log_start = pg_log_end(log), .inotify_fd = -1};
	struct process process = {.id = *id, .hold_fd = -1, .error_fd = -1};
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, id->pid, 0);
	if (pidfd < 0)
		return error_errno(err, errno, "cannot watch process %d", (int)id->pid);
	process.pidfd = pidfd;
	if (pg_startup_watch(data, &startup, err) < 0)
		return -1;
	return pg_startup_await(&startup, &process, timeout_ms, err);
}
