/*
 * The watch over a run of migrations: a second connection, the observer's, that reads what the statements hold and
 * did, and fills the evidence part of a report. Facts and their limits: docs/evidence.md.
 */
#ifndef VELA_EVIDENCE_EVIDENCE_H
#define VELA_EVIDENCE_EVIDENCE_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "base/error.h"
#include "report/report.h"

struct evidence;

/*
 * Begins: reads which relations there are (these "existed before"; what comes later blocks nobody), their sizes and
 * files, and takes a checkpoint, so that the log's bytes are those after one. `observer` is a superuser's connection to
 * the same database; borrowed, used for nothing else until evidence_end(). Sets report->started.
 */
int evidence_begin(PGconn *observer, struct report *report, struct evidence **ret, struct error **err);
/* Fills report->relations, wal_bytes, peak_bytes and has_evidence, and frees the evidence. NULL is allowed. */
int evidence_end(struct evidence *evidence, struct error **err);
void evidence_free(struct evidence *evidence); /* without a word, on error paths */

/* Asked every tenth of a second or so while something runs, whatever applies it; an error ends what runs, and is what
 * comes of it. `context` outlives the evidence. */
typedef int evidence_guard(void *context, struct error **err);
void evidence_set_guard(struct evidence *evidence, evidence_guard *guard, void *context);
int evidence_ask_guard(const struct evidence *evidence, struct error **err); /* without one, a success */

double evidence_now(const struct evidence *evidence); /* ms since report->started; NULL: the monotonic clock's */

/*
 * For whoever sends statements. Of each: _begin before it is sent, then its own facts (sql, line, tag, rows, outcome,
 * from_ms, to_ms) are put into the statement, then _end before anything else is sent on the connection, in whatever
 * state the transaction is; that fills wal_bytes, temp_bytes, lock_timeout, locks and changes. The connection has to
 * have been opened with client_min_messages=log (sql/session.h), for the server tells of temporary files that way.
 */
int evidence_migration_begin(struct evidence *evidence, PGconn *connection, size_t migration, struct error **err);
/* Where the connection's notices are counted; borrowed until the next migration begins. Without it, temp_bytes is 0. */
struct session_notices;
void evidence_watch_notices(struct evidence *evidence, const struct session_notices *notices);
int evidence_statement_begin(struct evidence *evidence, struct error **err);
int evidence_statement_end(struct evidence *evidence, struct report_migration *migration, size_t statement,
			   struct error **err);
/* After COMMIT or ROLLBACK: ends the locks that the migration's statements still held, in their records and in the
 * ledger. The COMMIT itself is a statement like others: _begin, _end, then this. */
int evidence_transaction_end(struct evidence *evidence, struct report_migration *migration, struct error **err);

/*
 * While a statement runs, every EVIDENCE_TICK_MS: sees what a statement takes that cannot run in a transaction, whose
 * locks are gone when it ends, and who waits for whom. *ret_hang, owned, is set once the statement has waited for
 * EVIDENCE_HANG_MS for a lock whose holders do nothing: it names them, and waiting on is useless.
 */
enum { EVIDENCE_TICK_MS = 5, EVIDENCE_HANG_MS = 5000 };
int evidence_tick(struct evidence *evidence, char **ret_hang, struct error **err);

/*
 * For a tool that connects by itself as `role`, before it is started: reads what the relations are now, since
 * afterwards it would be too late. What the tool did, its log and its locks tell (migration/command_parts.h).
 */
int evidence_outside_begin(struct evidence *evidence, size_t migration, const char *role, struct error **err);

#endif
