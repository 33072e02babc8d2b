/*
 * Where a branch's data come from: the commit that was checked out when vela last applied migrations to it, and what
 * these were then. Kept within the branch's data directory, so that it is cloned, reset and removed with the data that
 * it tells of.
 */
#ifndef VELA_APP_LINEAGE_H
#define VELA_APP_LINEAGE_H

#include "pool/branch.h"

struct lineage_migration {
	char *file; /* relative to the repository; printable, for a record has nothing else */
	char *digest;
	bool half; /* it failed after something of it was committed */
};
struct lineage {
	char *commit; /* NULL: not known */
	struct lineage_migration *migrations;
	size_t count;
	size_t sorted; /* of them, by file: those that were read */
};

/* None recorded is a success with nothing in it. ERROR_STORAGE if the record is damaged. */
int lineage_read(const struct branch *branch, struct lineage *ret, struct error **err);
int lineage_write(const struct branch *branch, const struct lineage *lineage, struct error **err);
void lineage_free(struct lineage *lineage);
#define _cleanup_lineage_ _cleanup_(lineage_free)

/* Of those that were read; NULL if it is none of them. */
const struct lineage_migration *lineage_find(const struct lineage *lineage, const char *file);
/* In place of the one of that file that was read, if there is one. */
void lineage_add(struct lineage *lineage, const char *file, const char *digest, bool half);

#endif
