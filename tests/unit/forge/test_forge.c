/* How a forge is found: kind, address, repository, token, certificates. */
#include "stub.h"

#include <sys/stat.h>

#include "tests/unit/directory.h"

/* A file in the directory, of which others may not know; owned path. */
static char *write_file(const char *name, const char *text, mode_t mode)
{
	char *path = path_join(directory, name, NULL);
	assert_success(file_replace(path, text, strlen(text), mode, FILE_VOLATILE, err));
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

/* Variables as NAME, VALUE, …, NULL. */
static const char *lookup(void *context, const char *name)
{
	for (const char *const *pair = context; pair && *pair; pair += 2)
		if (string_equal(*pair, name))
			return pair[1];
	return NULL;
}

static int open_forge(const struct ci_context *ci, const struct forge_settings *settings, const char **variables,
		      struct forge *ret, struct error **err)
{
	return forge_open(ci, settings, lookup, variables, ret, err);
}

static void test_what_is_told_and_what_ci_says(void **state)
{
	(void)state;
	static const struct {
		const char *forge, *api, *repository; /* of CI */
		struct forge_settings settings;
		const char *variables[6];
		enum forge_kind kind;
		const char *expected_api, *expected_repository, *token;
	} cases[] = {
		{"github",
		 "https://ghe.example/api/v3",
		 "a/b",
		 {0},
		 {"GH_TOKEN", "second", "GITHUB_TOKEN", "first"},
		 FORGE_GITHUB,
		 "https://ghe.example/api/v3",
		 "a/b",
		 "first"},
		{"github",
		 NULL,
		 "a/b",
		 {0},
		 {"GH_TOKEN", "second\n", "GITHUB_TOKEN", "", "GITLAB_TOKEN", "other"},
		 FORGE_GITHUB,
		 "https://api.github.com",
		 "a/b",
		 "second"},
		{"gitlab",
		 "https://lab.example/api/v4",
		 "42",
		 {0},
		 {"GITLAB_TOKEN", "glpat-x", "GITHUB_TOKEN", "other"},
		 FORGE_GITLAB,
		 "https://lab.example/api/v4",
		 "42",
		 "glpat-x"},
		/* CI is about another forge */
		{"github",
		 "https://ghe.example/api/v3",
		 "a/b",
		 {.kind = "gitlab", .repository = "a/deep/er/b"},
		 {"GITHUB_TOKEN", "other"},
		 FORGE_GITLAB,
		 "https://gitlab.com/api/v4",
		 "a/deep/er/b",
		 NULL},
		{NULL,
		 NULL,
		 NULL,
		 {.kind = "gitea", .api = "https://gitea.example:8443/sub/api/v1//", .repository = "a/b"},
		 {"FORGEJO_TOKEN", "x"},
		 FORGE_GITEA,
		 "https://gitea.example:8443/sub/api/v1",
		 "a/b",
		 "x"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_forge_ struct forge forge = {0};
		_cleanup_free_ char *api = string_copy(cases[i].api), *repository = string_copy(cases[i].repository);
		struct ci_context ci = {.forge = cases[i].forge, .api = api, .repository = repository};
		const char *variables[7] = {0};
		memcpy(variables, cases[i].variables, sizeof(cases[i].variables));
		assert_success(open_forge(&ci, &cases[i].settings, variables, &forge, err));
		assert_int_equal(forge.kind, cases[i].kind);
		assert_string_equal(forge.api, cases[i].expected_api);
		assert_string_equal(forge.repository, cases[i].expected_repository);
		assert_true(string_equal(forge.token, cases[i].token));
	}
}

static void test_what_is_missing_or_malformed(void **state)
{
	(void)state;
	static const struct {
		struct forge_settings settings;
		const char *message;
	} cases[] = {
		{{0}, "not known which forge"},
		{{.kind = "bitbucket"}, "no forge that vela knows"},
		{{.kind = "gitea", .repository = "a/b"}, "not known where Gitea is"},
		{{.kind = "github"}, "not known which repository"},
		{{.kind = "github", .repository = ""}, "no repository"},
		{{.kind = "github", .repository = "a"}, "no repository"},
		{{.kind = "github", .repository = "42"}, "no repository"},
		{{.kind = "github", .repository = "a/b/c"}, "no repository"},
		{{.kind = "github", .repository = "../b"}, "no repository"},
		{{.kind = "github", .repository = "a/."}, "no repository"},
		{{.kind = "github", .repository = "a/"}, "no repository"},
		{{.kind = "github", .repository = "a/b\n"}, "no repository"},
		{{.kind = "gitlab", .repository = ".."}, "no repository"},
		{{.kind = "gitlab", .repository = "a/../b"}, "no repository"},
		{{.kind = "github", .repository = "a/b", .api = "http://api.github.com"}, "not https"},
		{{.kind = "github", .repository = "a/b", .api = "file:///etc/passwd"}, "not https"},
		{{.kind = "github", .repository = "a/b", .api = "api.github.com"}, "no URL"},
		{{.kind = "github", .repository = "a/b", .api = ""}, "no URL"},
		{{.kind = "github", .repository = "a/b", .api = "https://me:" STUB_TOKEN "@host/"}, "and no more"},
		{{.kind = "github", .repository = "a/b", .api = "https://host/?x=1"}, "and no more"},
		{{.kind = "github", .repository = "a/b", .api = "https://host/#x"}, "and no more"},
		{{.kind = "github", .repository = "a/b", .api = "https://ho\nst/"}, "no URL"},
	};
	struct ci_context ci = {0};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct forge forge;
		assert_failure(ERROR_USAGE, cases[i].message, open_forge(&ci, &cases[i].settings, NULL, &forge, err));
	}
}

static struct forge_settings with_token(const char *path)
{
	return (struct forge_settings){.kind = "github", .repository = "a/b", .token_file = path};
}

static void test_token_file(void **state)
{
	(void)state;
	_cleanup_free_ char *path = write_file("token", STUB_TOKEN "\r\n", 0600);
	struct forge_settings settings = with_token(path);
	struct ci_context ci = {0};
	_cleanup_forge_ struct forge forge = {0};
	const char *variables[] = {"GITHUB_TOKEN", "other", NULL};
	assert_success(open_forge(&ci, &settings, variables, &forge, err));
	assert_string_equal(forge.token, STUB_TOKEN);
}

static void test_token_file_that_is_none(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		mode_t mode;
		enum error_kind kind;
		const char *message;
	} cases[] = {
		{STUB_TOKEN, 0640, ERROR_REFUSED, "can be read by others"},
		{STUB_TOKEN, 0604, ERROR_REFUSED, "can be read by others"},
		{"", 0600, ERROR_USAGE, "there is no token"},
		{"\n\n", 0600, ERROR_USAGE, "there is no token"},
		{STUB_TOKEN "\nX-Header: x\n", 0600, ERROR_USAGE, "is no token"},
		{STUB_TOKEN " ", 0600, ERROR_USAGE, "is no token"},
		{STUB_TOKEN "\x7f", 0600, ERROR_USAGE, "is no token"},
		{STUB_TOKEN "ü", 0600, ERROR_USAGE, "is no token"},
	};
	struct ci_context ci = {0};
	struct forge forge;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *path = write_file("token", cases[i].text, cases[i].mode);
		struct forge_settings settings = with_token(path);
		assert_failure(cases[i].kind, cases[i].message, open_forge(&ci, &settings, NULL, &forge, err));
	}
	struct forge_settings settings = with_token("/nonexistent/token");
	assert_failure(ERROR_NOT_FOUND, "cannot read the token", open_forge(&ci, &settings, NULL, &forge, err));
	const char *variables[] = {"GITHUB_TOKEN", STUB_TOKEN "\nx", NULL};
	settings.token_file = NULL;
	assert_failure(ERROR_USAGE, "what is in GITHUB_TOKEN is no token",
		       open_forge(&ci, &settings, variables, &forge, err));
}

static void test_token_file_too_large(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer text = {0};
	buffer_add_repeat(&text, 'x', 5000);
	_cleanup_free_ char *path = write_file("token", buffer_text(&text), 0600);
	struct forge_settings settings = with_token(path);
	struct ci_context ci = {0};
	struct forge forge;
	assert_failure(ERROR_REFUSED, "the token: ", open_forge(&ci, &settings, NULL, &forge, err));
}

static void test_certificates_are_read_when_it_is_opened(void **state)
{
	(void)state;
	struct forge_settings settings = {.kind = "github", .repository = "a/b", .ca_file = "/nonexistent/ca.pem"};
	struct ci_context ci = {0};
	struct forge forge;
	assert_failure(ERROR_NOT_FOUND, "the certificates to be trusted",
		       open_forge(&ci, &settings, NULL, &forge, err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_told_and_what_ci_says),
		cmocka_unit_test(test_what_is_missing_or_malformed),
		cmocka_unit_test(test_token_file),
		cmocka_unit_test(test_token_file_that_is_none),
		cmocka_unit_test(test_token_file_too_large),
		cmocka_unit_test(test_certificates_are_read_when_it_is_opened),
	};
	return cmocka_run_group_tests_name("forge/forge", tests, make_directory, remove_directory);
}
