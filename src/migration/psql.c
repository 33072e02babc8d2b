#include "migration/psql.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "sql/failure.h"
#include "sql/session.h"
#include "pg/environment.h"

static const char INPUT[] = "psql:<stdin>:";

enum { EXIT_CONNECTION = 2 };

/* --- starting --- */

static int write_input(const struct buffer *text, int *ret, struct error **err)
{
	_cleanup_close_ int fd = memfd_create("psql", MFD_CLOEXEC);
	if (fd < 0 || descriptor_write(fd, buffer_text(text), text->length) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return error_errno(err, errno, "cannot keep the input of psql");
	*ret = TAKE_FD(fd);
	return 0;
}

/* How psql is started. The password is in its environment only. */
struct command {
	struct string_list argv, environment;
	int input; /* to be its stdin */
};

static void command_free(struct command *command)
{
	string_list_free(&command->argv);
	string_list_free(&command->environment);
	close_descriptor(&command->input);
}

static int make_command(const struct psql_wanted *wanted, const struct migration_script *script,
			const struct psql_input *input, struct command *ret, struct error **err)
{
	static const char *const arguments[] = {
		"-X", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "--no-password", "-f", "-"};
	const struct pg_target *target = wanted->target;
	struct command command = {.input = -1};
	if (write_input(&input->text, &command.input, err) < 0)
		return -1;
	string_list_add(&command.argv, wanted->program);
	for (size_t i = 0; i < ARRAY_SIZE(arguments); i++)
		string_list_add(&command.argv, arguments[i]);
	if (script->transaction == TRANSACTION_FILE)
		string_list_add(&command.argv, "-1");
	for (char *const *pair = pg_bare_environment; *pair; pair++)
		string_list_add(&command.environment, *pair);
	string_list_addf(&command.environment, "PGHOST=%s", target->host);
	string_list_addf(&command.environment, "PGPORT=%d", target->port);
	string_list_addf(&command.environment, "PGUSER=%s", target->user);
	string_list_addf(&command.environment, "PGDATABASE=%s", target->database);
	if (target->password)
		string_list_addf(&command.environment, "PGPASSWORD=%s", target->password);
	string_list_add(&command.environment, "PGCLIENTENCODING=UTF8");
	string_list_add(&command.environment, "PGAPPNAME=vela");
	string_list_add(&command.environment, "PGSSLMODE=disable");
	string_list_add(&command.environment, "PGGSSENCMODE=disable");
	string_list_add(&command.environment, "PGPASSFILE=/dev/null/none");
	*ret = command;
	return 0;
}

/* --- what it said --- */

struct line {
	const char *at;
	size_t length;
};

static bool next_line(const char **at, struct line *ret)
{
	if (!**at)
		return false;
	size_t length = strcspn(*at, "\n");
	*ret = (struct line){*at, length};
	*at += length + ((*at)[length] == '\n');
	return true;
}

/* What is behind `word` and blanks, owned; NULL if the line does not begin so. */
static char *after_word(const struct line *line, const char *word)
{
	size_t length = strlen(word);
	if (line->length < length || memcmp(line->at, word, length) != 0)
		return NULL;
	while (length < line->length && line->at[length] == ' ')
		length++;
	return string_copy_n(line->at + length, line->length - length);
}

/* "psql:<stdin>:7: ERROR:  42P01: relation …": the number, and what follows the severity. A notice of several lines may
 * have such a line in it: no number is out of the question. */
static char *error_message(const struct line *line, int *ret_number)
{
	enum { LINES_MAX = 1 << 30 };
	static const char *const severities[] = {" ERROR:", " FATAL:", " PANIC:", " error:"};
	_cleanup_free_ char *rest = after_word(line, INPUT);
	char *end = NULL;
	long number = rest ? strtol(rest, &end, 10) : 0;
	if (number < 1 || number > LINES_MAX || *end != ':')
		return NULL;
	struct line words = {end + 1, strlen(end + 1)};
	char *message = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(severities) && !message; i++)
		message = after_word(&words, severities[i]);
	*ret_number = (int)number;
	return message;
}

