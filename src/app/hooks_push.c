/* What is pushed is checked, if it changes migrations. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/check.h"
#include "app/hooks_parts.h"
#include "base/file.h"
#include "base/identity.h"
#include "base/interrupt.h"
#include "base/name.h"
#include "git/push.h"

/* One commit of those that are pushed. */
struct push {
	struct hook_run *run;
	const char *path; /* of the migrations, from the working tree's top */
	char *branch;     /* what it is called */
	char *commit;
};

/* "./db//migrations/" is "db/migrations", and so is it called in git's trees. */
static char *tidy(const char *path)
{
	struct buffer out = {0};
	_cleanup_free_ char *copy = string_copy(path);
	char *rest = copy, *part;
	while ((part = strsep(&rest, "/")))
		if (*part && !string_equal(part, "."))
			buffer_addf(&out, "%s%s", out.length ? "/" : "", part);
	return buffer_steal(&out);
}

/* Where a change is one of migrations; NULL if there are none to check. Owned. */
static char *migrations_path(const struct hook_run *run)
{
	const struct config *config = &run->app->config;
	bool command = config->migrations_shell || config->migrations_command;
	if (!config->migrations_directory && !command)
		return NULL;
	_cleanup_free_ char *path = hooks_path_in_tree(
		config, run->head.directory, config->migrations_directory ? config->migrations_directory : ".");
	return tidy(path);
}

/* "feature/x" of "refs/heads/feature/x"; of `git push origin HEAD~1:main` it is the remote's name. */
static const char *short_name(const struct pushed *pushed)
{
	static const char *const prefixes[] = {"refs/heads/", "refs/tags/"};
	const char *const names[] = {pushed->local_ref, pushed->remote_ref};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		for (size_t j = 0; j < ARRAY_SIZE(prefixes); j++)
			if (string_starts_with(names[i], prefixes[j]))
				return names[i] + strlen(prefixes[j]);
	return pushed->remote_ref;
}

/* --- which files --- */

static void temporary_remove(char **directory)
{
	IDENTITY_CALLER_SCOPE;
	INTERRUPT_DEFER_SCOPE;
	if (*directory)
		(void)directory_remove(*directory, NULL);
	free(*directory);
}

static int temporary_make(char **ret, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	const char *parent = getenv("TMPDIR");
	_cleanup_free_ char *path = path_join(parent && *parent == '/' ? parent : "/tmp", "vela-push.XXXXXX", NULL);
	if (!mkdtemp(path))
		return error_errno(err, errno, "cannot make a directory for what is pushed");
	*ret = TAKE_POINTER(path);
	return 0;
}

static int is_checked_out(const struct push *push, bool *ret, struct error **err)
{
	const struct hook_run *run = push->run;
	_cleanup_free_ char *config = hooks_path_in_tree(&run->app->config, run->head.directory, "vela.yml");
	_cleanup_free_ char *path = string_copy(push->path);
	char *paths[] = {config, path, NULL}, *all[] = {NULL};
	return repository_is_clean_at(run->head.directory, push->commit, *path ? paths : all, ret, err);
}

/* vela.yml as it is pushed. */
static int load_config(const struct push *push, const char *directory, struct config *ret, struct error **err)
{
	const struct hook_run *run = push->run;
	_cleanup_free_ char *name = hooks_path_in_tree(&run->app->config, run->head.directory, "vela.yml");
	_cleanup_free_ char *path = path_join(directory, "tree", name, NULL);
	return config_load(path, ".", ret, err);
}

/* --- the check --- */

static void judge(const struct push *push, const struct report *report)
{
	struct hook_run *run = push->run;
	if (report->verdict == VERDICT_PASSED) {
		string_list_addf(&run->said, "the migrations of %s pass (%.1f s)", push->branch,
				 report->total_ms / 1000);
		return;
	}
	run->show(run->context, report);
	bool block = string_equal(run->app->config.hooks_pre_push, "block");
	run->block = run->block || block;
	string_list_addf(&run->said, "the migrations of %s do not pass%s", push->branch,
			 block ? "; git push --no-verify pushes them all the same"
			       : "; pushed all the same (hooks.pre_push: warn)");
}

