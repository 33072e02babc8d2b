/* One check at work: what its steps share. The steps are in check_*.c; check.c puts them in order. */
#ifndef VELA_APP_CHECK_RUN_H
#define VELA_APP_CHECK_RUN_H

#include <libpq-fe.h>

#include "app/check.h"
#include "app/instance.h"
#include "app/lineage.h"
#include "app/reference.h"
#include "evidence/evidence.h"
#include "migration/format.h"
#include "check/workload.h"
#include "pool/branch.h"

struct check {
	const struct app *app;
	const struct check_request *request;
	struct branch branch;
	struct report *report;
	bool branch_is_gone;        /* at the end: it has been torn down */
	double deadline;            /* clock_monotonic_ms() */
	struct migration_set set;   /* what the repository has */
	struct lineage lineage;     /* of the branch: what vela has applied to it before */
	struct lineage planned;     /* what is to be applied now */
	char *commit;               /* that is checked out; NULL: not known */
	struct reference reference; /* the baseline without the migrations; opened when it is first needed */
	double next_measurement;    /* clock_monotonic_ms(): of the branch's storage, while migrations run */
	struct workload *workload;  /* NULL: none plays */
};

/* For who waits: which of how many is at work. */
void check_tell(const struct check *check, const char *name, size_t index, size_t count);

/* The connections that migrations run over, and who watches. */
struct check_session {
	struct branch_target target; /* the role's way in */
	PGconn *migration, *observer;
	struct evidence *evidence; /* NULL: nobody does */
};
int check_session_open(struct check *check, struct check_session *ret, struct error **err);
void check_session_close(struct check_session *session);

/* check_queries.c: the checks and the plans of vela.yml. */
void check_fill_queries(struct check *check);
int check_measure_before(struct check *check, struct error **err);
int check_run_assertions(struct check *check, struct error **err);
int check_run_plans(struct check *check, struct error **err);

/*
 * check_lineage.c: what of the repository's history was rewritten since the branch was built. _open fills the report's
 * part of that; where applied migrations have changed, a check makes the branch anew, and what only migrates is refused
 * (ERROR_CONFLICT). _mark_applied is for formats without a table of their own.
 */
int check_lineage_open(struct check *check, const struct branch_context *context, struct error **err);
void check_lineage_mark_applied(struct check *check);
int check_lineage_plan(struct check *check, struct error **err);
int check_lineage_record(struct check *check, struct error **err);

/* check_storage.c: ends migrations that make the branch larger than the pool allows. */
void check_storage_guard(struct check *check, struct evidence *evidence);

/* check_workload.c: the victim probe; nothing if vela.yml has none. */
int check_workload_begin(struct check *check, struct error **err);
int check_workload_end(struct check *check, struct error **err);

/* check_command.c: a tool that applies its migrations itself. */
int check_run_command(struct check *check, struct check_session *session, struct error **err);

#endif
