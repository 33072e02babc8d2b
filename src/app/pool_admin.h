/* Making, mounting and destroying pools: what needs the administrator. */
#ifndef VELA_APP_POOL_ADMIN_H
#define VELA_APP_POOL_ADMIN_H

#include "app/app.h"
#include "base/file.h"

struct pool_request {       /* borrowed */
	const char *path;   /* absolute */
	const char *driver; /* NULL: the best that works there */
	const char *owner;  /* user; NULL: postgres if root makes it, else the caller */
	uint64_t size;      /* of a file-backed pool */
};

struct pool_created {
	bool created; /* false: it was there already */
	bool file_backed;
	char *image; /* NULL unless file-backed */
	char *driver;
	char *owner;
};
void pool_created_free(struct pool_created *created);

/*
 * On a filesystem that can clone the directory itself becomes the pool; elsewhere, for root, a btrfs in a file beside
 * it. Idempotent, and goes on from where a killed one stopped. What it makes and cannot finish it removes.
 */
int pool_create(const struct app *app, const struct pool_request *request, struct pool_created *ret,
		struct error **err);
/* *ret_changed: whether there was anything to do. */
int pool_mount(const char *path, bool *ret_changed, struct error **err);
/* ERROR_CONFLICT while branches run in it. */
int pool_unmount(const char *path, bool *ret_changed, struct error **err);
/* Ends every instance and removes everything, the file behind it included. Without `yes` only a pool without branches
 * and baselines goes. No pool there: a success with *ret_changed false. */
int pool_destroy(struct app *app, bool yes, bool *ret_changed, struct error **err);

/* Two of us at once must not format the same file: one lock beside the pool, for as long as it is made. */
int pool_lock_place(const char *path, int *ret_fd, struct error **err);
/* What the file behind a pool is called while it is formatted; owned. */
char *pool_unfinished_image_path(const char *image);

struct pool_figures {
	size_t branches, running, baselines;
	struct space space;
	bool file_backed;
};
int pool_measure(const struct app *app, struct pool_figures *ret, struct error **err);

#endif
