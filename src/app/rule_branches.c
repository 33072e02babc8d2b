#include "app/rule.h"

#include "base/clock.h"
#include "pool/port.h"

/* What is, or is about to be, a branch: each has a port from the first moment to the last. */
struct census {
	const struct app *app;
	const struct branch *newcomer;
	struct string_list seen; /* PROJECT/NAME: one that moves to another port has two for a moment */
	bool thorough;           /* looks at the records too */
	int all, in_project;
	int over, over_in_project; /* of them, whose time is */
};

static void count_branch(struct census *census, const char *project, const char *name, bool same_project)
{
	_cleanup_branch_ struct branch branch = {0};
	if (census->thorough)
		(void)branch_read(&census->app->pool, project, name, &branch, NULL);
	if (branch.reference)
		return;
	bool over = !branch.protected && branch.expires_at > 0 && branch.expires_at <= clock_now();
	census->all++;
	census->in_project += same_project;
	census->over += over;
	census->over_in_project += over && same_project;
}

static void count_one(void *context, int port, const char *project, const char *name)
{
	(void)port;
	struct census *census = context;
	const struct branch *newcomer = census->newcomer;
	bool same_project = string_equal(project, newcomer->project);
	_cleanup_free_ char *subject = string_format("%s/%s", project, name);
	if ((same_project && string_equal(name, newcomer->name)) || string_list_has(&census->seen, subject))
		return;
	string_list_add(&census->seen, subject);
	count_branch(census, project, name, same_project);
}

static bool is_reached(int limit, int count)
{
	return limit > 0 && count >= limit;
}

static int refuse(const struct census *census, bool all, struct error **err)
{
	const struct app *app = census->app;
	const char *project = census->newcomer->project;
	int over = all ? census->over : census->over_in_project;
	if (all)
		error_set(err, ERROR_REFUSED, "the pool allows %d %s (limits.branches in %s/pool.yml), and has %d",
			  app->policy.most_branches, app->policy.most_branches == 1 ? "branch" : "branches",
			  app->pool.path, census->all);
	else
		error_set(err, ERROR_REFUSED,
			  "the pool allows %d %s a project (limits.branches_per_project in %s/pool.yml), and %s has %d",
			  app->policy.most_branches_per_project,
			  app->policy.most_branches_per_project == 1 ? "branch" : "branches", app->pool.path, project,
			  census->in_project);
	_cleanup_free_ char *instead = over > 0 ? string_format("vela gc removes %d of them, whose time is over", over)
						: string_copy("delete some, or see what vela gc removes");
	return rule_hint(app, instead, err);
}

/* Without the records, which takes no time, unless that is too many. */
static int count(const struct app *app, const struct branch *branch, bool thorough, struct error **err)
{
	const struct policy *policy = &app->policy;
	struct census census = {.app = app, .newcomer = branch, .thorough = thorough};
	port_each(&app->pool, count_one, &census);
	string_list_free(&census.seen);
	bool all = is_reached(policy->most_branches, census.all);
	if (!all && !is_reached(policy->most_branches_per_project, census.in_project))
		return 0;
	return thorough ? refuse(&census, all, err) : count(app, branch, true, err);
}

int rule_branches_lock(const struct app *app, struct lock *ret, struct error **err)
{
	if (app->policy.most_branches == 0 && app->policy.most_branches_per_project == 0)
		return 0;
	return lock_acquire(&app->pool, "branches", LOCK_MODE_EXCLUSIVE, LOCK_PATIENCE_MS, app->purpose, ret, err);
}

int rule_branches(const struct app *app, const struct branch *branch, struct lock *ret, struct error **err)
{
	_cleanup_lock_ struct lock lock = LOCK_NONE;
	if (rule_branches_lock(app, &lock, err) < 0 || (!branch->reference && count(app, branch, false, err) < 0))
		return -1;
	*ret = lock;
	lock = LOCK_NONE;
	return 0;
}
