/*
 * Child processes, described by one struct: never a shell. A child begins with the caller's argv, environment,
 * directory, user and standard streams; every other descriptor is closed; signals have their default actions.
 */
#ifndef VELA_BASE_PROCESS_H
#define VELA_BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/identity.h"

enum process_stream {
	STREAM_NULL, /* /dev/null */
	STREAM_INHERIT,
	STREAM_FD /* `fd` of the stream, duplicated */
};

struct process_stdio {
	enum process_stream mode;
	int fd;
};

struct process_spec {
	char *const *argv;           /* ends with NULL; argv[0] is looked up in PATH unless it has a slash */
	char *const *environment;    /* the complete environment, ends with NULL; NULL: the caller's */
	const char *directory;       /* NULL: the caller's */
	const struct identity *user; /* NULL: the effective user, whom vela acts as */
	struct process_stdio in, out, err;
	bool new_session; /* setsid(): where we end it, its own children (the commands of a shell) are ended with it */
	bool outlives;    /* goes on when vela ends, however it ends; else it ends then */
	bool hold;        /* do not exec before process_release(); if vela dies first, the child goes too */
};

/* A process is known by pid *and* start time (clock ticks since boot, field 22 of /proc/PID/stat): pids are reused. */
struct process_id {
	pid_t pid;
	uint64_t start_time;
};

struct process {
	struct process_id id;
	int pidfd;    /* readable when the process has ended */
	int hold_fd;  /* while held */
	int error_fd; /* tells of a failed exec */
	bool leads;   /* a session of its own */
};

struct process_result {
	bool exited; /* by itself, with `code`; else killed by `signal` */
	int code;
	int signal;
	bool timed_out; /* killed by us when the time was over */
};

int process_spawn(const struct process_spec *spec, struct process *ret, struct error **err);
/* Lets a held child exec; a failed exec is reported here (else by process_spawn itself). */
int process_release(struct process *process, const char *program, struct error **err);
void process_free(
	struct process *process); /* closes descriptors; a held child is killed and reaped; a running one goes on */
#define _cleanup_process_ _cleanup_(process_free)

/* Waits at most `timeout_ms` (0: for ever) for our own child to end; then, or when interrupted, it is killed and
 * reaped. */
int process_wait(struct process *process, double timeout_ms, struct process_result *ret, struct error **err);

struct process_output {
	struct process_result result;
	struct buffer out, err;
};
void process_output_free(struct process_output *output);
#define _cleanup_output_ _cleanup_(process_output_free)

/*
 * Runs to the end with stdout and stderr captured (the streams in `spec` but `in` are ignored). Each stream keeps its
 * last MAX bytes. `on_line`, if given, sees each line of stderr as it comes, ended by \n or \r.
 */
enum { PROCESS_OUTPUT_MAX = 1 << 20 };
typedef void process_line_function(void *context, const char *line);
int process_run(const struct process_spec *spec, double timeout_ms, process_line_function *on_line, void *context,
		struct process_output *ret, struct error **err);

/* process_run() for a program that has to succeed: its last words on stderr become the error. */
int process_run_checked(const struct process_spec *spec, double timeout_ms, struct process_output *ret,
			struct error **err);

char *process_result_describe(const struct process_result *result); /* "exit code 1", "killed by SIGKILL"; owned */

/* Any process, not only children. */
bool process_identify(pid_t pid, struct process_id *ret); /* false if there is none (a zombie counts as none) */
bool process_is_alive(const struct process_id *id);
/* Is it the effective user's? Root acting for somebody else keeps the right to signal everything, and the ids in
 * records are that user's word: so we look. For root itself every process counts as its own. */
bool process_is_ours(pid_t pid);
char process_state(pid_t pid);   /* 'R', 'S', 'T', …; 0 if there is none */
pid_t process_parent(pid_t pid); /* 0 if there is none */
/* 0, or -1 with errno: ESRCH if it is another process by now, EPERM if it is not ours. */
int process_signal(const struct process_id *id, int number);
bool process_await_end(const struct process_id *id, double timeout_ms); /* true once it has ended; not interruptible */
char *process_boot_id(void);                                            /* of the running kernel; owned */
/* Calls `visit` with every pid, the kernel's own and what is just ending among them; stops when it returns false. */
void process_each_id(bool (*visit)(void *context, pid_t pid), void *context);
/* The same with the NUL-separated command lines, of those that have one. */
void process_each(bool (*visit)(void *context, pid_t pid, const char *arguments, size_t length), void *context);

#endif
