#include "cmd/commands.h"

const struct command *const commands[] = {
	&command_init,           &command_doctor,        &command_pool_create,    &command_pool_show,
	&command_pool_mount,     &command_pool_unmount,  &command_pool_destroy,   &command_baseline_create,
	&command_baseline_refresh, &command_baseline_list, &command_baseline_show, &command_baseline_delete,
	&command_branch_create,  &command_branch_list,   &command_branch_show,    &command_branch_reset,
	&command_branch_delete,  &command_branch_start,  &command_branch_stop,    &command_branch_protect,
	&command_branch_unprotect, &command_branch_expire, &command_url,          &command_psql,
	&command_exec,           &command_check,         &command_migrate,        &command_validate,
	&command_gc,             &command_logs,          &command_events,         &command_schema,
	&command_completion,     &command_help,          NULL,
};
