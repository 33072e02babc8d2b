/* Baseline records: baselines/NAME/REVISION/baseline.json. A revision is published by one rename and never changes. */
#ifndef VELA_POOL_BASELINE_H
#define VELA_POOL_BASELINE_H

#include <jansson.h>
#include <stdint.h>
#include <time.h>

#include "pool/pool.h"

struct baseline {
	char *name;
	int revision;
	char *directory; /* of the revision in the pool; data/ is below it */
	char *source;    /* where it came from, without secrets */
	time_t taken_at;
	char *lsn; /* of the checkpoint it was stopped at */
	int major;
	char *version; /* of the server programs that prepared it: "15.18" */
	char *superuser;
	char *role;    /* the login role of branches */
	char *preload; /* shared_preload_libraries; NULL: none */
	int max_prepared_transactions;
	struct string_list databases;
	uint64_t bytes;
};

char *baseline_data_path(const struct baseline *baseline); /* owned */
int baseline_publish(const struct pool *pool, const char *staging, struct baseline *baseline, struct error **err);
/* `text` is NAME (its newest revision) or NAME@REVISION. ERROR_NOT_FOUND names those there are. */
int baseline_find(const struct pool *pool, const char *text, struct baseline *ret, struct error **err);
/* Splits NAME[@REVISION]; *ret_revision 0 if none is given. ERROR_USAGE if it is not well formed. */
int baseline_parse_reference(const char *text, char **ret_name, int *ret_revision, struct error **err);
int baseline_next_revision(const struct pool *pool, const char *name, int *ret, struct error **err);

struct baseline_list {
	struct baseline *items;
	size_t count;
};
/* By name, then revision; `name` NULL: all. Damaged records are left out and named in `ret_damaged` (may be NULL). */
int baseline_list(const struct pool *pool, const char *name, struct baseline_list *ret, struct string_list *ret_damaged,
		  struct error **err);
void baseline_list_free(struct baseline_list *list);
void baseline_free(struct baseline *baseline);
json_t *baseline_to_json(const struct baseline *baseline); /* as `baseline show -o json` and baseline.json */

#define _cleanup_baseline_ _cleanup_(baseline_free)

#endif
