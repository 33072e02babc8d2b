/*
 * Branch records: branches/PROJECT/NAME/branch.json.
 *
 *   (nothing) ── record written, CREATING ── cloned, started ── READY ── directory renamed into trash/ ── (nothing)
 *
 * A directory whose record is missing or says CREATING while nobody holds the branch's lock is what a killed vela left:
 * it is removed by whoever comes next. Deleting is one rename, so a branch is either there or gone.
 */
#ifndef VELA_POOL_BRANCH_H
#define VELA_POOL_BRANCH_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>

#include "base/file.h"
#include "base/process.h"
#include "pool/lock.h"
#include "pool/pool.h"

enum branch_state { BRANCH_CREATING, BRANCH_READY };

struct branch {
	char *project, *name;
	char *title;     /* what it was called before it became a name: the git branch, say */
	char *directory; /* in the pool */
	enum branch_state state;
	bool protected;
	bool durable;
	bool temporary;     /* made by a check that has not ended; its lock free, it is what a killed check left */
	bool reference;     /* what a check compares with: temporary, and no limit counts it */
	bool login_pending; /* its data was just cloned: the role cannot log in until its password is set */
	char *baseline;     /* its name; of a child too: where the data came from at first */
	int revision;
	time_t baseline_taken_at;
	char *baseline_lsn;
	char *parent;                  /* NULL unless made from a branch */
	char *git_branch, *git_commit; /* NULL if not known */
	char *git_directory; /* of the clone in which git_branch is a branch: absolute; NULL in CI, or not known */
	long pull_request;   /* 0: none */
	char *repository;    /* that it is a pull request of: "acme/shop"; NULL: not told */
	/* While it gets another name (app/branch_rename.c), what was before: its name, title, git branch. Else NULL. */
	char *renamed_from, *renamed_title, *renamed_git_branch;
	int port;
	char *database;
	char *role, *superuser, *preload;
	int major, max_prepared_transactions;
	struct process_id instance;    /* pid 0: was never started, or was stopped */
	char *boot_id;                 /* of the kernel the instance ran under */
	time_t created_at, expires_at; /* 0: never */
	char *created_by;
	double clone_ms, start_ms, total_ms; /* of its creation, or of its last reset */
};

char *branch_directory(const struct pool *pool, const char *project, const char *name);
char *branch_data_path(const struct branch *branch);
char *branch_log_path(const struct branch *branch);
char *branch_workload_path(const struct branch *branch); /* what pgbench writes while a check plays it */
char *branch_subject(const struct branch *branch);       /* "shop/pr-12" */
char *branch_identity(const struct pool *pool,
		      const struct branch *branch); /* what its instance carries as vela.branch */
/* The lock that spans every operation on a branch. */
int branch_lock(const struct pool *pool, const char *project, const char *name, double patience_ms, const char *purpose,
		struct lock *ret, struct error **err);

/* ERROR_NOT_FOUND if there is no record, ERROR_STORAGE if it is damaged. */
int branch_read(const struct pool *pool, const char *project, const char *name, struct branch *ret, struct error **err);
int branch_write(const struct branch *branch, enum file_durability durability, struct error **err);
void branch_free(struct branch *branch);
#define _cleanup_branch_ _cleanup_(branch_free)

/* Is the instance that the record knows still that process, under the same kernel? */
bool branch_is_running(const struct branch *branch);

int branch_password_write(const struct branch *branch, const char *password, struct error **err);
int branch_password_read(const struct branch *branch, char **ret, struct error **err);

struct branch_entry {
	char *project, *name;
	bool readable;
	struct branch branch; /* where readable */
	char *problem;        /* where not: what is wrong with it; NULL: no record (in the making, or half-made) */
};
struct branch_list {
	struct branch_entry *items;
	size_t count;
};
/* All of a project, or of all projects if NULL; by project, then name. */
int branch_list(const struct pool *pool, const char *project, struct branch_list *ret, struct error **err);
void branch_list_free(struct branch_list *list);

#endif
