#include "base/memory.h"
#include "config/rows_pool.h"

enum { MOST_BRANCHES = 1000000, MOST_REVISIONS = 1000000, MAX_USER = 256, MAX_REPOSITORY = 1024, MAX_PROJECTS = 1000 };

static const char *const forges[] = {"github", "gitlab", "gitea", NULL};

static const struct schema_row project_name = {
	.path = "PROJECT",
	.type = SCHEMA_NAME,
	.offset = offsetof(struct policy_project, name),
};

const struct schema_row schema_rows_pool_limits[] = {
	{
		.path = "limits",
		.type = SCHEMA_SECTION,
		.help = "The most that branches may be. What exceeds it is refused (exit code 6). A branch that is "
			"there already stays when a limit is lowered.",
	},
	{
		.path = "limits.branches",
		.type = SCHEMA_INTEGER,
		.minimum = 1,
		.maximum = MOST_BRANCHES,
		.offset = offsetof(struct policy, most_branches),
		.help = "The most branches in the pool, those of checks included; what a check compares with for a "
			"moment is not counted.",
		.example = "200",
	},
	{
		.path = "limits.branches_per_project",
		.type = SCHEMA_INTEGER,
		.minimum = 1,
		.maximum = MOST_BRANCHES,
		.offset = offsetof(struct policy, most_branches_per_project),
		.help = "The most branches of one project, counted likewise.",
		.example = "50",
	},
	{
		.path = "limits.lifetime",
		.type = SCHEMA_DURATION,
		.minimum = SECOND,
		.maximum = 3650 * DAY,
		.offset = offsetof(struct policy, longest_lifetime_ms),
		.help = "The longest time from the making of a branch until it expires. Who asks for more, or for "
			"`never`, is refused; who asks for nothing gets this. A protected branch stays all the same.",
		.example = "30d",
	},
	{
		.path = "limits.storage",
		.type = SCHEMA_SIZE,
		.minimum = 1,
		.maximum = MAX_BYTES,
		.offset = offsetof(struct policy, most_branch_bytes),
		.help = "The most storage of its own that a branch may take. A migration that exceeds it is stopped; a "
			"branch that exceeds it is not started, checked or cloned any more, until it is reset.",
		.example = "20G",
	},
	{
		.path = "creators",
		.type = SCHEMA_TEXTS,
		.maximum = MAX_USER,
		.offset = offsetof(struct policy, creators),
		.help = "The users who may make branches; without it, all who can use the pool: its owner and root. "
			"Root is no exception; of who comes through sudo, the user who called it counts.",
		.example = "[ci, alice]",
	},
	{
		.path = "settings",
		.type = SCHEMA_KEYS,
		.offset = offsetof(struct policy, settings),
		.help = "The keys that a vela.yml may give, `version` beside them; a section stands for all that is in "
			"it. Without it, all. A vela.yml that gives another makes no branch and no check.",
		.example = "[project, baseline, migrations, branch.expires]",
	},
	{
		.path = "forks",
		.type = SCHEMA_BOOLEAN,
		.fallback = "false",
		.offset = offsetof(struct policy, forks),
		.help = "Whether pull requests of forks are checked: what strangers wrote then runs here.",
	},
	{
		.path = "retention",
		.type = SCHEMA_SECTION,
		.help = "Which revisions of baselines stay although no branch uses them; `vela gc` removes the others. "
			"Without it, all stay.",
	},
	{
		.path = "retention.revisions",
		.type = SCHEMA_INTEGER,
		.minimum = 1,
		.maximum = MOST_REVISIONS,
		.offset = offsetof(struct policy, baseline_keep),
		.help = "How many of a baseline's newest revisions stay.",
		.example = "3",
	},
	{
		.path = "retention.younger",
		.type = SCHEMA_DURATION,
		.minimum = SECOND,
		.maximum = 3650 * DAY,
		.needs = "revisions",
		.offset = offsetof(struct policy, baseline_keep_ms),
		.help = "Those that were taken less long ago than this stay too.",
		.example = "30d",
	},
	{
		.path = "projects",
		.type = SCHEMA_MAP,
		.maximum = MAX_PROJECTS,
		.key = &project_name,
		.offset = offsetof(struct policy, projects),
		.second = offsetof(struct policy, project_count),
		.item_size = sizeof(struct policy_project),
		.help = "Where the pull requests of a project live, so that `vela gc` can ask what became of them.",
	},
	{.path = "projects.*", .type = SCHEMA_SECTION, .help = "The forge of one project."},
	{
		.path = "projects.*.forge",
		.type = SCHEMA_CHOICE,
		.required = true,
		.choices = forges,
		.offset = offsetof(struct policy_project, forge),
		.help = "The kind of forge; `gitea` is Forgejo too.",
		.example = "github",
	},
	{
		.path = "projects.*.api",
		.type = SCHEMA_HTTPS,
		.minimum = 1,
		.maximum = MAX_PATH,
		.offset = offsetof(struct policy_project, api),
		.help = "The address of its interface; without it, that of the public forge of this kind.",
		.example = "https://gitlab.example.com/api/v4",
	},
	{
		.path = "projects.*.repository",
		.type = SCHEMA_TEXT,
		.required = true,
		.minimum = 1,
		.maximum = MAX_REPOSITORY,
		.offset = offsetof(struct policy_project, repository),
		.help = "The repository as its address has it; of GitLab also the project's number.",
		.example = "acme/shop",
	},
	{
		.path = "projects.*.token_file",
		.type = SCHEMA_ABSOLUTE,
		.minimum = 1,
		.maximum = MAX_PATH,
		.offset = offsetof(struct policy_project, token_file),
		.help = "A file that holds the token and nothing else, readable for the pool's owner. Without it, the "
			"forge is asked without one.",
		.example = "/etc/vela/shop.token",
	},
	{
		.path = "projects.*.ca_file",
		.type = SCHEMA_ABSOLUTE,
		.minimum = 1,
		.maximum = MAX_PATH,
		.offset = offsetof(struct policy_project, ca_file),
		.help = "The certificates that vouch for the forge, in place of the system's.",
		.example = "/etc/vela/ca.pem",
	},
	{.path = NULL},
};
