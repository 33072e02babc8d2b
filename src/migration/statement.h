/* One statement of a migration: sent, watched, and put into the report. Only for src/check. */
#ifndef VELA_MIGRATION_STATEMENT_H
#define VELA_MIGRATION_STATEMENT_H

#include "migration/apply.h"
#include "evidence/evidence.h"
#include "sql/failure.h"
#include "sql/scanner.h"
#include "sql/session.h"
#include "pg/connection.h"

/* A migration under way. */
struct execution {
	PGconn *connection; /* borrowed, as the next two */
	struct evidence *evidence;
	const struct migration_script *script;
	double deadline;
	struct sql_text sql;
	struct sql_scanner scanner;
	struct session_notices notices;
	struct report_migration report; /* what becomes of it */
	struct report_failure *failure; /* of `last`: the migration has failed */
	PGresult *refusal;              /* the server's words on it; NULL: they are not the server's */
	struct sql_statement last;      /* that runs or ran */
	size_t last_end;                /* where the one before it ended */
	size_t in_block;                /* statements that the open transaction has had */
	bool began_block;               /* the file itself began the open transaction */
	char *hang;                     /* the watch's word that waiting on is useless */
	struct error *tick_error;
};

/* How a statement goes together with transactions. */
enum statement_how {
	STATEMENT_WRAPPED, /* outside a transaction it gets one of its own, around it */
	STATEMENT_BARE,    /* is sent as it stands: what it does depends on whether there is a transaction */
	STATEMENT_PLAIN,   /* likewise, and takes nothing worth looking at. Looking would take a snapshot, which is
			    * one too many for a SET TRANSACTION that follows */
	STATEMENT_BEGIN,   /* plain, too */
	STATEMENT_COMMIT,
	STATEMENT_ROLLBACK,
};
enum statement_how statement_how(const char *text, const struct sql_statement *statement);

/*
 * Runs execution->last as `how` says. What the server has against it is a success with execution->failure; then the
 * transaction, if there is one, is left as it is. `whole`: its text may be several statements.
 */
int statement_run(struct execution *execution, enum statement_how how, bool whole, struct error **err);
/* COMMIT after the statements, vela's own. `is_wrap`: after a single one, and told only if there is something to. */
int statement_commit(struct execution *execution, bool is_wrap, struct error **err);
/* SQL of our own that is not told: BEGIN, what records the version. A failure is execution->failure. */
int statement_run_own(struct execution *execution, const char *sql, struct error **err);
/* Rolls back what is open, and ends its locks. */
int statement_rollback(struct execution *execution, struct error **err);

/* --- as the report has it --- */

char *statement_sql(const char *sql, size_t length); /* cut to REPORT_SQL_MAX; owned */
bool statement_has_something_to_tell(const struct report_statement *statement);

#endif
