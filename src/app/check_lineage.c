#include "app/branch.h"
#include "app/check_migrations.h"
#include "app/check_run.h"
#include "base/text.h"
#include "git/ancestry.h"
#include "git/repository.h"

/* "applied migration db/1.sql has changed"; owned, NULL if it is what it was. */
static int compare_file(const struct check *check, const struct lineage_migration *applied, char **ret,
			struct error **err)
{
	_cleanup_free_ char *digest = NULL;
	struct error *problem = NULL;
	if (migration_digest(check->app->config.directory, applied->file, &digest, &problem) < 0) {
		if (problem->kind != ERROR_NOT_FOUND)
			return error_pass(err, problem);
		error_free(problem);
	}
	if (!string_equal(digest, applied->digest))
		*ret = string_format("%s migration %s %s", applied->half ? "half-applied" : "applied", applied->file,
				     digest ? "has changed" : "is gone");
	return 0;
}

static int compare_files(const struct check *check, struct string_list *ret, struct error **err)
{
	for (size_t i = 0; i < check->lineage.count; i++) {
		char *difference = NULL;
		if (compare_file(check, &check->lineage.migrations[i], &difference, err) < 0)
			return -1;
		if (difference)
			string_list_take(ret, difference);
	}
	return 0;
}

/* What of a rebase or a force-push concerns this branch. */
static int look_back(struct check *check, const struct branch_context *context, struct error **err)
{
	struct report_lineage *told = &check->report->lineage;
	_cleanup_(string_list_free) struct string_list differences = {0};
	enum git_ancestry ancestry;
	if (lineage_read(&check->branch, &check->lineage, err) < 0)
		return -1;
	const char *built_from = check->lineage.commit ? check->lineage.commit : check->branch.git_commit;
	if (git_ancestry_read(check->app->config.directory, context->git_commit, built_from, &ancestry, &check->commit,
			      NULL) < 0) { /* that it cannot be read says whoever needs it */
		ancestry = GIT_ANCESTRY_UNKNOWN;
		check->commit = string_copy(context->git_commit);
	}
	if (compare_files(check, &differences, err) < 0)
		return -1;
	bool created = check->report->branch_created;
	told->commit = string_copy(created ? check->commit : built_from);
	told->is_known = created || ancestry != GIT_ANCESTRY_UNKNOWN;
	told->is_rebased = ancestry == GIT_ANCESTRY_NO;
	told->differences = string_list_steal(&differences);
	return 0;
}

/* "applied migration db/1.sql has changed, and 2 more": hostile. Owned. */
static char *summarise(char *const *differences)
{
	size_t count = 0;
	while (differences[count])
		count++;
	_cleanup_free_ char *safe = text_safe(differences[0]);
	return count > 1 ? string_format("%s, and %zu more", safe, count - 1) : TAKE_POINTER(safe);
}

static int refuse_changed(const struct check *check, const char *what, struct error **err)
{
	const char *name = check->branch.name;
	error_set(err, ERROR_CONFLICT, "%s since branch %s was built", what, name);
	return error_hint(err, "vela branch reset %s makes it a fresh clone; vela check does so by itself", name);
}

/* A child has what its parent had: that is no help where it is the parent's migrations that have changed. */
static int refuse_parent(const struct check *check, struct error **err)
{
	_cleanup_(string_list_free) struct string_list differences = {0};
	if (compare_files(check, &differences, err) < 0)
		return -1;
	if (differences.count == 0)
		return 0;
	_cleanup_free_ char *what = summarise(differences.items);
	const char *parent = check->branch.parent;
	error_set(err, ERROR_CONFLICT, "%s since %s, the parent of branch %s, was built", what,
		  parent ? parent : "the baseline", check->branch.name);
	return error_hint(err, "make the parent anew, then this one: vela branch reset");
}

