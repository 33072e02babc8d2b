#include "app/versions.h"

const struct migration_format *app_migration_format(const struct app *app)
{
	const struct config *config = &app->config;
	if (!string_equal(config->migrations_format, "auto"))
		return migration_format_find(config->migrations_format);
	struct migration_set set = {0};
	if (!config->migrations_directory ||
	    migration_list(config->directory, config->migrations_directory, NULL, &set, NULL) < 0)
		return NULL;
	const struct migration_format *format = set.format;
	migration_set_free(&set);
	return format;
}

bool is_version_table(void *context, const char *schema, const char *name)
{
	const struct migration_format *const *format = context;
	return *format && migration_is_version_table(*format, schema, name);
}
