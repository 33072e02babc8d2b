#include <inttypes.h>

#include "base/random.h"
#include "base/template.h"
#include "migration/command_parts.h"
#include "pg/connection.h"
#include "pg/log.h"

static const char *const events[] = {"ddl_command_start", "ddl_command_end", "sql_drop", "table_rewrite"};

/* For the role's sessions in this database. What would blur or swell the log is off. */
static const struct {
	const char *name, *value;
} settings[] = {
	{"log_statement", "all"},
	{"log_duration", "on"},
	{"log_error_verbosity", "verbose"},
	{"log_min_messages", "warning"},
	{"log_min_error_statement", "error"},
	{"log_min_duration_statement", "-1"},
	{"log_min_duration_sample", "-1"},
	{"log_transaction_sample_rate", "0"},
	{"log_parameter_max_length", "0"},
};

/* --- SQL --- */

static void make_token(char ret[COMMAND_TOKEN_LENGTH + 1])
{
	unsigned char bytes[COMMAND_TOKEN_LENGTH / 2];
	random_fill(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		for (size_t half = 0; half < 2; half++)
			ret[2 * i + half] = "0123456789abcdef"[half ? bytes[i] & 15 : bytes[i] >> 4];
	ret[COMMAND_TOKEN_LENGTH] = '\0';
}

/* A query that is made for parameters, for a function that has variables. */
static char *with_variables(const char *sql, const char *first, const char *second)
{
	struct buffer out = {0};
	for (const char *at = sql; *at; at++) {
		if (*at == '$' && (at[1] == '1' || at[1] == '2'))
			buffer_add_text(&out, *++at == '1' ? first : second);
		else
			buffer_add_char(&out, *at);
	}
	return buffer_steal(&out);
}

static char *states_query(const struct evidence *evidence)
{
	const struct template_value values[] = {
		{"size", "pg_catalog.pg_relation_size(c.oid)"},
		{"definition", "pg_catalog.pg_get_constraintdef(c.oid)"},
		{NULL, NULL},
	};
	_cleanup_free_ char *states = template_fill("sql/watch_state.sql", values);
	_cleanup_free_ char *both = string_format("%s %s", states, template_text("sql/watch_foreign_keys.sql"));
	_cleanup_free_ char *newest = string_format("'%" PRIu32 "'::pg_catalog.oid", evidence->foreign_key_newest);
	return with_variables(both, "touched", newest);
}

static char *counts_query(const struct evidence *evidence)
{
	const struct witness observer = {.connection = evidence->observer};
	const struct template_value values[] = {
		{"flush", witness_can_flush(&observer) ? "pg_catalog.pg_stat_force_next_flush()" : "''"},
		{NULL, NULL},
	};
	_cleanup_free_ char *counts = template_fill("sql/watch_session.sql", values);
	return with_variables(counts, "counted", "NULL");
}

static char *install_sql(const struct evidence *evidence, const struct command_trap *trap)
{
	_cleanup_free_ char *schema = string_format("vela_watch_%s", trap->token);
	_cleanup_free_ char *states = states_query(evidence);
	_cleanup_free_ char *counts = counts_query(evidence);
	const struct registry *registry = &evidence->registry;
	_cleanup_free_ char *newest =
		string_format("%" PRIu32, registry->count > 0 ? registry->items[registry->count - 1].oid : 0);
	const struct template_value values[] = {{"schema", schema}, {"token", trap->token}, {"states", states},
						{"counts", counts}, {"newest", newest},     {NULL, NULL}};
	struct buffer out = {0};
	_cleanup_free_ char *function = template_fill("sql/command_watch.sql", values);
	buffer_add_text(&out, function);
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		buffer_addf(&out,
			    "CREATE EVENT TRIGGER %s_%s ON %s EXECUTE FUNCTION %s.tell(); "
			    "ALTER EVENT TRIGGER %s_%s ENABLE ALWAYS; "
			    "ALTER EXTENSION plpgsql ADD EVENT TRIGGER %s_%s;\n",
			    schema, events[i], events[i], schema, schema, events[i], schema, events[i]);
	return buffer_steal(&out);
}

/* "ALTER ROLE … IN DATABASE …" with each setting; of none is anything left after `reset`. */
static char *settings_sql(PGconn *observer, const char *role, bool reset)
{
	_cleanup_free_ char *name = pg_quote_identifier(role);
	_cleanup_free_ char *database = pg_quote_identifier(PQdb(observer));
	struct buffer out = {0};
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (reset)
			buffer_addf(&out, "ALTER ROLE %s IN DATABASE %s RESET %s; ", name, database, settings[i].name);
		else
			buffer_addf(&out, "ALTER ROLE %s IN DATABASE %s SET %s = '%s'; ", name, database,
				    settings[i].name, settings[i].value);
	return buffer_steal(&out);
}

/* --- both ways --- */

static int lay_triggers(struct evidence *evidence, struct command_trap *trap, struct error **err)
{
	_cleanup_free_ char *install = install_sql(evidence, trap);
	/* What a killed vela has left goes first: it would tell everything twice. */
	if (pg_execute(evidence->observer, template_text("sql/command_unwatch.sql"), NULL, err) < 0)
		return -1;
	return pg_execute(evidence->observer, install, NULL, err);
}

int command_install(const struct command_wanted *wanted, struct evidence *evidence, struct command_trap *ret,
		    struct error **err)
{
	_cleanup_free_ char *set = settings_sql(evidence->observer, wanted->role, false);
	_cleanup_error_ struct error *problem = NULL;
	make_token(ret->token);
	ret->teller = string_format("vela_watch_%s.tell()", ret->token);
	ret->has_triggers = lay_triggers(evidence, ret, &problem) == 0;
	if (!ret->has_triggers) {
		if (problem->kind == ERROR_INTERRUPTED || PQstatus(evidence->observer) != CONNECTION_OK)
			return error_pass(err, TAKE_POINTER(problem));
		_cleanup_free_ char *told = string_format("what the command's statements lock and change was seen "
							  "only from outside: no event triggers could be made (%s)",
							  problem->message);
		watch_blind(evidence, told);
	}
	if (pg_execute(evidence->observer, set, NULL, err) < 0)
		return error_wrap(err, "cannot watch the command");
	ret->log_start = pg_log_end(wanted->log);
	return 0;
}

int command_uninstall(const struct command_wanted *wanted, const struct evidence *evidence,
		      const struct command_trap *trap, struct error **err)
{
	_cleanup_free_ char *reset = settings_sql(evidence->observer, wanted->role, true);
	int result = 0;
	if (trap->teller && pg_execute(evidence->observer, reset, NULL, err) < 0)
		result = -1;
	if (trap->has_triggers &&
	    pg_execute(evidence->observer, template_text("sql/command_unwatch.sql"), NULL, result < 0 ? NULL : err) < 0)
		result = -1;
	return result < 0 ? error_wrap(err, "cannot take away what watched the command") : 0;
}
