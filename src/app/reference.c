#include "app/reference.h"

#include "app/branch.h"
#include "base/interrupt.h"
#include "base/name.h"
#include "base/random.h"

/* No git branch gets such a name by accident, and a reader of `branch list` sees what it is. Owned. */
static char *make_name(const struct branch *of)
{
	enum { ROOM = 40 };
	return string_format("before-%08x-%.*s", random_number(), ROOM, of->name);
}

static int create(const struct app *app, const struct branch *of, const char *name, struct branch *ret,
		  struct error **err)
{
	_cleanup_free_ char *baseline = string_format("%s@%d", of->baseline, of->revision);
	_cleanup_context_ struct branch_context context = {.name = string_copy(name), .title = string_copy(name)};
	struct branch_request request = {.baseline = baseline, .temporary = true, .reference = true};
	bool created;
	return branch_create_locked(app, &context, &request, ret, &created, err);
}

int reference_open(const struct app *app, const struct branch *of, struct reference *reference, struct error **err)
{
	if (reference->branch.name)
		return 0;
	_cleanup_free_ char *long_name = make_name(of);
	_cleanup_free_ char *name = NULL;
	if (name_from_text(long_name, "branch", &name, err) < 0 ||
	    branch_lock(&app->pool, of->project, name, 0, app->purpose, &reference->lock, err) < 0)
		return -1;
	if (create(app, of, name, &reference->branch, err) == 0)
		return 0;
	lock_retire(&reference->lock);
	return error_wrap(err, "cannot clone the baseline to compare with");
}

int reference_close(const struct app *app, struct reference *reference, struct error **err)
{
	if (!reference->branch.name)
		return 0;
	INTERRUPT_DEFER_SCOPE;
	int result = branch_discard(app, reference->branch.project, reference->branch.name, "compared", err);
	if (result == 0)
		lock_retire(&reference->lock);
	else
		lock_release(&reference->lock);
	branch_free(&reference->branch);
	reference->branch = (struct branch){0};
	return result;
}
