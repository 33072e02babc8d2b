#include "app/project_forge.h"

/* pool.yml says where its token is: what else is in the environment is not for the hosts that it names. */
static const char *look_up_nothing(void *context, const char *name)
{
	(void)context;
	(void)name;
	return NULL;
}

int project_forge_open(const struct policy_project *project, struct forge *ret, struct error **err)
{
	const struct ci_context nothing = {0};
	const struct forge_settings settings = {project->forge, project->api, project->repository, project->token_file,
						project->ca_file};
	struct error *problem = NULL;
	if (forge_open(&nothing, &settings, look_up_nothing, NULL, ret, &problem) == 0)
		return 0;
	if (problem->kind == ERROR_REFUSED && !problem->hint)
		error_hint(&problem, "the pool's owner reads it, whoever runs vela: give it to that user");
	return error_pass(err, problem);
}
