/* From the text of a file to the fields of a record, as a schema table says. */
#ifndef VELA_CONFIG_VALIDATE_H
#define VELA_CONFIG_VALIDATE_H

#include "base/error.h"
#include "config/row.h"

/* Sets the defaults in a zeroed record. */
void validate_defaults(const struct schema_table *table, void *record);

/*
 * Fills a zeroed record; ERROR_CONFIG tells all that is wrong. Even then fields may have been set: the caller frees the
 * record in either case. `name` stands in the messages.
 */
int validate_parse(const struct schema_table *table, const char *name, const char *text, size_t length, void *record,
		   struct error **err);

#endif
