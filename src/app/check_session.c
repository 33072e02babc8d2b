#include "app/check_run.h"
#include "sql/session.h"
#include "pg/connection.h"

int check_session_open(struct check *check, struct check_session *ret, struct error **err)
{
	if (branch_role_target(check->app, &check->branch, &ret->target, err) < 0)
		return -1;
	ret->target.target.options = SESSION_OPTIONS;
	if (pg_connect(&ret->target.target, &ret->migration, err) < 0)
		return -1;
	return branch_connect_as_superuser(check->app, &check->branch, &ret->observer, err);
}

void check_session_close(struct check_session *session)
{
	evidence_free(session->evidence);
	pg_disconnect(&session->migration);
	pg_disconnect(&session->observer);
	branch_target_free(&session->target);
	*session = (struct check_session){0};
}
