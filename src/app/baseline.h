/* Baselines: taken, prepared, published, deleted. */
#ifndef VELA_APP_BASELINE_H
#define VELA_APP_BASELINE_H

#include "app/app.h"
#include "pool/baseline.h"

struct baseline_request { /* borrowed */
	const char *name;
	const char *source;        /* a path, a postgres:// URL or the name of a source in pool.yml; NULL: as last time
				      (refresh) */
	const char *password_file; /* holds the source's password; NULL: as libpq finds it */
	bool refresh;              /* a further revision of a baseline that is there */
};

/*
 * Copies the source, makes the copy harmless, recovers and freezes it, stops it cleanly, makes it read-only and
 * publishes it by one rename. The source is only read. Failed or interrupted, nothing is left.
 */
int baseline_create(const struct app *app, const struct baseline_request *request, struct baseline *ret,
		    struct error **err);

/* Its lock ("baseline.NAME", exclusive) held: removes one revision, whatever state it is in and whoever stands on it.
 * `reason` is for the events. */
int baseline_discard(const struct app *app, const char *name, int revision, const char *reason, struct error **err);

/* `reference` is NAME (all its revisions: more than one needs `yes`) or NAME@REVISION. A missing one is a success with
 * *ret_deleted 0. ERROR_CONFLICT while branches stand on it. */
int baseline_delete(const struct app *app, const char *reference, bool yes, size_t *ret_deleted, struct error **err);

#endif
