/* The migrations of a check: which there are, which are to be run, running them, watched. */
#ifndef VELA_APP_CHECK_MIGRATIONS_H
#define VELA_APP_CHECK_MIGRATIONS_H

#include "app/check_run.h"

/* A tool applies them, and not vela. */
bool check_has_command(const struct check *check);

/* What the repository has; before a branch is made for it. */
int check_list_migrations(struct check *check, struct error **err);
/* Which of them the branch does not have yet: report->migrations. */
int check_select_migrations(struct check *check, struct error **err);
/* Runs these, compares the schema, finds the hazards. */
int check_run_migrations(struct check *check, struct error **err);

/* The migration that stands at `index` of report->migrations. */
const struct migration *check_planned_migration(const struct check *check, size_t index);
/* Reads and applies the one at `index` of report->migrations. */
int check_apply_script(struct check *check, const struct check_session *session, size_t index,
		       enum migration_direction direction, struct report_migration *ret, struct error **err);

/* check_reversal.c: down and up again, where vela.yml asks for it; fills report->reversal. */
int check_run_reversal(struct check *check, struct error **err);

#endif
