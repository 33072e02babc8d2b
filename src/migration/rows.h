/* Which rows made a statement fail, where the server itself does not tell. Only for src/check. */
#ifndef VELA_MIGRATION_ROWS_H
#define VELA_MIGRATION_ROWS_H

#include "migration/statement.h"

/*
 * After the rollback: where execution->refusal names a constraint that rows break, counts them, and fills
 * execution->failure->rows. As the role, read-only, and for at most ROWS_TIMEOUT_MS; what does not succeed is left out.
 */
enum { ROWS_TIMEOUT_MS = 3000 };
int rows_explain(struct execution *execution, struct error **err);

#endif
