#include "git/open.h"

#include "base/file.h"

void git_close(git_repository **repository)
{
	git_repository_free(*repository);
}

int git_failed(const char *directory, struct error **err)
{
	const git_error *last = git_error_last();
	error_set(err, ERROR_USAGE, "cannot read the git repository of %s: %s", directory,
		  last && last->message ? last->message : "unknown reason");
	return error_hint(err, "see what `git -C %s status` says, or name the branch on the command line", directory);
}

/*
 * Once. Nothing of the repository is run or written, so that it may belong to another user, that its objects may be
 * kept in ways this libgit2 does not know, and that nobody's own git configuration matters.
 */
int git_start(const char *directory, struct error **err)
{
	static bool started;
	static const char *extensions[] = {"partialclone", "worktreeconfig", "preciousobjects", "relativeworktrees"};
	static const git_config_level_t outside[] = {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
						     GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL};
	if (started)
		return 0;
	bool failed = git_libgit2_init() < 0 || git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0) < 0 ||
		      git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, ARRAY_SIZE(extensions)) < 0;
	for (size_t i = 0; i < ARRAY_SIZE(outside) && !failed; i++)
		failed = git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, outside[i], "") < 0;
	if (failed)
		return git_failed(directory, err);
	started = true;
	return 0;
}

static int open_with(const char *directory, unsigned int flags, git_repository **ret, bool *ret_found,
		     struct error **err)
{
	if (git_start(directory, err) < 0)
		return -1;
	int code = git_repository_open_ext(ret, directory, flags, NULL);
	if (code < 0 && code != GIT_ENOTFOUND)
		return git_failed(directory, err);
	*ret_found = code == 0;
	return 0;
}

int git_open(const char *directory, git_repository **ret, bool *ret_found, struct error **err)
{
	return open_with(directory, 0, ret, ret_found, err);
}

int git_open_found(const char *directory, git_repository **ret, struct error **err)
{
	bool found = false;
	if (git_open(directory, ret, &found, err) < 0)
		return -1;
	return found ? 0 : error_set(err, ERROR_NOT_FOUND, "%s: there is no git repository", directory);
}

int git_open_exactly(const char *directory, git_repository **ret, bool *ret_found, struct error **err)
{
	return open_with(directory, GIT_REPOSITORY_OPEN_NO_SEARCH, ret, ret_found, err);
}

char *git_directory_of(git_repository *repository)
{
	return path_without_slash(git_repository_workdir(repository));
}

char *git_common_directory(git_repository *repository)
{
	return path_without_slash(git_repository_commondir(repository));
}

char *git_branch_of(const char *reference_name)
{
	static const char prefix[] = "refs/heads/";
	return string_starts_with(reference_name, prefix) ? string_copy(reference_name + strlen(prefix)) : NULL;
}
