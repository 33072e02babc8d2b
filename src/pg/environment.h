/* What the surroundings may say to connections, and to the programs that we run. */
#ifndef VELA_PG_ENVIRONMENT_H
#define VELA_PG_ENVIRONMENT_H

/*
 * The environment of PostgreSQL's programs. Nothing of the job around us: neither its secrets, which the user that a
 * program runs as could read, nor the variables by which a CI runner finds and kills what a job left behind. Databases
 * carry their own locale; TZ and PG* would change settings.
 */
extern char *const pg_bare_environment[];

/* Calls `visit` with the name of each variable through which libpq lets the surroundings decide where a connection goes
 * (PGHOST, PGSERVICE, PGOPTIONS, …), set or not. */
void pg_environment_each(void (*visit)(void *context, const char *name), void *context);

#endif
