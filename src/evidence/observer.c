#include "evidence/observer.h"

#include <inttypes.h>

#include "base/memory.h"
#include "base/template.h"
#include "pg/connection.h"

/* A database's own defaults are in force before these. */
static const char session[] =
	"SET search_path = pg_catalog; SET statement_timeout = 0; SET lock_timeout = '1s'; SET quote_all_identifiers = "
	"off; "
	"SET client_min_messages = error; SET default_transaction_isolation = 'read committed'; "
	"SET default_transaction_read_only = off; SET plan_cache_mode = force_generic_plan; SET jit = off; "
	"SET max_parallel_workers_per_gather = 0; SET log_temp_files = -1";

/* After a long migration the rows are hundreds, each of which costs: few of them are put into words. */
static const char prepare_look[] =
	"PREPARE vela_look (int4, oid) AS "
	"SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0'), "
	"string_agg(relation || ' ' || mode, ' ') FILTER (WHERE pid = $1 AND relation <= $2), "
	"coalesce(bool_or(transactionid IS NOT NULL AND pid <> $1), false), "
	"coalesce(bool_or(relation > $2 AND pid = $1 "
	"AND mode IN ('AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock')), false) "
	"FROM pg_locks WHERE granted AND pid <> pg_backend_pid() "
	"AND (relation >= 16384 AND locktype = 'relation' OR transactionid IS NOT NULL)";

int observer_prepare(PGconn *observer, struct error **err)
{
	struct template_value values[] = {
		{"size", "(pg_stat_file(pg_relation_filepath(c.oid), true)).size"},
		{"definition", "NULL"},
		{NULL, NULL},
	};
	_cleanup_free_ char *states = template_fill("sql/watch_state.sql", values);
	_cleanup_free_ char *prepare_states = string_format("DEALLOCATE ALL; PREPARE vela_state (oid[]) AS %s %s",
							    states, template_text("sql/watch_sizes.sql"));
	const char *const steps[] = {session, prepare_states, prepare_look, "SET statement_timeout = '60s'"};
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		if (pg_execute(observer, steps[i], NULL, err) < 0)
			return error_wrap(err, "cannot watch the migrations");
	return 0;
}

int observer_checkpoint(PGconn *observer, struct error **err)
{
	return pg_execute(observer, "CHECKPOINT", NULL, err);
}

int observer_registry(PGconn *observer, struct registry *ret, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	if (pg_execute(observer, template_text("sql/watch_relations.sql"), &result, err) < 0)
		return -1;
	registry_read(ret, result);
	return 0;
}

static int read_number(PGconn *observer, const char *sql, uint64_t *ret, struct error **err)
{
	_cleanup_free_ char *value = NULL;
	if (pg_value(observer, sql, &value, err) < 0)
		return -1;
	*ret = value ? strtoull(value, NULL, 10) : 0;
	return 0;
}

int observer_database_size(PGconn *observer, uint64_t *ret, struct error **err)
{
	return read_number(observer, "SELECT pg_database_size(oid) FROM pg_database WHERE datname = current_database()",
			   ret, err);
}

/* --- locks --- */

void look_free(struct look *look)
{
	free(look->locks);
	*look = (struct look){0};
}

int held_lock_order(const void *a, const void *b)
{
	const struct held_lock *left = a;
	const struct held_lock *right = b;
	if (left->relation != right->relation)
		return left->relation < right->relation ? -1 : 1;
	return (int)left->mode - (int)right->mode;
}

void look_sort(struct look *look)
{
	size_t kept = 0;
	if (look->lock_count == 0)
		return;
	qsort(look->locks, look->lock_count, sizeof(*look->locks), held_lock_order);
	for (size_t i = 1; i < look->lock_count; i++)
		if (held_lock_order(&look->locks[kept], &look->locks[i]) != 0)
			look->locks[++kept] = look->locks[i];
	look->lock_count = kept + 1;
}

void look_add(struct look *look, struct held_lock lock)
{
	look->locks = memory_resize(look->locks, look->lock_count + 1, sizeof(*look->locks));
	look->locks[look->lock_count++] = lock;
}

void look_read(struct look *look, const char *text)
{
	while (*text) {
		char *end;
		uint32_t relation = (uint32_t)strtoul(text, &end, 10);
		size_t length = strcspn(end + 1, " ");
		_cleanup_free_ char *mode = string_copy_n(end + 1, length);
		look_add(look, (struct held_lock){relation, table_lock_find(mode)});
		text = end + 1 + length;
		text += *text == ' ';
	}
}

int observer_look(PGconn *observer, int pid, uint32_t newest, struct look *ret, struct error **err)
{
	_cleanup_free_ char *sql = string_format("EXECUTE vela_look(%d, %" PRIu32 ")", pid, newest);
	_cleanup_result_ PGresult *result = NULL;
	if (pg_execute(observer, sql, &result, err) < 0)
		return error_wrap(err, "cannot watch the migrations");
	*ret = (struct look){.lsn = (uint64_t)result_number(result, 0, 0),
			     .others_write = PQgetvalue(result, 0, 2)[0] == 't',
			     .defines_newer = PQgetvalue(result, 0, 3)[0] == 't'};
	look_read(ret, PQgetvalue(result, 0, 1));
	look_sort(ret);
	return 0;
}

/* --- the catalogue --- */

int observer_states(PGconn *observer, const struct oid_list *relations, struct relation_states *ret, struct error **err)
{
	_cleanup_free_ char *list = oid_list_text(relations);
	_cleanup_free_ char *sql = string_format("EXECUTE vela_state('%s')", list);
	_cleanup_result_ PGresult *result = NULL;
	if (pg_execute(observer, sql, &result, err) < 0)
		return error_wrap(err, "cannot watch the migrations");
	relation_states_read(result, ret);
	return 0;
}

