#include "evidence/hang.h"

#include "base/quantity.h"
#include "base/text.h"
#include "pg/connection.h"

enum { QUERY_COLUMNS = 160 };

const char hang_hint[] =
	"end that transaction before the migration begins, or do both in one: in production, everybody "
	"else would wait behind this statement";

enum { COLUMN_PID, COLUMN_APPLICATION, COLUMN_STATE, COLUMN_IDLE_MS, COLUMN_QUERY, COLUMN_WAITS };

/* A prepared transaction is process 0. */
static int read_blockers(PGconn *observer, int pid, PGresult **ret, struct error **err)
{
	_cleanup_free_ char *sql =
		string_format("WITH RECURSIVE chain (pid) AS (SELECT %d UNION "
			      "SELECT unnest(pg_blocking_pids(chain.pid)) FROM chain WHERE chain.pid <> 0) "
			      "SELECT c.pid, a.application_name, coalesce(a.state, ''), "
			      "extract(epoch FROM clock_timestamp() - a.state_change) * 1000, a.query, "
			      "coalesce(a.wait_event_type = 'Lock', false) "
			      "FROM chain c LEFT JOIN pg_stat_activity a ON a.pid = c.pid WHERE c.pid <> %d ORDER BY 4 "
			      "DESC NULLS FIRST",
			      pid, pid);
	return pg_execute(observer, sql, ret, err);
}

enum blocker { BLOCKER_WAITS, BLOCKER_IDLE, BLOCKER_WORKS };

static enum blocker judge(const PGresult *blockers, int row, double limit_ms)
{
	if (string_equal(PQgetvalue(blockers, row, COLUMN_PID), "0"))
		return BLOCKER_IDLE;
	const char *state = PQgetvalue(blockers, row, COLUMN_STATE);
	double idle = strtod(PQgetvalue(blockers, row, COLUMN_IDLE_MS), NULL);
	if (string_starts_with(state, "idle in transaction"))
		return idle >= limit_ms ? BLOCKER_IDLE : BLOCKER_WORKS;
	return PQgetvalue(blockers, row, COLUMN_WAITS)[0] == 't' ? BLOCKER_WAITS : BLOCKER_WORKS;
}

/* "a lock on public.orders" */
static int describe_wanted(PGconn *observer, int pid, char **ret, struct error **err)
{
	_cleanup_free_ char *sql = string_format(
		"SELECT l.locktype, quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_locks l "
		"LEFT JOIN pg_class c ON c.oid = l.relation AND l.locktype = 'relation' "
		"LEFT JOIN pg_namespace n ON n.oid = c.relnamespace WHERE l.pid = %d AND NOT l.granted LIMIT 1",
		pid);
	_cleanup_result_ PGresult *result = NULL;
	if (pg_execute(observer, sql, &result, err) < 0)
		return -1;
	const char *type = PQntuples(result) ? PQgetvalue(result, 0, 0) : "";
	if (PQntuples(result) && !PQgetisnull(result, 0, 1))
		*ret = string_format("a lock on %s", PQgetvalue(result, 0, 1));
	else if (string_equal(type, "transactionid") || string_equal(type, "tuple"))
		*ret = string_copy("a row that another transaction has changed");
	else
		*ret = string_copy(string_equal(type, "advisory") ? "an advisory lock" : "a lock");
	return 0;
}

static void add_holder(struct buffer *out, const PGresult *blockers, int row)
{
	const char *pid = PQgetvalue(blockers, row, COLUMN_PID);
	if (string_equal(pid, "0")) {
		buffer_add_text(out, "; a prepared transaction holds it");
		return;
	}
	_cleanup_free_ char *application = text_safe(PQgetvalue(blockers, row, COLUMN_APPLICATION));
	_cleanup_free_ char *query = text_safe(PQgetvalue(blockers, row, COLUMN_QUERY));
	_cleanup_free_ char *shown = text_shorten(query, QUERY_COLUMNS);
	_cleanup_free_ char *idle =
		quantity_format_milliseconds(strtod(PQgetvalue(blockers, row, COLUMN_IDLE_MS), NULL));
	buffer_addf(out, "; process %s%s%s%s holds it and has been idle in a transaction for %s, since: %s", pid,
		    *application ? " (" : "", application, *application ? ")" : "", idle, shown);
}

static int describe(PGconn *observer, int pid, const PGresult *blockers, double limit_ms, char **ret,
		    struct error **err)
{
	_cleanup_free_ char *wanted = NULL;
	if (describe_wanted(observer, pid, &wanted, err) < 0)
		return -1;
	struct buffer out = {0};
	buffer_addf(&out, "waits for %s that nobody will release", wanted);
	for (int row = 0; row < PQntuples(blockers); row++)
		if (judge(blockers, row, limit_ms) == BLOCKER_IDLE)
			add_holder(&out, blockers, row);
	*ret = buffer_steal(&out);
	return 0;
}

int hang_check(struct hang *hang, PGconn *observer, int pid, double now_ms, double limit_ms, char **ret,
	       struct error **err)
{
	_cleanup_result_ PGresult *blockers = NULL;
	if (read_blockers(observer, pid, &blockers, err) < 0)
		return error_wrap(err, "cannot see who waits for whom");
	*ret = NULL;
	bool idle = false, works = false;
	for (int row = 0; row < PQntuples(blockers); row++) {
		enum blocker blocker = judge(blockers, row, limit_ms);
		idle = idle || blocker == BLOCKER_IDLE;
		works = works || blocker == BLOCKER_WORKS;
	}
	bool waited = hang->waits;
	hang->waits = PQntuples(blockers) > 0;
	if (hang->waits && !waited)
		hang->since_ms = now_ms;
	if (!hang->waits || works || !idle || now_ms - hang->since_ms < limit_ms)
		return 0;
	return describe(observer, pid, blockers, limit_ms, ret, err);
}
