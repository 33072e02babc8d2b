/* Any bytes as vela.yml and as pool.yml: accepted or refused, but never more than that. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/text.h"
#include "config/config.h"
#include "config/policy.h"
#include "config/problem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

/* One line each, at most so many, nothing in them that a terminal obeys. */
static void check_error(const struct error *error)
{
	require(error->kind == ERROR_CONFIG && error->message && error->hint, "the error is complete");
	size_t lines = 0;
	_cleanup_free_ char *message = string_copy(error->message);
	char *rest = message;
	for (const char *line; (line = strsep(&rest, "\n")); lines++) {
		require(text_is_printable(line), "messages are printable");
		require(string_starts_with(line, "f:") || string_starts_with(line, "… and "),
			"messages have a position");
	}
	require(lines <= PROBLEMS_SHOWN + 1, "the number of messages is bounded");
}

static void check_config(const struct config *config)
{
	require(config->project && config->migrations_format, "defaults are set");
	require(config->timeout_ms >= 1000 && config->timeout_ms <= 86400000, "the timeout is bounded");
	const char *directory = config->migrations_directory;
	require(!directory || (*directory && *directory != '/'), "migrations are below the repository");
	for (size_t i = 0; i < config->check_count; i++)
		require(config->checks[i].name && config->checks[i].sql && config->checks[i].line > 0,
			"checks are complete");
}

static void check_policy(const struct policy *policy)
{
	require(policy->first_port >= 1024 && policy->first_port <= policy->last_port && policy->last_port <= 65535,
		"ports are bounded");
	for (size_t i = 0; i < policy->source_count; i++) {
		const struct policy_source *source = &policy->sources[i];
		require(source->name && !source->url != !source->data_directory, "sources are complete");
	}
	for (size_t i = 0; i < policy->postgres_count; i++)
		require(policy->postgres[i].directory && policy->postgres[i].major >= 13, "versions are complete");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_config_ struct config config = {0};
	_cleanup_policy_ struct policy policy = {0};
	_cleanup_error_ struct error *config_error = NULL, *policy_error = NULL;
	if (config_parse("f", (const char *)data, size, &config, &config_error) < 0)
		check_error(config_error);
	else
		check_config(&config);
	if (policy_parse("f", (const char *)data, size, &policy, &policy_error) < 0)
		check_error(policy_error);
	else
		check_policy(&policy);
	return 0;
}
