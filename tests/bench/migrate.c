#include "migrate.h"

#include <jansson.h>
#include <stdlib.h>

#include "measure.h"
#include "table.h"

enum { PAIRS = 11 };

static const char branch[] = "migrated";

struct subject {
	const struct migrate *migrate;
	char *directory, *file, *psql, *url;
	struct samples psql_time, psql_start, applying, command;
};

static void make_branch(struct subject *subject)
{
	const struct migrate *migrate = subject->migrate;
	const char *const create[] = {
		migrate->vela, "--pool",           migrate->pool, "branch",     "create",          branch,
		"-C",          subject->directory, "--fresh",     "--baseline", migrate->baseline, NULL};
	const char *const url[] = {migrate->vela, "--pool", migrate->pool,      "url",
				   branch,        "-C",     subject->directory, NULL};
	program_end(program_start(create, NULL), "vela branch create");
	free(subject->url);
	subject->url = program_output(url);
}

static double psql_time(struct subject *subject)
{
	make_branch(subject);
	const char *const argv[] = {subject->psql, "-Xq",         "-1",         "-v", "ON_ERROR_STOP=1",
				    "-f",          subject->file, subject->url, NULL};
	return program_time(argv);
}

/* On the branch that there is. */
static double psql_start(const struct subject *subject)
{
	const char *const argv[] = {subject->psql, "-Xq", "-c", "", subject->url, NULL};
	return program_time(argv);
}

static double applying_time(const char *report)
{
	json_t *json = json_loads(report, 0, NULL);
	const json_t *time = json_object_get(json_object_get(json, "timings_ms"), "migrate");
	if (!json_is_number(time) || !json_is_array(json_object_get(json, "relations"))) /* null: nobody watched */
		die("vela migrate reported %s", report);
	double value = json_number_value(time);
	json_decref(json);
	return value;
}

static double vela_time(struct subject *subject, double *ret_applying)
{
	const struct migrate *migrate = subject->migrate;
	make_branch(subject);
	const char *const argv[] = {migrate->vela, "--pool",           migrate->pool, "migrate", branch,
				    "-C",          subject->directory, "-o",          "json",    NULL};
	double began = now_ms();
	char *report = program_output(argv);
	double took = now_ms() - began;
	*ret_applying = applying_time(report);
	free(report);
	return took;
}

static void take_turns(struct subject *subject)
{
	double applying;
	(void)psql_time(subject);
	(void)vela_time(subject, &applying);
	for (size_t i = 0; i < PAIRS; i++) {
		samples_add(&subject->psql_time, psql_time(subject));
		samples_add(&subject->psql_start, psql_start(subject));
		samples_add(&subject->command, vela_time(subject, &applying));
		samples_add(&subject->applying, applying);
	}
}

static void compare(const struct migrate *migrate, const char *directory, const char *name, struct target target)
{
	struct subject subject = {
		.migrate = migrate,
		.directory = format_text("%s/%s", migrate->directory, directory),
		.file = format_text("%s/%s/1.sql", migrate->directory, directory),
		.psql = format_text("%s/psql", migrate->binaries),
	};
	char *applied = format_text("%s, watched (floor: psql -1)", name);
	char *whole = format_text("%s, all of vela migrate (psql -1)", name);
	char *start = format_text("%s: psql's start and login", name);
	take_turns(&subject);
	result_compare(applied, &subject.psql_time, &subject.applying, target);
	result_compare(whole, &subject.psql_time, &subject.command, NO_TARGET);
	result_figure(start, samples_quantile(&subject.psql_start, 0.5), UNIT_MILLISECONDS, 0);
	samples_free(&subject.psql_time);
	samples_free(&subject.psql_start);
	samples_free(&subject.applying);
	samples_free(&subject.command);
	free(subject.directory);
	free(subject.file);
	free(subject.psql);
	free(subject.url);
	free(applied);
	free(whole);
	free(start);
}

static void delete_branch(const struct migrate *migrate)
{
	const char *const argv[] = {migrate->vela, "--pool", migrate->pool, "branch", "delete", branch, NULL};
	program_end(program_start(argv, NULL), "vela branch delete");
}

void measure_migrations(const struct migrate *migrate)
{
	compare(migrate, "small", "200 statements", (struct target){1.5, 0, 100});
	compare(migrate, "copy", "COPY of 10 MB", (struct target){1.1, 0, 0});
	delete_branch(migrate);
}
