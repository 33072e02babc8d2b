#include "base/identity.h"
#include "base/text.h"
#include "migration/format_row.h"
#include "sql/tree.h"
#include "pg/connection.h"

/* What the database has recorded, held against the files. */

enum { /* columns of the query */
       COLUMN_VERSION,
       COLUMN_DESCRIPTION,
       COLUMN_CHECKSUM,
       COLUMN_FAILED,
       COLUMN_OURS,
       COLUMN_BASELINE,
};

struct comparison {
	const char *repository;
	struct migration_set *set;
	const PGresult *rows;
	struct migration **sorted; /* by version, without what is repeatable */
	size_t sorted_count;
	const char *last_applied; /* version; borrowed from the rows; NULL */
	struct string_list failed, edited, missing, earlier;
	struct error **err;
};

static void comparison_free(struct comparison *comparison)
{
	free(comparison->sorted);
	string_list_free(&comparison->failed);
	string_list_free(&comparison->edited);
	string_list_free(&comparison->missing);
	string_list_free(&comparison->earlier);
}

/* Where the tool's table is, or would be made; *ret_exists says which. */
static int find_table(PGconn *connection, struct migration_set *set, bool *ret_exists, struct error **err)
{
	const struct format_history *history = set->format->history;
	_cleanup_free_ char *name =
		history->schema ? string_format("%s.%s", history->schema, history->table) : string_copy(history->table);
	_cleanup_free_ char *sql =
		string_format("SELECT coalesce((SELECT '+' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) "
			      "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
			      "WHERE c.oid = pg_catalog.to_regclass('%s')), "
			      "'-' || quote_ident(coalesce(%s%s%s, current_schema(), 'public')) || '.%s')",
			      name, history->schema ? "'" : "", history->schema ? history->schema : "NULL",
			      history->schema ? "'" : "", history->table);
	_cleanup_free_ char *found = NULL;
	if (pg_value(connection, sql, &found, err) < 0)
		return -1;
	*ret_exists = *found == '+';
	string_replace(&set->version_table, string_copy(found + 1));
	return 0;
}

static int read_rows(PGconn *connection, const struct migration_set *set, PGresult **ret, struct error **err)
{
	const struct format_history *history = set->format->history;
	_cleanup_free_ char *sql = string_format(
		"SELECT h.version, h.description, h.checksum, h.failed, h.ours, h.baseline FROM (SELECT %s AS version, "
		"%s AS description, %s AS checksum, %s AS failed, %s AS ours, %s AS baseline, %s AS counts, "
		"row_number() OVER (PARTITION BY %s ORDER BY %s DESC) AS place FROM %s) AS h "
		"WHERE h.place = 1 AND h.counts ORDER BY h.version, h.description",
		history->version, history->description ? history->description : "NULL::text",
		history->checksum ? history->checksum : "NULL::text", history->failed ? history->failed : "false",
		history->ours ? history->ours : "true", history->baseline ? history->baseline : "false",
		history->counts ? history->counts : "true", history->key,
		history->order ? history->order : history->key, set->version_table);
	if (pg_execute(connection, sql, ret, err) < 0)
		return error_wrap(err, "cannot read %s, in which %s records what it has applied", set->version_table,
				  set->format->name);
	return 0;
}

static const char *value(const struct comparison *comparison, int row, int column)
{
	return PQgetisnull(comparison->rows, row, column) ? NULL : PQgetvalue(comparison->rows, row, column);
}

static bool is_true(const struct comparison *comparison, int row, int column)
{
	return string_equal(value(comparison, row, column), "t");
}

static int compare_versions(const void *a, const void *b, void *context)
{
	const struct migration_format *const *format = context;
	return (*format)->compare_versions((*(struct migration *const *)a)->version,
					   (*(struct migration *const *)b)->version);
}

static void sort_by_version(struct comparison *comparison)
{
	struct migration_set *set = comparison->set;
	comparison->sorted = memory_allocate(set->count * sizeof(*comparison->sorted));
	for (size_t i = 0; i < set->count; i++)
		if (!set->items[i].repeatable)
			comparison->sorted[comparison->sorted_count++] = &set->items[i];
	if (comparison->sorted_count > 1)
		qsort_r(comparison->sorted, comparison->sorted_count, sizeof(*comparison->sorted), compare_versions,
			&set->format);
}

