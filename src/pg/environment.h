/* The variables through which libpq lets the surroundings decide where a connection goes: PGHOST, PGSERVICE, PGOPTIONS, … */
#ifndef VELA_PG_ENVIRONMENT_H
#define VELA_PG_ENVIRONMENT_H

/* Calls `visit` with the name of each, set or not. */
void pg_environment_each(void (*visit)(void *context, const char *name), void *context);

#endif
