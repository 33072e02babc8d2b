#include <poll.h>

#include "app/branch.h"
#include "app/instance.h"
#include "base/clock.h"
#include "base/interrupt.h"
#include "pool/event.h"

static int pause_briefly(struct error **err)
{
	enum { PAUSE_MS = 20 };
	struct pollfd wake = {.fd = interrupt_fd(), .events = POLLIN};
	(void)poll(&wake, 1, PAUSE_MS);
	return interrupt_check(err);
}

static int start_locked(const struct app *app, const char *name, struct branch *branch, struct error **err)
{
	branch_free(branch);
	if (branch_find(app, name, branch, err) < 0 || branch_repair(app, branch, err) < 0 ||
	    branch_start(app, branch, err) < 0)
		return -1;
	_cleanup_free_ char *subject = branch_subject(branch);
	event_record(&app->pool, &(struct event){"branch.start", subject, NULL});
	return 0;
}

/* Who holds the lock may be about to start it, and keep the lock long after: so it is the record that is watched
 * meanwhile. */
int branch_find_running(const struct app *app, const char *name, struct branch *ret, struct error **err)
{
	double deadline = clock_monotonic_ms() + LOCK_PATIENCE_MS;
	for (;;) {
		_cleanup_branch_ struct branch branch = {0};
		_cleanup_lock_ struct lock lock = LOCK_NONE;
		_cleanup_error_ struct error *problem = NULL;
		if (branch_find(app, name, &branch, err) < 0)
			return -1;
		bool ready = branch_is_running(&branch) && !branch.login_pending;
		if (!ready &&
		    branch_lock(&app->pool, app->config.project, name, 0, app->purpose, &lock, &problem) == 0) {
			if (start_locked(app, name, &branch, err) < 0)
				return -1;
			ready = true;
		}
		if (ready) {
			*ret = branch;
			branch = (struct branch){0};
			return 0;
		}
		if (problem->kind != ERROR_CONFLICT || clock_monotonic_ms() >= deadline)
			return error_pass(err, TAKE_POINTER(problem));
		if (pause_briefly(err) < 0)
			return -1;
	}
}
