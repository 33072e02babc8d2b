/* The sessions of a command: what they do, and their end. */
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "migration/command_parts.h"
#include "pg/connection.h"

enum { AWAIT_TICK_MS = 5, AWAIT_MAX_MS = 10000 };

/* The role, and who was there before. */
static const char sessions[] = "FROM pg_stat_activity WHERE usename = %s AND pid <> ALL ('%s'::int4[])";

static int count_sessions(struct command_sampler *sampler, bool terminate, int *ret, struct error **err)
{
	_cleanup_free_ char *from = string_format(sessions, sampler->role, sampler->left_out);
	_cleanup_free_ char *sql =
		string_format("SELECT count(%s) %s", terminate ? "pg_terminate_backend(pid)" : "*", from);
	_cleanup_free_ char *count = NULL;
	if (pg_value(sampler->evidence->observer, sql, &count, err) < 0)
		return -1;
	*ret = (int)strtol(count, NULL, 10);
	return 0;
}

int command_sampler_await_end(struct command_sampler *sampler, double patience_ms, struct error **err)
{
	double began = clock_monotonic_ms(), passed = 0;
	while (passed < AWAIT_MAX_MS) {
		int count;
		if (count_sessions(sampler, passed >= patience_ms, &count, err) < 0)
			return error_wrap(err, "cannot watch the command");
		if (count == 0)
			return 0;
		struct timespec pause = {.tv_nsec = AWAIT_TICK_MS * 1000000};
		(void)nanosleep(&pause, NULL);
		passed = clock_monotonic_ms() - began;
	}
	return error_set(err, ERROR_POSTGRES, "the sessions of the command do not end");
}

char *command_sampler_activity(struct command_sampler *sampler)
{
	_cleanup_free_ char *from = string_format(sessions, sampler->role, sampler->left_out);
	_cleanup_free_ char *sql = string_format(
		"SELECT pid, coalesce(state, ''), extract(epoch FROM clock_timestamp() - query_start), query %s "
		"AND state <> 'idle' ORDER BY query_start LIMIT 3",
		from);
	_cleanup_result_ PGresult *result = NULL;
	struct buffer out = {0};
	if (pg_execute(sampler->evidence->observer, sql, &result, NULL) < 0)
		return NULL;
	for (int row = 0; row < PQntuples(result); row++) {
		_cleanup_free_ char *query = text_safe(PQgetvalue(result, row, 3));
		_cleanup_free_ char *shown = text_shorten(query, COMMAND_QUERY_COLUMNS);
		buffer_addf(&out, "%sprocess %s, %s for %.1f s: %s", row ? "\n" : "", PQgetvalue(result, row, 0),
			    PQgetvalue(result, row, 1), strtod(PQgetvalue(result, row, 2), NULL), shown);
	}
	return out.length ? buffer_steal(&out) : NULL;
}
