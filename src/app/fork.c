#include "app/fork.h"

#include "app/context.h"
#include "base/file.h"
#include "base/text.h"
#include "config/tree.h"
#include "git/file.h"

#define FILE_NAME "vela.yml"

bool fork_is_meant(const struct ci_context *ci)
{
	return ci->system && ci->origin != CI_ORIGIN_REPOSITORY;
}

/* --- vela.yml of the base branch --- */

static int cannot_read(struct error **err, const char *why)
{
	return error_set(err, ERROR_REFUSED,
			 "a fork's pull request does not choose what is checked, and " FILE_NAME
			 " cannot be read from the branch it is to be merged into: %s",
			 why);
}

/* What the base branch has is known from the repository's own remote alone: another "origin" may be the fork itself,
 * and a local branch may have been made from what the fork sent. */
static int check_origin(const struct ci_context *ci, const struct repository_tree *tree, struct error **err)
{
	if (!ci->base_branch) {
		_cleanup_free_ char *why = string_format("%s does not say which one that is", ci->system);
		return cannot_read(err, why);
	}
	if (ci_is_repository(ci, tree->origin))
		return 0;
	_cleanup_free_ char *wanted = text_safe(ci->path ? ci->path : "the repository");
	_cleanup_free_ char *why = string_format("the git remote \"origin\" of %s is not %s", tree->directory, wanted);
	cannot_read(err, why);
	return error_hint(err, "check out the repository itself, not the fork");
}

/* Without ".", ".." and empty parts; it is not looked at what stands there. Owned. */
static char *normalise(const char *path)
{
	struct buffer out = {0};
	while (*path) {
		path += strspn(path, "/");
		size_t length = strcspn(path, "/");
		if (length == 2 && strncmp(path, "..", 2) == 0) {
			const char *slash = strrchr(buffer_text(&out), '/');
			buffer_truncate(&out, slash ? (size_t)(slash - out.data) : 0);
		} else if (length > 0 && !(length == 1 && *path == '.')) {
			buffer_add_char(&out, '/');
			buffer_add(&out, path, length);
		}
		path += length;
	}
	return buffer_steal(&out);
}

/* Where --config points to, below the working tree; owned, or NULL. */
static char *place_in_tree(const struct repository_tree *tree, const char *path)
{
	_cleanup_free_ char *here = path_join(tree->directory, tree->scope, NULL);
	_cleanup_free_ char *absolute = path_absolute(here, path);
	_cleanup_free_ char *plain = normalise(absolute);
	const char *below = path_below(plain, tree->directory);
	return below && *below ? string_copy(below) : NULL;
}

static int read_named(const struct app *app, const struct repository_tree *tree, char **ret_path, struct buffer *ret,
		      struct error **err)
{
	bool found;
	*ret_path = place_in_tree(tree, app->config_path);
	if (!*ret_path)
		return cannot_read(err, "--config points out of the git repository");
	if (repository_file_read(tree, app->fork_base, *ret_path, TREE_MAX_SIZE, ret, &found, err) < 0)
		return -1;
	return found ? 0 : cannot_read(err, "it has no file where --config points to");
}

/* The nearest one above the working directory; *ret_path stays NULL if there is none. */
static int read_nearest(const struct app *app, const struct repository_tree *tree, char **ret_path, struct buffer *ret,
			struct error **err)
{
	_cleanup_free_ char *scope = string_copy(tree->scope);
	for (;;) {
		_cleanup_free_ char *path = *scope ? path_join(scope, FILE_NAME, NULL) : string_copy(FILE_NAME);
		bool found;
		if (repository_file_read(tree, app->fork_base, path, TREE_MAX_SIZE, ret, &found, err) < 0)
			return -1;
		if (found)
			*ret_path = TAKE_POINTER(path);
		if (found || !*scope)
			return 0;
		char *slash = strrchr(scope, '/');
		*(slash ? slash : scope) = '\0';
	}
}

static int parse(const struct repository_tree *tree, const char *path, const struct buffer *text, struct config *ret,
		 struct error **err)
{
	_cleanup_config_ struct config config = {0};
	_cleanup_free_ char *name = string_format("%s of the base branch", path);
	if (config_parse(name, buffer_text(text), text->length, &config, err) < 0)
		return -1;
	config.path = path_join(tree->directory, path, NULL);
	config.directory = path_parent(config.path);
	_cleanup_free_ char *real = realpath(config.directory, NULL);
	if (!string_equal(real, config.directory)) /* the fork has put a link there, or removed it */
		return error_set(err, ERROR_REFUSED, "%s is not what the base branch has there", config.directory);
	if (config.pool)
		string_replace(&config.pool, path_absolute(config.directory, config.pool));
	*ret = config;
	config = (struct config){0};
	return 0;
}

