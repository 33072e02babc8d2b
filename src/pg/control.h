/* What a data directory says of itself: PG_VERSION and global/pg_control, read without starting a server. */
#ifndef VELA_PG_CONTROL_H
#define VELA_PG_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct pg_control {
	uint64_t system_identifier;
	uint32_t version;        /* pg_control_version: 1300, 1700, 1800 */
	int state;               /* DBState */
	uint64_t checkpoint_lsn; /* of the latest checkpoint record */
	uint32_t timeline;
	int max_prepared_transactions;
	uint32_t wal_segment_bytes;
};

/* ERROR_USAGE if `data` is no data directory (no PG_VERSION); ERROR_POSTGRES if the major version is not supported. */
int pg_data_major(const char *data, int *ret, struct error **err);
/* Checks the CRC. */
int pg_control_read(const char *data, struct pg_control *ret, struct error **err);
bool pg_control_is_clean(const struct pg_control *control); /* shut down cleanly, as a primary or in recovery */
char *pg_lsn_format(uint64_t lsn);                          /* "0/5A000028", owned */

#endif
