#include "check/pgbench.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/identity.h"
#include "base/process.h"
#include "base/text.h"
#include "sql/tree.h"
#include "pg/environment.h"

enum { SCRIPT_MAX = 1 << 20, LOG_MAX = 512 << 20, STOP_TIMEOUT_MS = 10000, LONGEST_S = 1000000, WORDS_MAX = 300 };

struct pgbench {
	char *directory; /* its own, for the log */
	int words_fd;    /* what it says on stderr */
	struct process process;
	bool runs;
};

/* Of the meta-commands of pgbench, two run programs. A command begins at any backslash, blanks and ends of lines with a
 * backslash of their own may stand before its name, and what is a quoted text is not known here. */
static bool runs_programs(const char *script)
{
	static const char *const names[] = {"shell", "setshell"};
	for (const char *at = strchr(script, '\\'); at; at = strchr(at, '\\')) {
		at += strspn(at, "\\ \t\n\v\f\r");
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			if (strncasecmp(at, names[i], strlen(names[i])) == 0)
				return true;
	}
	return false;
}

static int read_script(const struct workload_wanted *wanted, struct buffer *ret, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	if (wanted->script_text)
		buffer_add_text(ret, wanted->script_text);
	else if (tree_read(wanted->repository, wanted->script, SCRIPT_MAX, ret, err) < 0)
		return -1;
	if (!runs_programs(buffer_text(ret)))
		return 0;
	_cleanup_free_ char *shown = text_safe(wanted->script);
	return error_set(err, ERROR_REFUSED, "%s has \\shell or \\setshell: a workload runs no programs", shown);
}

