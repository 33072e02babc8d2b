#include "app/baseline.h"
#include "base/clock.h"
#include "base/quantity.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/output.h"

static const struct option create_options[] = {
	{"from", 0, "SOURCE", "a postgres:// URL, a data directory, or a source of pool.yml"},
	{"password-file", 0, "FILE", "holds the source's password (else PGPASSWORD, ~/.pgpass)"},
	{NULL, 0, NULL, NULL},
};
static const struct option no_options[] = {{NULL, 0, NULL, NULL}};
static const struct option delete_options[] = {
	{"yes", 0, NULL, "delete it although it has several revisions"},
	{NULL, 0, NULL, NULL},
};

static void show_details(const struct invocation *invocation, const struct baseline *baseline)
{
	if (invocation->json) {
		output_json(baseline_to_json(baseline));
		return;
	}
	_cleanup_free_ char *size = quantity_format_size(baseline->bytes);
	_cleanup_free_ char *taken = clock_format_utc(baseline->taken_at);
	_cleanup_free_ char *age = clock_format_age(baseline->taken_at, clock_now());
	_cleanup_free_ char *source = text_safe(baseline->source ? baseline->source : "?");
	_cleanup_buffer_ struct buffer databases = {0};
	for (size_t i = 0; i < baseline->databases.count; i++) {
		buffer_add_text(&databases, i ? ", " : "");
		text_add_safe(&databases, baseline->databases.items[i], false);
	}
	output_text("baseline   %s@%d\nsource     %s\ntaken      %s (%s)\nlsn        %s\npostgres   %s\nsize       "
		    "%s\ndatabases  %s\n",
		    baseline->name, baseline->revision, source, taken, age, baseline->lsn, baseline->version, size,
		    buffer_text(&databases));
}

static int take(struct invocation *invocation, bool refresh, struct error **err)
{
	struct baseline_request request = {.name = invocation->arguments[0],
					   .source = option_value(invocation, "from"),
					   .password_file = option_value(invocation, "password-file"),
					   .refresh = refresh};
	if (!request.source && !refresh) {
		error_set(err, ERROR_USAGE, "from which source?");
		return error_hint(err, "vela baseline create %s --from postgres://USER@HOST/DATABASE", request.name);
	}
	double began = clock_monotonic_ms();
	struct baseline baseline;
	if (app_open_pool(&invocation->app, err) < 0 || baseline_create(&invocation->app, &request, &baseline, err) < 0)
		return -1;
	output_progress_clear();
	_cleanup_free_ char *duration = quantity_format_milliseconds(clock_monotonic_ms() - began);
	show_details(invocation, &baseline);
	if (!invocation->json)
		output_text("\nready in %s; next: vela branch create\n", duration);
	baseline_free(&baseline);
	return 0;
}

static int run_create(struct invocation *invocation, struct error **err)
{
	return take(invocation, false, err);
}

static int run_refresh(struct invocation *invocation, struct error **err)
{
	return take(invocation, true, err);
}

static void add_row(struct table *table, const struct baseline *baseline)
{
	_cleanup_free_ char *name = string_format("%s@%d", baseline->name, baseline->revision);
	_cleanup_free_ char *age = clock_format_age(baseline->taken_at, clock_now());
	_cleanup_free_ char *size = quantity_format_size(baseline->bytes);
	const char *const cells[] = {name, age, size, baseline->version, baseline->source};
	for (size_t i = 0; i < ARRAY_SIZE(cells); i++)
		table_add(table, cells[i]);
}

static int run_list(struct invocation *invocation, struct error **err)
{
	struct baseline_list list;
	_cleanup_(string_list_free) struct string_list damaged = {0};
	if (app_open_pool(&invocation->app, err) < 0 ||
	    baseline_list(&invocation->app.pool, NULL, &list, &damaged, err) < 0)
		return -1;
	if (invocation->json) {
		json_t *items = json_array();
		for (size_t i = 0; i < list.count; i++)
			json_array_append_new(items, baseline_to_json(&list.items[i]));
		output_json(json_pack("{s:i, s:o}", "schema", 1, "baselines", items));
	} else if (list.count == 0) {
		output_note(invocation,
			    "no baselines yet; vela baseline create production --from postgres://USER@HOST/DATABASE");
	} else {
		struct table table = {.columns = 5};
		const char *const heading[] = {"NAME", "TAKEN", "SIZE", "POSTGRES", "SOURCE"};
		for (size_t i = 0; i < ARRAY_SIZE(heading); i++)
			table_add(&table, heading[i]);
		for (size_t i = 0; i < list.count; i++)
			add_row(&table, &list.items[i]);
		table_print(&table, invocation->color);
	}
	for (size_t i = 0; i < damaged.count; i++)
		output_note(invocation, "baseline %s is damaged", damaged.items[i]);
	baseline_list_free(&list);
	return 0;
}

static int run_show(struct invocation *invocation, struct error **err)
{
	_cleanup_baseline_ struct baseline baseline = {0};
	if (app_open_pool(&invocation->app, err) < 0 ||
	    baseline_find(&invocation->app.pool, invocation->arguments[0], &baseline, err) < 0)
		return -1;
	show_details(invocation, &baseline);
	return 0;
}

static int run_delete(struct invocation *invocation, struct error **err)
{
	size_t deleted = 0;
	if (app_open_pool(&invocation->app, err) < 0 ||
	    baseline_delete(&invocation->app, invocation->arguments[0], option_given(invocation, "yes"), &deleted,
			    err) < 0)
		return -1;
	if (invocation->json)
		output_json(json_pack("{s:i, s:s, s:I}", "schema", 1, "name", invocation->arguments[0], "deleted",
				      (json_int_t)deleted));
	else if (deleted > 0)
		output_text("baseline %s is gone\n", invocation->arguments[0]);
	else
		output_text("there is no baseline %s\n", invocation->arguments[0]);
	return 0;
}

const struct command command_baseline_create = {
	.name = "baseline create",
	.arguments = "NAME --from SOURCE",
	.summary = "copy production once, made harmless and ready to branch",
	.description =
		"From a URL the data comes over a replication connection while the server runs; it is only read. "
		"A data directory has to be cleanly stopped, or to be a btrfs subvolume on the pool's own "
		"filesystem. A password in the URL is refused: everybody on the host can read command lines.",
	.examples = "vela baseline create production --from postgres://replicator@db.internal/shop\n"
		    "vela baseline create nightly --from /srv/restore/15/main",
	.options = create_options,
	.least = 1,
	.most = 1,
	.run = run_create,
};

const struct command command_baseline_refresh = {
	.name = "baseline refresh",
	.arguments = "NAME",
	.summary = "take a new revision; branches keep the one they stand on",
	.options = create_options,
	.least = 1,
	.most = 1,
	.run = run_refresh,
};

const struct command command_baseline_list = {
	.name = "baseline list",
	.arguments = "",
	.summary = "list baselines and their revisions",
	.options = no_options,
	.run = run_list,
};

const struct command command_baseline_show = {
	.name = "baseline show",
	.arguments = "NAME[@REVISION]",
	.summary = "show where a baseline came from, when, and what is in it",
	.options = no_options,
	.least = 1,
	.most = 1,
	.run = run_show,
};

const struct command command_baseline_delete = {
	.name = "baseline delete",
	.arguments = "NAME[@REVISION]",
	.summary = "delete a baseline or a revision that no branch stands on",
	.options = delete_options,
	.least = 1,
	.most = 1,
	.run = run_delete,
};
