#include "config/config.h"

static void free_check(const struct config_check *check)
{
	char *const texts[] = {
		check->name,         check->sql,         check->severity,       check->equals,
		check->not_equals,   check->between_low, check->between_high,   check->at_least,
		check->at_most,      check->matches,     check->rows_exactly,   check->rows_at_least,
		check->rows_at_most, check->fails,       check->change_at_most, check->change_at_least,
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(texts[i]);
	config_rows_free(check->returns);
	strings_free(check->not_null);
	strings_free(check->unique);
}

static void free_plan(const struct config_plan *plan)
{
	free(plan->name);
	free(plan->sql);
	free(plan->severity);
	strings_free(plan->no_seq_scan_on);
	strings_free(plan->uses_index);
}

void config_free(struct config *config)
{
	char *const texts[] = {
		config->path,
		config->directory,
		config->project,
		config->pool,
		config->baseline,
		config->database,
		config->migrations_format,
		config->migrations_directory,
		config->migrations_shell,
		config->migrations_transaction,
		config->workload_script,
		config->hooks_env_file,
		config->hooks_pre_push,
		config->hooks_pre_push_without_pool,
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(texts[i]);
	strings_free(config->migrations_command);
	for (size_t i = 0; i < config->check_count; i++)
		free_check(&config->checks[i]);
	free(config->checks);
	for (size_t i = 0; i < config->plan_count; i++)
		free_plan(&config->plans[i]);
	free(config->plans);
	for (size_t i = 0; i < config->workload_query_count; i++) {
		free(config->workload_queries[i].name);
		free(config->workload_queries[i].sql);
	}
	free(config->workload_queries);
	for (size_t i = 0; i < config->key_count; i++)
		free(config->keys[i].key);
	free(config->keys);
	*config = (struct config){0};
}
