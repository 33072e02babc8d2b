#include "base/template.h"

#include <stdio.h>

static _Noreturn void give_up(const char *what, const char *name, size_t length)
{
	fprintf(stderr, "vela: no such %s: %.*s\n", what, (int)length, name);
	abort();
}

const char *template_text(const char *name)
{
	for (const struct template *template = templates; template->name; template ++)
		if (string_equal(template->name, name))
			return template->text;
	give_up("template", name, strlen(name));
}

static const char *find_value(const struct template_value *values, const char *name, size_t length)
{
	for (; values->name; values++)
		if (strlen(values->name) == length && strncmp(values->name, name, length) == 0)
			return values->value;
	give_up("template value", name, length);
}

char *template_fill(const char *name, const struct template_value *values)
{
	struct buffer out = {0};
	const char *at = template_text(name);
	const char *open;
	while ((open = strstr(at, "{{"))) {
		const char *close = strstr(open, "}}");
		if (!close)
			break;
		buffer_add(&out, at, (size_t)(open - at));
		buffer_add_text(&out, find_value(values, open + 2, (size_t)(close - open - 2)));
		at = close + 2;
	}
	buffer_add_text(&out, at);
	return buffer_steal(&out);
}
