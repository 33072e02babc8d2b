#include "app/diff.h"

#include "app/branch.h"
#include "app/instance.h"
#include "app/reference.h"
#include "app/versions.h"
#include "schema/schema.h"
#include "pg/connection.h"

static int read_schema(const struct app *app, const struct branch *branch, struct schema **ret, struct error **err)
{
	_cleanup_connection_ PGconn *connection = NULL;
	if (branch_connect_as_superuser(app, branch, &connection, err) < 0)
		return -1;
	const struct migration_format *format = app_migration_format(app);
	return schema_read(connection, is_version_table, &format, ret, err);
}

static int read_both(const struct app *app, const struct branch *branch, struct schema **before, struct schema **after,
		     struct error **err)
{
	struct reference reference = REFERENCE_NONE;
	int result = reference_open(app, branch, &reference, err);
	if (result == 0 &&
	    (read_schema(app, &reference.branch, before, err) < 0 || read_schema(app, branch, after, err) < 0))
		result = -1;
	struct error *problem = NULL;
	if (reference_close(app, &reference, &problem) < 0 && result == 0)
		return error_pass(err, problem);
	error_free(problem);
	return result;
}

int diff_run(const struct app *app, const char *name, struct schema_difference *ret, struct error **err)
{
	_cleanup_branch_ struct branch branch = {0};
	if (branch_find_running(app, name, &branch, err) < 0)
		return -1;
	struct schema *before = NULL, *after = NULL;
	int result = read_both(app, &branch, &before, &after, err);
	if (result == 0) {
		*ret = (struct schema_difference){
			.branch = string_copy(branch.name),
			.baseline = string_format("%s@%d", branch.baseline, branch.revision),
		};
		schema_compare(before, after, &ret->changes, &ret->count);
	}
	schema_free(before);
	schema_free(after);
	return result;
}

void schema_difference_free(struct schema_difference *difference)
{
	free(difference->branch);
	free(difference->baseline);
	for (size_t i = 0; i < difference->count; i++)
		report_schema_change_clear(&difference->changes[i]);
	free(difference->changes);
	*difference = (struct schema_difference){0};
}
