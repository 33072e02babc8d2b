#include "measure.h"

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

double now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

void die(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fputs("bench: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(EXIT_FAILURE);
}

char *format_text(const char *format, ...)
{
	va_list arguments;
	char *text;
	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		abort();
	va_end(arguments);
	return text;
}

/* --- samples --- */

void samples_add(struct samples *samples, double value)
{
	samples->values = realloc(samples->values, (samples->count + 1) * sizeof(*samples->values));
	if (!samples->values)
		abort();
	samples->values[samples->count++] = value;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double samples_quantile(const struct samples *samples, double quantile)
{
	if (samples->count == 0)
		return 0;
	double *sorted = malloc(samples->count * sizeof(*sorted));
	if (!sorted)
		abort();
	memcpy(sorted, samples->values, samples->count * sizeof(*sorted));
	qsort(sorted, samples->count, sizeof(*sorted), compare);
	double exact = quantile * (double)samples->count;
	size_t rank = (size_t)exact;
	if ((double)rank < exact)
		rank++;
	double value = sorted[rank > 0 ? rank - 1 : 0];
	free(sorted);
	return value;
}

void samples_free(struct samples *samples)
{
	free(samples->values);
	*samples = (struct samples){0};
}

/* --- programs --- */

pid_t program_start(const char *const argv[], int *output)
{
	int pipe_fds[2] = {-1, -1};
	posix_spawn_file_actions_t actions;
	if (posix_spawn_file_actions_init(&actions) != 0 || (output && pipe2(pipe_fds, O_CLOEXEC) < 0))
		die("cannot run %s: %s", argv[0], strerror(errno));
	if (output)
		posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDOUT_FILENO);
	else
		posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	pid_t pid;
	int problem = posix_spawn(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
	if (problem != 0)
		die("cannot run %s: %s", argv[0], strerror(problem));
	posix_spawn_file_actions_destroy(&actions);
	if (output) {
		close(pipe_fds[1]);
		*output = pipe_fds[0];
	}
	return pid;
}

void program_end(pid_t pid, const char *name)
{
	int status;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("cannot wait for %s: %s", name, strerror(errno));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		die("%s failed (status %d)", name, status);
}

double program_time(const char *const argv[])
{
	double began = now_ms();
	program_end(program_start(argv, NULL), argv[0]);
	return now_ms() - began;
}

char *program_output(const char *const argv[])
{
	int fd;
	pid_t pid = program_start(argv, &fd);
	FILE *stream = fdopen(fd, "r");
	char *text = NULL;
	size_t size = 0;
	if (!stream || (getdelim(&text, &size, '\0', stream) < 0 && !feof(stream)))
		die("cannot read what %s prints: %s", argv[0], strerror(errno));
	(void)fclose(stream);
	program_end(pid, argv[0]);
	if (!text)
		return format_text("%s", "");
	size_t length = strlen(text);
	if (length > 0 && text[length - 1] == '\n')
		text[length - 1] = '\0';
	return text;
}

/* --- the client --- */

/* What libpq would try before a plain connection (TLS, Kerberos) is left out: the same for everybody measured. */
static PGconn *connect_to(const char *conninfo)
{
	static const char *const keywords[] = {"dbname", "sslmode", "gssencmode", "connect_timeout", NULL};
	const char *const values[] = {conninfo, "disable", "disable", "10", NULL};
	return PQconnectdbParams(keywords, values, 1);
}

static bool answers(PGconn *connection)
{
	if (PQstatus(connection) != CONNECTION_OK)
		return false;
	PGresult *result = PQexec(connection, "SELECT 1");
	bool answered = PQresultStatus(result) == PGRES_TUPLES_OK;
	PQclear(result);
	return answered;
}

bool client_try(const char *conninfo)
{
	PGconn *connection = connect_to(conninfo);
	bool answered = answers(connection);
	PQfinish(connection);
	return answered;
}

void client_once(const char *conninfo)
{
	PGconn *connection = connect_to(conninfo);
	if (!answers(connection))
		die("the first query was not answered: %s", PQerrorMessage(connection));
	PQfinish(connection);
}
