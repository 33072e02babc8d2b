#include "git/config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/identity.h"
#include "git/open.h"

enum { CONFIG_MAX = 16 << 20 };

static int open_own(const char *git_directory, git_config **ret, struct error **err)
{
	_cleanup_free_ char *file = path_join(git_directory, "config", NULL);
	if (git_start(git_directory, err) < 0)
		return -1;
	return git_config_open_ondisk(ret, file) < 0 ? git_failed(git_directory, err) : 0;
}

/*
 * libgit2 puts a new file in the place of the old one, with a mode and an owner of its own choice. What is in it may be
 * a secret, and not root's.
 */
struct ownership {
	char *file;
	struct stat st;
	mode_t umask;
};

static int ownership_keep(const char *git_directory, struct ownership *ret, struct error **err)
{
	struct ownership kept = {.file = path_join(git_directory, "config", NULL)};
	if (stat(kept.file, &kept.st) < 0) {
		error_errno(err, errno, "cannot read %s", kept.file);
		free(kept.file);
		return -1;
	}
	kept.umask = umask(0077);
	*ret = kept;
	return 0;
}

static void ownership_restore(struct ownership *kept)
{
	if (!kept->file)
		return;
	if (geteuid() == 0)
		(void)!chown(kept->file, kept->st.st_uid, kept->st.st_gid);
	(void)chmod(kept->file, kept->st.st_mode & 07777);
	umask(kept->umask);
	free(kept->file);
}

int repository_key_read(const char *git_directory, const char *key, char **ret, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_(git_config_close) git_config *config = NULL;
	if (open_own(git_directory, &config, err) < 0)
		return -1;
	git_buf value = {0};
	int code = git_config_get_string_buf(&value, config, key);
	if (code < 0 && code != GIT_ENOTFOUND)
		return git_failed(git_directory, err);
	*ret = code == 0 ? string_copy(value.ptr) : NULL;
	git_buf_dispose(&value);
	return 0;
}

int repository_key_write(const char *git_directory, const char *key, const char *value, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_(git_config_close) git_config *config = NULL;
	_cleanup_(ownership_restore) struct ownership kept = {0};
	if (ownership_keep(git_directory, &kept, err) < 0 || open_own(git_directory, &config, err) < 0)
		return -1;
	return git_config_set_string(config, key, value) < 0 ? git_failed(git_directory, err) : 0;
}

/* Of a key that has several values, all. */
static int remove_key(git_config *config, const char *key)
{
	int code = git_config_delete_multivar(config, key, ".*");
	return code == GIT_ENOTFOUND ? 0 : code;
}

int repository_key_remove(const char *git_directory, const char *key, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_(git_config_close) git_config *config = NULL;
	_cleanup_(ownership_restore) struct ownership kept = {0};
	if (ownership_keep(git_directory, &kept, err) < 0 || open_own(git_directory, &config, err) < 0)
		return -1;
	return remove_key(config, key) < 0 ? git_failed(git_directory, err) : 0;
}

char *repository_branch_key(const char *git_branch)
{
	return string_format("branch.%s.vela", git_branch);
}

static bool is_note(const char *key)
{
	return string_starts_with(key, "branch.") && string_ends_with(key, ".vela") &&
	       strlen(key) > strlen("branch.vela");
}

/* The keys of notes, of those that say `name` if that is given. Returns a libgit2 code. */
static int list_notes(git_config *config, const char *name, struct string_list *keys)
{
	_cleanup_(git_config_iterator_close) git_config_iterator *iterator = NULL;
	git_config_entry *entry;
	/* Not by a pattern: libgit2 loses 20 kB for each key that it does not match. */
	int code = git_config_iterator_new(&iterator, config);
	while (code == 0 && (code = git_config_next(&entry, iterator)) == 0)
		if (is_note(entry->name) && (!name || string_equal(entry->value, name)))
			string_list_add(keys, entry->name);
	return code == GIT_ITEROVER ? 0 : code;
}

int repository_noted_branch(const char *git_directory, const char *name, char **ret, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_(git_config_close) git_config *config = NULL;
	_cleanup_(string_list_free) struct string_list keys = {0};
	if (open_own(git_directory, &config, err) < 0)
		return -1;
	if (list_notes(config, name, &keys) < 0)
		return git_failed(git_directory, err);
	size_t around = strlen("branch.") + strlen(".vela");
	*ret = keys.count ? string_copy_n(keys.items[0] + strlen("branch."), strlen(keys.items[0]) - around) : NULL;
	return 0;
}

/* A section's first line, with nothing behind it, before the next section or the end. */
static bool is_empty_section(const char *line, size_t length)
{
	const char *next = line + length + strspn(line + length, " \t\r\n");
	while (length > 0 && strchr(" \t\r\n", line[length - 1]))
		length--;
	return (string_starts_with(line, "[vela]") || string_starts_with(line, "[branch \"")) &&
	       line[length - 1] == ']' && (*next == '[' || !*next);
}

/* libgit2 takes keys out, and leaves their sections. */
static void drop_empty_sections(const char *text, struct buffer *out)
{
	while (*text) {
		size_t length = strcspn(text, "\n");
		length += text[length] == '\n';
		if (!is_empty_section(text, length))
			buffer_add(out, text, length);
		text += length;
	}
}

/* Under the lock that git takes for this, and without it not at all. */
static int rewrite_locked(const char *file, const char *lock, int fd, struct error **err)
{
	_cleanup_buffer_ struct buffer before = {0}, after = {0};
	if (file_read(file, CONFIG_MAX, FILE_NO_FOLLOW, &before, err) < 0)
		return -1;
	drop_empty_sections(buffer_text(&before), &after);
	if (after.length == before.length)
		return file_unlink(lock, err);
	if (descriptor_write(fd, buffer_text(&after), after.length) < 0)
		return error_errno(err, errno, "cannot write %s", lock);
	return file_rename(lock, file, err);
}

static int tidy(const char *git_directory, struct error **err)
{
	_cleanup_free_ char *file = path_join(git_directory, "config", NULL);
	_cleanup_free_ char *lock = string_format("%s.lock", file);
	_cleanup_close_ int fd = open(lock, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_errno(err, errno, "cannot lock %s", file);
	if (rewrite_locked(file, lock, fd, err) == 0)
		return 0;
	(void)unlink(lock);
	return -1;
}

/* Returns a libgit2 code. */
static int remove_keys(git_config *config, const char *const *others)
{
	_cleanup_(string_list_free) struct string_list keys = {0};
	int code = list_notes(config, NULL, &keys);
	for (; *others; others++)
		string_list_add(&keys, *others);
	for (size_t i = 0; i < keys.count && code == 0; i++)
		code = remove_key(config, keys.items[i]);
	return code;
}

int repository_keys_clear(const char *git_directory, const char *const *others, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_(git_config_close) git_config *config = NULL;
	_cleanup_(ownership_restore) struct ownership kept = {0};
	if (ownership_keep(git_directory, &kept, err) < 0 || open_own(git_directory, &config, err) < 0)
		return -1;
	return remove_keys(config, others) < 0 ? git_failed(git_directory, err) : tidy(git_directory, err);
}