/* In a database of its own: the one that follows the git branch is its user's. */
static int check(const struct push *push, const struct app *app, struct error **err)
{
	_cleanup_context_ struct branch_context context = {
		.title = string_format("push:%s", push->branch), /* which no git branch can be called */
		.git_branch = string_copy(push->branch),
		.git_commit = string_copy(push->commit),
	};
	if (name_from_text(context.title, "branch", &context.name, err) < 0)
		return -1;
	_cleanup_report_ struct report report = {.verdict = VERDICT_ERROR};
	const struct check_request request = {.steps = CHECK_BRANCH | CHECK_MIGRATIONS | CHECK_ASSERTIONS};
	if (check_run(app, &context, &request, &report, err) < 0)
		return -1;
	judge(push, &report);
	return 0;
}

static int check_exported(const struct push *push, struct error **err)
{
	_cleanup_(temporary_remove) char *directory = NULL;
	_cleanup_config_ struct config config = {0};
	if (temporary_make(&directory, err) < 0 ||
	    repository_check_out(push->run->head.git_directory, push->commit, directory, err) < 0 ||
	    load_config(push, directory, &config, err) < 0)
		return -1;
	struct app app = *push->run->app;
	app.config = config;
	return check(push, &app, err);
}

static int check_push(const struct push *push, struct error **err)
{
	struct hook_run *run = push->run;
	const struct config *config = &run->app->config;
	bool checked_out = false;
	if (is_checked_out(push, &checked_out, err) < 0)
		return -1;
	bool command = config->migrations_shell || config->migrations_command;
	if (!checked_out && !command)
		return check_exported(push, err);
	if (!checked_out)
		string_list_addf(&run->said,
				 "what is checked is the working tree, not %.10s which is pushed: migrations.command "
				 "may need files that git does not have",
				 push->commit);
	return check(push, run->app, err);
}

/* --- all of them --- */

static int parse_line(char *line, struct pushed *ret)
{
	*ret = (struct pushed){strsep(&line, " "), NULL, NULL, NULL};
	ret->local_id = strsep(&line, " ");
	ret->remote_ref = strsep(&line, " ");
	ret->remote_id = line;
	return ret->local_id && ret->remote_ref && ret->remote_id ? 0 : -1;
}

static int check_line(struct hook_run *run, char *line, const char *path, struct string_list *seen, struct error **err)
{
	struct pushed pushed;
	struct push push = {.run = run, .path = path};
	if (parse_line(line, &pushed) < 0)
		return 0;
	int result = repository_push_reads(run->head.directory, &pushed, path, &push.commit, err);
	if (result == 0 && push.commit && !string_list_has(seen, push.commit)) {
		string_list_add(seen, push.commit);
		push.branch = string_copy(short_name(&pushed));
		if (!run->app->pool.path)
			result = hook_open_pool(run, err);
		if (result == 0)
			result = check_push(&push, err);
	}
	free(push.branch);
	free(push.commit);
	return result;
}

static int check_all(struct hook_run *run, struct error **err)
{
	_cleanup_free_ char *path = migrations_path(run);
	_cleanup_free_ char *input = string_copy(run->input);
	_cleanup_(string_list_free) struct string_list seen = {0};
	char *rest = input, *line;
	while (path && (line = strsep(&rest, "\n")))
		if (*line && check_line(run, line, path, &seen, err) < 0)
			return -1;
	return 0;
}

int hook_pre_push(struct hook_run *run, struct error **err)
{
	/* Opening the pool loads vela.yml anew: what counts is the one that was there when git asked. */
	bool must = string_equal(run->app->config.hooks_pre_push_without_pool, "block");
	if (string_equal(run->app->config.hooks_pre_push, "off"))
		return 0;
	struct error *problem = NULL;
	if (check_all(run, &problem) == 0)
		return 0;
	run->block = run->block || must || problem->kind == ERROR_INTERRUPTED;
	error_wrap(&problem, run->block ? "not pushed: its check could not be carried out" : "pushed unchecked");
	return error_pass(err, problem);
}
