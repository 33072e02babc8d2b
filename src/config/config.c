#include "config/config.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/identity.h"
#include "config/keys.h"
#include "config/tree.h"
#include "config/validate.h"

#define FILE_NAME "vela.yml"

/* In a directory that others can write to as well (/tmp, say) somebody may have put one above us: it counts only if it
 * belongs to us, to root, or to whose the directory is that we start in. */
static bool may_be_meant(const char *candidate, const struct stat *start)
{
	struct stat st;
	return lstat(candidate, &st) == 0 && (st.st_uid == geteuid() || st.st_uid == 0 || st.st_uid == start->st_uid);
}

/* Sets *ret to the vela.yml nearest above `start`, or to NULL. */
static int find_upward(const char *start, char **ret, struct error **err)
{
	/* Resolved: above "a/.." is not "a". */
	struct stat st;
	_cleanup_free_ char *directory = realpath(start, NULL);
	if (!directory || stat(directory, &st) < 0)
		return error_errno(err, errno, "cannot look for " FILE_NAME " in %s", start);
	for (;;) {
		_cleanup_free_ char *candidate = path_join(directory, FILE_NAME, NULL);
		if (may_be_meant(candidate, &st)) {
			*ret = TAKE_POINTER(candidate);
			return 0;
		}
		if (string_equal(directory, "/")) {
			*ret = NULL;
			return 0;
		}
		string_replace(&directory, path_parent(directory));
	}
}

/*
 * A file that was found is not followed through a symlink: whoever opened the pull request would choose what is read,
 * and the messages quote it.
 */
static int read_file(const char *path, enum file_links links, struct buffer *ret, struct error **err)
{
	if (file_read(path, TREE_MAX_SIZE, links, ret, err) == 0)
		return 0;
	error_rekind(err, ERROR_CONFIG);
	if (links == FILE_NO_FOLLOW)
		return error_hint(err, "it has to be a regular file, no symbolic link; or name another with --config");
	return error_hint(err, "--config has to name a readable file");
}

int config_parse(const char *name, const char *text, size_t length, struct config *ret, struct error **err)
{
	_cleanup_config_ struct config config = {0};
	if (validate_parse(&schema_vela_yml, name, text, length, &config, err) < 0)
		return -1;
	config_keys_collect(text, length, &config);
	*ret = config;
	config = (struct config){0};
	return 0;
}

/* `name` stands in messages. */
static int load_file(const char *path, const char *name, enum file_links links, struct config *ret, struct error **err)
{
	_cleanup_buffer_ struct buffer text = {0};
	_cleanup_config_ struct config config = {0};
	if (read_file(path, links, &text, err) < 0)
		return -1;
	if (config_parse(name, buffer_text(&text), text.length, &config, err) < 0)
		return -1;
	config.path = path_absolute(NULL, path);
	config.directory = path_parent(config.path);
	if (config.pool)
		string_replace(&config.pool, path_absolute(config.directory, config.pool));
	*ret = config;
	config = (struct config){0};
	return 0;
}

int config_load(const char *path, const char *start, struct config *ret, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	if (path)
		return load_file(path, path, FILE_FOLLOW, ret, err);
	_cleanup_free_ char *found = NULL;
	if (find_upward(start, &found, err) < 0)
		return -1;
	if (found)
		return load_file(found, FILE_NAME, FILE_NO_FOLLOW, ret, err);
	struct config defaults = {0};
	validate_defaults(&schema_vela_yml, &defaults);
	*ret = defaults;
	return 0;
}
