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
	enum { NAMED = 5 }; /* enough to find the others by */
	size_t count = 0;
	_cleanup_buffer_ struct buffer users = {0};
	for (size_t i = 0; i < branches.count; i++) {
		const struct branch *branch = &branches.items[i].branch;
		if (branches.items[i].readable && string_equal(branch->baseline, name) &&
		    (revision == 0 || branch->revision == revision) && count++ < NAMED)
			buffer_addf(&users, "%s%s/%s", users.length ? ", " : "", branch->project, branch->name);
	}
	branch_list_free(&branches);
	if (count == 0)
		return 0;
	if (count > NAMED)
		buffer_addf(&users, " and %zu more", count - NAMED);
	error_set(err, ERROR_CONFLICT, "branches stand on it: %s", users.data);
	return error_hint(err, "delete them first; vela branch list --all shows what each was made from");
}

int baseline_discard(const struct app *app, const char *name, int revision, const char *reason, struct error **err)
{
	INTERRUPT_DEFER_SCOPE;
	_cleanup_free_ char *number = string_format("%d", revision);
	_cleanup_free_ char *subject = string_format("%s@%s", name, number);
	_cleanup_free_ char *directory = path_join(app->pool.path, "baselines", name, number, NULL);
	if (trash_directory(app, directory, name, err) < 0)
		return -1;
	event_record(&app->pool, &(struct event){"baseline.delete", subject, reason});
	return 0;
}

/* "NAME@REVISION" of each that is there, those with a damaged record too: this is how one gets rid of them. */
static int list_revisions(const struct app *app, const char *name, struct string_list *ret, struct error **err)
{
	struct baseline_list list;
	if (baseline_list(&app->pool, name, &list, ret, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		string_list_addf(ret, "%s@%d", name, list.items[i].revision);
	baseline_list_free(&list);
	return 0;
}

static int remove_matching(const struct app *app, const char *name, int revision, bool yes, size_t *ret,
			   struct error **err)
{
	_cleanup_(string_list_free) struct string_list all = {0};
	_cleanup_free_ char *wanted = string_format("%s@%d", name, revision);
	if (list_revisions(app, name, &all, err) < 0)
		return -1;
	if (revision == 0 && all.count > 1 && !yes) {
		error_set(err, ERROR_USAGE, "baseline %s has %zu revisions", name, all.count);
		return error_hint(err, "--yes deletes them all; or name one of them, as in %s", all.items[0]);
	}
	size_t deleted = 0;
	for (size_t i = 0; i < all.count; i++) {
		if (revision != 0 && !string_equal(all.items[i], wanted))
			continue;
		if (baseline_discard(app, name, (int)strtol(strrchr(all.items[i], '@') + 1, NULL, 10), "asked for",
				     err) < 0)
			return -1;
		deleted++;
	}
	*ret = deleted;
	return 0;
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
	if (check_unused(app, name, revision, err) < 0 ||
	    remove_matching(app, name, revision, yes, ret_deleted, err) < 0)
		return error_wrap(err, "cannot delete baseline %s", reference);
	return 0;
}
