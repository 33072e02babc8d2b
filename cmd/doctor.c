#include "app/doctor.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/output.h"

static const struct option no_options[] = {{NULL, 0, NULL, NULL}};
static const char *const level_names[] = {[FINDING_OK] = "ok", [FINDING_NOTE] = "note", [FINDING_BROKEN] = "broken"};

static void show_as_json(const struct findings *findings)
{
	json_t *items = json_array();
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];
		_cleanup_free_ char *text = text_safe(finding->text);
		json_t *item = json_pack("{s:s, s:s, s:s}", "topic", finding->topic, "level",
					 level_names[finding->level], "text", text);
		_cleanup_free_ char *remedy = finding->remedy ? text_safe(finding->remedy) : NULL;
		json_object_set_new(item, "remedy", remedy ? json_string(remedy) : json_null());
		json_array_append_new(items, item);
	}
	output_json(json_pack("{s:i, s:b, s:o}", "schema", 1, "healthy", findings->broken == 0, "findings", items));
}

static void show_as_text(const struct invocation *invocation, const struct findings *findings)
{
	static const char *const marks[] = {[FINDING_OK] = "✓", [FINDING_NOTE] = "–", [FINDING_BROKEN] = "✗"};
	static const char *const colors[] = {
		[FINDING_OK] = "\033[32m", [FINDING_NOTE] = "\033[33m", [FINDING_BROKEN] = "\033[31m"};
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];
		_cleanup_free_ char *text = text_safe(finding->text);
		_cleanup_free_ char *remedy = text_safe(finding->remedy ? finding->remedy : "");
		output_text("%s%s%s %-10s %s\n", invocation->color ? colors[finding->level] : "", marks[finding->level],
			    invocation->color ? "\033[0m" : "", finding->topic, text);
		if (*remedy)
			output_text("             → %s\n", remedy);
	}
}

static int run(struct invocation *invocation, struct error **err)
{
	(void)err;
	struct findings findings;
	doctor_examine(&invocation->app, &findings);
	if (invocation->json)
		show_as_json(&findings);
	else
		show_as_text(invocation, &findings);
	invocation->exit_code = findings.broken > 0 ? 1 : 0;
	doctor_findings_free(&findings);
	return 0;
}

const struct command command_doctor = {
	.name = "doctor",
	.arguments = "",
	.summary = "examine host, pool and vela.yml; say what mends them",
	.description = "Ends with 1 if something is broken.",
	.options = no_options,
	.run = run,
};