/* In memory: pgbench, which runs as the owner of the pool, may not be able to read the caller's files. */
static int make_input(const struct buffer *script, int *ret, struct error **err)
{
	_cleanup_close_ int fd = memfd_create("script", MFD_CLOEXEC);
	if (fd < 0 || descriptor_write(fd, buffer_text(script), script->length) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return error_errno(err, errno, "cannot hand the script to pgbench");
	*ret = TAKE_FD(fd);
	return 0;
}

static void fill_environment(const struct pg_target *target, struct string_list *ret)
{
	for (char *const *variable = pg_bare_environment; *variable; variable++)
		string_list_add(ret, *variable);
	string_list_addf(ret, "PGHOST=%s", target->host);
	string_list_addf(ret, "PGPORT=%d", target->port);
	string_list_addf(ret, "PGUSER=%s", target->user);
	string_list_addf(ret, "PGPASSWORD=%s", target->password);
	string_list_addf(ret, "PGDATABASE=%s", target->database);
	string_list_add(ret, "PGAPPNAME=vela workload");
}

static int spawn(struct pgbench *pgbench, const struct workload_wanted *wanted, const struct pg_target *target,
		 int input, struct error **err)
{
	_cleanup_(string_list_free) struct string_list argv = {0}, environment = {0};
	string_list_add(&argv, wanted->pgbench);
	string_list_add(&argv, "--no-vacuum");
	string_list_addf(&argv, "--client=%d", wanted->clients);
	string_list_addf(&argv, "--rate=%f", wanted->rate);
	string_list_addf(&argv, "--time=%d", LONGEST_S);
	string_list_add(&argv, "--log");
	string_list_addf(&argv, "--log-prefix=%s/log", pgbench->directory);
	string_list_add(&argv, "--file=-");
	fill_environment(target, &environment);
	const struct process_spec spec = {
		.argv = argv.items,
		.environment = environment.items,
		.directory = pgbench->directory,
		.in = {STREAM_FD, input},
		.err = {STREAM_FD, pgbench->words_fd},
	};
	if (process_spawn(&spec, &pgbench->process, err) < 0)
		return -1;
	pgbench->runs = true;
	return 0;
}

int pgbench_start(const struct workload_wanted *wanted, const struct pg_target *target, struct pgbench **ret,
		  struct error **err)
{
	_cleanup_buffer_ struct buffer script = {0};
	_cleanup_close_ int input = -1;
	if (!wanted->pgbench) {
		error_set(err, ERROR_POSTGRES, "workload.script needs pgbench, which is not installed");
		return error_hint(err, "on Debian it comes with the package postgresql-NN");
	}
	if (read_script(wanted, &script, err) < 0 || make_input(&script, &input, err) < 0)
		return -1;
	if (directory_remove(wanted->scratch, err) < 0 || directory_create(wanted->scratch, 0700, err) < 0)
		return -1;
	struct pgbench *pgbench = memory_allocate(sizeof(*pgbench));
	*pgbench = (struct pgbench){.directory = string_copy(wanted->scratch),
				    .words_fd = memfd_create("words", MFD_CLOEXEC),
				    .process = {.pidfd = -1, .hold_fd = -1, .error_fd = -1}};
	if (spawn(pgbench, wanted, target, input, err) < 0) {
		pgbench_free(pgbench);
		return -1;
	}
	*ret = pgbench;
	return 0;
}

/* "CLIENT TRANSACTION MICROSECONDS SCRIPT SECONDS MICROSECONDS LAG": how long it took, from when it was due, and when
 * it ended by the wall clock. False: it failed, or is no such line. */
static bool parse_line(const char *line, double *ret_took_ms, double *ret_ended_ms)
{
	long long took, seconds, microseconds;
	if (sscanf(line, "%*d %*d %lld %*d %lld %lld", &took, &seconds, &microseconds) != 3)
		return false;
	*ret_took_ms = (double)took / 1000;
	*ret_ended_ms = (double)seconds * 1000 + (double)microseconds / 1000;
	return true;
}

static double wall_clock_ms(void)
{
	struct timespec time;
	clock_gettime(CLOCK_REALTIME, &time);
	return (double)time.tv_sec * 1000 + (double)time.tv_nsec / 1e6;
}

static void read_log(const struct buffer *log, double started, struct workload_samples *ret)
{
	double offset = clock_monotonic_ms() - wall_clock_ms() - started;
	const char *line = buffer_text(log);
	while (*line) {
		double took, ended;
		if (parse_line(line, &took, &ended))
			workload_samples_add(ret,
					     (struct workload_sample){ended + offset - took, ended + offset, false});
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
}

static int read_logs(const struct pgbench *pgbench, double started, struct workload_samples *ret, struct error **err)
{
	_cleanup_(string_list_free) struct string_list names = {0};
	if (directory_list(pgbench->directory, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *path = path_join(pgbench->directory, names.items[i], NULL);
		_cleanup_buffer_ struct buffer log = {0};
		if (file_read(path, LOG_MAX, FILE_NO_FOLLOW, &log, err) < 0)
			return -1;
		read_log(&log, started, ret);
	}
	return 0;
}

/* The end of what it said on stderr, on one line; owned. */
static char *last_words(const struct pgbench *pgbench)
{
	char words[WORDS_MAX + 1] = "";
	off_t size = lseek(pgbench->words_fd, 0, SEEK_END);
	ssize_t length = pread(pgbench->words_fd, words, WORDS_MAX, size > WORDS_MAX ? size - WORDS_MAX : 0);
	words[length > 0 ? length : 0] = '\0';
	return text_safe(words);
}

int pgbench_stop(struct pgbench *pgbench, double started, struct workload_samples *ret, char **ret_problem,
		 struct error **err)
{
	struct process_result result;
	char *problem = NULL;
	/* Its own timer's signal: it ends the transactions it has begun, and writes the rest of its log. */
	bool ran = process_is_alive(&pgbench->process.id);
	(void)process_signal(&pgbench->process.id, SIGALRM);
	pgbench->runs = false;
	if (process_wait(&pgbench->process, STOP_TIMEOUT_MS, &result, err) < 0)
		return -1;
	if (!ran) {
		_cleanup_free_ char *how = process_result_describe(&result);
		_cleanup_free_ char *words = last_words(pgbench);
		problem = string_format("pgbench ended by itself (%s): %s", how, words);
	}
	if (read_logs(pgbench, started, ret, err) < 0) {
		free(problem);
		return -1;
	}
	*ret_problem = problem;
	return 0;
}

void pgbench_free(struct pgbench *pgbench)
{
	if (!pgbench)
		return;
	if (pgbench->runs) {
		struct process_result result;
		(void)process_signal(&pgbench->process.id, SIGKILL);
		(void)process_wait(&pgbench->process, STOP_TIMEOUT_MS, &result, NULL);
	}
	process_free(&pgbench->process);
	(void)directory_remove(pgbench->directory, NULL);
	close_descriptor(&pgbench->words_fd);
	free(pgbench->directory);
	free(pgbench);
}
