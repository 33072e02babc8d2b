/* The parts of app/gc.h, one a subject. */
#ifndef VELA_APP_GC_PARTS_H
#define VELA_APP_GC_PARTS_H

#include "app/gc.h"
#include "pool/branch.h"

struct gc_clone;
struct gc_forge;

struct gc {
	const struct app *app;
	const struct gc_request *request;
	struct gc_result result;
	struct string_list gone; /* in a dry run: "PROJECT/NAME" of the branches that would be gone by now */
	struct gc_clone *clones; /* that were looked at: gc_git.c */
	size_t clone_count;
	struct gc_forge *forges; /* that were asked: gc_forge.c */
	size_t forge_count;
};

/* `what` is taken over; the item is borrowed until the next one is added. */
struct gc_item *gc_add(struct gc *gc, char *what, enum gc_outcome outcome, const char *reason);
/* Makes an item a failure; `problem` is taken over. */
void gc_fail(struct gc_item *item, struct error *problem);
/* In a dry run: would this branch be gone by now? */
bool gc_would_be_gone(const struct gc *gc, const char *project, const char *name);

/* Each of them: -1 means that all ends here, for an interrupt; what else goes wrong is in the result. */
int gc_collect_branches(struct gc *gc, struct error **err);
int gc_collect_baselines(struct gc *gc, struct error **err);
/* Directories that are half-made or half-removed; they hold space, and what comes after them may need it. */
int gc_collect_directories(struct gc *gc, struct error **err);
/* Processes, ports, sockets and locks of what is gone. */
void gc_collect_remains(struct gc *gc);

/* Why a branch is not needed any more as its clone, or its forge, tells; *ret is owned, or NULL. Without its lock: they
 * may take their time. */
int gc_ask_git(struct gc *gc, const struct branch *branch, char **ret, struct error **err);
int gc_ask_forge(struct gc *gc, const struct branch *branch, char **ret, struct error **err);
void gc_git_free(struct gc *gc);
void gc_forge_free(struct gc *gc);

#endif
