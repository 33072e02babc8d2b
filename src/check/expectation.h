/* What a check can expect: a row for each kind. */
#ifndef VELA_CHECK_EXPECTATION_H
#define VELA_CHECK_EXPECTATION_H

#include "check/assertion.h"
#include "sql/query.h"

/* A check that is being run, in a transaction. */
struct trial {
	PGconn *connection;
	const struct assertion *assertion;
	const struct expectation *expectation;
	struct query query;
	double deadline;
	struct report_check *check; /* gets outcome, actual and failure */
};

struct expectation {
	const char *name; /* as in vela.yml */
	bool (*is_wanted)(const struct assertion *assertion);
	char *(*describe)(const struct assertion *assertion); /* owned; NULL: there is nothing to say */
	bool writes;                                          /* the transaction may */
	int (*judge)(struct trial *trial, struct error **err);
	/* What to keep from before the migrations, whole, in check->before; NULL: nothing. */
	int (*measure)(struct trial *trial, struct error **err);
};
const struct expectation *expectation_find(const struct assertion *assertion);

/* --- rows of the table that have a file of their own --- */

/* Of one value: expectation_value.c */
int judge_equals(struct trial *trial, struct error **err);
int judge_not_equals(struct trial *trial, struct error **err);
int judge_number(struct trial *trial, struct error **err);
int judge_matches(struct trial *trial, struct error **err);
int judge_change(struct trial *trial, struct error **err);
int measure_change(struct trial *trial, struct error **err);

/* Of rows: expectation_rows.c */
int judge_running(struct trial *trial, struct error **err);
int judge_row_count(struct trial *trial, struct error **err);
int judge_empty(struct trial *trial, struct error **err);
int judge_not_null(struct trial *trial, struct error **err);
int judge_unique(struct trial *trial, struct error **err);
int judge_returns(struct trial *trial, struct error **err);
int judge_unchanged(struct trial *trial, struct error **err);
int measure_unchanged(struct trial *trial, struct error **err);
char *describe_returns(const struct assertion *assertion);

/* --- what they share --- */

enum { BOOLEAN_TYPE = 16 }; /* the same oid in every version */

void trial_hold(struct trial *trial, bool holds);
void trial_refuse(struct trial *trial, char *message); /* takes it over: why the result does not count */
/* query_run(), a failure of which is the check's: then *ret is NULL. */
int trial_run(struct trial *trial, const char *front, const char *back, PGresult **ret, struct error **err);
/* The query's rows, `limit` of them where the server can be told to stop there. A query without rows is refused. */
int trial_fetch(struct trial *trial, size_t limit, PGresult **ret, struct error **err);
char *expectation_cut(const char *text); /* to ASSERTION_ACTUAL_MAX; owned; NULL gives NULL */

#endif
