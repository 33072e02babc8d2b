/*
 * Measures vela against the floor (floor.h). tests/bench/run prepares what is measured and calls this as root:
 *     bench --vela PROGRAM --binaries DIR --user NAME [--pairs N] [--branches N] [--json FILE] [--strict] DIRECTORY
 * DIRECTORY has btrfs/ (a pool with the baselines small and large), xfs/pool/ (a pool with small), and beside each
 * pool's areas a folder floor/ with stopped data directories of the same names, of the same data; and what migrate.h
 * tells.
 */
#include <getopt.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "floor.h"
#include "footprint.h"
#include "measure.h"
#include "migrate.h"
#include "table.h"

#define PROJECT "bench" /* as in the vela.yml that `run` writes */
#define LOGIN "user=vela password=floor dbname=app"
#define KIBIBYTE 1024.0

enum { WARM_UP = 2, SHORT_RUNS = 50, AT_ONCE = 4, PROCESSORS = 2 };

static struct {
	const char *vela, *binaries, *directory, *json;
	struct passwd user; /* pw_name NULL: not given, or there is none */
	size_t pairs, branches;
	bool strict;
} settings = {.pairs = 40, .branches = 50};

/* One baseline on one filesystem. */
struct series {
	const char *label, *baseline;
	char *pool;
	struct floor floor;
	struct samples floor_create, floor_delete, vela_create, vela_delete;
	struct samples first_query; /* the client's part of vela_create */
};

static struct series series_make(const char *label, const char *filesystem, const char *pool, const char *baseline)
{
	char *directory = format_text("%s/%s/floor", settings.directory, filesystem);
	return (struct series){
		.label = label,
		.baseline = baseline,
		.pool = format_text("%s/%s", settings.directory, pool),
		.floor =
			{
				.baseline = format_text("%s/%s", directory, baseline),
				.clone = format_text("%s/clone", directory),
				.directory = directory,
				.binaries = settings.binaries,
				.login = LOGIN,
				.snapshots = strcmp(filesystem, "btrfs") == 0,
				.user = settings.user.pw_uid,
				.group = settings.user.pw_gid,
			},
	};
}

static char *branch_data(const struct series *series, const char *name)
{
	return format_text("%s/branches/" PROJECT "/%s/data", series->pool, name);
}

static char *branch_url(const struct series *series, const char *name)
{
	const char *const argv[] = {settings.vela, "--pool", series->pool, "url", name, NULL};
	return program_output(argv);
}

static pid_t create_start(const struct series *series, const char *name)
{
	const char *const argv[] = {settings.vela, "--pool",     series->pool,     "branch", "create",
				    name,          "--baseline", series->baseline, NULL};
	return program_start(argv, NULL);
}

static pid_t delete_start(const struct series *series, const char *name)
{
	const char *const argv[] = {settings.vela, "--pool", series->pool, "branch", "delete", name, NULL};
	return program_start(argv, NULL);
}

/* The whole process, and the first query. Asking for the URL in between is not counted: a client knows it. */
static double vela_create(struct series *series, const char *name)
{
	double began = now_ms();
	program_end(create_start(series, name), "vela branch create");
	double command = now_ms() - began;
	char *url = branch_url(series, name);
	began = now_ms();
	client_once(url);
	double query = now_ms() - began;
	free(url);
	samples_add(&series->first_query, query);
	return command + query;
}

static double vela_delete(const struct series *series, const char *name)
{
	double began = now_ms();
	program_end(delete_start(series, name), "vela branch delete");
	return now_ms() - began;
}

/* --- create and delete --- */

/* What else the machine does meanwhile hits all alike: they take turns. */
static void run_series(struct series *series, size_t count)
{
	for (size_t turn = 0; turn < WARM_UP + settings.pairs; turn++) {
		for (struct series *one = series; one < series + count; one++) {
			double create = floor_create(&one->floor), delete = floor_delete(&one->floor);
			double vela = vela_create(one, "pair"), removal = vela_delete(one, "pair");
			if (turn < WARM_UP) {
				samples_free(&one->first_query);
				continue;
			}
			samples_add(&one->floor_create, create);
			samples_add(&one->floor_delete, delete);
			samples_add(&one->vela_create, vela);
			samples_add(&one->vela_delete, removal);
		}
	}
}