static const struct psql_place *find_place(const struct psql_input *input, int line)
{
	const struct psql_place *found = NULL;
	for (size_t i = 0; i < input->place_count && input->places[i].line <= line; i++)
		found = &input->places[i];
	return found;
}

/* Byte at which line `number` of the text begins. */
static size_t line_offset(const struct sql_text *sql, int number)
{
	const char *at = sql->text;
	for (int i = 1; i < number && at; i++) {
		at = memchr(at, '\n', sql->length - (size_t)(at - sql->text));
		at = at ? at + 1 : NULL;
	}
	return at ? (size_t)(at - sql->text) : sql->length;
}

/* `line` of psql's input, where it noticed: that is the end of the statement. */
static struct report_failure *failure_at_line(const struct psql_input *input, const struct migration_script *script,
					      int line, const char *message)
{
	struct sql_text sql = {buffer_text(&script->text), script->text.length};
	const struct psql_place *place = find_place(input, line);
	if (!place || place->source > 0) {
		struct report_failure *failure = memory_allocate(sizeof(*failure));
		failure->message = string_copy(message);
		if (place)
			failure->context = string_format("in %s, line %d, which the migration includes",
							 input->included.items[place->source - 1],
							 place->source_line + line - place->line);
		return failure;
	}
	struct report_failure *failure =
		failure_at(&sql, line_offset(&sql, place->source_line + line - place->line), false, message);
	failure->column = 0;
	return failure;
}

/* "42P01: …", as the server says it; psql's own words have none. */
static bool has_sqlstate(const char *message)
{
	static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	return strspn(message, letters) == 5 && string_starts_with(message + 5, ": ");
}

static void take_sqlstate(struct report_failure *failure)
{
	if (!has_sqlstate(failure->message))
		return;
	failure->sqlstate = string_copy_n(failure->message, 5);
	string_replace(&failure->message, string_copy(failure->message + 7));
}

static void add_field(struct report_failure *failure, const struct line *line)
{
	const struct {
		const char *word;
		char **field;
	} fields[] = {{"DETAIL:", &failure->detail}, {"HINT:", &failure->hint}, {"CONTEXT:", &failure->context}};
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		char *text = after_word(line, fields[i].word);
		if (text && !*fields[i].field)
			*fields[i].field = text;
		else
			free(text);
	}
}

/* What went wrong, from what psql said on stderr; NULL: it named no error. Owned. */
static struct report_failure *find_failure(const struct psql_input *input, const struct migration_script *script,
					   const char *said)
{
	_cleanup_free_ char *last = NULL;
	int last_number = 0;
	const char *rest = said;
	struct line line;
	while (next_line(&said, &line)) {
		int number;
		_cleanup_free_ char *message = error_message(&line, &number);
		/* That the connection is lost comes after the server's own last words. */
		if (!message || (last && has_sqlstate(last) && !has_sqlstate(message)))
			continue;
		string_replace(&last, TAKE_POINTER(message)); /* that stopped it */
		last_number = number;
		rest = said;
	}
	if (!last)
		return NULL;
	struct report_failure *failure = failure_at_line(input, script, last_number, last);
	take_sqlstate(failure);
	while (next_line(&rest, &line))
		add_field(failure, &line);
	return failure;
}

/* --- running --- */

static char *keep_output(const struct process_output *output)
{
	struct session_notices kept = {0};
	session_notices_add(&kept, buffer_text(&output->out), output->out.length);
	session_notices_add(&kept, buffer_text(&output->err), output->err.length);
	return session_notices_take(&kept);
}

