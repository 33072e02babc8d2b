#include "git/fate.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/identity.h"
#include "base/interrupt.h"
#include "git/fate_parts.h"

#define HEADS "refs/heads/"

struct git_fates {
	char *git_directory;
	git_repository *repository;
	struct string_list references; /* names of them all */
	struct string_list in_use;     /* branches that a worktree stands on */
	struct string_list upstreams;  /* of others */
	struct base base;
	bool base_opened;
};

/* --- opening --- */

static int list_references(struct git_fates *fates, struct error **err)
{
	_cleanup_(git_strarray_dispose) git_strarray names = {0};
	if (git_reference_list(&names, fates->repository) < 0)
		return git_failed(fates->git_directory, err);
	for (size_t i = 0; i < names.count; i++)
		string_list_add(&fates->references, names.strings[i]);
	return 0;
}

static int open_repository(struct git_fates *fates, struct error **err)
{
	struct stat st;
	bool found = false;
	if (stat(fates->git_directory, &st) < 0 && errno != ENOENT && errno != ENOTDIR)
		return error_errno(err, errno, "cannot read %s", fates->git_directory);
	if (file_is_directory(fates->git_directory) &&
	    git_open_exactly(fates->git_directory, &fates->repository, &found, err) < 0)
		return -1;
	if (!found)
		return error_set(err, ERROR_NOT_FOUND, "there is no git repository at %s", fates->git_directory);
	return list_references(fates, err);
}

int git_fates_open(const char *git_directory, struct git_fates **ret, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	struct git_fates *fates = memory_allocate(sizeof(*fates));
	fates->git_directory = string_copy(git_directory);
	if (open_repository(fates, err) < 0 || branches_in_use(git_directory, &fates->in_use, err) < 0 ||
	    branches_upstream(fates->repository, git_directory, &fates->upstreams, err) < 0) {
		git_fates_free(fates);
		return -1;
	}
	*ret = fates;
	return 0;
}

void git_fates_free(struct git_fates *fates)
{
	if (!fates)
		return;
	base_close(&fates->base);
	if (fates->repository)
		git_close(&fates->repository);
	string_list_free(&fates->references);
	string_list_free(&fates->in_use);
	string_list_free(&fates->upstreams);
	free(fates->git_directory);
	free(fates);
}

bool git_fates_know(struct git_fates *fates, const char *commit)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_(git_commit_close) git_commit *found = NULL;
	git_oid id;
	return !commit || (git_oid_fromstr(&id, commit) == 0 && git_commit_lookup(&found, fates->repository, &id) == 0);
}

/* --- a branch --- */

static bool ends_with_branch(const char *reference, const char *branch)
{
	static const char remotes[] = "refs/remotes/";
	if (!string_starts_with(reference, remotes))
		return false;
	const char *rest = reference + strlen(remotes);
	size_t length = strlen(rest), end = strlen(branch);
	return length > end && rest[length - end - 1] == '/' && strcmp(rest + length - end, branch) == 0;
}

/* Where it stands here and at remotes. What is behind the branch here says nothing more. */
static void find_tips(const struct git_fates *fates, const char *branch, struct commit_list *tips)
{
	git_oid local, tip;
	bool here = git_reference_find(fates->repository, HEADS, branch, &local);
	if (here)
		commit_list_add(tips, &local);
	for (size_t i = 0; i < fates->references.count; i++)
		if (ends_with_branch(fates->references.items[i], branch) &&
		    git_reference_find(fates->repository, "", fates->references.items[i], &tip) &&
		    !(here && git_graph_descendant_of(fates->repository, &local, &tip) == 1))
			commit_list_add(tips, &tip);
}

/* A reference that is damaged, or that we must not read, is there. */
static bool is_there(const struct git_fates *fates, const char *prefix, const char *branch)
{
	_cleanup_free_ char *name = string_format("%s%s", prefix, branch);
	_cleanup_(git_reference_close) git_reference *reference = NULL;
	return git_reference_lookup(&reference, fates->repository, name) != GIT_ENOTFOUND;
}

/* The branches that were once called so: of several nobody knows which has its database. */
static void find_renamed(const struct git_fates *fates, const char *branch, struct string_list *ret)
{
	for (size_t i = 0; i < fates->references.count; i++) {
		const char *name = fates->references.items[i];
		if (string_starts_with(name, HEADS) &&
		    reflog_has_name(fates->git_directory, name + strlen(HEADS), branch))
			string_list_add(ret, name + strlen(HEADS));
	}
}

