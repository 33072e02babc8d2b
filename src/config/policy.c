#include "config/policy.h"

#include "base/file.h"
#include "config/tree.h"
#include "config/validate.h"

int policy_parse(const char *name, const char *text, size_t length, struct policy *ret, struct error **err)
{
	_cleanup_policy_ struct policy policy = {0};
	if (validate_parse(&schema_pool_yml, name, text, length, &policy, err) < 0)
		return -1;
	*ret = policy;
	policy = (struct policy){0};
	return 0;
}

int policy_load(const char *path, struct policy *ret, struct error **err)
{
	_cleanup_buffer_ struct buffer text = {0};
	_cleanup_error_ struct error *error = NULL;
	if (file_read(path, TREE_MAX_SIZE, FILE_NO_FOLLOW, &text, &error) < 0) {
		/* A link that leads nowhere is a mistake; nothing at all means the defaults. */
		if (error->kind == ERROR_NOT_FOUND && !file_exists(path))
			return policy_parse(path, "", 0, ret, err);
		error->kind = ERROR_CONFIG;
		return error_pass(err, TAKE_POINTER(error));
	}
	return policy_parse(path, buffer_text(&text), text.length, ret, err);
}

static void free_project(const struct policy_project *project)
{
	char *const owned[] = {project->name,       project->forge,      project->api,
			       project->repository, project->token_file, project->ca_file};
	for (size_t i = 0; i < ARRAY_SIZE(owned); i++)
		free(owned[i]);
}

void policy_free(struct policy *policy)
{
	for (size_t i = 0; i < policy->source_count; i++) {
		free(policy->sources[i].name);
		free(policy->sources[i].url);
		free(policy->sources[i].password_file);
		free(policy->sources[i].data_directory);
	}
	free(policy->sources);
	for (size_t i = 0; i < policy->postgres_count; i++)
		free(policy->postgres[i].directory);
	free(policy->postgres);
	strings_free(policy->creators);
	strings_free(policy->settings);
	for (size_t i = 0; i < policy->project_count; i++)
		free_project(&policy->projects[i]);
	free(policy->projects);
	*policy = (struct policy){0};
}

const struct policy_project *policy_find_project(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->project_count; i++)
		if (string_equal(policy->projects[i].name, name))
			return &policy->projects[i];
	return NULL;
}

const struct policy_source *policy_find_source(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->source_count; i++)
		if (string_equal(policy->sources[i].name, name))
			return &policy->sources[i];
	return NULL;
}