static void report_series(const struct series *series, size_t count)
{
	for (const struct series *one = series; one < series + count; one++) {
		char *what = format_text("branch create to first query, %s", one->label);
		result_compare(what, &one->floor_create, &one->vela_create, (struct target){1.3, 2, 0});
		free(what);
	}
	for (const struct series *one = series; one < series + count; one++) {
		char *what = format_text("branch delete, %s", one->label);
		result_compare(what, &one->floor_delete, &one->vela_delete, (struct target){1.5, 0, 0});
		free(what);
	}
	for (const struct series *one = series; one < series + count; one++) {
		char *what = format_text("the first query's part of it, %s", one->label);
		result_figure(what, samples_quantile(&one->first_query, 0.5), UNIT_MILLISECONDS, 0);
		free(what);
	}
}

/* --- footprint --- */

static void measure_bytes(struct series *series)
{
	static const char name[] = "bytes";
	(void)vela_create(series, name);
	char *data = branch_data(series, name), *url = branch_url(series, name);
	result_figure("own bytes of a new branch, by vela", branch_bytes_by_vela(settings.vela, series->pool, name),
		      UNIT_BYTES, 256 * KIBIBYTE);
	result_figure("own bytes of a new branch, by btrfs", branch_bytes_by_btrfs(data), UNIT_BYTES, 256 * KIBIBYTE);
	branch_read_tables(series->pool, data, url);
	result_figure("after reading every table, by vela", branch_bytes_by_vela(settings.vela, series->pool, name),
		      UNIT_BYTES, 1024 * KIBIBYTE);
	result_figure("after reading every table, by btrfs", branch_bytes_by_btrfs(data), UNIT_BYTES, 1024 * KIBIBYTE);
	(void)vela_delete(series, name);
	free(data);
	free(url);
}

/* --- many at once --- */

static void use_processors(int count)
{
	cpu_set_t all, some;
	CPU_ZERO(&some);
	if (sched_getaffinity(0, sizeof(all), &all) < 0)
		die("cannot tell on which processors this runs");
	for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&some) < count; i++)
		if (CPU_ISSET(i, &all))
			CPU_SET(i, &some);
	if (sched_setaffinity(0, sizeof(some), &some) < 0)
		die("cannot choose processors");
}

typedef pid_t branch_command(const struct series *series, const char *name);

/* Runs the command for every branch, a few at a time; returns how long all of it took. */
static double for_all_branches(const struct series *series, branch_command *start, const char *what)
{
	pid_t running[AT_ONCE] = {0};
	double began = now_ms();
	for (size_t i = 0; i < settings.branches + AT_ONCE; i++) {
		if (running[i % AT_ONCE])
			program_end(running[i % AT_ONCE], what);
		char *name = format_text("many-%zu", i);
		running[i % AT_ONCE] = i < settings.branches ? start(series, name) : 0;
		free(name);
	}
	return now_ms() - began;
}

static void measure_crowd(const struct series *series)
{
	double memory = 0, count = (double)settings.branches;
	double created = for_all_branches(series, create_start, "vela branch create");
	size_t answered = 0;
	for (size_t i = 0; i < settings.branches; i++) {
		char *name = format_text("many-%zu", i);
		char *url = branch_url(series, name);
		answered += client_try(url);
		free(url);
		free(name);
	}
	for (size_t i = 0; i < settings.branches; i++) {
		char *name = format_text("many-%zu", i), *data = branch_data(series, name);
		memory += branch_memory(data);
		free(data);
		free(name);
	}
	double deleted = for_all_branches(series, delete_start, "vela branch delete");
	result_figure("branches running at once that answer", (double)answered, UNIT_COUNT, count);
	result_figure("memory (Pss) of each, idle", memory / count, UNIT_BYTES, 0);
	result_figure("creating one of them, 4 at a time", created / count, UNIT_MILLISECONDS, 0);
	result_figure("deleting one of them, 4 at a time", deleted / count, UNIT_MILLISECONDS, 0);
}

