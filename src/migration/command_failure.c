/* Why the command failed: what the server said to it, if that is the reason, else how it ended. */
#include "migration/command_parts.h"
#include "sql/query.h"
#include "sql/scanner.h"

enum { SOURCE_LINE_MAX = 1000, FIRST_WORDS = 200 };

static const char time_limit[] = "cancelled: the time limit of this run was reached";

/* Tools try things that may fail, too: it counts if the tool tells of it, or if its session did nothing more. */
static bool is_reason(const struct command_trace *trace, const char *said)
{
	const char *message = trace->error.pid ? trace->error.fields[LOG_MESSAGE] : NULL;
	if (!message)
		return false;
	size_t length = strcspn(message, "\n");
	const char *position = strstr(message, " at character ");
	if (position && (size_t)(position - message) < length)
		length = (size_t)(position - message);
	if (length > FIRST_WORDS)
		length = FIRST_WORDS;
	_cleanup_free_ char *words = string_copy_n(message, length);
	return trace->error_is_last || (said && strstr(said, words));
}

/* "… at character 12": its line of the statement. */
static void add_place(struct report_failure *failure, const char *sql)
{
	static const char words[] = " at character ";
	char *found = NULL;
	for (char *at = failure->message; (at = strstr(at, words)); at++)
		found = at;
	if (!found)
		return;
	long character = strtol(found + strlen(words), NULL, 10);
	*found = '\0';
	if (!sql || character < 1)
		return;
	size_t length = strlen(sql);
	size_t offset = sql_offset_of_character(sql, 0, length, character);
	struct sql_place place = sql_place_of(sql, length, offset);
	if (place.line_length > SOURCE_LINE_MAX)
		return;
	failure->source_line = string_copy_n(sql + place.line_start, place.line_length);
	failure->column = place.column;
	failure->has_caret = true;
}

static char *without_secret(const struct command_trace *trace, const char *text)
{
	return command_blank(text, trace->secret);
}

static struct report_failure *failure_of_error(const struct command_trace *trace)
{
	char *const *fields = trace->error.fields;
	struct report_failure *failure = memory_allocate(sizeof(*failure));
	*failure = (struct report_failure){
		.message = without_secret(trace, fields[LOG_MESSAGE]),
		.sqlstate = *trace->error.sqlstate ? string_copy(trace->error.sqlstate) : NULL,
		.detail = without_secret(trace, fields[LOG_DETAIL]),
		.hint = without_secret(trace, fields[LOG_HINT]),
		.context = without_secret(trace, fields[LOG_CONTEXT]),
	};
	_cleanup_free_ char *sql = without_secret(trace, fields[LOG_STATEMENT]);
	add_place(failure, sql);
	if (!failure->source_line && trace->error_statement != SIZE_MAX) {
		const char *kept = command_trace_statement(trace, trace->error_statement)->sql;
		failure->source_line = string_copy_n(kept, strcspn(kept, "\n"));
	}
	return failure;
}

static void add_context(struct report_failure *failure, const char *text)
{
	if (text)
		string_replace(&failure->context, string_format("%s%s%s", failure->context ? failure->context : "",
								failure->context ? "\n" : "", text));
}

static struct report_failure *failure_of_crash(const struct command_trace *trace)
{
	struct report_failure *failure = failure_without_place("the database server failed while the command ran");
	failure->detail = without_secret(trace, trace->crash);
	return failure;
}

static struct report_failure *failure_of_end(const struct command_end *end)
{
	_cleanup_free_ char *how = process_result_describe(&end->result);
	_cleanup_free_ char *message = string_format("the command ended with %s", how);
	struct report_failure *failure = failure_without_place(end->result.exited ? message : how);
	if (!end->result.exited)
		string_replace(&failure->message, string_format("the command was %s", how));
	if (end->result.exited && end->result.code == 127)
		failure->hint = string_copy("127 is what a shell says of a program that it does not find");
	return failure;
}

struct report_failure *command_failure(const struct command_trace *trace, const struct command_end *end,
				       const char *said)
{
	struct report_failure *failure;
	if (end->hang)
		return failure_without_place(end->hang);
	if (end->over_time) {
		failure = failure_without_place(time_limit);
		failure->hint = string_copy("timeout in vela.yml is the time for all migrations and checks of a run");
		add_context(failure, end->activity);
		return failure;
	}
	if (end->server_lost || trace->crash)
		return failure_of_crash(trace);
	if (end->result.exited && end->result.code == 0)
		return NULL;
	failure = failure_of_end(end);
	if (!is_reason(trace, said))
		return failure;
	struct report_failure *error = failure_of_error(trace);
	add_context(error, failure->message);
	report_failure_free(failure);
	return error;
}
