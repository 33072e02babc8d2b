/*
 * The victim probe: an application's queries, played over connections of their own while the migrations run. A thread
 * with one loop over all connections; it shares nothing with the rest until it has ended.
 */
#ifndef VELA_CHECK_WORKLOAD_H
#define VELA_CHECK_WORKLOAD_H

#include "base/error.h"
#include "pg/connection.h"
#include "report/report.h"

struct workload_query { /* borrowed */
	const char *name, *sql;
	double rate; /* per second */
};
struct workload_wanted { /* borrowed */
	const struct workload_query *queries;
	size_t query_count;
	const char *script;               /* of pgbench, relative to `repository`; NULL: none */
	const char *repository, *pgbench; /* the program; NULL: none was found */
	int clients;                      /* of pgbench */
	double rate;                      /* of pgbench, transactions per second */
	double max_stall_ms;              /* 0: no limit */
	double baseline_ms;               /* how long to play before and after the migrations */
};

struct workload;
/* Connects as the role and plays for baseline_ms before it returns. */
int workload_begin(const struct workload_wanted *wanted, const struct pg_target *target, struct report *report,
		   struct workload **ret, struct error **err);
/* The migrations begin, and are over: between the two is "during". Plays on for baseline_ms after the end. Fills
 * report->workload. A limit that was exceeded is a success with report->workload.outcome FAILED. */
void workload_migrations_begin(struct workload *workload);
int workload_end(struct workload *workload, struct error **err);
void workload_free(struct workload *workload); /* stops it without a word */

#endif
