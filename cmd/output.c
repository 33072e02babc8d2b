#include "cmd/output.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/quantity.h"
#include "base/text.h"
#include "report/layout.h"

void output_json(json_t *json)
{
	json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15)); /* 0.1 is 0.1, not 0.10000000000000001 */
	putchar('\n');
	json_decref(json);
}

void output_text(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
}

int output_flush(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return errno == EPIPE ? 1 : -1;
}

static int width_of(int fd)
{
	struct winsize size;
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
		return size.ws_col < 120 ? size.ws_col : 120;
	return 80;
}

int output_width(void)
{
	return width_of(STDOUT_FILENO);
}

static bool stderr_has_color(const struct invocation *invocation)
{
	const char *no_color = getenv("NO_COLOR");
	return isatty(STDERR_FILENO) && !(no_color && *no_color) && !string_equal(getenv("TERM"), "dumb") &&
	       !option_given(invocation, "no-color");
}

void output_note(const struct invocation *invocation, const char *format, ...)
{
	if (invocation->quiet)
		return;
	va_list arguments;
	va_start(arguments, format);
	_cleanup_free_ char *text = string_format_v(format, arguments);
	va_end(arguments);
	_cleanup_free_ char *safe = text_safe(text);
	output_progress_clear();
	fprintf(stderr, "vela: %s\n", safe);
}

/* To stderr, behind a prefix of six columns; in lines of its own width if it is a terminal, else left to who reads it.
 */
static void write_error(const char *text, enum tint tint, bool color)
{
	enum { INDENT = 6 };
	_cleanup_buffer_ struct buffer out = {0};
	if (isatty(STDERR_FILENO)) {
		struct page page = {&out, (size_t)width_of(STDERR_FILENO), color};
		page_wrap(&page, tint, text, INDENT, INDENT, SIZE_MAX);
	} else {
		text_add_safe(&out, text, true);
		buffer_add_char(&out, '\n');
	}
	fputs(buffer_text(&out), stderr);
}

/* "vela.yml:3:11: …": what editors jump to stands at the beginning of its line. */
static bool begins_with_place(const char *message)
{
	size_t word = strcspn(message, " ");
	for (const char *at = strchr(message, ':'); at && at < message + word; at = strchr(at + 1, ':')) {
		int line, column, length = 0;
		if (sscanf(at, ":%d:%d: %n", &line, &column, &length) == 2 && length > 0)
			return true;
	}
	return false;
}

json_t *output_error_json(const struct error *error)
{
	if (!error)
		return json_null();
	json_t *json = json_pack("{s:s}", "kind", error_kinds[error->kind].name);
	_cleanup_buffer_ struct buffer message = {0}, hint = {0};
	text_add_safe(&message, error->message, true);
	text_add_safe(&hint, error->hint ? error->hint : "", true);
	json_object_set_new(json, "message", json_string(buffer_text(&message)));
	json_object_set_new(json, "hint", error->hint ? json_string(buffer_text(&hint)) : json_null());
	return json;
}

/* Several lines where there are several errors, as of a vela.yml. */
void output_error(const struct invocation *invocation, const struct error *error)
{
	output_progress_clear();
	if (invocation->json) {
		output_json(json_pack("{s:o}", "error", output_error_json(error)));
		return;
	}
	bool color = stderr_has_color(invocation);
	if (error->kind == ERROR_CONFIG && begins_with_place(error->message)) {
		_cleanup_buffer_ struct buffer lines = {0};
		text_add_safe(&lines, error->message, true);
		fprintf(stderr, "%s\n", buffer_text(&lines));
	} else {
		fprintf(stderr, "%svela: %s", color ? "\033[31m" : "", color ? "\033[0m" : "");
		write_error(error->message, TINT_PLAIN, color);
	}
	if (error->hint) {
		fputs("      ", stderr);
		write_error(error->hint, TINT_DIM, color);
	}
}

/* --- progress --- */

static struct {
	const struct invocation *invocation;
	bool terminal, shown;
	double last;
} state;

void output_progress_clear(void)
{
	if (state.shown)
		fputs("\r\033[K", stderr);
	state.shown = false;
}

static char *describe(const char *step, uint64_t done, uint64_t total)
{
	_cleanup_free_ char *safe = text_safe(step);
	_cleanup_free_ char *done_text = quantity_format_size(done);
	_cleanup_free_ char *total_text = quantity_format_size(total);
	if (total > 0)
		return string_format("%s: %s of %s (%d %%)", safe, done_text, total_text,
				     done >= total ? 100 : (int)((double)done * 100 / (double)total));
	return done > 0 ? string_format("%s: %s", safe, done_text) : string_format("%s …", safe);
}

static void show_progress(void *context, const char *step, uint64_t done, uint64_t total)
{
	(void)context;
	enum { TERMINAL_MS = 100, PLAIN_MS = 10000 };
	double now = clock_monotonic_ms();
	if (now - state.last < (state.terminal ? TERMINAL_MS : PLAIN_MS))
		return;
	state.last = now;
	_cleanup_free_ char *line = describe(step, done, total);
	_cleanup_free_ char *fitting = text_shorten(line, (size_t)output_width() - 1);
	if (state.terminal)
		fprintf(stderr, "\r\033[K%s", fitting);
	else
		fprintf(stderr, "vela: %s\n", line);
	state.shown = state.terminal;
}

static void show_note(void *context, const char *text)
{
	(void)context;
	output_note(state.invocation, "note: %s", text);
}

const struct progress *output_progress(const struct invocation *invocation)
{
	static const struct progress progress = {show_progress, show_note, NULL};
	static const struct progress notes_only = {NULL, show_note, NULL};
	state.invocation = invocation;
	state.terminal = isatty(STDERR_FILENO) && !string_equal(getenv("TERM"), "dumb");
	state.last = clock_monotonic_ms(); /* what is done at once shows nothing */
	return invocation->quiet ? &notes_only : &progress;
}

/* --- tables --- */

void table_add(struct table *table, const char *cell)
{
	string_list_take(&table->cells, text_safe(cell ? cell : "–"));
}

static size_t column_width(const struct table *table, size_t column)
{
	size_t widest = 0;
	for (size_t i = column; i < table->cells.count; i += table->columns) {
		size_t width = text_width(table->cells.items[i]);
		widest = width > widest ? width : widest;
	}
	return widest;
}

void table_print(struct table *table, bool color)
{
	for (size_t i = 0; i < table->cells.count; i++) {
		size_t column = i % table->columns;
		bool heading = i < table->columns, last = column + 1 == table->columns;
		size_t pad = last ? 0 : column_width(table, column) - text_width(table->cells.items[i]) + 2;
		printf("%s%s%s%*s%s", heading && color ? "\033[2m" : "", table->cells.items[i],
		       heading && color ? "\033[0m" : "", (int)pad, "", last ? "\n" : "");
	}
	string_list_free(&table->cells);
}
