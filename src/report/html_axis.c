#include "base/memory.h"
#include "report/html_parts.h"

enum { TICKS_MAX = 5 };

double axis_percent(const struct axis *axis, double ms)
{
	double span = axis->to_ms - axis->from_ms;
	double percent = span > 0 ? 100 * (ms - axis->from_ms) / span : 0;
	return percent < 0 ? 0 : percent > 100 ? 100 : percent;
}

/* 1, 2 or 5 times a power of ten, so that there are no more than TICKS_MAX of it in the span. */
static double step_of(const struct axis *axis)
{
	static const double factors[] = {2, 2.5, 2};
	double least = (axis->to_ms - axis->from_ms) / TICKS_MAX, step = 0.001;
	for (size_t i = 0; step < least && step < 1e15; i++)
		step *= factors[i % ARRAY_SIZE(factors)];
	return step;
}

static void add_time(struct buffer *out, double ms, double step)
{
	if (ms > -step / 2 && ms < step / 2)
		buffer_add_text(out, "0");
	else if (step >= 100)
		buffer_addf(out, "%.4g s", ms / 1000);
	else
		buffer_addf(out, "%.4g ms", ms);
}

void axis_add(struct buffer *out, const struct axis *axis, int height)
{
	double step = step_of(axis);
	double first = step * (double)(long long)(axis->from_ms / step);
	for (int i = 0; i <= TICKS_MAX; i++) {
		double ms = first + i * step, x = axis_percent(axis, ms);
		if (ms < axis->from_ms || ms > axis->to_ms)
			continue;
		const char *anchor = x < 4 ? "start" : x > 94 ? "end" : "middle";
		buffer_addf(out, "<line class=\"grid\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\"/>", x, x,
			    AXIS_HEIGHT - 6, height);
		buffer_addf(out, "<text class=\"tick\" x=\"%.2f%%\" y=\"11\" text-anchor=\"%s\">", x, anchor);
		add_time(out, ms, step);
		buffer_add_text(out, "</text>\n");
	}
}

void axis_add_bar(struct buffer *out, const struct axis *axis, double from_ms, double to_ms, double y, double height,
		  const char *class)
{
	double left = axis_percent(axis, from_ms), width = axis_percent(axis, to_ms) - left, least = 0.4;
	if (width < least)
		width = least;
	if (left + width > 100)
		left = 100 - width;
	buffer_addf(out, "<rect class=\"%s\" x=\"%.3f%%\" width=\"%.3f%%\" y=\"%.1f\" height=\"%.1f\" rx=\"2\">", class,
		    left, width, y, height);
}
