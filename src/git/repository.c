#include "git/repository.h"

#include "base/identity.h"
#include "git/open.h"

/* Returns a libgit2 code. */
static int read_head(git_repository *repository, struct repository_head *head)
{
	_cleanup_(git_reference_close) git_reference *reference = NULL, *resolved = NULL;
	int code = git_reference_lookup(&reference, repository, "HEAD");
	if (code < 0)
		return code;
	if (git_reference_type(reference) == GIT_REFERENCE_SYMBOLIC)
		head->branch = git_branch_of(git_reference_symbolic_target(reference));
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
	_cleanup_(git_close) git_repository *repository = NULL;
	bool found;
	if (git_open(directory, &repository, &found, err) < 0)
		return -1;
	if (!found) {
		*ret_found = 0;
		return 0;
	}
	struct repository_head head = {0};
	if (read_head(repository, &head) < 0) {
		repository_head_free(&head);
		return git_failed(directory, err);
	}
	head.directory = git_directory_of(repository);
	head.git_directory = git_common_directory(repository);
	*ret = head;
	*ret_found = 1;
	return 0;
}

void repository_head_free(struct repository_head *head)
{
	free(head->directory);
	free(head->branch);
	free(head->commit);
	free(head->git_directory);
	*head = (struct repository_head){0};
}
