/*
 * Scripts with commands of psql's own run through psql, in its restricted mode: what the file has for SQL is read by
 * psql only while it obeys no command at all (\restrict), and each command of the file that is on the list of the
 * harmless ones is given to it in between. So nothing that psql might make of the SQL (by an interpolated variable, by
 * another reading of quotes) is a command, whatever the database answers.
 */
#ifndef VELA_MIGRATION_PSQL_H
#define VELA_MIGRATION_PSQL_H

#include "base/process.h"
#include "migration/format.h"
#include "pg/connection.h"
#include "report/report.h"

/* Whether psql would obey something in it: a backslash outside quotes and outside the data of COPY. */
bool psql_is_needed(const struct migration_script *script);

/* Where a run of lines that psql reads comes from. */
struct psql_place {
	int line; /* of psql's input, from 1; it reaches to the next place */
	int source_line;
	size_t source; /* 0: the migration's file; else an included one, from 1 */
};
/* What psql reads. */
struct psql_input {
	struct buffer text;
	struct psql_place *places;
	size_t place_count;
	struct string_list included; /* files, relative to the repository */
};
void psql_input_free(struct psql_input *input);

/*
 * Makes the input from a script: checks its commands, and puts in the files of \i (relative to the repository) and \ir
 * (to the file that has it). What has to be refused is a *success* with *ret_failure, owned.
 */
int psql_prepare(const struct migration_script *script, const char *repository, struct psql_input *ret,
		 struct report_failure **ret_failure, struct error **err);

struct psql_wanted {                    /* borrowed */
	const char *program;            /* of the server's major version */
	const struct pg_target *target; /* by its fields, without url */
	const char *repository;
};

/*
 * All of this: prepares, runs psql to its end and replaces *ret, in which nothing was measured but the whole. What the
 * file does wrong and the time limit are successes with ret->outcome FAILED; -1 as in migration_apply(), and where psql
 * is too old to know \restrict.
 */
int psql_apply(const struct psql_wanted *wanted, const struct migration_script *script, double deadline,
	       struct report_migration *ret, struct error **err);

#endif
