/*
 * Migrations, applied by vela and watched, against `psql -1 -f` with the same file. DIRECTORY/small and DIRECTORY/copy
 * have a vela.yml and the file: 200 short statements, and a COPY of 10 MB.
 *
 * What is compared: of vela, the time from the first statement's sending until the last one's evidence was read, as its
 * report tells it (`timings_ms.migrate`); of psql, its whole process. So psql's start and login, a figure of its own
 * here, are in the floor, while vela's connections, its look at the relations that there are, and its comparison of the
 * schema are not in vela's time: these are in that of its whole command, which stands beside. Each run has a fresh
 * branch of the same baseline.
 */
#ifndef BENCH_MIGRATE_H
#define BENCH_MIGRATE_H

struct migrate {
	const char *vela, *binaries, *pool, *baseline, *directory;
};
void measure_migrations(const struct migrate *migrate);

#endif
