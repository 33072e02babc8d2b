#include "cmd/commands.h"
#include "cmd/output.h"
#include "pool/event.h"
#include "pool/record.h"

static const struct option options[] = {
	{"lines", 'n', "COUNT", "the last COUNT events (default: 50)"},
	{NULL, 0, NULL, NULL},
};

static int run(struct invocation *invocation, struct error **err)
{
	long count = 50;
	json_t *events;
	if (option_count(invocation, "lines", 1, &count, err) < 0 || app_open_pool(&invocation->app, err) < 0 ||
	    event_read(&invocation->app.pool, (size_t)count, &events, err) < 0)
		return -1;
	if (invocation->json) {
		output_json(json_pack("{s:i, s:o}", "schema", 1, "events", events));
		return 0;
	}
	struct table table = {.columns = 5};
	const char *const heading[] = {"TIME", "EVENT", "SUBJECT", "BY", "REASON"};
	for (size_t i = 0; i < ARRAY_SIZE(heading); i++)
		table_add(&table, heading[i]);
	static const char *const members[] = {"time", "event", "subject", "by", "reason"};
	size_t index;
	const json_t *event;
	json_array_foreach(events, index, event) for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		table_add(&table, record_string(event, members[i]));
	table_print(&table, invocation->color);
	json_decref(events);
	return 0;
}

const struct command command_events = {
	.name = "events",
	.arguments = "",
	.summary = "who did what to branches and baselines, when and why",
	.options = options,
	.run = run,
};
