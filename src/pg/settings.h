/*
 * What a server of vela runs with. Whatever keeps a copy of production harmless is forced on the command line, where
 * nothing in the data can override it; the rest is in a postgresql.conf that vela writes.
 */
#ifndef VELA_PG_SETTINGS_H
#define VELA_PG_SETTINGS_H

#include <stdint.h>

#include "base/buffer.h"
#include "pg/instance.h"

struct pg_facts { /* of the data directory */
	uint32_t wal_segment_bytes;
	int max_prepared_transactions;
	bool tablespaces; /* there is something in pg_tblspc */
};

/* Adds the whole argv of `postgres`: program, -D, and -c for every forced setting. */
void pg_settings_arguments(const struct pg_instance *instance, const struct pg_facts *facts, struct string_list *ret);
void pg_settings_file(const struct pg_instance *instance, const struct pg_facts *facts, struct buffer *ret);
void pg_settings_hba(const struct pg_instance *instance, struct buffer *ret);
/* Maps the operating system's user that owns the server to the superuser. */
void pg_settings_ident(const struct pg_instance *instance, const char *system_user, struct buffer *ret);

#endif
