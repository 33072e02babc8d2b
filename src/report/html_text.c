/* The pieces that every section is made of. */
#include "base/quantity.h"
#include "base/text.h"
#include "report/cut.h"
#include "report/html_parts.h"

enum { TEXT_MAX = 16384 };

/* What HTML and XML have as characters that are none: U+FFFE and U+FFFF. */
static bool is_no_character(const char *at)
{
	return (unsigned char)at[0] == 0xef && (unsigned char)at[1] == 0xbf && (unsigned char)at[2] >= 0xbe;
}

void html_add(struct buffer *out, const char *text)
{
	_cleanup_free_ char *safe = report_cut(text, true, TEXT_MAX);
	for (const char *at = safe; *at; at++) {
		const char *entity = *at == '&'    ? "&amp;"
				     : *at == '<'  ? "&lt;"
				     : *at == '>'  ? "&gt;"
				     : *at == '"'  ? "&quot;"
				     : *at == '\'' ? "&#39;"
						   : NULL;
		if (entity) {
			buffer_add_text(out, entity);
		} else if (is_no_character(at)) {
			buffer_add_char(out, '?');
			at += 2;
		} else {
			buffer_add_char(out, *at);
		}
	}
}

void html_add_code(struct buffer *out, const char *text)
{
	buffer_add_text(out, "<code>");
	html_add(out, text);
	buffer_add_text(out, "</code>");
}

void html_add_place(struct buffer *out, const char *file, int line)
{
	buffer_add_text(out, "<code>");
	html_add(out, file);
	if (line > 0)
		buffer_addf(out, ":%d", line);
	buffer_add_text(out, "</code>");
}

void html_add_duration(struct buffer *out, double milliseconds)
{
	_cleanup_free_ char *text = quantity_format_milliseconds(milliseconds);
	buffer_add_text(out, text);
}

void html_add_sentences(struct buffer *out, char *const *sentences)
{
	if (!sentences || !*sentences)
		return;
	buffer_add_text(out, "<ul class=\"plain\">");
	for (; *sentences; sentences++) {
		buffer_add_text(out, "<li>");
		html_add(out, *sentences);
		buffer_add_text(out, "</li>");
	}
	buffer_add_text(out, "</ul>\n");
}

void html_begin(struct buffer *out, const char *id, const char *title)
{
	buffer_addf(out, "<section id=\"%s\" aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">%s</h2>\n", id, id, id,
		    title);
}

void html_end(struct buffer *out)
{
	buffer_add_text(out, "</section>\n");
}

void html_add_mark(struct buffer *out, enum report_outcome outcome, bool is_warning)
{
	static const struct {
		const char *class, *sign, *word;
	} marks[] = {
		[OUTCOME_PASSED] = {"good", "✓", "passed"},
		[OUTCOME_FAILED] = {"bad", "✗", "failed"},
		[OUTCOME_NOT_RUN] = {"dim", "–", "not run"},
		{"warn", "!", "warning"},
	};
	size_t index = outcome == OUTCOME_FAILED && is_warning ? OUTCOME_NOT_RUN + 1 : outcome;
	buffer_addf(out, "<span class=\"%s\" aria-hidden=\"true\">%s</span><span class=\"hidden\">%s </span>",
		    marks[index].class, marks[index].sign, marks[index].word);
}

/* --- failures --- */

static void add_source(struct buffer *out, const struct report_failure *failure)
{
	enum { CARET_MAX = 160 }; /* a longer line is wrapped: a caret below it would point anywhere */
	if (!failure->source_line)
		return;
	_cleanup_free_ char *line = text_safe(failure->source_line);
	buffer_add_text(out, "<pre>");
	html_add(out, line);
	if (failure->has_caret && strlen(line) <= CARET_MAX) {
		buffer_add_char(out, '\n');
		buffer_add_repeat(out, ' ', report_columns_before(line, failure->column));
		buffer_add_char(out, '^');
	}
	buffer_add_text(out, "</pre>\n");
}

void html_add_failure(struct buffer *out, const struct report_failure *failure)
{
	const struct {
		const char *label, *text;
	} fields[] = {{"Rows", failure->rows},
		      {"Detail", failure->detail},
		      {"Hint", failure->hint},
		      {"Context", failure->context}};
	buffer_add_text(out, "<p class=\"lines bad\">");
	html_add(out, failure->message);
	if (failure->sqlstate) {
		buffer_add_text(out, " <span class=\"dim\">SQLSTATE ");
		html_add(out, failure->sqlstate);
		buffer_add_text(out, "</span>");
	}
	buffer_add_text(out, "</p>\n");
	add_source(out, failure);
	if (!failure->rows && !failure->detail && !failure->hint && !failure->context)
		return;
	buffer_add_text(out, "<dl class=\"facts\">");
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (!fields[i].text)
			continue;
		buffer_addf(out, "<dt>%s</dt><dd>", fields[i].label);
		html_add(out, fields[i].text);
		buffer_add_text(out, "</dd>");
	}
	buffer_add_text(out, "</dl>\n");
}