int observer_moment(PGconn *observer, struct moment *ret, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	if (pg_execute(observer,
		       "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0'), "
		       "pg_snapshot_xmax(pg_current_snapshot())::text::numeric % 4294967296",
		       &result, err) < 0)
		return error_wrap(err, "cannot watch the migrations");
	*ret = (struct moment){.lsn = (uint64_t)result_number(result, 0, 0), .transaction = result_oid(result, 0, 1)};
	return 0;
}

int observer_changed(PGconn *observer, uint32_t transaction, struct oid_list *ret, struct error **err)
{
	_cleanup_free_ char *sql = string_format(
		"SELECT DISTINCT relation FROM (SELECT oid AS relation, xmin FROM pg_class "
		"UNION ALL SELECT indrelid, xmin FROM pg_index UNION ALL SELECT attrelid, xmin FROM pg_attribute "
		"UNION ALL SELECT conrelid, xmin FROM pg_constraint) changed "
		"WHERE age(xmin) <= age('%" PRIu32 "'::xid) AND relation >= 16384",
		transaction);
	_cleanup_result_ PGresult *result = NULL;
	if (pg_execute(observer, sql, &result, err) < 0)
		return error_wrap(err, "cannot watch the migrations");
	for (int row = 0; row < PQntuples(result); row++)
		oid_list_add(ret, result_oid(result, row, 0));
	return 0;
}

int observer_gone(PGconn *observer, const struct oid_list *relations, struct oid_list *ret, struct error **err)
{
	_cleanup_free_ char *list = oid_list_text(relations);
	_cleanup_free_ char *sql = string_format("SELECT x.oid FROM unnest('%s'::oid[]) x (oid) WHERE NOT EXISTS "
						 "(SELECT FROM pg_class c WHERE c.oid = x.oid)",
						 list);
	_cleanup_result_ PGresult *result = NULL;
	if (pg_execute(observer, sql, &result, err) < 0)
		return error_wrap(err, "cannot watch the migrations");
	for (int row = 0; row < PQntuples(result); row++)
		oid_list_add(ret, result_oid(result, row, 0));
	return 0;
}

int observer_statistics(PGconn *observer, PGresult **ret, struct error **err)
{
	if (pg_execute(observer,
		       "SELECT starelid, staattnum, stanullfrac, stawidth FROM pg_statistic "
		       "WHERE NOT stainherit AND starelid >= 16384",
		       ret, err) < 0)
		return error_wrap(err, "cannot watch the migrations");
	return 0;
}

int observer_column(PGconn *observer, uint32_t relation, int number, struct column_statistics *ret, struct error **err)
{
	_cleanup_free_ char *sql =
		string_format("SELECT stanullfrac, stawidth FROM pg_statistic WHERE starelid = %" PRIu32
			      " AND staattnum = %d ORDER BY stainherit LIMIT 1",
			      relation, number);
	_cleanup_result_ PGresult *result = NULL;
	if (pg_execute(observer, sql, &result, err) < 0)
		return error_wrap(err, "cannot watch the migrations");
	*ret = (struct column_statistics){0};
	if (PQntuples(result) == 1)
		*ret = (struct column_statistics){.found = true,
						  .null_fraction = strtod(PQgetvalue(result, 0, 0), NULL),
						  .width = (int)result_number(result, 0, 1)};
	return 0;
}

int observer_newest_foreign_key(PGconn *observer, uint32_t *ret, struct error **err)
{
	uint64_t newest;
	if (read_number(observer, "SELECT max(oid::text::bigint) FROM pg_constraint WHERE contype = 'f'", &newest,
			err) < 0)
		return -1;
	*ret = (uint32_t)newest;
	return 0;
}

/* Those of partitions are their parents'. */
int observer_unindexed(PGconn *observer, uint32_t since, PGresult **ret, struct error **err)
{
	_cleanup_free_ char *sql = string_format(
		"SELECT k.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname), quote_ident(k.conname), "
		"(SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY x.place) "
		"FROM unnest(k.conkey) WITH ORDINALITY x (number, place) "
		"JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.number), "
		"CASE WHEN c.reltuples > 0 THEN c.reltuples::bigint WHEN f.size = 0 THEN 0 "
		"ELSE coalesce(nullif(pg_stat_get_live_tuples(c.oid), 0), -1) END, f.size "
		"FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid "
		"JOIN pg_namespace n ON n.oid = c.relnamespace "
		"LEFT JOIN LATERAL pg_stat_file(pg_relation_filepath(c.oid), true) f ON true "
		"WHERE k.contype = 'f' AND k.conparentid = 0 AND k.oid > %" PRIu32 " AND NOT EXISTS ("
		"SELECT FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam "
		"WHERE i.indrelid = k.conrelid AND i.indisvalid AND i.indpred IS NULL "
		"AND m.amname IN ('btree', 'hash') AND i.indnkeyatts >= cardinality(k.conkey) "
		"AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey) ORDER BY k.oid",
		since);
	if (pg_execute(observer, sql, ret, err) < 0)
		return error_wrap(err, "cannot watch the migrations");
	return 0;
}

int observer_invalid_indexes(PGconn *observer, struct string_list *ret, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	if (pg_execute(observer,
		       "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_index i "
		       "JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
		       "WHERE NOT i.indisvalid",
		       &result, err) < 0)
		return error_wrap(err, "cannot watch the migrations");
	for (int row = 0; row < PQntuples(result); row++)
		string_list_add(ret, PQgetvalue(result, row, 0));
	return 0;
}
