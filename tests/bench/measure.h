/* Times and how they spread; processes; a client. Whatever fails ends the program with a message. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

double now_ms(void);

struct samples {
	double *values; /* in the order in which they were measured */
	size_t count;
};
void samples_add(struct samples *samples, double value);
/* By nearest rank; 0.5 is the median. */
double samples_quantile(const struct samples *samples, double quantile);
void samples_free(struct samples *samples);

_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *format_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Starts argv[0]; output: NULL discards it, else *output is the descriptor to read it from. */
pid_t program_start(const char *const argv[], int *output);
void program_end(pid_t pid, const char *name);
/* From before the fork until the process has been collected. */
double program_time(const char *const argv[]);
/* Its standard output without the last newline; owned by the caller. */
char *program_output(const char *const argv[]);

/* Connects (libpq, with what `conninfo` says, a URI or keywords) and asks one query; false: not ready yet. */
bool client_try(const char *conninfo);
/* The same; not to be answered at the first attempt is an error. */
void client_once(const char *conninfo);

#endif
