#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/hooks_parts.h"
#include "app/hooks_script.h"
#include "base/file.h"

enum { HOOK_MAX = 1 << 20 };

/* What other tools call a hook that they put aside: pre-commit goes on to run it, lefthook does not. */
#define LEGACY ".legacy"
#define OLD ".old"

struct hook_file {
	bool exists, regular, executable;
	struct stat st;
	struct buffer text; /* of a regular one */
};

static void hook_file_free(struct hook_file *file)
{
	buffer_free(&file->text);
}

static int read_hook(const char *path, struct hook_file *file, struct error **err)
{
	file->exists = lstat(path, &file->st) == 0;
	file->regular = file->exists && S_ISREG(file->st.st_mode);
	file->executable = file->regular && (file->st.st_mode & S_IXUSR);
	if (file->exists && S_ISDIR(file->st.st_mode))
		return error_set(err, ERROR_REFUSED, "%s is a directory", path);
	if (!file->regular || file->st.st_size > HOOK_MAX)
		return 0;
	return file_read(path, HOOK_MAX, FILE_NO_FOLLOW, &file->text, err);
}

/* What root makes in somebody's clone is theirs, like what is around it; what was there, `before`, keeps its owner. */
static int give_to_owner(const char *path, const struct stat *before, struct error **err)
{
	_cleanup_free_ char *parent = path_parent(path);
	struct stat st;
	if (geteuid() != 0)
		return 0;
	if ((!before && stat(parent, &st) < 0) ||
	    lchown(path, before ? before->st_uid : st.st_uid, before ? before->st_gid : st.st_gid) < 0)
		return error_errno(err, errno, "cannot give %s to its owner", path);
	return 0;
}

/* Keeps mode and owner. */
static int rewrite(const char *path, const struct hook_file *file, const struct buffer *text, struct error **err)
{
	if (buffer_equal(&file->text, text))
		return 0;
	mode_t mode = file->exists ? file->st.st_mode & 07777 : 0755;
	if (file_replace(path, buffer_text(text), text->length, mode, FILE_VOLATILE, err) < 0)
		return -1;
	return give_to_owner(path, file->exists ? &file->st : NULL, err);
}

static bool is_same_file(const char *path, const char *other)
{
	struct stat one, two;
	return lstat(path, &one) == 0 && lstat(other, &two) == 0 && one.st_dev == two.st_dev &&
	       one.st_ino == two.st_ino;
}

/* The original gets its other name before vela's script takes its place: at no moment there is none. */
static int stand_in(const struct hook_call *call, const char *path, bool exists, enum hook_origin origin,
		    struct error **err)
{
	_cleanup_free_ char *original = string_format("%s" HOOK_ORIGINAL, path);
	_cleanup_buffer_ struct buffer text = {0};
	bool is_aside = is_same_file(path, original); /* by an installation that was killed */
	if (exists && !is_aside && file_exists(original)) {
		error_set(err, ERROR_CONFLICT, "cannot put %s aside: %s is there already", path, original);
		return error_hint(err, "remove the one that is not meant, then: vela hooks install");
	}
	if (exists && !is_aside && link(path, original) < 0)
		return error_errno(err, errno, "cannot put %s aside as %s", path, original);
	hook_make(call, origin, file_exists(original), &text);
	return rewrite(path, &(struct hook_file){0}, &text, err);
}

/* The text without vela's lines, and whose the file is. */
static enum hook_origin read_bare(const struct hook_file *file, struct buffer *bare)
{
	enum hook_origin origin = HOOK_WAS_THERE;
	if (!hook_remove(buffer_text(&file->text), file->text.length, bare, &origin))
		buffer_add(bare, buffer_text(&file->text), file->text.length);
	return origin;
}

static int install_file(const struct hook_call *call, const char *path, enum hook_origin origin, struct error **err)
{
	_cleanup_(hook_file_free) struct hook_file file = {0};
	_cleanup_buffer_ struct buffer bare = {0}, text = {0};
	if (read_hook(path, &file, err) < 0)
		return -1;
	if (!file.exists)
		return stand_in(call, path, false, origin, err);
	enum hook_origin before = read_bare(&file, &bare);
	if (before != HOOK_WAS_THERE)
		return stand_in(call, path, false, before, err);
	if (file.executable && hook_insert(call, buffer_text(&bare), bare.length, &text))
		return rewrite(path, &file, &text, err);
	return stand_in(call, path, true, HOOK_MADE, err);
}

static int uninstall_file(const char *path, bool *ret_directory, struct error **err)
{
	_cleanup_(hook_file_free) struct hook_file file = {0};
	_cleanup_buffer_ struct buffer text = {0};
	_cleanup_free_ char *original = string_format("%s" HOOK_ORIGINAL, path);
	enum hook_origin origin;
	if (read_hook(path, &file, err) < 0)
		return -1;
	if (!hook_remove(buffer_text(&file.text), file.text.length, &text, &origin))
		return is_same_file(path, original) ? file_unlink(original, err) : 0;
	if (origin == HOOK_WAS_THERE)
		return rewrite(path, &file, &text, err);
	*ret_directory = *ret_directory || origin == HOOK_MADE_WITH_DIRECTORY;
	return file_exists(original) ? file_rename(original, path, err) : file_unlink(path, err);
}

int hooks_uninstall_directory(const char *directory, struct error **err)
{
	_cleanup_(string_list_free) struct string_list entries = {0};
	bool made = false;
	if (directory_list(directory, &entries, err) < 0)
		return -1;
	for (size_t i = 0; i < entries.count; i++) {
		_cleanup_free_ char *path = path_join(directory, entries.items[i], NULL);
		if (!file_is_directory(path) && uninstall_file(path, &made, err) < 0)
			return -1;
	}
	if (made)
		(void)rmdir(directory); /* unless others came in since */
	return 0;
}

static bool has_block(const char *path)
{
	_cleanup_(hook_file_free) struct hook_file file = {0};
	return read_hook(path, &file, NULL) == 0 && hook_has_block(buffer_text(&file.text), file.text.length);
}

char *hooks_find_file(const char *directory, const char *name)
{
	_cleanup_free_ char *path = path_join(directory, name, NULL);
	_cleanup_free_ char *legacy = string_format("%s" LEGACY, path);
	if (has_block(path))
		return TAKE_POINTER(path);
	return file_exists(path) && has_block(legacy) ? TAKE_POINTER(legacy) : NULL;
}

int hooks_install_directory(const char *directory, const char *program, const char *config_directory,
			    struct error **err)
{
	bool made = !file_exists(directory), ignored = false;
	if (directory_create_all(directory, 0755, err) < 0 || (made && give_to_owner(directory, NULL, err) < 0))
		return -1;
	for (const char *const *name = hook_names; *name; name++) {
		const struct hook_call call = {*name, program, config_directory};
		_cleanup_free_ char *path = path_join(directory, *name, NULL);
		_cleanup_free_ char *old = string_format("%s" OLD, path);
		_cleanup_free_ char *found = hooks_find_file(directory, *name);
		if (has_block(old) && uninstall_file(old, &ignored, err) < 0)
			return -1;
		if (install_file(&call, found ? found : path, made ? HOOK_MADE_WITH_DIRECTORY : HOOK_MADE, err) < 0)
			return -1;
	}
	return 0;
}
