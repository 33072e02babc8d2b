/* Reports made by hand, for the tests of the hazards. */
#ifndef VELA_TESTS_CHECK_HAZARD_REPORT_H
#define VELA_TESTS_CHECK_HAZARD_REPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check/hazard.h"

enum { MIB = 1 << 20 };
#define BUILDER __attribute__((unused)) static

/* With the limits that vela.yml has by default. */
BUILDER struct report a_report(void)
{
	return (struct report){.has_evidence = true,
			       .limits = {.blocking_ms = 1000,
					  .statement_ms = 60000,
					  .wal_bytes = 1024ULL * MIB,
					  .rewrite_bytes = 1024ULL * MIB}};
}

BUILDER void has_relation(struct report *report, const char *name, const char *kind, int64_t rows, uint64_t bytes)
{
	report->relations = memory_resize(report->relations, report->relation_count + 1, sizeof(*report->relations));
	report->relations[report->relation_count++] = (struct report_relation){
		.name = string_copy(name), .kind = string_copy(kind), .rows = rows, .bytes = bytes};
}

BUILDER struct report_migration *add_migration(struct report *report, const char *file)
{
	report->migrations =
		memory_resize(report->migrations, report->migration_count + 1, sizeof(*report->migrations));
	struct report_migration *migration = &report->migrations[report->migration_count++];
	*migration = (struct report_migration){.file = string_copy(file)};
	return migration;
}

/* A statement of the last migration, on the line of its place; valid until the next one is added. */
BUILDER struct report_statement *add_statement(struct report *report, const char *tag, const char *sql, double from,
					       double to)
{
	if (report->migration_count == 0)
		add_migration(report, "1.sql");
	struct report_migration *migration = &report->migrations[report->migration_count - 1];
	migration->list = memory_resize(migration->list, migration->list_count + 1, sizeof(*migration->list));
	struct report_statement *statement = &migration->list[migration->list_count++];
	*statement = (struct report_statement){.sql = string_copy(sql),
					       .tag = string_copy(tag),
					       .line = (int)migration->list_count,
					       .from_ms = from,
					       .to_ms = to,
					       .rows = -1,
					       .lock_timeout = true,
					       .in_transaction = migration->list_count > 1};
	return statement;
}

BUILDER struct report_statement *add_commit(struct report *report, double from, double to)
{
	struct report_statement *statement = add_statement(report, "COMMIT", "COMMIT", from, to);
	statement->is_commit = true;
	return statement;
}

/* From the start of the statement to the end of its transaction. */
BUILDER void takes(struct report_statement *statement, const char *relation, enum table_lock mode, double to)
{
	statement->locks = memory_resize(statement->locks, statement->lock_count + 1, sizeof(*statement->locks));
	statement->locks[statement->lock_count++] = (struct report_lock){.relation = string_copy(relation),
									 .kind = string_copy("table"),
									 .mode = mode,
									 .from_ms = statement->from_ms,
									 .to_ms = to};
}

BUILDER struct report_change *changes(struct report_statement *statement, enum report_change_kind kind,
				      const char *relation)
{
	statement->changes =
		memory_resize(statement->changes, statement->change_count + 1, sizeof(*statement->changes));
	struct report_change *change = &statement->changes[statement->change_count++];
	*change = (struct report_change){.kind = kind, .relation = string_copy(relation), .rows = -1};
	return change;
}

BUILDER void fails(struct report_migration *migration, const char *sqlstate, const char *message)
{
	migration->outcome = OUTCOME_FAILED;
	migration->list[migration->list_count - 1].outcome = OUTCOME_FAILED;
	migration->failure = memory_allocate(sizeof(*migration->failure));
	migration->failure->sqlstate = string_copy(sqlstate);
	migration->failure->message = string_copy(message);
}

/* The hazards as lines "ID SEVERITY FILE:LINE[ accepted]", compared and the report freed. */
BUILDER void assert_hazards(struct report *report, const char *expected)
{
	bool failed = hazards_find(report);
	assert_int_equal(failed, hazards_find(report)); /* a second time gives the same, and loses nothing */
	_cleanup_buffer_ struct buffer text = {0};
	_cleanup_buffer_ struct buffer told = {0};
	bool errors = false;
	for (size_t i = 0; i < report->hazard_count; i++) {
		const struct report_hazard *hazard = &report->hazards[i];
		bool is_error = hazard->severity == SEVERITY_ERROR;
		errors |= is_error && !hazard->accepted;
		buffer_addf(&text, "%s%s %s %s:%d%s", i > 0 ? "\n" : "", hazard->id, is_error ? "error" : "warning",
			    hazard->file ? hazard->file : "-", hazard->line, hazard->accepted ? " accepted" : "");
		buffer_addf(&told, "\n  %s", hazard->measured);
		assert_non_null(hazard_find(hazard->id));
		assert_true(*hazard->measured && *hazard->why && *hazard->instead);
	}
	if (!string_equal(buffer_text(&text), expected))
		fail_msg("hazards are\n%s\nand not\n%s%s", buffer_text(&text), expected, buffer_text(&told));
	assert_int_equal(failed, errors);
	report_free(report);
}

/* What is told of the only hazard; the report is freed. */
BUILDER void assert_measured(struct report *report, const char *expected)
{
	hazards_find(report);
	assert_int_equal(report->hazard_count, 1);
	assert_string_equal(report->hazards[0].measured, expected);
	report_free(report);
}

#endif
