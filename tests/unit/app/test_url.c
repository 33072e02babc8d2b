#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include "app/url.h"

struct fixture {
	char directory[64];
	struct branch branch;
};

/* A branch with a password file, of a database whose name means something in every format. */
static int set_up(void **state)
{
	struct fixture *fixture = memory_allocate(sizeof(*fixture));
	snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/vela-url-XXXXXX");
	if (!mkdtemp(fixture->directory))
		return -1;
	fixture->branch = (struct branch){.project = string_copy("shop"),
					  .name = string_copy("a"),
					  .directory = string_copy(fixture->directory),
					  .database = string_copy("o'app /?&=%20\"ü"),
					  .role = string_copy("vela"),
					  .port = 25001};
	*state = fixture;
	return branch_password_write(&fixture->branch, "p-_1", NULL);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	branch_free(&fixture->branch);
	int result = directory_remove(fixture->directory, NULL);
	free(fixture);
	return result;
}

static const char *option_value(const PQconninfoOption *options, const char *keyword)
{
	for (; options->keyword; options++)
		if (string_equal(options->keyword, keyword))
			return options->val;
	return NULL;
}

static void libpq_reads_the_uri_as_it_was_meant(void **state)
{
	const struct fixture *fixture = *state;
	_cleanup_free_ char *uri = NULL;
	assert_int_equal(url_make(&fixture->branch, NULL, &uri, NULL), 0);
	PQconninfoOption *options = PQconninfoParse(uri, NULL);
	assert_non_null(options);
	assert_string_equal(option_value(options, "dbname"), fixture->branch.database);
	assert_string_equal(option_value(options, "password"), "p-_1");
	assert_string_equal(option_value(options, "host"), "127.0.0.1");
	assert_string_equal(option_value(options, "port"), "25001");
	PQconninfoFree(options);
}

static void a_shell_reads_the_assignments_as_they_were_meant(void **state)
{
	const struct fixture *fixture = *state;
	_cleanup_free_ char *env = NULL;
	assert_int_equal(url_make(&fixture->branch, "env", &env, NULL), 0);
	char *argv[] = {string_copy("sh"), string_copy("-c"), string_format("%s\nprintf %%s \"$PGDATABASE\"", env),
			NULL};
	struct process_spec spec = {.argv = argv};
	_cleanup_output_ struct process_output output = {0};
	assert_int_equal(process_run_checked(&spec, 10000, &output, NULL), 0);
	assert_string_equal(buffer_text(&output.out), fixture->branch.database);
	for (size_t i = 0; argv[i]; i++)
		free(argv[i]);
}

static void every_format_has_host_port_and_password(void **state)
{
	const struct fixture *fixture = *state;
	for (const struct url_format *format = url_formats; format->name; format++) {
		_cleanup_free_ char *url = NULL;
		assert_int_equal(url_make(&fixture->branch, format->name, &url, NULL), 0);
		assert_non_null(strstr(url, "127.0.0.1"));
		assert_non_null(strstr(url, "25001"));
		assert_non_null(strstr(url, "p-_1"));
	}
}

static void an_unknown_format_is_refused_with_a_suggestion(void **state)
{
	const struct fixture *fixture = *state;
	struct error *error = NULL;
	char *url = NULL;
	assert_int_equal(url_make(&fixture->branch, "jbdc", &url, &error), -1);
	assert_int_equal(error->kind, ERROR_USAGE);
	assert_non_null(strstr(error->hint, "jdbc"));
	error_free(error);
}

static const char *find(const struct string_list *environment, const char *name)
{
	size_t length = strlen(name);
	for (size_t i = 0; i < environment->count; i++)
		if (strncmp(environment->items[i], name, length) == 0 && environment->items[i][length] == '=')
			return environment->items[i] + length + 1;
	return NULL;
}

static void nothing_of_the_surroundings_leads_elsewhere(void **state)
{
	static const char *const hostile[] = {"PGHOSTADDR", "PGSERVICE",  "PGSERVICEFILE", "PGOPTIONS",
					      "PGSSLMODE",  "PGPASSFILE", "PGSYSCONFDIR"};
	const struct fixture *fixture = *state;
	_cleanup_(string_list_free) struct string_list environment = {0};
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++)
		string_list_addf(&environment, "%s=production", hostile[i]);
	string_list_add(&environment, "PGHOST=production");
	string_list_add(&environment, "DATABASE_URL=postgres://production");
	string_list_add(&environment, "PATH=/bin");
	string_list_add(&environment, "PGPASSWORD_NOT=mine");
	assert_int_equal(url_add_environment(&fixture->branch, &environment, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++)
		assert_null(find(&environment, hostile[i]));
	assert_string_equal(find(&environment, "PGHOST"), "127.0.0.1");
	assert_string_equal(find(&environment, "PATH"), "/bin");
	assert_string_equal(find(&environment, "PGPASSWORD_NOT"), "mine");
	assert_true(string_starts_with(find(&environment, "DATABASE_URL"), "postgresql://vela:"));
	assert_null(environment.items[environment.count]);
}

#define URL_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		URL_TEST(libpq_reads_the_uri_as_it_was_meant),
		URL_TEST(a_shell_reads_the_assignments_as_they_were_meant),
		URL_TEST(every_format_has_host_port_and_password),
		URL_TEST(an_unknown_format_is_refused_with_a_suggestion),
		URL_TEST(nothing_of_the_surroundings_leads_elsewhere),
	};
	return cmocka_run_group_tests_name("app/url", tests, NULL, NULL);
}
