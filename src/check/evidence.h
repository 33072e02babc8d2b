/*
 * The watch over a run of migrations: a second connection, the observer's, that reads what the statements hold and
 * did, and fills the evidence part of a report. Facts and their limits: docs/evidence.md.
 */
#ifndef VELA_CHECK_EVIDENCE_H
#define VELA_CHECK_EVIDENCE_H

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

#endif
