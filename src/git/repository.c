#include "git/repository.h"

#include <git2.h>

#include "base/identity.h"

static void repository_close(git_repository **repository)
{
	git_repository_free(*repository);
}

static void reference_close(git_reference **reference)
{
	git_reference_free(*reference);
}

static int git_error_translate(const char *directory, struct error **err)
{
	const git_error *last = git_error_last();
	error_set(err, ERROR_USAGE, "cannot read the git repository of %s: %s", directory,
		  last && last->message ? last->message : "unknown reason");
	return error_hint(err, "see what `git -C %s status` says, or name the branch on the command line", directory);
}

/*
 * Once. Only HEAD is read: nothing of the repository is run or written, so that it may belong to another user, that
 * its objects may be kept in ways this libgit2 does not know, and that nobody's own git configuration matters.
 */
static int git_start(const char *directory, struct error **err)
{
	static int started;
	static const char *extensions[] = {"partialclone", "worktreeconfig", "preciousobjects", "relativeworktrees"};
	static const git_config_level_t outside[] = {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
						     GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL};
	if (started)
		return 0;
	int failed = git_libgit2_init() < 0 || git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0) < 0 ||
		     git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, ARRAY_SIZE(extensions)) < 0;
	for (size_t i = 0; i < ARRAY_SIZE(outside) && !failed; i++)
		failed = git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, outside[i], "") < 0;
	if (failed)
		return git_error_translate(directory, err);
	started = 1;
	return 0;
}

static char *branch_of(const char *reference_name)
{
	static const char prefix[] = "refs/heads/";
	return string_starts_with(reference_name, prefix) ? string_copy(reference_name + strlen(prefix)) : NULL;
}

static char *directory_of(git_repository *repository)
{
	const char *path = git_repository_workdir(repository);
	if (!path)
		return NULL;
	size_t length = strlen(path);
	while (length > 1 && path[length - 1] == '/')
		length--;
	return string_copy_n(path, length);
}

/* Returns a libgit2 code. */
static int read_head(git_repository *repository, struct repository_head *head)
{
	_cleanup_(reference_close) git_reference *reference = NULL, *resolved = NULL;
	int code = git_reference_lookup(&reference, repository, "HEAD");
	if (code < 0)
		return code;
	if (git_reference_type(reference) == GIT_REFERENCE_SYMBOLIC)
		head->branch = branch_of(git_reference_symbolic_target(reference));
	code = git_reference_resolve(&resolved, reference);
	if (code == GIT_ENOTFOUND)
		return 0; /* a branch without a commit */
	if (code < 0)
		return code;
	char hex[GIT_OID_HEXSZ + 1];
	head->commit = string_copy(git_oid_tostr(hex, sizeof(hex), git_reference_target(resolved)));
	return 0;
}

int repository_head_read(const char *directory, struct repository_head *ret, int *ret_found, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	if (git_start(directory, err) < 0)
		return -1;
	_cleanup_(repository_close) git_repository *repository = NULL;
	int code = git_repository_open_ext(&repository, directory, 0, NULL);
	if (code == GIT_ENOTFOUND) {
		*ret_found = 0;
		return 0;
	}
	struct repository_head head = {0};
	if (code < 0 || read_head(repository, &head) < 0) {
		repository_head_free(&head);
		return git_error_translate(directory, err);
	}
	head.directory = directory_of(repository);
	*ret = head;
	*ret_found = 1;
	return 0;
}

void repository_head_free(struct repository_head *head)
{
	free(head->directory);
	free(head->branch);
	free(head->commit);
	*head = (struct repository_head){0};
}
