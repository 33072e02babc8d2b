#include "report/cut.h"

#include "base/text.h"

char *report_cut(const char *text, bool multiline, size_t max)
{
	struct buffer safe = {0};
	text_add_safe(&safe, text, multiline);
	if (safe.length > max) {
		size_t end = max;
		while (end > 0 && ((unsigned char)safe.data[end] & 0xc0) == 0x80)
			end--;
		buffer_truncate(&safe, end);
		buffer_add_text(&safe, "…");
	}
	return buffer_steal(&safe);
}
