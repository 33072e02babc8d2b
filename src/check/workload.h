/*
 * The victim probe: an application's queries, played over connections of their own while the migrations run. A thread
 * with one loop over all connections; it shares nothing with the rest until it has ended.
 */
#ifndef VELA_CHECK_WORKLOAD_H
#define VELA_CHECK_WORKLOAD_H

#include "base/error.h"
#include "pg/connection.h"
#include "report/report.h"

struct workload_query { /* texts are borrowed for as long as it plays */
	const char *name, *sql;
	double rate; /* per second */
};
struct workload_wanted { /* borrowed */
	const struct workload_query *queries;
	size_t query_count;
	const char *script;               /* of pgbench, relative to `repository`; NULL: none */
	const char *script_text;          /* instead of what stands there; NULL: that */
	const char *repository, *pgbench; /* the program; NULL: none was found */
	const char *scratch;              /* a directory for pgbench's log: made anew, removed at the end */
	int clients;                      /* of pgbench */
	double rate;                      /* of pgbench, transactions per second */
	double max_stall_ms;              /* 0: no limit */
	double around_ms;                 /* how long to play before and after the migrations */
};

struct workload;

/*
 * Connects as the role, and plays for around_ms before it returns. Times count from report->started, as that stands
 * at the end. A query that fails now fails at once (ERROR_CONFIG): it would tell nothing.
 */
int workload_begin(const struct workload_wanted *wanted, const struct pg_target *target, struct report *report,
		   struct workload **ret, struct error **err);
/* Between these two is "during". */
void workload_migrations_begin(struct workload *workload);
void workload_migrations_end(struct workload *workload);
/*
 * Plays on for around_ms, ends, fills report->workload and frees the workload. The evidence is complete by then: it
 * says which statement a stall is of. A limit that was exceeded is a success with report->workload.outcome FAILED.
 */
int workload_end(struct workload *workload, struct error **err);
void workload_free(struct workload *workload); /* stops it without a word; NULL is allowed */

#endif
