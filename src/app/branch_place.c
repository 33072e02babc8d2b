#include "app/branch_place.h"

#include "app/branch.h"
#include "app/rule.h"
#include "base/file.h"
#include "pg/connection.h"
#include "pool/port.h"

int branch_reserve_port(const struct app *app, const struct branch *branch, int *ret, struct error **err)
{
	return port_reserve(&app->pool, app->policy.first_port, app->policy.last_port, branch->project, branch->name,
			    ret, err);
}

/* All that the others need to see that there is a branch. */
static int lay_out(const struct app *app, struct branch *branch, struct error **err)
{
	_cleanup_free_ char *password = pg_random_password();
	_cleanup_free_ char *parent_directory = path_parent(branch->directory);
	if (branch_reserve_port(app, branch, &branch->port, err) < 0 ||
	    directory_create(parent_directory, 0700, err) < 0 || directory_create(branch->directory, 0700, err) < 0 ||
	    branch_password_write(branch, password, err) < 0)
		return -1;
	return branch_write(branch, FILE_VOLATILE, err);
}

int branch_place(const struct app *app, struct branch *branch, struct error **err)
{
	_cleanup_lock_ struct lock branches = LOCK_NONE;
	return rule_branches(app, branch, &branches, err) < 0 ? -1 : lay_out(app, branch, err);
}

/* A second port for it, which keeps its place among the branches that the pool allows while it has no other. */
static int keep_place(const struct app *app, const struct branch *branch, int *ret_port, struct error **err)
{
	_cleanup_lock_ struct lock branches = LOCK_NONE;
	if (rule_branches_lock(app, &branches, err) < 0)
		return -1;
	return branches.fd < 0 ? 0 : branch_reserve_port(app, branch, ret_port, err);
}

static int take_place(const struct app *app, struct branch *branch, int place, struct error **err)
{
	_cleanup_lock_ struct lock branches = LOCK_NONE;
	if (rule_branches_lock(app, &branches, err) < 0 || lay_out(app, branch, err) < 0)
		return -1;
	port_release(&app->pool, place, branch->project, branch->name);
	return 0;
}

int branch_place_anew(const struct app *app, struct branch *branch, bool *ret_gone, struct error **err)
{
	int place = 0;
	if (keep_place(app, branch, &place, err) < 0)
		return -1;
	int result = branch_discard(app, branch->project, branch->name, "made anew", err);
	*ret_gone = result == 0;
	if (result == 0)
		result = take_place(app, branch, place, err);
	if (result < 0)
		port_release(&app->pool, place, branch->project, branch->name);
	return result;
}
