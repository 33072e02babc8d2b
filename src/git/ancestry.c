#include "git/ancestry.h"

#include "base/identity.h"
#include "git/open.h"
#include "git/repository.h"

static bool find_commit(git_repository *repository, const char *hex, git_oid *ret)
{
	git_commit *commit = NULL;
	if (!hex || git_oid_fromstr(ret, hex) < 0 || git_commit_lookup(&commit, repository, ret) < 0)
		return false;
	git_commit_free(commit);
	return true;
}

static enum git_ancestry compare(git_repository *repository, const char *commit, const char *ancestor)
{
	git_oid young, old;
	if (commit && string_equal(commit, ancestor))
		return GIT_ANCESTRY_YES;
	if (!find_commit(repository, commit, &young) || !find_commit(repository, ancestor, &old))
		return GIT_ANCESTRY_UNKNOWN;
	if (git_repository_is_shallow(repository))
		return GIT_ANCESTRY_UNKNOWN; /* libgit2 takes the end of what was fetched for damage */
	int is_descendant = git_graph_descendant_of(repository, &young, &old);
	return is_descendant < 0 ? GIT_ANCESTRY_UNKNOWN : is_descendant ? GIT_ANCESTRY_YES : GIT_ANCESTRY_NO;
}

int git_ancestry_read(const char *directory, const char *commit, const char *ancestor, enum git_ancestry *ret,
		      char **ret_commit, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_(git_close) git_repository *repository = NULL;
	_cleanup_(repository_head_free) struct repository_head head = {0};
	bool found;
	int has_head;
	if (git_open(directory, &repository, &found, err) < 0)
		return -1;
	if (!found) {
		*ret = GIT_ANCESTRY_UNKNOWN;
		*ret_commit = string_copy(commit);
		return 0;
	}
	if (!commit && repository_head_read(directory, &head, &has_head, err) < 0)
		return -1;
	const char *at = commit ? commit : head.commit;
	*ret = compare(repository, at, ancestor);
	*ret_commit = string_copy(at);
	return 0;
}