/* --- commands that do next to nothing --- */

static void measure_short_commands(struct series *series)
{
	const char *const nothing[] = {"/bin/true", NULL};
	const char *const help[] = {settings.vela, "--help", NULL};
	const char *const url[] = {settings.vela, "--pool", series->pool, "url", "short", NULL};
	struct samples floor = {0}, for_help = {0}, for_url = {0};
	(void)vela_create(series, "short");
	for (size_t i = 0; i < SHORT_RUNS; i++) {
		samples_add(&floor, program_time(nothing));
		samples_add(&for_help, program_time(help));
		samples_add(&for_url, program_time(url));
	}
	(void)vela_delete(series, "short");
	result_compare("vela --help (floor: /bin/true)", &floor, &for_help, NO_TARGET);
	result_compare("vela url (floor: /bin/true)", &floor, &for_url, NO_TARGET);
	samples_free(&floor);
	samples_free(&for_help);
	samples_free(&for_url);
}

/* --- */

static size_t parse_count(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);
	if (*end || value == 0 || value > 100000)
		die("\"%s\" is not a number of times", text);
	return value;
}

static void take_user(const char *name)
{
	const struct passwd *user = getpwnam(name);
	if (user)
		settings.user = *user;
}

static void parse_arguments(int argc, char **argv)
{
	static const struct option options[] = {
		{"vela", required_argument, NULL, 'v'},     {"binaries", required_argument, NULL, 'b'},
		{"user", required_argument, NULL, 'u'},     {"pairs", required_argument, NULL, 'p'},
		{"branches", required_argument, NULL, 'n'}, {"json", required_argument, NULL, 'j'},
		{"strict", no_argument, NULL, 's'},         {0},
	};
	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
		switch (option) {
		case 'v':
			settings.vela = optarg;
			break;
		case 'b':
			settings.binaries = optarg;
			break;
		case 'u':
			take_user(optarg);
			break;
		case 'p':
			settings.pairs = parse_count(optarg);
			break;
		case 'n':
			settings.branches = parse_count(optarg);
			break;
		case 'j':
			settings.json = optarg;
			break;
		case 's':
			settings.strict = true;
			break;
		default:
			exit(2);
		}
	}
	settings.directory = argv[optind];
	if (!settings.vela || !settings.binaries || !settings.user.pw_name || !settings.directory)
		die("called with too little; call tests/bench/run");
}

int main(int argc, char **argv)
{
	signal(SIGINT, SIG_DFL); /* a shell that runs us in the background has it ignored */
	parse_arguments(argc, argv);
	struct series series[] = {
		series_make("btrfs, small", "btrfs", "btrfs", "small"),
		series_make("btrfs, large", "btrfs", "btrfs", "large"),
		series_make("XFS, small", "xfs", "xfs/pool", "small"),
	};
	run_series(series, 2);
	run_series(series + 2, 1);
	report_series(series, 3);
	result_figure("create: large / small, vela on btrfs",
		      samples_quantile(&series[1].vela_create, 0.5) / samples_quantile(&series[0].vela_create, 0.5),
		      UNIT_RATIO, 1.15);
	measure_short_commands(&series[0]);
	measure_migrations(&(struct migrate){settings.vela, settings.binaries, series[0].pool, series[0].baseline,
					     settings.directory});
	measure_bytes(&series[0]);
	use_processors(PROCESSORS);
	measure_crowd(&series[0]);
	size_t missed = results_print();
	if (settings.json)
		results_write(settings.json, settings.pairs);
	printf("\n%zu target%s missed; %zu pairs each\n", missed, missed == 1 ? "" : "s", settings.pairs);
	return settings.strict && missed > 0 ? 1 : 0;
}
