/* What vela does when git calls it: the section `hooks` of vela.yml. */
#include "config/config.h"
#include "config/rows_vela.h"

static const char *const verdicts[] = {"block", "warn", "off", NULL};
static const char *const withouts[] = {"allow", "block", NULL};

const struct schema_row schema_rows_hooks[] = {
	{
		.path = "hooks",
		.type = SCHEMA_SECTION,
		.help = "What vela does when git calls it: see `vela hooks install`.",
	},
	{
		.path = "hooks.env_file",
		.type = SCHEMA_RELATIVE,
		.minimum = 1,
		.maximum = MAX_PATH,
		.offset = offsetof(struct config, hooks_env_file),
		.help = "A file into which `DATABASE_URL` of the checked-out git branch is written: a path below the "
			"directory of this file, without `..`. Only vela's own lines in it are touched. It has a "
			"password in it: git must not track it.",
		.example = ".env",
	},
	{
		.path = "hooks.pre_push",
		.type = SCHEMA_CHOICE,
		.fallback = "block",
		.choices = verdicts,
		.offset = offsetof(struct config, hooks_pre_push),
		.help = "What a failed check does to a push that changes migrations: stops it, only tells, or is not "
			"made at all.",
	},
	{
		.path = "hooks.pre_push_without_pool",
		.type = SCHEMA_CHOICE,
		.fallback = "allow",
		.choices = withouts,
		.offset = offsetof(struct config, hooks_pre_push_without_pool),
		.help = "Whether such a push may go on if the check could not be carried out: the pool is not there, "
			"busy or full, say.",
	},
	{.path = NULL},
};