static struct report_failure *explain(const struct psql_input *input, const struct migration_script *script,
				      const struct process_output *output)
{
	struct sql_text sql = {buffer_text(&script->text), script->text.length};
	if (output->result.timed_out)
		return failure_of_time_limit(&sql, 0);
	struct report_failure *failure = find_failure(input, script, buffer_text(&output->err));
	if (failure)
		return failure;
	_cleanup_free_ char *how = process_result_describe(&output->result);
	_cleanup_free_ char *message = string_format("psql ended with %s", how);
	return failure_at(&sql, 0, false, message);
}

static int connection_lost(struct report_failure *failure, struct error **err)
{
	_cleanup_free_ char *message = text_safe(failure->message);
	error_set(err, ERROR_POSTGRES, "line %d: psql lost its connection: %s", failure->line, message);
	report_failure_free(failure);
	return -1;
}

/* What psql says that is no fault of the migration. */
static int check_run(const struct psql_wanted *wanted, const struct psql_input *input,
		     const struct migration_script *script, const struct process_output *output, struct error **err)
{
	const char *said = buffer_text(&output->err);
	if (strstr(said, "invalid command \\restrict")) {
		error_set(err, ERROR_POSTGRES, "%s is too old: it has no restricted mode", wanted->program);
		return error_hint(err, "install psql 13.22, 14.19, 15.14, 16.10, 17.6 or newer");
	}
	if (!output->result.timed_out && output->result.exited && output->result.code == EXIT_CONNECTION)
		return connection_lost(explain(input, script, output), err);
	return 0;
}

/* The same would do on a disk with room: that says nothing about it. */
static int refuse_full_disk(const struct report_failure *failure, struct error **err)
{
	if (!failure || !string_equal(failure->sqlstate, "53100"))
		return 0;
	_cleanup_free_ char *message = text_safe(failure->message);
	error_set(err, ERROR_STORAGE, "line %d: %s (%s)", failure->line, message, failure->sqlstate);
	return error_hint(err, "delete branches, run vela gc, or give the pool more space");
}

static int run(const struct psql_wanted *wanted, const struct migration_script *script, const struct psql_input *input,
	       double deadline, struct report_migration *report, struct error **err)
{
	_cleanup_(command_free) struct command command = {.input = -1};
	_cleanup_output_ struct process_output output = {0};
	if (make_command(wanted, script, input, &command, err) < 0)
		return -1;
	struct process_spec spec = {.argv = command.argv.items,
				    .environment = command.environment.items,
				    .directory = "/",
				    .in = {STREAM_FD, command.input},
				    .new_session = true};
	double left = deadline > 0 ? deadline - clock_monotonic_ms() : 0;
	if (process_run(&spec, deadline > 0 && left < 1 ? 1 : left, NULL, NULL, &output, err) < 0 ||
	    check_run(wanted, input, script, &output, err) < 0)
		return -1;
	report->output = keep_output(&output);
	if (output.result.timed_out || !output.result.exited || output.result.code != 0)
		report->failure = explain(input, script, &output);
	return refuse_full_disk(report->failure, err);
}

int psql_apply(const struct psql_wanted *wanted, const struct migration_script *script, double deadline,
	       struct report_migration *ret, struct error **err)
{
	double start = clock_monotonic_ms();
	_cleanup_(psql_input_free) struct psql_input input = {0};
	_cleanup_(report_migration_clear) struct report_migration report = {0};
	if (psql_prepare(script, wanted->repository, &input, &report.failure, err) < 0 ||
	    (!report.failure && run(wanted, script, &input, deadline, &report, err) < 0)) {
		_cleanup_free_ char *shown = text_safe(script->file);
		return error_wrap(err, "cannot apply %s", shown);
	}
	report.file = string_copy(script->file);
	report.version = string_copy(script->version);
	report.outcome = report.failure ? OUTCOME_FAILED : OUTCOME_PASSED;
	report.milliseconds = clock_monotonic_ms() - start;
	report_migration_clear(ret);
	*ret = report;
	report = (struct report_migration){0};
	return 0;
}
