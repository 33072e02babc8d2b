/* What a step of a GitHub workflow tells others. Gitea and Forgejo read the same. */
#ifndef VELA_REPORT_GITHUB_H
#define VELA_REPORT_GITHUB_H

#include "report/report.h"

/*
 * Lines for the file GITHUB_OUTPUT, each "name=value": verdict, created, branch_id, kept, and how many there are of
 * migrations, hazards, checks and plans, and how many of them fail the check. Of a branch that was kept, also where it
 * is: db_host, db_port and a db_url that carries no password.
 */
void report_github_outputs(const struct report *report, struct buffer *out);

#endif
