#include "git/hooks.h"

#include "base/file.h"
#include "base/identity.h"
#include "git/open.h"

/* Returns a libgit2 code; a file that is not there is none. */
static int add_file(git_config *config, const char *path, git_config_level_t level)
{
	int code = file_exists(path) ? git_config_add_file_ondisk(config, path, level, NULL, 0) : 0;
	return code == GIT_ENOTFOUND ? 0 : code;
}

/* As git: $GIT_CONFIG_GLOBAL stands for both of the user's files. */
static int add_users(git_config *config)
{
	const char *instead = getenv("GIT_CONFIG_GLOBAL"), *home = getenv("HOME"), *xdg = getenv("XDG_CONFIG_HOME");
	if (instead)
		return *instead ? add_file(config, instead, GIT_CONFIG_LEVEL_GLOBAL) : 0;
	_cleanup_free_ char *base = xdg && *xdg ? string_copy(xdg) : home ? path_join(home, ".config", NULL) : NULL;
	_cleanup_free_ char *first = base ? path_join(base, "git", "config", NULL) : NULL;
	_cleanup_free_ char *second = home ? path_join(home, ".gitconfig", NULL) : NULL;
	int code = first ? add_file(config, first, GIT_CONFIG_LEVEL_XDG) : 0;
	return code == 0 && second ? add_file(config, second, GIT_CONFIG_LEVEL_GLOBAL) : code;
}

/* Returns a libgit2 code. */
static int open_all(const char *git_directory, git_config **ret)
{
	const char *without_system = getenv("GIT_CONFIG_NOSYSTEM");
	_cleanup_free_ char *own = path_join(git_directory, "config", NULL);
	int code = git_config_new(ret);
	if (code == 0 && !(without_system && *without_system))
		code = add_file(*ret, "/etc/gitconfig", GIT_CONFIG_LEVEL_SYSTEM);
	if (code == 0)
		code = add_users(*ret);
	return code == 0 ? add_file(*ret, own, GIT_CONFIG_LEVEL_LOCAL) : code;
}

/* libgit2 would look for the home where git_start() told it not to look. */
static char *expand_home(const char *path)
{
	const char *home = getenv("HOME");
	return home && string_starts_with(path, "~/") ? path_join(home, path + 2, NULL) : string_copy(path);
}

static char *resolved(const char *path)
{
	_cleanup_free_ char *real = realpath(path, NULL);
	if (real || string_equal(path, "/"))
		return real ? TAKE_POINTER(real) : string_copy(path);
	_cleanup_free_ char *parent = path_parent(path); /* what is not there yet is where its parent is */
	_cleanup_free_ char *above = resolved(parent);
	return path_join(above, path_basename(path), NULL);
}

static bool is_below(const char *path, const char *top)
{
	_cleanup_free_ char *real_path = resolved(path), *real_top = resolved(top);
	return path_below(real_path, real_top);
}

int repository_hooks(const char *tree, const char *git_directory, struct hooks_place *ret, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_(git_config_close) git_config *config = NULL;
	if (git_start(git_directory, err) < 0)
		return -1;
	git_buf value = {0};
	int code = open_all(git_directory, &config);
	if (code == 0)
		code = git_config_get_string_buf(&value, config, "core.hooksPath");
	if (code < 0 && code != GIT_ENOTFOUND)
		return git_failed(git_directory, err);
	struct hooks_place place = {.usual = path_join(git_directory, "hooks", NULL)};
	if (code == 0 && value.ptr && *value.ptr)
		place.configured = expand_home(value.ptr);
	git_buf_dispose(&value);
	place.directory = place.configured ? path_absolute(tree, place.configured) : string_copy(place.usual);
	place.inside = is_below(place.directory, git_directory) || is_below(place.directory, tree);
	*ret = place;
	return 0;
}

void hooks_place_free(struct hooks_place *place)
{
	free(place->directory);
	free(place->usual);
	free(place->configured);
	*place = (struct hooks_place){0};
}
