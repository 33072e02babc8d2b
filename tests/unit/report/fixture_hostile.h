/* Reports that are made to break a format: by what their texts say, and by how much of everything there is. */
#ifndef VELA_TESTS_REPORT_FIXTURE_HOSTILE_H
#define VELA_TESTS_REPORT_FIXTURE_HOSTILE_H

#include "fixture_build.h"

/* Ends a string, an element, an attribute, a comment, a table cell, a code block, an annotation, a line, a colour. */
#define FIXTURE_POISON                                                                                                 \
	"x\"'`]]>--></script></pre></details><img src=x onerror=alert(1)><!--|\\|```\n"                                \
	"~~~\n::error file=a::owned\n::set-output name=a::b\r@everyone [a](javascript:alert(1)) {{7*7}} $(id) "        \
	"%0A&lt;\033[31m\033]0;t\007\001\b\x7f\xc2\x9b\xe2\x80\xae\xff\xfe\xed\xa0\x80\xef\xbf\xbe\xe2\x80\xa8 end"

static inline char *poison(const char *prefix)
{
	return string_format("%s%s", prefix, FIXTURE_POISON);
}

static inline struct report_failure *poisoned_failure(void)
{
	struct report_failure *failure = memory_allocate(sizeof(*failure));
	*failure = (struct report_failure){.message = poison("message "),
					   .sqlstate = poison(""),
					   .detail = poison("detail "),
					   .rows = poison("rows "),
					   .hint = poison("hint "),
					   .context = poison("context "),
					   .line = 3,
					   .column = 4,
					   .source_line = poison("source "),
					   .has_caret = true};
	return failure;
}

static inline void poison_migration(struct report_migration *migration)
{
	migration->file = poison("db/");
	migration->version = poison("7");
	migration->outcome = OUTCOME_FAILED;
	migration->output = poison("output ");
	migration->failure = poisoned_failure();
	struct report_statement *statement = fixture_add_statement(migration, NULL, NULL, 3, 1, 5000);
	statement->sql = poison("SELECT ");
	statement->tag = poison("TAG ");
	statement->ignored_hazard = poison("");
	statement->ignored_reason = poison("");
	fixture_add_lock(statement, NULL, TABLE_LOCK_ACCESS_EXCLUSIVE, 1, 5000);
	statement->locks[0].relation = poison("public.");
	string_replace(&statement->locks[0].kind, poison("table "));
	for (int kind = 0; kind < CHANGE_KIND_COUNT; kind++) {
		struct report_change *change =
			fixture_add_change(statement, (enum report_change_kind)kind, NULL, NULL, NULL);
		change->relation = poison("public.");
		change->object = poison("object ");
		change->detail = poison("detail ");
	}
}

static inline void poison_plan(struct report *report)
{
	struct report_plan *plan = fixture_add_plan(report, NULL, NULL, 31, OUTCOME_FAILED);
	plan->name = poison("plan ");
	plan->sql = poison("SELECT ");
	plan->changed = true;
	for (int side = 0; side < 2; side++) {
		struct plan_node root = {
			.label = poison("Sort "), .detail = poison("key: "), .differs = true, .loops = 1};
		struct plan_node child = {.label = poison("Scan "), .rows_actual = -1};
		fixture_add_child(&root, child);
		fixture_set_side(side ? &plan->after : &plan->before, root, 1);
	}
	_cleanup_free_ char *sentence = poison("sentence ");
	fixture_add_sentence(&plan->differences, sentence);
	fixture_add_sentence(&plan->violations, sentence);
	plan->failure = poisoned_failure();
	plan->before_failure = poison("before ");
}

static inline void poison_workload(struct report_workload *workload)
{
	static const double timeline[] = {1, 2, -1, 5000};
	*workload = (struct report_workload){.ran = true,
					     .outcome = OUTCOME_FAILED,
					     .max_stall_ms = 1,
					     .from_ms = -1,
					     .bucket_ms = 1,
					     .bucket_count = 4};
	struct report_workload_query *query = fixture_add_query(workload, NULL, 1, timeline);
	query->name = poison("query ");
	query->error = poison("error ");
	query->longest_stall_ms = 5000;
	query->stall_migration = query->stall_statement = 0;
}