static bool remote_fetches(git_remote *remote, const char *reference)
{
	size_t fetches = 0;
	for (size_t i = 0; i < git_remote_refspec_count(remote); i++) {
		const git_refspec *refspec = git_remote_get_refspec(remote, i);
		if (git_refspec_direction(refspec) != GIT_DIRECTION_FETCH)
			continue;
		fetches++;
		if (git_refspec_src_matches(refspec, reference))
			return true;
	}
	return fetches == 0;
}

/* Would the clone know of the branch, if a remote had it, and is nothing known of it? One made with --single-branch
 * does not, nor one that fetched a few commits alone. */
static bool would_be_known(const struct git_fates *fates, const char *branch)
{
	_cleanup_(git_strarray_dispose) git_strarray names = {0};
	_cleanup_free_ char *reference = string_format(HEADS "%s", branch);
	if (git_repository_is_shallow(fates->repository) || git_remote_list(&names, fates->repository) < 0)
		return false;
	bool fetched = true;
	for (size_t i = 0; i < names.count && fetched; i++) {
		git_remote *remote = NULL;
		_cleanup_free_ char *prefix = string_format("refs/remotes/%s/", names.strings[i]);
		fetched = !is_there(fates, prefix, branch) &&
			  git_remote_lookup(&remote, fates->repository, names.strings[i]) == 0 &&
			  remote_fetches(remote, reference);
		git_remote_free(remote);
	}
	return fetched;
}

static bool is_base(struct git_fates *fates, const char *branch)
{
	if (!fates->base_opened)
		base_open(fates->repository, &fates->base);
	fates->base_opened = true;
	return !fates->base.name || string_equal(branch, fates->base.name);
}

static enum git_fate fate_of_tips(struct git_fates *fates, const char *branch, const struct commit_list *tips,
				  char **ret_reason)
{
	static const char *const words[] = {
		[MERGE] = "merge", [FAST_FORWARD] = "fast-forward", [SQUASH] = "squash", [REBASE] = "rebase"};
	enum how how = NOT_MERGED;
	if (string_list_has(&fates->in_use, branch) || is_base(fates, branch) || branch_has_lasting_name(branch) ||
	    string_list_has(&fates->upstreams, branch))
		return GIT_FATE_ALIVE;
	for (size_t i = 0; i < tips->count; i++) {
		how = base_how_merged(&fates->base, fates->git_directory, branch, &tips->items[i]);
		if (how == NOT_MERGED)
			return GIT_FATE_ALIVE;
	}
	*ret_reason = string_format("git branch %s was merged into %s (%s)", branch, fates->base.name, words[how]);
	return GIT_FATE_MERGED;
}

/* Of one that is not here, nor at a remote. */
static enum git_fate fate_of_missing(struct git_fates *fates, const char *branch, char **ret_reason)
{
	_cleanup_(string_list_free) struct string_list renamed = {0};
	find_renamed(fates, branch, &renamed);
	if (renamed.count == 0 && !would_be_known(fates, branch))
		return GIT_FATE_ALIVE;
	for (size_t i = 0; i < renamed.count; i++) {
		_cleanup_(commit_list_free) struct commit_list tips = {0};
		_cleanup_free_ char *reason = NULL;
		find_tips(fates, renamed.items[i], &tips);
		if (tips.count == 0 || fate_of_tips(fates, renamed.items[i], &tips, &reason) == GIT_FATE_ALIVE) {
			string_replace(ret_reason, NULL);
			return GIT_FATE_ALIVE;
		}
		string_replace(ret_reason, TAKE_POINTER(reason));
	}
	if (renamed.count > 0)
		return GIT_FATE_MERGED;
	*ret_reason = string_format("git branch %s was deleted", branch);
	return GIT_FATE_DELETED;
}

static enum git_fate fate_of(struct git_fates *fates, const char *branch, char **ret_reason)
{
	_cleanup_(commit_list_free) struct commit_list tips = {0};
	git_oid local;
	find_tips(fates, branch, &tips);
	if (is_there(fates, HEADS, branch) && !git_reference_find(fates->repository, HEADS, branch, &local))
		return GIT_FATE_ALIVE;
	return tips.count > 0 || string_list_has(&fates->in_use, branch)
		       ? fate_of_tips(fates, branch, &tips, ret_reason)
		       : fate_of_missing(fates, branch, ret_reason);
}

int git_fate(struct git_fates *fates, const char *branch, enum git_fate *ret, char **ret_reason, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_free_ char *reference = string_format(HEADS "%s", branch);
	int valid = 0;
	if (interrupt_check(err) < 0)
		return -1;
	char *reason = NULL;
	bool named = git_reference_name_is_valid(&valid, reference) == 0 && valid;
	*ret = named ? fate_of(fates, branch, &reason) : GIT_FATE_ALIVE;
	*ret_reason = reason;
	return 0;
}
