/* What the parts of pool.yml's table share. Units and lengths are those of vela.yml. */
#ifndef VELA_CONFIG_ROWS_POOL_H
#define VELA_CONFIG_ROWS_POOL_H

#include "config/policy.h"
#include "config/rows_vela.h"

extern const struct schema_row schema_rows_pool_limits[]; /* what branches, vela.yml and pull requests may do */

#endif