/* That it is not there is the usual state of a CI checkout. */
static int explain_missing(const struct ci_context *ci, struct error **err)
{
	if (err && *err && (*err)->kind == ERROR_NOT_FOUND) {
		_cleanup_free_ char *base = text_safe(ci->base_branch);
		_cleanup_free_ char *why = string_format("origin/%s has not been fetched", base);
		error_freep(err);
		*err = NULL;
		cannot_read(err, why);
		error_hint(err, "git fetch --depth=1 origin +refs/heads/%s:refs/remotes/origin/%s", base, base);
	}
	return -1;
}

static int load(struct app *app, const struct ci_context *ci, const struct repository_tree *tree, struct error **err)
{
	_cleanup_buffer_ struct buffer text = {0};
	_cleanup_free_ char *path = NULL;
	app->fork_base = string_format("refs/remotes/origin/%s", ci->base_branch);
	if ((app->config_path ? read_named : read_nearest)(app, tree, &path, &text, err) < 0)
		return explain_missing(ci, err);
	if (path)
		return parse(tree, path, &text, &app->config, err);
	static const char defaults[] = "version: 1\n";
	return config_parse(FILE_NAME, defaults, strlen(defaults), &app->config, err);
}

int fork_load_config(struct app *app, const struct ci_context *ci, struct error **err)
{
	_cleanup_repository_tree_ struct repository_tree tree = {0};
	bool found;
	if (repository_tree_find(".", &tree, &found, err) < 0)
		return -1;
	if (!found)
		return cannot_read(err, "there is no git repository here");
	return check_origin(ci, &tree, err) < 0 ? -1 : load(app, ci, &tree, err);
}

/* --- the rules --- */

int fork_check_policy(const struct app *app, struct error **err)
{
	if (!app->is_fork || app->policy.forks)
		return 0;
	struct ci_context ci;
	context_ci(&ci);
	_cleanup_free_ char *which = ci.pull_request ? string_format("pull request %ld", ci.pull_request)
						     : string_copy("this run's pull request");
	const char *what = ci.origin == CI_ORIGIN_FORK ? "comes from a fork" : "may come from a fork";
	error_set(err, ERROR_REFUSED, "%s %s, and this pool takes none (forks: false in %s/pool.yml)", which, what,
		  app->pool.path);
	if (ci.origin == CI_ORIGIN_UNKNOWN)
		error_hint(err, "%s does not say where it comes from: vela needs its variables, and its event file",
			   ci.system);
	else
		error_hint(err, "whoever administers the pool can say `forks: true` there; read docs/forges.md first");
	ci_context_free(&ci);
	return -1;
}

void fork_blame_policy(struct app *app, struct error **err)
{
	struct error *problem = NULL;
	_cleanup_free_ char *path = app_pool_path(app);
	if (pool_open(path, &app->pool, NULL) < 0)
		return;
	_cleanup_free_ char *policy = path_join(app->pool.path, "pool.yml", NULL);
	if (policy_load(policy, &app->policy, NULL) < 0 || fork_check_policy(app, &problem) == 0)
		return;
	error_freep(err);
	*err = NULL;
	error_pass(err, problem);
}

int fork_check_run(const struct app *app, struct error **err)
{
	if (fork_check_policy(app, err) < 0)
		return -1;
	if (!app->is_fork || (!app->config.migrations_command && !app->config.migrations_shell))
		return 0;
	error_set(err, ERROR_REFUSED, "migrations.command would run what the fork wrote");
	return error_hint(err, "check it from a branch of the repository, once somebody has read it");
}

int fork_read_base(const struct app *app, const char *path, size_t max, struct buffer *ret, struct error **err)
{
	_cleanup_repository_tree_ struct repository_tree tree = {0};
	bool found;
	if (repository_tree_find(app->config.directory, &tree, &found, err) < 0)
		return -1;
	_cleanup_free_ char *joined = *tree.scope ? path_join(tree.scope, path, NULL) : string_copy(path);
	_cleanup_free_ char *plain = normalise(joined);
	if (repository_file_read(&tree, app->fork_base, plain + 1, max, ret, &found, err) < 0)
		return -1;
	_cleanup_free_ char *shown = text_safe(path);
	return found ? 0 : error_set(err, ERROR_CONFIG, "the base branch has no %s", shown);
}
