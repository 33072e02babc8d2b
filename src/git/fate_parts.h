/* The parts of git/fate.h: what the base branch has, what a change is, what a reflog tells. */
#ifndef VELA_GIT_FATE_PARTS_H
#define VELA_GIT_FATE_PARTS_H

#include <stdint.h>

#include "git/open.h"

struct commit_list { /* each of them once */
	git_oid *items;
	size_t count;
};
void commit_list_add(struct commit_list *list, const git_oid *commit);
void commit_list_free(struct commit_list *list);

/* --- the base branch: fate_base.c --- */

struct base_commit {
	git_oid id;
	git_time_t time;
	bool keyed;
	uint64_t paths; /* a hash of what it changed where; 0: nothing, or a merge */
};

/* Both the remote's and the local one count. Its commits are read newest first, no further than is asked for. */
struct base {
	git_repository *repository;
	char *name;                /* "main"; NULL: it cannot be told */
	struct base_commit *ahead; /* next to be read, in no order */
	size_t ahead_count;
	git_time_t reached; /* all is read that is as new as this, as far as the clocks of the committers agree */
	struct base_commit *commits;
	size_t count;
	uint32_t *slots; /* a hash table of indices + 1 */
	size_t slot_count;
	struct base_merge {
		git_oid tip, into; /* what a merge commit brought in: its parents but the first; itself */
	} * merged;
	size_t merged_count;
	struct commit_list tips; /* where it stands, here and at the remote */
	uint64_t budget;         /* bytes of files that may still be read to be merged */
};
void base_open(git_repository *repository, struct base *ret);
void base_close(struct base *base);
void base_reach(struct base *base, git_time_t since);
/* As far as it was reached. */
bool base_has(const struct base *base, const git_oid *commit);
/* The merge commit that brought it in; borrowed, or NULL. */
const git_oid *base_merged(const struct base *base, const git_oid *commit);
/* Did the base itself merge it, as a branch of its own? Not if it once stood there. */
bool base_merged_itself(const struct base *base, const git_oid *commit);

enum base_change {
	CHANGE_NOT_MADE,
	CHANGE_MADE,
	CHANGE_EMPTY,   /* there is none */
	CHANGE_UNKNOWN, /* objects are missing, or it would take too long */
};
/* Did a commit made at `since` or later, on which `to` does not stand, change what leads from one commit to another? */
enum base_change base_find_change(struct base *base, const git_oid *from, const git_oid *to, git_time_t since);

/* --- what a branch has: fate_tip.c --- */

enum how { NOT_MERGED, MERGE, FAST_FORWARD, SQUASH, REBASE };
/* Of the branch that stands at `tip`. */
enum how base_how_merged(struct base *base, const char *git_directory, const char *branch, const git_oid *tip);

/* --- changes: fate_change.c --- */

/* What differs between two commits, by names and hashes alone. NULL if it cannot be told: objects are missing. */
git_diff *change_between(git_repository *repository, const git_oid *from, const git_oid *to);
/* The same for what a commit did to its only parent; NULL for any other. */
git_diff *change_of(git_repository *repository, const git_oid *commit);
uint64_t change_paths(const git_diff *change); /* a hash; 0: it is empty */
/* Is `made` what comes out when `change` is merged into what was there before? False once `*budget` is used up. */
bool change_is_made(git_repository *repository, const git_diff *change, const git_diff *made, uint64_t *budget);

/* --- reflogs: fate_reflog.c --- */

enum tip_origin {
	TIP_UNKNOWN, /* no reflog of it, or it came from elsewhere */
	TIP_MADE,    /* a commit that was made on this branch */
	TIP_GIVEN,   /* the branch was made there, or moved there */
};
/* How `branch` came to stand at `tip`, as its reflog in `git_directory` has it. */
enum tip_origin reflog_origin(const char *git_directory, const char *branch, const git_oid *tip);
/* Was `branch` once called `old`? */
bool reflog_has_name(const char *git_directory, const char *branch, const char *old);

/* --- what is alive, merged or not: fate_use.c --- */

/* On which a worktree stands, also in a rebase or a bisection. An error if that cannot be told. */
int branches_in_use(const char *git_directory, struct string_list *ret, struct error **err);
/* Is it called like one that others are merged into? */
bool branch_has_lasting_name(const char *branch);
/* The upstreams of the branches that are here, but for those of their own names. */
int branches_upstream(git_repository *repository, const char *git_directory, struct string_list *ret,
		      struct error **err);

#endif
