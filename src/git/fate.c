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
	struct base base;
	bool base_opened;
};

/* --- opening --- */

/* "ref: refs/heads/main", "refs/heads/main" */
static void add_branch_in_use(struct git_fates *fates, const char *directory, const char *file)
{
	enum { HEAD_MAX = 4096 };
	static const char symbolic[] = "ref: ";
	_cleanup_free_ char *path = path_join(directory, file, NULL);
	_cleanup_buffer_ struct buffer text = {0};
	if (file_read(path, HEAD_MAX, FILE_NO_FOLLOW, &text, NULL) < 0 || text.length == 0)
		return;
	text.data[strcspn(text.data, "\n")] = '\0';
	const char *name = string_starts_with(text.data, symbolic) ? text.data + strlen(symbolic) : text.data;
	_cleanup_free_ char *branch = git_branch_of(name);
	if (branch)
		string_list_add(&fates->in_use, branch);
}

static void add_worktree(struct git_fates *fates, const char *directory)
{
	static const char *const files[] = {"HEAD", "rebase-merge/head-name", "rebase-apply/head-name"};
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		add_branch_in_use(fates, directory, files[i]);
}

static void find_branches_in_use(struct git_fates *fates)
{
	_cleanup_free_ char *top = path_join(fates->git_directory, "worktrees", NULL);
	_cleanup_(string_list_free) struct string_list worktrees = {0};
	(void)directory_list(top, &worktrees, NULL);
	add_worktree(fates, fates->git_directory);
	for (size_t i = 0; i < worktrees.count; i++) {
		_cleanup_free_ char *directory = path_join(top, worktrees.items[i], NULL);
		add_worktree(fates, directory);
	}
}

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
	if (open_repository(fates, err) < 0) {
		git_fates_free(fates);
		return -1;
	}
	find_branches_in_use(fates);
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
	free(fates->git_directory);
	free(fates);
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

/* The branch that was once called so; borrowed, or NULL. */
static const char *find_renamed(const struct git_fates *fates, const char *branch)
{
	for (size_t i = 0; i < fates->references.count; i++) {
		const char *name = fates->references.items[i];
		if (string_starts_with(name, HEADS) &&
		    reflog_has_name(fates->git_directory, name + strlen(HEADS), branch))
			return name + strlen(HEADS);
	}
	return NULL;
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

/* Would the clone know of the branch, if a remote had it? One made with --single-branch does not. */
static bool is_fetched(const struct git_fates *fates, const char *branch)
{
	_cleanup_(git_strarray_dispose) git_strarray names = {0};
	_cleanup_free_ char *reference = string_format(HEADS "%s", branch);
	if (git_remote_list(&names, fates->repository) < 0)
		return false;
	bool fetched = true;
	for (size_t i = 0; i < names.count && fetched; i++) {
		git_remote *remote = NULL;
		fetched = git_remote_lookup(&remote, fates->repository, names.strings[i]) == 0 &&
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
	return !fates->base.name || string_equal(branch, fates->base.name) || string_equal(branch, "main") ||
	       string_equal(branch, "master");
}

static enum git_fate fate_of_tips(struct git_fates *fates, const char *branch, const struct commit_list *tips,
				  char **ret_reason)
{
	static const char *const words[] = {
		[MERGE] = "merge", [FAST_FORWARD] = "fast-forward", [SQUASH] = "squash", [REBASE] = "rebase"};
	enum how how = NOT_MERGED;
	if (string_list_has(&fates->in_use, branch) || is_base(fates, branch))
		return GIT_FATE_ALIVE;
	for (size_t i = 0; i < tips->count; i++) {
		how = base_how_merged(&fates->base, fates->git_directory, branch, &tips->items[i]);
		if (how == NOT_MERGED)
			return GIT_FATE_ALIVE;
	}
	*ret_reason = string_format("git branch %s was merged into %s (%s)", branch, fates->base.name, words[how]);
	return GIT_FATE_MERGED;
}

static enum git_fate fate_of(struct git_fates *fates, const char *branch, char **ret_reason)
{
	_cleanup_(commit_list_free) struct commit_list tips = {0};
	find_tips(fates, branch, &tips);
	if (tips.count == 0 && !string_list_has(&fates->in_use, branch)) {
		const char *renamed = find_renamed(fates, branch);
		if (!renamed && !is_fetched(fates, branch))
			return GIT_FATE_ALIVE;
		if (!renamed) {
			*ret_reason = string_format("git branch %s was deleted", branch);
			return GIT_FATE_DELETED;
		}
		branch = renamed;
		find_tips(fates, branch, &tips);
	}
	return fate_of_tips(fates, branch, &tips, ret_reason);
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