/* Every string of the model. */
static inline struct report fixture_poisoned(void)
{
	struct report report = {.verdict = VERDICT_FAILED, .has_evidence = true, .has_schema = true, .total_ms = 1};
	report.lineage = (struct report_lineage){.commit = poison(""), .is_known = true, .is_rebased = true};
	_cleanup_free_ char *difference = poison("applied migration ");
	fixture_add_sentence(&report.lineage.differences, difference);
	report.reason = poison("reason ");
	report.branch_name = poison("branch ");
	report.project = poison("project ");
	report.baseline = poison("baseline@");
	report.database = poison("database ");
	report.branch_kept = true;
	_cleanup_free_ char *sentence = poison("sentence ");
	string_list_add(&report.blind, sentence);
	poison_migration(FIXTURE_APPEND(report.migrations, report.migration_count));
	struct report_relation *relation =
		fixture_add_relation(&report, NULL, 1, 1, TABLE_LOCK_ACCESS_EXCLUSIVE, 1, 5000);
	relation->name = poison("public.");
	string_replace(&relation->kind, poison("table "));
	struct report_hazard *hazard = fixture_add_hazard(&report, NULL, SEVERITY_ERROR, NULL, 3, sentence);
	*hazard = (struct report_hazard){.id = poison("id "),
					 .severity = SEVERITY_ERROR,
					 .line = 3,
					 .file = poison("db/"),
					 .measured = hazard->measured,
					 .why = poison("why "),
					 .instead = poison("instead ")};
	hazard = fixture_add_hazard(&report, "accepted-one", SEVERITY_WARNING, NULL, 0, sentence);
	hazard->accepted = poison("accepted ");
	fixture_add_schema(&report, '~', sentence, sentence);
	report.reversal.ran = true;
	report.reversal.outcome = OUTCOME_FAILED;
	struct report_schema_change *change = FIXTURE_APPEND(report.reversal.schema, report.reversal.schema_count);
	*change = (struct report_schema_change){'-', poison("table "), poison("- ")};
	fixture_add_sentence(&report.reversal.tables, sentence);
	fixture_add_sentence(&report.reversal.skipped, sentence);
	poison_migration(FIXTURE_APPEND(report.reversal.steps, report.reversal.step_count));
	struct report_check *check = FIXTURE_APPEND(report.checks, report.check_count);
	*check = (struct report_check){.name = poison("check "),
				       .sql = poison("SELECT "),
				       .line = 14,
				       .severity = SEVERITY_ERROR,
				       .outcome = OUTCOME_FAILED,
				       .expected = poison("expected "),
				       .actual = poison("actual "),
				       .before = poison("before ")};
	check = FIXTURE_APPEND(report.checks, report.check_count);
	*check = (struct report_check){.name = poison("check "),
				       .sql = poison("SELECT "),
				       .line = 15,
				       .severity = SEVERITY_ERROR,
				       .outcome = OUTCOME_FAILED,
				       .failure = poisoned_failure()};
	poison_plan(&report);
	poison_workload(&report.workload);
	return report;
}

/* A long history: 300 migrations, one of 1,000 statements; 200 relations; the same hazard over and over. */
static inline struct report fixture_crowded(void)
{
	struct report report = sample_base(VERDICT_PASSED);
	report.has_evidence = report.has_schema = true;
	report.limits.blocking_ms = 1000;
	for (int i = 1; i <= 300; i++) {
		_cleanup_free_ char *file = string_format("db/migrations/%04d_step.sql", i);
		sample_add_migration(&report, file, OUTCOME_PASSED, 3);
	}
	struct report_migration *migration = &report.migrations[150];
	migration->milliseconds = 64000;
	for (int i = 0; i < REPORT_STATEMENTS_MAX; i++) {
		_cleanup_free_ char *sql = string_format("ALTER TABLE part_%d ADD COLUMN note text", i);
		_cleanup_free_ char *relation = string_format("public.part_%d", i);
		struct report_statement *statement =
			fixture_add_statement(migration, sql, "ALTER TABLE", i + 1, 60.0 * i, 60.0 * i + 50);
		statement->wal_bytes = 4096;
		fixture_add_lock(statement, relation, TABLE_LOCK_ACCESS_EXCLUSIVE, 60.0 * i, 60.0 * i + 55);
		if (i >= 200)
			continue;
		struct report_relation *entry = fixture_add_relation(
			&report, relation, 8192, 10, TABLE_LOCK_ACCESS_EXCLUSIVE, 60.0 * i, 60.0 * i + 55);
		entry->holds[0].migration = 150;
		entry->holds[0].statement = (size_t)i;
		struct report_hazard *hazard =
			fixture_add_hazard(&report, "lock-queue", SEVERITY_WARNING, migration->file, i + 1,
					   "ALTER TABLE took ACCESS EXCLUSIVE without a lock_timeout");
		fixture_advise(hazard, 150, (size_t)i, "It would queue behind any long transaction.",
			       "SET LOCAL lock_timeout = '2s';");
		fixture_add_schema(&report, '~', relation, "+ column note text");
	}
	migration->statements = 4200;
	return report;
}

#endif
