/* The two hidden comments that a report begins with. */
#include <ctype.h>

#include "report/describe.h"
#include "report/markdown.h"

#define MARKER "<!-- vela:report "
#define STATUS "<!-- vela:status "
#define END " -->"

enum { NAME_MAX_BYTES = 255, DESCRIPTION_MAX = 300, LINE_MAX_BYTES = 4096 };

/* Letters, digits, what is in `plain` and what cannot end a comment; anything else, and a '-' after another, as %XX. */
static void add_encoded(struct buffer *out, const char *text, size_t max, const char *plain)
{
	for (const char *at = text; *at && (size_t)(at - text) < max; at++) {
		unsigned char c = (unsigned char)*at;
		bool harmless = isascii(c) && (isalnum(c) || c == '_' || c == '.' || strchr(plain, c) ||
					       (c == '-' && at > text && at[-1] != '-'));
		if (harmless)
			buffer_add_char(out, *at);
		else
			buffer_addf(out, "%%%02X", (unsigned)c);
	}
}

char *report_markdown_marker(const char *project, const char *branch)
{
	struct buffer out = {0};
	buffer_add_text(&out, MARKER);
	add_encoded(&out, project ? project : "", NAME_MAX_BYTES, "");
	buffer_add_char(&out, '/');
	add_encoded(&out, branch ? branch : "", NAME_MAX_BYTES, "");
	buffer_add_text(&out, END);
	return buffer_steal(&out);
}

char *report_markdown_status(const struct report *report)
{
	_cleanup_buffer_ struct buffer description = {0}, out = {0};
	if (report->verdict == VERDICT_ERROR && report->reason)
		buffer_add_text(&description, report->reason);
	else
		describe_verdict(&description, report);
	buffer_addf(&out, STATUS "%s ", verdict_name(report->verdict));
	add_encoded(&out, buffer_text(&description), DESCRIPTION_MAX, " ,:;()/=");
	buffer_add_text(&out, END);
	return buffer_steal(&out);
}

/* --- reading them back --- */

/* What stands between `begin` and END on the line at *at, owned, and moves on to the next; NULL if it is not such a
 * line.
 */
static char *take_line(const char **at, const char *begin)
{
	size_t length = strcspn(*at, "\r\n"), before = strlen(begin), after = strlen(END);
	if (length > LINE_MAX_BYTES || length < before + after || !string_starts_with(*at, begin) ||
	    strncmp(*at + length - after, END, after) != 0)
		return NULL;
	char *content = string_copy_n(*at + before, length - before - after);
	*at += length;
	*at += strspn(*at, "\r");
	*at += **at == '\n';
	return content;
}

static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static char *decode(const char *text, size_t length)
{
	struct buffer out = {0};
	buffer_add_text(&out, "");
	for (size_t i = 0; i < length; i++) {
		int high = text[i] == '%' && i + 2 < length ? hex_value(text[i + 1]) : -1;
		int low = high >= 0 ? hex_value(text[i + 2]) : -1;
		if (low >= 0 && high + low > 0)
			buffer_add_char(&out, (char)(high * 16 + low));
		else
			buffer_add_char(&out, text[i]);
		i += low >= 0 ? 2 : 0;
	}
	return buffer_steal(&out);
}

static bool find_verdict(const char *name, size_t length, enum report_verdict *ret)
{
	for (int verdict = VERDICT_PASSED; verdict <= VERDICT_ERROR; verdict++) {
		const char *known = verdict_name((enum report_verdict)verdict);
		if (strlen(known) == length && strncmp(known, name, length) == 0) {
			*ret = (enum report_verdict)verdict;
			return true;
		}
	}
	return false;
}

int markdown_head_read(const char *text, struct markdown_head *ret, struct error **err)
{
	const char *at = text;
	_cleanup_free_ char *names = take_line(&at, MARKER);
	_cleanup_free_ char *status = names ? take_line(&at, STATUS) : NULL;
	size_t project = names ? strcspn(names, "/") : 0;
	size_t verdict = status ? strcspn(status, " ") : 0;
	enum report_verdict found;
	if (!status || !names[project] || !find_verdict(status, verdict, &found)) {
		error_set(err, ERROR_USAGE, "that is no report of vela: its first two lines do not say so");
		return error_hint(err, "vela check --report markdown=FILE writes one");
	}
	const char *description = status + verdict + (status[verdict] == ' ');
	*ret = (struct markdown_head){
		.marker = string_format(MARKER "%s" END, names),
		.project = decode(names, project),
		.verdict = found,
		.description = decode(description, strlen(description)),
	};
	return 0;
}

void markdown_head_free(struct markdown_head *head)
{
	free(head->marker);
	free(head->project);
	free(head->description);
	*head = (struct markdown_head){0};
}
