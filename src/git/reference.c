/* Where references lead, and which of them is the base branch. */
#include "git/open.h"

bool git_reference_find(git_repository *repository, const char *prefix, const char *name, git_oid *ret)
{
	_cleanup_free_ char *full = string_format("%s%s", prefix, name);
	_cleanup_(git_reference_close) git_reference *reference = NULL, *resolved = NULL;
	if (git_reference_lookup(&reference, repository, full) < 0 || git_reference_resolve(&resolved, reference) < 0)
		return false;
	*ret = *git_reference_target(resolved);
	return true;
}

const char *git_without_remote(const char *name)
{
	static const char remote[] = "origin/";
	return string_starts_with(name, remote) ? name + strlen(remote) : name;
}

/* The remote's is newer than what was checked out once. */
static bool find_named(git_repository *repository, const char *name, char **ret_name, git_oid *ret)
{
	const char *bare = git_without_remote(name);
	if (!git_reference_find(repository, "refs/remotes/origin/", bare, ret) &&
	    !git_reference_find(repository, "refs/heads/", name, ret))
		return false;
	string_replace(ret_name, string_copy(bare));
	return true;
}

static char *default_branch(git_repository *repository)
{
	static const char prefix[] = "refs/remotes/";
	_cleanup_(git_reference_close) git_reference *reference = NULL;
	if (git_reference_lookup(&reference, repository, "refs/remotes/origin/HEAD") < 0 ||
	    git_reference_type(reference) != GIT_REFERENCE_SYMBOLIC)
		return NULL;
	const char *target = git_reference_symbolic_target(reference);
	return string_starts_with(target, prefix) ? string_copy(git_without_remote(target + strlen(prefix))) : NULL;
}

bool git_base_find(git_repository *repository, const char *base, char **ret_name, git_oid *ret)
{
	static const char *const usual[] = {"main", "master"};
	if (base)
		return find_named(repository, base, ret_name, ret);
	_cleanup_free_ char *named = default_branch(repository);
	if (named && find_named(repository, named, ret_name, ret))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++) /* a remote's before any local one */
		if (git_reference_find(repository, "refs/remotes/origin/", usual[i], ret)) {
			string_replace(ret_name, string_copy(usual[i]));
			return true;
		}
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (find_named(repository, usual[i], ret_name, ret))
			return true;
	return false;
}