static struct migration *find_version(const struct comparison *comparison, const char *version)
{
	size_t low = 0, high = comparison->sorted_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = comparison->set->format->compare_versions(comparison->sorted[middle]->version, version);
		if (order == 0)
			return comparison->sorted[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static struct migration *find_repeatable(const struct comparison *comparison, const char *description)
{
	struct migration_set *set = comparison->set;
	for (size_t i = 0; i < set->count; i++)
		if (set->items[i].repeatable && string_equal(set->items[i].description, description))
			return &set->items[i];
	return NULL;
}

static int is_as_recorded(const struct comparison *comparison, const struct migration *migration, const char *recorded,
			  bool *ret)
{
	*ret = true;
	if (!recorded)
		return 0;
	if (migration->checksum) {
		*ret = string_equal(migration->checksum, recorded);
		return 0;
	}
	if (!comparison->set->format->checksum)
		return 0;
	_cleanup_buffer_ struct buffer text = {0};
	if (tree_read(comparison->repository, migration->file, MIGRATION_FILE_MAX, &text, comparison->err) < 0)
		return -1;
	*ret = format_checksum_matches(comparison->set->format, &text, recorded);
	return 0;
}

static bool is_future(const struct comparison *comparison, const char *version)
{
	if (comparison->sorted_count == 0)
		return true;
	const struct migration *last = comparison->sorted[comparison->sorted_count - 1];
	return comparison->set->format->compare_versions(version, last->version) > 0;
}

static void note_missing(struct comparison *comparison, int row, const char *version)
{
	const struct format_history *history = comparison->set->format->history;
	if (!history->minds_missing || !is_true(comparison, row, COLUMN_OURS))
		return;
	if (version && history->ignores_future && is_future(comparison, version))
		return;
	string_list_add(&comparison->missing, version ? version : value(comparison, row, COLUMN_DESCRIPTION));
}

static void apply_baseline(struct comparison *comparison, const char *version)
{
	for (size_t i = 0; i < comparison->sorted_count; i++)
		if (comparison->set->format->compare_versions(comparison->sorted[i]->version, version) <= 0)
			comparison->sorted[i]->applied = true;
}

static int take_row(struct comparison *comparison, int row)
{
	const char *version = value(comparison, row, COLUMN_VERSION);
	const char *description = value(comparison, row, COLUMN_DESCRIPTION);
	if (is_true(comparison, row, COLUMN_FAILED)) {
		string_list_add(&comparison->failed, version ? version : description);
		return 0;
	}
	if (version && (!comparison->last_applied ||
			comparison->set->format->compare_versions(version, comparison->last_applied) > 0))
		comparison->last_applied = version;
	if (version && is_true(comparison, row, COLUMN_BASELINE))
		apply_baseline(comparison, version);
	struct migration *migration =
		version ? find_version(comparison, version) : find_repeatable(comparison, description);
	if (!migration) {
		note_missing(comparison, row, version);
		return 0;
	}
	bool same;
	const char *recorded = value(comparison, row, COLUMN_CHECKSUM);
	if (is_as_recorded(comparison, migration, recorded, &same) < 0)
		return -1;
	if (!same && !migration->repeatable)
		string_list_add(&comparison->edited, migration->file);
	migration->applied = same || !migration->repeatable;
	return 0;
}

static void find_earlier(struct comparison *comparison)
{
	const struct migration_format *format = comparison->set->format;
	if (!format->history->refuses_earlier || !comparison->last_applied)
		return;
	for (size_t i = 0; i < comparison->sorted_count; i++)
		if (!comparison->sorted[i]->applied &&
		    format->compare_versions(comparison->sorted[i]->version, comparison->last_applied) < 0)
			string_list_add(&comparison->earlier, comparison->sorted[i]->file);
}

static int conclude(const struct comparison *comparison)
{
	const struct migration_format *format = comparison->set->format;
	struct error **err = comparison->err;
	_cleanup_free_ char *failed = format_join_names(&comparison->failed);
	_cleanup_free_ char *edited = format_join_names(&comparison->edited);
	_cleanup_free_ char *missing = format_join_names(&comparison->missing);
	_cleanup_free_ char *earlier = format_join_names(&comparison->earlier);
	if (*failed) {
		error_set(err, ERROR_CONFLICT, "%s has %s recorded as failed or half applied", format->name, failed);
		return error_hint(err, "%s", format->history->failed_remedy);
	}
	if (*edited) {
		error_set(err, ERROR_CONFLICT, "%s: applied already, and edited since", edited);
		return error_hint(err, "restore what was applied and write a new migration");
	}
	if (*missing) {
		error_set(err, ERROR_CONFLICT, "%s has %s recorded as applied, and there is no file of it in %s",
			  format->name, missing, comparison->set->directory);
		return error_hint(err, "restore the file, or merge the branch that it came from");
	}
	if (*earlier) {
		_cleanup_free_ char *last = text_safe(comparison->last_applied);
		error_set(err, ERROR_CONFLICT, "%s: not applied, and before %s, which is applied: %s refuses it",
			  earlier, last, format->name);
		return error_hint(err, "give it a version after the last applied one");
	}
	return 0;
}

int migration_mark_applied(PGconn *connection, const char *repository, struct migration_set *set, struct error **err)
{
	for (size_t i = 0; i < set->count; i++)
		set->items[i].applied = false;
	bool exists;
	if (!set->format->history)
		return 0;
	if (find_table(connection, set, &exists, err) < 0)
		return -1;
	_cleanup_result_ PGresult *rows = NULL;
	if (!exists)
		return 0;
	if (read_rows(connection, set, &rows, err) < 0)
		return -1;
	IDENTITY_CALLER_SCOPE;
	_cleanup_(comparison_free) struct comparison comparison = {
		.repository = repository, .set = set, .rows = rows, .err = err};
	sort_by_version(&comparison);
	for (int row = 0; row < PQntuples(rows); row++)
		if (take_row(&comparison, row) < 0)
			return -1;
	find_earlier(&comparison);
	return conclude(&comparison);
}
