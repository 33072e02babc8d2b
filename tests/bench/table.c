#include "table.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { MAX_ROWS = 64, NAME_WIDTH = 44, CELL = 16 };

struct comparison {
	char *what;
	double floor_median, vela_median, floor_p95, vela_p95;
	struct target target;
	json_t *samples;
};

struct figure {
	char *what;
	double value, target;
	enum unit unit;
};

static struct comparison comparisons[MAX_ROWS];
static struct figure figures[MAX_ROWS];
static size_t comparison_count, figure_count;

static json_t *samples_to_json(const struct samples *samples)
{
	json_t *json = json_array();
	for (size_t i = 0; i < samples->count; i++)
		json_array_append_new(json, json_real(samples->values[i]));
	return json;
}

void result_compare(const char *what, const struct samples *floor, const struct samples *vela, struct target target)
{
	if (comparison_count == MAX_ROWS)
		die("too many results");
	comparisons[comparison_count++] = (struct comparison){
		.what = format_text("%s", what),
		.floor_median = samples_quantile(floor, 0.5),
		.vela_median = samples_quantile(vela, 0.5),
		.floor_p95 = samples_quantile(floor, 0.95),
		.vela_p95 = samples_quantile(vela, 0.95),
		.target = target,
		.samples = json_pack("{s:o, s:o}", "floor", samples_to_json(floor), "vela", samples_to_json(vela)),
	};
}

void result_figure(const char *what, double value, enum unit unit, double target)
{
	if (figure_count == MAX_ROWS)
		die("too many results");
	figures[figure_count++] = (struct figure){format_text("%s", what), value, target, unit};
}

/* --- judging --- */

static bool comparison_is_met(const struct comparison *row)
{
	const struct target *target = &row->target;
	return (target->median <= 0 || row->vela_median <= row->floor_median * target->median + target->plus_ms) &&
	       (target->p95 <= 0 || row->vela_p95 <= row->floor_p95 * target->p95 + target->plus_ms);
}

static bool figure_is_met(const struct figure *figure)
{
	if (figure->target <= 0)
		return true;
	return figure->unit == UNIT_COUNT ? figure->value >= figure->target : figure->value <= figure->target;
}

static const char *verdict(bool has_target, bool met)
{
	return !has_target ? "" : met ? "ok" : "MISSED";
}

/* --- for people --- */

static void format_value(double value, enum unit unit, char text[CELL])
{
	if (unit == UNIT_COUNT)
		snprintf(text, CELL, "%.0f", value);
	else if (unit == UNIT_RATIO)
		snprintf(text, CELL, "%.2f", value);
	else if (unit == UNIT_MILLISECONDS)
		snprintf(text, CELL, "%.1f ms", value);
	else if (value >= 10 << 20)
		snprintf(text, CELL, "%.1f MiB", value / (1 << 20));
	else
		snprintf(text, CELL, "%.0f KiB", value / 1024);
}

static void format_target(double target, enum unit unit, char text[CELL])
{
	char value[CELL];
	format_value(target, unit, value);
	snprintf(text, CELL, "%s %.12s", unit == UNIT_COUNT ? ">=" : "<=", target > 0 ? value : "");
	if (target <= 0)
		text[0] = '\0';
}

static void format_ratio(double ratio, double plus_ms, char text[CELL])
{
	if (ratio > 0 && plus_ms > 0)
		snprintf(text, CELL, "%.2f+%.0f", ratio, plus_ms);
	else
		format_target(ratio, UNIT_RATIO, text);
}

static void print_comparison(const struct comparison *row)
{
	const struct target *target = &row->target;
	char median_target[CELL], p95_target[CELL];
	format_ratio(target->median, target->plus_ms, median_target);
	format_ratio(target->p95, target->plus_ms, p95_target);
	printf("%-*s %8.1f %8.1f %6.2f %8s | %8.1f %8.1f %6.2f %8s  %s\n", NAME_WIDTH, row->what, row->floor_median,
	       row->vela_median, row->vela_median / row->floor_median, median_target, row->floor_p95, row->vela_p95,
	       row->vela_p95 / row->floor_p95, p95_target,
	       verdict(target->median > 0 || target->p95 > 0, comparison_is_met(row)));
}

size_t results_print(void)
{
	size_t missed = 0;
	printf("\n%-*s %8s %8s %6s %8s | %8s %8s %6s %8s\n", NAME_WIDTH, "milliseconds", "floor", "vela", "ratio",
	       "target", "floor", "vela", "ratio", "target");
	printf("%-*s %8s %8s %6s %8s | %8s %8s %6s %8s\n", NAME_WIDTH, "", "median", "median", "", "", "p95", "p95", "",
	       "");
	for (size_t i = 0; i < comparison_count; i++) {
		print_comparison(&comparisons[i]);
		missed += !comparison_is_met(&comparisons[i]);
	}
	printf("\n%-*s %12s %14s\n", NAME_WIDTH, "figures", "value", "target");
	for (size_t i = 0; i < figure_count; i++) {
		char value[CELL], target[CELL];
		format_value(figures[i].value, figures[i].unit, value);
		format_target(figures[i].target, figures[i].unit, target);
		printf("%-*s %12s %14s  %s\n", NAME_WIDTH, figures[i].what, value, target,
		       verdict(figures[i].target > 0, figure_is_met(&figures[i])));
		missed += !figure_is_met(&figures[i]);
	}
	return missed;
}

/* --- for programs --- */

static json_t *target_to_json(double target)
{
	return target > 0 ? json_real(target) : json_null();
}

static json_t *comparison_to_json(const struct comparison *row)
{
	const struct target *target = &row->target;
	json_t *json = json_pack("{s:s, s:{s:f, s:f, s:f, s:o}, s:{s:f, s:f, s:f, s:o}}", "what", row->what,
				 "median_ms", "floor", row->floor_median, "vela", row->vela_median, "ratio",
				 row->vela_median / row->floor_median, "target", target_to_json(target->median),
				 "p95_ms", "floor", row->floor_p95, "vela", row->vela_p95, "ratio",
				 row->vela_p95 / row->floor_p95, "target", target_to_json(target->p95));
	if (target->plus_ms > 0)
		json_object_set_new(json, "target_plus_ms", json_real(target->plus_ms));
	json_object_set_new(json, "ok", json_boolean(comparison_is_met(row)));
	json_object_set(json, "samples_ms", row->samples);
	return json;
}

static json_t *figure_to_json(const struct figure *figure)
{
	static const char *const units[] = {"bytes", "ms", "ratio", "count"};
	return json_pack("{s:s, s:f, s:s, s:o, s:b}", "what", figure->what, "value", figure->value, "unit",
			 units[figure->unit], "target", target_to_json(figure->target), "ok", figure_is_met(figure));
}

void results_write(const char *path, size_t pairs)
{
	struct utsname system;
	json_t *rows = json_array(), *others = json_array();
	for (size_t i = 0; i < comparison_count; i++)
		json_array_append_new(rows, comparison_to_json(&comparisons[i]));
	for (size_t i = 0; i < figure_count; i++)
		json_array_append_new(others, figure_to_json(&figures[i]));
	json_t *json =
		json_pack("{s:i, s:s, s:i, s:i, s:o, s:o}", "schema", 1, "kernel",
			  uname(&system) == 0 ? system.release : "", "processors", (int)sysconf(_SC_NPROCESSORS_ONLN),
			  "pairs", (int)pairs, "comparisons", rows, "figures", others);
	if (!json || json_dump_file(json, path, JSON_INDENT(1)) < 0)
		die("cannot write %s", path);
	json_decref(json);
}
