#include "config/url.h"

#include <libpq-fe.h>

#include "base/memory.h"

static void free_options(PQconninfoOption *const *options)
{
	PQconninfoFree(*options);
}

enum url_verdict url_check(const char *url)
{
	if (!string_starts_with(url, "postgres://") && !string_starts_with(url, "postgresql://"))
		return URL_IS_INVALID;
	/* Without a place for its message: that would repeat the URL, and with it a password. */
	_cleanup_(free_options) PQconninfoOption *options = PQconninfoParse(url, NULL);
	if (!options)
		return URL_IS_INVALID;
	for (const PQconninfoOption *option = options; option->keyword; option++)
		if (option->val && option->dispchar[0] == '*')
			return URL_HAS_PASSWORD;
	return URL_IS_GOOD;
}
