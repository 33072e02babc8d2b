/* Texts of vela.yml, parsed or refused. */
#ifndef VELA_TESTS_CONFIG_PARSE_H
#define VELA_TESTS_CONFIG_PARSE_H

#include "config/config.h"

/* The message of an invalid file, without the hint; owned. */
static inline char *refusal(const char *text)
{
	_cleanup_config_ struct config config = {0};
	_cleanup_error_ struct error *error = NULL;
	if (config_parse("vela.yml", text, strlen(text), &config, &error) == 0)
		fail_msg("accepted: %s", text);
	assert_int_equal(error->kind, ERROR_CONFIG);
	assert_non_null(error->hint);
	assert_null(config.project);
	return TAKE_POINTER(error->message);
}

static inline void assert_refused(const char *text, const char *expected)
{
	_cleanup_free_ char *message = refusal(text);
	assert_string_equal(message, expected);
}

/* In a file that is good but for this one line. */
static inline void assert_line_refused(const char *line, const char *expected)
{
	_cleanup_free_ char *text = string_format("version: 1\n%s\n", line);
	_cleanup_free_ char *complete = string_format("vela.yml:2:%s", expected);
	assert_refused(text, complete);
}

static inline struct config parse(const char *line)
{
	_cleanup_free_ char *text = string_format("version: 1\n%s\n", line);
	struct config config = {0};
	_cleanup_error_ struct error *error = NULL;
	if (config_parse("vela.yml", text, strlen(text), &config, &error) < 0)
		fail_msg("%s", error->message);
	return config;
}

#endif
