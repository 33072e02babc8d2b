/* A script of pgbench, played while migrations run. */
#ifndef VELA_CHECK_PGBENCH_H
#define VELA_CHECK_PGBENCH_H

#include "check/workload.h"
#include "check/workload_sample.h"

struct pgbench;

/*
 * Starts it with wanted->clients connections and wanted->rate. A script that would run programs (\setshell, \shell) is
 * ERROR_REFUSED, a missing program ERROR_POSTGRES.
 */
int pgbench_start(const struct workload_wanted *wanted, const struct pg_target *target, struct pgbench **ret,
		  struct error **err);
/* Lets it finish its transactions and reads what it logged; times count from `started`, a clock_monotonic_ms(). If it
 * had ended by itself, *ret_problem, owned, says why; else NULL. */
int pgbench_stop(struct pgbench *pgbench, double started, struct workload_samples *ret, char **ret_problem,
		 struct error **err);
void pgbench_free(struct pgbench *pgbench); /* ends it if it runs; NULL is allowed */

#endif