/* What is checked out says nothing about a branch that follows another git branch of this clone. */
static int refuse_others(const struct check *check, const char *what, struct error **err)
{
	_cleanup_(repository_head_free) struct repository_head head = {0};
	const struct branch *branch = &check->branch;
	int found = 0;
	if (!branch->git_directory || !branch->git_branch ||
	    repository_head_read(check->app->config.directory, &head, &found, NULL) < 0 || !found ||
	    !string_equal(head.git_directory, branch->git_directory) || !head.branch ||
	    string_equal(head.branch, branch->git_branch))
		return 0;
	error_set(err, ERROR_CONFLICT,
		  "%s since branch %s was built, which follows the git branch %s; %s is checked out", what,
		  branch->name, branch->git_branch, head.branch);
	return error_hint(err, "check out %s, or make the branch a fresh clone: vela branch reset %s",
			  branch->git_branch, branch->name);
}

/* Its port and its password stay, so that who uses it finds it again. */
static int rebuild(struct check *check, const struct branch_context *context, const char *reason, struct error **err)
{
	if (refuse_others(check, reason, err) < 0)
		return -1;
	progress_update(check->app->progress, "making the branch anew", 0, 0);
	if (branch_reset_locked(check->app, &check->branch, reason, err) < 0)
		return error_wrap(err, "%s", reason);
	check->report->lineage.is_rebuilt = true;
	lineage_free(&check->lineage);
	if (lineage_read(&check->branch, &check->lineage, err) < 0 || refuse_parent(check, err) < 0)
		return -1;
	if (!context->git_commit)
		return 0;
	string_replace(&check->branch.git_commit, string_copy(context->git_commit));
	return branch_write(&check->branch, FILE_VOLATILE, err);
}

int check_lineage_open(struct check *check, const struct branch_context *context, struct error **err)
{
	if (!(check->request->steps & CHECK_MIGRATIONS))
		return 0;
	if (look_back(check, context, err) < 0)
		return -1;
	if (check->report->lineage.is_rebased && check_has_command(check))
		string_list_add(&check->report->blind,
				"whether the rebase changed what the command had applied to the branch before");
	if (!check->report->lineage.differences)
		return 0;
	_cleanup_free_ char *what = summarise(check->report->lineage.differences);
	return check->request->steps & CHECK_BRANCH ? rebuild(check, context, what, err)
						    : refuse_changed(check, what, err);
}

void check_lineage_mark_applied(struct check *check)
{
	for (size_t i = 0; i < check->set.count; i++) {
		const struct lineage_migration *known = lineage_find(&check->lineage, check->set.items[i].file);
		if (known && !known->half)
			check->set.items[i].applied = true;
	}
}

int check_lineage_plan(struct check *check, struct error **err)
{
	for (size_t i = 0; i < check->set.count; i++) {
		_cleanup_free_ char *digest = NULL;
		const struct migration *migration = &check->set.items[i];
		if (migration->applied)
			continue;
		if (migration_digest(check->app->config.directory, migration->file, &digest, err) < 0)
			return -1;
		lineage_add(&check->planned, migration->file, digest, false);
	}
	return 0;
}

/* The evidence knows: the hazard is that it cannot be run again. */
static bool is_half_applied(const struct report *report, size_t migration)
{
	for (size_t i = 0; i < report->hazard_count; i++)
		if (report->hazards[i].migration == migration && string_equal(report->hazards[i].id, "not-repeatable"))
			return true;
	return false;
}

int check_lineage_record(struct check *check, struct error **err)
{
	const struct report *report = check->report;
	for (size_t i = 0; i < check->planned.count && i < report->migration_count; i++) {
		const struct lineage_migration *planned = &check->planned.migrations[i];
		bool passed = report->migrations[i].outcome == OUTCOME_PASSED;
		bool half = !passed && is_half_applied(report, i);
		bool counts = text_is_printable(planned->file) && !check_planned_migration(check, i)->repeatable;
		if ((passed || half) && counts)
			lineage_add(&check->lineage, planned->file, planned->digest, half);
	}
	if (check->lineage.count == 0 || !(check->request->steps & CHECK_MIGRATIONS))
		return 0;
	string_replace(&check->lineage.commit, string_copy(check->commit));
	return lineage_write(&check->branch, &check->lineage, err);
}
