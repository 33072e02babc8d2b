/* How the commits of a branch came into the base. */
#include "git/fate_parts.h"

void commit_list_add(struct commit_list *list, const git_oid *commit)
{
	for (size_t i = 0; i < list->count; i++)
		if (git_oid_equal(&list->items[i], commit))
			return;
	list->items = memory_resize(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = *commit;
}

void commit_list_free(struct commit_list *list)
{
	free(list->items);
}

/* What a branch has that the base has not. */
struct own {
	struct commit_list commits; /* the tip first */
	bool merges;                /* among them */
	bool forked;
	git_oid fork; /* the newest commit of the base that it stands on */
	git_time_t fork_time;
};

static void own_free(struct own *own)
{
	commit_list_free(&own->commits);
}

/* False: its history is not all here. */
static bool time_of(git_repository *repository, const git_oid *id, git_time_t *ret)
{
	_cleanup_(git_commit_close) git_commit *commit = NULL;
	if (git_commit_lookup(&commit, repository, id) < 0)
		return false;
	*ret = git_commit_time(commit);
	return true;
}

/* Clocks differ, and a second is long: what stands on another is newer. */
static bool is_newer(const struct base *base, const git_oid *parent, git_time_t time, const struct own *own)
{
	if (!own->forked || git_graph_descendant_of(base->repository, parent, &own->fork) == 1)
		return true;
	return time > own->fork_time && git_graph_descendant_of(base->repository, &own->fork, parent) != 1;
}

static bool consider_parent(struct base *base, const git_oid *parent, struct own *own)
{
	git_time_t time;
	if (!time_of(base->repository, parent, &time))
		return false;
	base_reach(base, time);
	if (!base_has(base, parent)) {
		commit_list_add(&own->commits, parent);
	} else if (is_newer(base, parent, time, own)) {
		own->forked = true;
		own->fork = *parent;
		own->fork_time = time;
	}
	return true;
}

/* False: it is not plain where the branch left the base. */
static bool find_own(struct base *base, const git_oid *tip, struct own *own)
{
	enum { OWN_MAX = 1000 };
	commit_list_add(&own->commits, tip);
	for (size_t i = 0; i < own->commits.count; i++) {
		_cleanup_(git_commit_close) git_commit *commit = NULL;
		if (own->commits.count > OWN_MAX ||
		    git_commit_lookup(&commit, base->repository, &own->commits.items[i]) < 0)
			return false;
		unsigned int parents = git_commit_parentcount(commit);
		own->merges = own->merges || parents > 1;
		for (unsigned int p = 0; p < parents; p++)
			if (!consider_parent(base, git_commit_parent_id(commit, p), own))
				return false;
	}
	return own->forked;
}

static bool is_rebased(struct base *base, const struct own *own)
{
	bool found = false;
	for (size_t i = 0; i < own->commits.count; i++) {
		_cleanup_(git_commit_close) git_commit *commit = NULL;
		if (git_commit_lookup(&commit, base->repository, &own->commits.items[i]) < 0 ||
		    git_commit_parentcount(commit) != 1)
			return false;
		enum base_change change = base_find_change(base, git_commit_parent_id(commit, 0),
							   &own->commits.items[i], git_commit_time(commit));
		if (change != CHANGE_MADE && change != CHANGE_EMPTY)
			return false;
		found = found || change == CHANGE_MADE;
	}
	return found;
}

/* Has the base taken back what it had got? Then the branch is to be merged again. In doubt it has. */
static bool is_undone(struct base *base, const git_oid *from, const git_oid *to, git_time_t since)
{
	enum base_change change = base_find_change(base, to, from, since);
	return change == CHANGE_MADE || change == CHANGE_UNKNOWN;
}

static bool last_is_undone(struct base *base, const git_oid *tip, git_time_t time)
{
	_cleanup_(git_commit_close) git_commit *commit = NULL;
	return git_commit_lookup(&commit, base->repository, tip) < 0 ||
	       (git_commit_parentcount(commit) == 1 && is_undone(base, git_commit_parent_id(commit, 0), tip, time));
}

static bool merge_is_undone(struct base *base, const git_oid *merge, git_time_t time)
{
	_cleanup_(git_commit_close) git_commit *commit = NULL;
	return git_commit_lookup(&commit, base->repository, merge) < 0 ||
	       is_undone(base, git_commit_parent_id(commit, 0), merge, time);
}

/* A copy of what a branch has is younger than it. Where the branch has copies of what the base had before, as a branch
 * for corrections of a release does, nothing was merged. */
static enum how how_copied(struct base *base, const git_oid *tip, git_time_t time)
{
	_cleanup_(own_free) struct own own = {0};
	if (!find_own(base, tip, &own))
		return NOT_MERGED;
	if (base_find_change(base, &own.fork, tip, time) == CHANGE_MADE)
		return is_undone(base, &own.fork, tip, time) ? NOT_MERGED : SQUASH;
	return !own.merges && is_rebased(base, &own) ? REBASE : NOT_MERGED;
}

static enum how how_contained(struct base *base, const git_oid *tip, git_time_t time, enum tip_origin origin)
{
	const git_oid *merge = base_merged(base, tip);
	if (!merge)
		return origin == TIP_MADE ? FAST_FORWARD : NOT_MERGED;
	if (origin != TIP_MADE && !base_merged_itself(base, tip))
		return NOT_MERGED;
	return merge_is_undone(base, merge, time) ? NOT_MERGED : MERGE;
}

enum how base_how_merged(struct base *base, const char *git_directory, const char *branch, const git_oid *tip)
{
	git_time_t time;
	enum tip_origin origin = reflog_origin(git_directory, branch, tip);
	if (origin == TIP_GIVEN || !time_of(base->repository, tip, &time))
		return NOT_MERGED; /* no commit of its own */
	base_reach(base, time);
	enum how how = base_has(base, tip) ? how_contained(base, tip, time, origin) : how_copied(base, tip, time);
	return how != NOT_MERGED && last_is_undone(base, tip, time) ? NOT_MERGED : how;
}
