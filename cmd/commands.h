/* Every command there is; each stands in the file of its name. */
#ifndef VELA_CMD_COMMANDS_H
#define VELA_CMD_COMMANDS_H

#include "cmd/command.h"

extern const struct command command_init;
extern const struct command command_doctor;
extern const struct command command_pool_create;
extern const struct command command_pool_show;
extern const struct command command_pool_mount;
extern const struct command command_pool_unmount;
extern const struct command command_pool_destroy;
extern const struct command command_baseline_create;
extern const struct command command_baseline_refresh;
extern const struct command command_baseline_list;
extern const struct command command_baseline_show;
extern const struct command command_baseline_delete;
extern const struct command command_branch_create;
extern const struct command command_branch_list;
extern const struct command command_branch_show;
extern const struct command command_branch_reset;
extern const struct command command_branch_delete;
extern const struct command command_branch_start;
extern const struct command command_branch_stop;
extern const struct command command_branch_protect;
extern const struct command command_branch_unprotect;
extern const struct command command_branch_expire;
extern const struct command command_url;
extern const struct command command_psql;
extern const struct command command_exec;
extern const struct command command_check;
extern const struct command command_migrate;
extern const struct command command_validate;
extern const struct command command_diff;
extern const struct command command_report_publish;
extern const struct command command_gc;
extern const struct command command_hooks_install;
extern const struct command command_hooks_uninstall;
extern const struct command command_hooks_status;
extern const struct command command_hooks_run;
extern const struct command command_branch_rename;
extern const struct command command_logs;
extern const struct command command_events;
extern const struct command command_schema;
extern const struct command command_completion;
extern const struct command command_help;

#endif
