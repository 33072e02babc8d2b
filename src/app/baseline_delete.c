#include "app/baseline.h"
#include "app/trash.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "pool/branch.h"
#include "pool/event.h"
#include "pool/lock.h"

static int check_unused(const struct app *app, const char *name, int revision, struct error **err)
{
	struct branch_list branches;
	if (branch_list(&app->pool, NULL, &branches, err) < 0)
		return -1;
	_cleanup_buffer_ struct buffer users = {0};
	for (size_t i = 0; i < branches.count; i++) {
		const struct branch *branch = &branches.items[i].branch;
		if (branches.items[i].readable && string_equal(branch->baseline, name) &&
		    (revision == 0 || branch->revision == revision))
			buffer_addf(&users, "%s%s/%s", users.length ? ", " : "", branch->project, branch->name);
	}
	branch_list_free(&branches);
	if (users.length == 0)
		return 0;
	error_set(err, ERROR_CONFLICT, "branches stand on it: %s", users.data);
	return error_hint(err, "delete them first");
}

static int remove_revision(const struct app *app, const struct baseline *baseline, struct error **err)
{
	INTERRUPT_DEFER_SCOPE;
	_cleanup_free_ char *subject = string_format("%s@%d", baseline->name, baseline->revision);
	if (trash_directory(app, baseline->directory, baseline->name, err) < 0)
		return -1;
	event_record(&app->pool, &(struct event){"baseline.delete", subject, "asked for"});
	return 0;
}

static int remove_matching(const struct app *app, const char *name, int revision, bool yes, size_t *ret, struct error **err)
{
	struct baseline_list list;
	if (baseline_list(&app->pool, name, &list, NULL, err) < 0)
		return -1;
	int result = 0;
	size_t deleted = 0;
	if (revision == 0 && list.count > 1 && !yes) {
		result = error_set(err, ERROR_USAGE, "baseline %s has %zu revisions", name, list.count);
		error_hint(err, "--yes deletes them all; %s@%d deletes the oldest", name, list.items[0].revision);
	}
	for (size_t i = 0; result == 0 && i < list.count; i++)
		if (revision == 0 || list.items[i].revision == revision) {
			result = remove_revision(app, &list.items[i], err);
			deleted += result == 0;
		}
	baseline_list_free(&list);
	*ret = deleted;
	return result;
}

int baseline_delete(const struct app *app, const char *reference, bool yes, size_t *ret_deleted, struct error **err)
{
	_cleanup_free_ char *name = NULL;
	int revision;
	if (baseline_parse_reference(reference, &name, &revision, err) < 0)
		return -1;
	_cleanup_lock_ struct lock lock = LOCK_NONE;
	_cleanup_free_ char *lock_name = string_format("baseline.%s", name);
	if (lock_acquire(&app->pool, lock_name, LOCK_MODE_EXCLUSIVE, LOCK_PATIENCE_MS, app->purpose, &lock, err) < 0)
		return -1;
	if (check_unused(app, name, revision, err) < 0 || remove_matching(app, name, revision, yes, ret_deleted, err) < 0)
		return error_wrap(err, "cannot delete baseline %s", reference);
	return 0;
}
