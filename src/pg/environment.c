#include "pg/environment.h"

#include <libpq-fe.h>

#include "base/memory.h"

char *const pg_bare_environment[] = {
	(char[]){"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
	(char[]){"LC_ALL=C"},
	NULL,
};

/* libpq reads these without listing them among its options. */
static const char *const unlisted[] = {"PGDATESTYLE", "PGTZ", "PGGEQO", "PGSERVICEFILE", "PGSYSCONFDIR"};

void pg_environment_each(void (*visit)(void *context, const char *name), void *context)
{
	PQconninfoOption *options = PQconninfoParse("", NULL);
	for (const PQconninfoOption *option = options; option && option->keyword; option++)
		if (option->envvar)
			visit(context, option->envvar);
	PQconninfoFree(options);
	for (size_t i = 0; i < ARRAY_SIZE(unlisted); i++)
		visit(context, unlisted[i]);
}
