#include "report/cut.h"

#include "base/text.h"

char *report_cut(const char *text, bool multiline, size_t max)
{
	_cleanup_buffer_ struct buffer safe = {0};
	text_add_safe(&safe, text, multiline);
	return text_cut(buffer_text(&safe), safe.length, max);
}

size_t report_columns_before(const char *line, int column)
{
	size_t length = 0;
	for (; column > 1 && line[length]; column--)
		do
			length++;
		while ((line[length] & 0xc0) == 0x80);
	_cleanup_free_ char *before = string_copy_n(line, length);
	return text_width(before);
}
