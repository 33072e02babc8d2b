/* Branches that somebody works with, however merged they are. */
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/file.h"
#include "git/fate_parts.h"

/* --- worktrees --- */

/* "ref: refs/heads/main", "refs/heads/main", "main"; a hash, of a HEAD that is detached, is no branch's name. */
static void add_branch(const char *text, struct string_list *branches)
{
	static const char symbolic[] = "ref: ";
	const char *name = string_starts_with(text, symbolic) ? text + strlen(symbolic) : text;
	char *branch = git_branch_of(name);
	string_list_take(branches, branch ? branch : string_copy(name));
}

/* HEAD may be a symbolic link, as git made it once. */
static int add_from_file(const char *directory, const char *file, struct string_list *branches, struct error **err)
{
	enum { HEAD_MAX = 4096 };
	_cleanup_free_ char *path = path_join(directory, file, NULL);
	_cleanup_buffer_ struct buffer text = {0};
	char target[PATH_MAX];
	ssize_t length = readlink(path, target, sizeof(target) - 1);
	if (length >= 0) {
		target[length] = '\0';
		add_branch(target, branches);
		return 0;
	}
	if (errno == ENOENT || errno == ENOTDIR)
		return 0;
	if (errno != EINVAL)
		return error_errno(err, errno, "cannot read %s", path);
	if (file_read(path, HEAD_MAX, FILE_NO_FOLLOW, &text, err) < 0)
		return -1;
	_cleanup_free_ char *line = string_copy_n(buffer_text(&text), strcspn(buffer_text(&text), "\n"));
	add_branch(line, branches);
	return 0;
}

static int add_worktree(const char *directory, struct string_list *branches, struct error **err)
{
	static const char *const files[] = {"HEAD", "rebase-merge/head-name", "rebase-apply/head-name", "BISECT_START"};
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (add_from_file(directory, files[i], branches, err) < 0)
			return -1;
	return 0;
}

int branches_in_use(const char *git_directory, struct string_list *ret, struct error **err)
{
	_cleanup_free_ char *top = path_join(git_directory, "worktrees", NULL);
	_cleanup_(string_list_free) struct string_list worktrees = {0};
	if (directory_list(top, &worktrees, err) < 0 || add_worktree(git_directory, ret, err) < 0)
		return -1;
	for (size_t i = 0; i < worktrees.count; i++) {
		_cleanup_free_ char *directory = path_join(top, worktrees.items[i], NULL);
		if (add_worktree(directory, ret, err) < 0)
			return -1;
	}
	return 0;
}

/* --- those that others are merged into --- */

bool branch_has_lasting_name(const char *branch)
{
	static const char *const names[] = {"main",    "master",     "trunk",   "develop", "development", "dev",
					    "staging", "production", "release", "stable",  "next"};
	static const char *const folders[] = {"release/", "releases/", "support/", "stable/", "maint/"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (string_equal(branch, names[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (string_starts_with(branch, folders[i]))
			return true;
	return false;
}

/* "branch.topic.merge": its upstream, owned, if topic is there and called otherwise; else NULL. */
static char *upstream_of(git_repository *repository, const git_config_entry *entry)
{
	static const char begin[] = "branch.", end[] = ".merge";
	size_t length = strlen(entry->name), around = strlen(begin) + strlen(end);
	git_oid tip;
	if (!string_starts_with(entry->name, begin) || !string_ends_with(entry->name, end) || length <= around)
		return NULL;
	_cleanup_free_ char *branch = string_copy_n(entry->name + strlen(begin), length - around);
	_cleanup_free_ char *upstream = git_branch_of(entry->value ? entry->value : "");
	bool is_others = !string_equal(upstream, branch) && git_reference_find(repository, "refs/heads/", branch, &tip);
	return is_others ? TAKE_POINTER(upstream) : NULL;
}

/* Not by a pattern: libgit2 loses 20 kB for each key that it does not match. */
int branches_upstream(git_repository *repository, const char *git_directory, struct string_list *ret,
		      struct error **err)
{
	_cleanup_(git_config_close) git_config *config = NULL;
	_cleanup_(git_config_iterator_close) git_config_iterator *iterator = NULL;
	_cleanup_free_ char *file = path_join(git_directory, "config", NULL);
	git_config_entry *entry;
	int code = git_config_open_ondisk(&config, file);
	if (code == 0)
		code = git_config_iterator_new(&iterator, config);
	while (code == 0 && (code = git_config_next(&entry, iterator)) == 0) {
		char *upstream = upstream_of(repository, entry);
		if (upstream)
			string_list_take(ret, upstream);
	}
	return code == GIT_ITEROVER ? 0 : git_failed(git_directory, err);
}
