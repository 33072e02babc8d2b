/*
 * Removing directories that hold volumes: one rename into trash/ makes a thing gone, and then its space is given back.
 * What a killed vela leaves there is removed by gc; a lock keeps gc away from what is just being removed.
 */
#ifndef VELA_APP_TRASH_H
#define VELA_APP_TRASH_H

#include "app/app.h"
#include "pool/lock.h"

struct trash {
	char *path; /* below trash/: to be renamed to */
	struct lock lock;
};

int trash_open(const struct app *app, const char *name, struct trash *ret, struct error **err);
/* Removes what was put there, and the lock. The thing is gone already: what cannot be removed now is only noted. */
void trash_empty(const struct app *app, struct trash *trash);
void trash_free(struct trash *trash);
#define _cleanup_trash_ _cleanup_(trash_free)

/* The whole of it: `directory` is gone, whatever happens after the rename. */
int trash_directory(const struct app *app, const char *directory, const char *name, struct error **err);

/* Removes what the trials of a killed vela left in a directory: nobody else may be trying there now. */
int trials_remove(const char *directory, struct error **err);
/* Removes a directory with the volumes (entries called data…) and the trials in it. Missing: a success. */
int volumes_remove(const struct app *app, const char *directory, struct error **err);

#endif
