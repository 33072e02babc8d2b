/* Workflow commands: "::error file=F,line=N,endLine=N,title=T::message", which GitHub shows beside the changed lines.
 */
#include "report/github.h"

#include "base/text.h"
#include "report/cut.h"
#include "report/finding.h"
#include "report/formats.h"

/* GitHub shows ten of a level, and drops the others without a word. */
enum { SHOWN_MAX = 10, MESSAGE_MAX = 4000, TITLE_MAX = 200 };

enum level { LEVEL_ERROR, LEVEL_WARNING, LEVEL_NOTICE, LEVEL_COUNT };
static const char *const level_names[LEVEL_COUNT] = {"error", "warning", "notice"};

static enum level level_of(const struct finding *finding)
{
	if (finding->accepted)
		return LEVEL_NOTICE;
	return finding->severity == SEVERITY_ERROR ? LEVEL_ERROR : LEVEL_WARNING;
}

/* Whatever would end the message, or (in a property) the property. */
static void add_escaped(struct buffer *out, const char *text, bool property)
{
	for (; *text; text++)
		if (*text == '%' || *text == '\n' || *text == '\r' || (property && (*text == ':' || *text == ',')))
			buffer_addf(out, "%%%02X", (unsigned)*text);
		else
			buffer_add_char(out, *text);
}

static void add_message(struct buffer *out, const struct finding *finding)
{
	_cleanup_buffer_ struct buffer message = {0};
	buffer_add_text(&message, finding->message);
	if (finding->accepted)
		buffer_addf(&message, "\naccepted: %s", finding->accepted);
	if (finding->why && !finding->accepted)
		buffer_addf(&message, "\n%s", finding->why);
	if (finding->instead && !finding->accepted)
		buffer_addf(&message, "\ninstead: %s", finding->instead);
	_cleanup_free_ char *shown = report_cut(buffer_text(&message), true, MESSAGE_MAX);
	add_escaped(out, shown, false);
}

static void add_finding(struct buffer *out, const struct finding *finding)
{
	_cleanup_free_ char *path = text_safe(finding->path);
	_cleanup_free_ char *title = report_cut(finding->rule, false, TITLE_MAX);
	buffer_addf(out, "::%s file=", level_names[level_of(finding)]);
	add_escaped(out, path, true);
	buffer_addf(out, ",line=%d,endLine=%d,title=", finding->line, finding->line);
	add_escaped(out, title, true);
	buffer_add_text(out, "::");
	add_message(out, finding);
	buffer_add_char(out, '\n');
}

/* The last place that GitHub shows is for saying how many have none. */
static void add_level(struct buffer *out, const struct findings *findings, enum level level)
{
	size_t count = 0, shown = 0;
	for (size_t i = 0; i < findings->count; i++)
		count += level_of(&findings->items[i]) == level;
	size_t room = count <= SHOWN_MAX ? count : SHOWN_MAX - 1;
	for (size_t i = 0; i < findings->count && shown < room; i++)
		if (level_of(&findings->items[i]) == level) {
			add_finding(out, &findings->items[i]);
			shown++;
		}
	if (shown < count)
		buffer_addf(out, "::%s title=vela::%zu more like these: the report has them all\n", level_names[level],
			    count - shown);
}

void report_render_github(const struct report *report, const struct report_style *style, struct buffer *out)
{
	(void)style;
	_cleanup_findings_ struct findings findings = findings_of(report);
	for (int level = 0; level < LEVEL_COUNT; level++)
		add_level(out, &findings, (enum level)level);
}
