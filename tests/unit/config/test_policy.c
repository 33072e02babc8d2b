#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buffer.h"
#include "config/policy.h"

static char *refusal(const char *text)
{
	struct policy policy = {0};
	_cleanup_error_ struct error *error = NULL;
	if (policy_parse("pool.yml", text, strlen(text), &policy, &error) == 0)
		fail_msg("accepted: %s", text);
	assert_int_equal(error->kind, ERROR_CONFIG);
	return TAKE_POINTER(error->message);
}

static void assert_refused(const char *text, const char *expected)
{
	_cleanup_free_ char *message = refusal(text);
	_cleanup_free_ char *complete = string_format("pool.yml:%s", expected);
	assert_string_equal(message, complete);
}

static struct policy parse(const char *text)
{
	struct policy policy = {0};
	_cleanup_error_ struct error *error = NULL;
	if (policy_parse("pool.yml", text, strlen(text), &policy, &error) < 0)
		fail_msg("%s", error->message);
	return policy;
}

static void test_defaults(void **state)
{
	(void)state;
	static const char *const empty[] = {"", "# nothing\n", "version: 1\n", "sources:\npostgres:\n", "{}"};
	for (size_t i = 0; i < ARRAY_SIZE(empty); i++) {
		_cleanup_policy_ struct policy policy = parse(empty[i]);
		assert_int_equal(policy.first_port, 25000);
		assert_int_equal(policy.last_port, 25999);
		assert_int_equal(policy.reserve_bytes, 0);
		assert_true(policy.reserve_percent > 4.999 && policy.reserve_percent < 5.001);
		assert_int_equal(policy.source_count, 0);
		assert_int_equal(policy.postgres_count, 0);
		assert_int_equal(policy.most_branches, 0);
		assert_int_equal(policy.most_branches_per_project, 0);
		assert_int_equal(policy.longest_lifetime_ms, 0);
		assert_int_equal(policy.most_branch_bytes, 0);
		assert_null(policy.creators);
		assert_null(policy.settings);
		assert_false(policy.forks);
		assert_int_equal(policy.baseline_keep, 0);
		assert_int_equal(policy.project_count, 0);
	}
}

static void test_every_key(void **state)
{
	(void)state;
	_cleanup_policy_ struct policy policy = parse("version: 1\n"
						      "ports: 30000-30009\n"
						      "reserve: 2G\n"
						      "postgres:\n  15: /opt/15/bin\n  \"18\": /opt/18/bin\n"
						      "sources:\n"
						      "  production:\n"
						      "    url: postgresql://u@a:1,b:2/app?sslmode=require\n"
						      "    password_file: /etc/vela/pw\n"
						      "  copy: {data_directory: /srv/pg}\n");
	assert_int_equal(policy.first_port, 30000);
	assert_int_equal(policy.last_port, 30009);
	assert_int_equal(policy.reserve_bytes, 2ULL << 30);
	assert_true(policy.reserve_percent < 0.001);
	assert_int_equal(policy.postgres_count, 2);
	assert_int_equal(policy.postgres[0].major, 15);
	assert_string_equal(policy.postgres[0].directory, "/opt/15/bin");
	assert_int_equal(policy.postgres[1].major, 18);
	const struct policy_source *production = policy_find_source(&policy, "production");
	assert_string_equal(production->url, "postgresql://u@a:1,b:2/app?sslmode=require");
	assert_string_equal(production->password_file, "/etc/vela/pw");
	assert_null(production->data_directory);
	const struct policy_source *copy = policy_find_source(&policy, "copy");
	assert_string_equal(copy->data_directory, "/srv/pg");
	assert_null(copy->url);
	assert_null(policy_find_source(&policy, "nothing"));
}

static void test_limits(void **state)
{
	(void)state;
	_cleanup_policy_ struct policy policy = parse("limits:\n"
						      "  branches: 200\n"
						      "  branches_per_project: 50\n"
						      "  lifetime: 30d\n"
						      "  storage: 20G\n"
						      "forks: true\n"
						      "retention: {revisions: 3, younger: 2w}\n");
	assert_int_equal(policy.most_branches, 200);
	assert_int_equal(policy.most_branches_per_project, 50);
	assert_int_equal(policy.longest_lifetime_ms, 30 * 86400000ULL);
	assert_int_equal(policy.most_branch_bytes, 20ULL << 30);
	assert_true(policy.forks);
	assert_int_equal(policy.baseline_keep, 3);
	assert_int_equal(policy.baseline_keep_ms, 14 * 86400000ULL);
	assert_refused("limits: {branches: 0}\n", "1:20: limits.branches must be between 1 and 1000000");
	assert_refused("limits: {lifetime: never}\n",
		       "1:20: limits.lifetime must be a duration such as 90s, 15m or 7d, not \"never\"");
	assert_refused("limits: {branchs: 3}\n", "1:10: unknown key \"branchs\" in limits; did you mean \"branches\"?");
	assert_refused("retention: {younger: 2w}\n", "1:13: retention.younger means nothing without revisions");
	assert_refused("retention: {revisions: 0}\n", "1:24: retention.revisions must be between 1 and 1000000");
}

static void test_creators(void **state)
{
	(void)state;
	_cleanup_policy_ struct policy one = parse("creators: ci\n");
	assert_string_equal(one.creators[0], "ci");
	assert_null(one.creators[1]);
	_cleanup_policy_ struct policy two = parse("creators: [ci, root]\n");
	assert_string_equal(two.creators[1], "root");
	assert_null(two.creators[2]);
	/* Whoever meant "nobody" does not get "everybody". */
	assert_refused("creators: []\n", "1:11: creators must be a name or a list of names");
	assert_refused("creators:\n", "1:10: creators has no value: give one, or remove the key");
}

static void test_settings_are_keys_of_the_other_file(void **state)
{
	(void)state;
	_cleanup_policy_ struct policy policy =
		parse("settings: [version, project, branch.expires, migrations, migrations.limits.wal, checks]\n");
	assert_string_equal(policy.settings[2], "branch.expires");
	assert_string_equal(policy.settings[5], "checks");
	assert_null(policy.settings[6]);
	assert_refused("settings: [branch.expire]\n",
		       "1:11: settings must be keys of vela.yml, and \"branch.expire\" is none; did you mean "
		       "\"branch.expires\"?");
	assert_refused("settings: [nonsense_of_all_kinds]\n",
		       "1:11: settings must be keys of vela.yml, and \"nonsense_of_all_kinds\" is none");
	assert_refused("settings: []\n", "1:11: settings must be a key of vela.yml or a list of keys");
	assert_refused("settings: ['checks[]']\n",
		       "1:11: settings must be keys of vela.yml, and \"checks[]\" is none; did you mean \"checks\"?");
}

static void test_projects(void **state)
{
	(void)state;
	_cleanup_policy_ struct policy policy = parse("projects:\n"
						      "  shop:\n"
						      "    forge: gitlab\n"
						      "    api: https://gitlab.example.com:8443/api/v4//\n"
						      "    repository: 123\n"
						      "    token_file: /etc/vela/token\n"
						      "    ca_file: /etc/vela/ca.pem\n"
						      "  blog: {forge: github, repository: acme/blog}\n");
	const struct policy_project *shop = policy_find_project(&policy, "shop");
	assert_string_equal(shop->forge, "gitlab");
	assert_string_equal(shop->api, "https://gitlab.example.com:8443/api/v4");
	assert_string_equal(shop->repository, "123");
	assert_string_equal(shop->token_file, "/etc/vela/token");
	assert_string_equal(shop->ca_file, "/etc/vela/ca.pem");
	const struct policy_project *blog = policy_find_project(&policy, "blog");
	assert_null(blog->api);
	assert_null(blog->token_file);
	assert_null(policy_find_project(&policy, "nothing"));
	assert_refused("projects: {a: {repository: b/c}}\n",
		       "1:15: projects.a.forge is missing: add \"forge: github\"");
	assert_refused(
		"projects: {a: {forge: gitub, repository: b/c}}\n",
		"1:23: projects.a.forge must be \"github\", \"gitlab\" or \"gitea\", not \"gitub\"; did you mean "
		"\"github\"?");
	assert_refused("projects: {a: {forge: github, repository: b/c, token_file: t}}\n",
		       "1:60: projects.a.token_file must be an absolute path, one that begins with \"/\"");
}

/* What is wrong with one is not repeated: it may hold a token. */
static void test_a_forge_is_reached_over_tls_only(void **state)
{
	(void)state;
	static const char *const bad[] = {"https://",           "https:///x",   "https://u:s3cret@h/",
					  "https://h?a=s3cret", "https://h/#x", "https://:1/x"};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *text =
			string_format("projects: {a: {forge: gitea, repository: b/c, api: \"%s\"}}\n", bad[i]);
		assert_refused(text, "1:52: projects.a.api must be an address without a user, such as "
				     "https://gitlab.example.com/api/v4");
	}
	assert_refused("projects: {a: {forge: gitea, repository: b/c, api: 'http://h'}}\n",
		       "1:52: projects.a.api must begin with https://: a token goes nowhere else");
}

static void test_version(void **state)
{
	(void)state;
	assert_refused("version: 2\n", "1:10: version must be 1");
	assert_refused("version: '1'\n", "1:10: version must be a whole number without quotes, not \"1\"");
}

static void test_ports(void **state)
{
	(void)state;
	_cleanup_policy_ struct policy one = parse("ports: 65535-65535");
	assert_int_equal(one.first_port, 65535);
	_cleanup_policy_ struct policy all = parse("ports: 1024-65535");
	assert_int_equal(all.last_port, 65535);
	assert_refused("ports: 1023-2000\n", "1:8: ports must be between 1024 and 65535");
	assert_refused("ports: 2000-65536\n", "1:8: ports must be between 1024 and 65535");
	assert_refused("ports: 2001-2000\n", "1:8: ports must begin with the lower port, not with 2001");
	static const char *const bad[] = {"2000",       "2000-", "-2000",         "2000 - 3000",
					  "02000-3000", "a-b",   "1024-2000-3000"};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *text = string_format("ports: %s\n", bad[i]);
		_cleanup_free_ char *expected =
			string_format("1:8: ports must be two ports such as 25000-25999, not \"%s\"", bad[i]);
		assert_refused(text, expected);
	}
}

static void test_reserve(void **state)
{
	(void)state;
	_cleanup_policy_ struct policy percent = parse("reserve: 12.5%");
	assert_true(percent.reserve_percent > 12.49 && percent.reserve_percent < 12.51);
	assert_int_equal(percent.reserve_bytes, 0);
	_cleanup_policy_ struct policy nothing = parse("reserve: 0");
	assert_int_equal(nothing.reserve_bytes, 0);
	assert_true(nothing.reserve_percent < 0.001);
	static const char *const bad[] = {"101%", "-5%", "1.5G", "5 G", "5g", "99999999999T", "lots"};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *text = string_format("reserve: %s\n", bad[i]);
		_cleanup_free_ char *expected = string_format(
			"1:10: reserve must be a size such as 10G or a percentage such as 5%%, not \"%s\"", bad[i]);
		assert_refused(text, expected);
	}
}

static void test_postgres(void **state)
{
	(void)state;
	assert_refused("postgres: {12: /x}\n", "1:12: postgres.12 must be between 13 and 18");
	assert_refused("postgres: {19: /x}\n", "1:12: postgres.19 must be between 13 and 18");
	assert_refused("postgres: {fifteen: /x}\n",
		       "1:12: postgres.fifteen must be a whole number without quotes, not \"fifteen\"");
	assert_refused("postgres: {15: bin}\n",
		       "1:16: postgres.15 must be an absolute path, one that begins with \"/\"");
	assert_refused("postgres: {15: /a, '15': /b}\n", "1:20: the key \"15\" was already given in line 1");
	assert_refused("postgres: [/x]\n", "1:11: postgres must be a section of keys");
	assert_refused("postgres: {15: }\n", "1:16: postgres.15 has no value: give one, or remove the key");
}

static void test_sources(void **state)
{
	(void)state;
	assert_refused("sources: {a: {}}\n", "1:14: sources.a needs exactly one of url and data_directory");
	assert_refused("sources:\n  a:\n", "2:5: sources.a needs exactly one of url and data_directory");
	assert_refused("sources: {a: {url: postgres://h, data_directory: /x}}\n",
		       "1:14: sources.a needs exactly one of url and data_directory");
	assert_refused("sources: {a: {data_directory: /x, password_file: /y}}\n",
		       "1:35: sources.a.password_file means nothing without url");
	assert_refused(
		"sources: {A: {data_directory: /x}}\n",
		"1:11: sources.A must be a name of at most 63 characters of a-z 0-9 . _ - that begins with a letter "
		"or digit, not \"A\"");
	assert_refused("sources: {a: {data_directory: x}}\n",
		       "1:31: sources.a.data_directory must be an absolute path, one that begins with \"/\"");
	assert_refused("sources: {a: {urll: postgres://h, data_directory: /x}}\n",
		       "1:15: unknown key \"urll\" in sources.a; did you mean \"url\"?");
}

static void test_urls(void **state)
{
	(void)state;
	static const char *const good[] = {"postgres://",
					   "postgresql://h",
					   "postgres://u@h:5432/db",
					   "postgres:///db?host=/run/postgresql",
					   "postgres://[::1]/db",
					   "postgres://h/db?application_name=a:b@c"};
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_free_ char *text = string_format("sources: {a: {url: \"%s\"}}\n", good[i]);
		_cleanup_policy_ struct policy policy = parse(text);
		assert_string_equal(policy.sources[0].url, good[i]);
	}
	static const char *const bad[] = {"mysql://h",          "http://h",       "host=h dbname=d",
					  "Postgres://h",       "postgres:/h",    "postgres://h/db?nonsense=1",
					  "postgres://u@h/%zz", "postgres://[::1"};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *text = string_format("sources: {a: {url: \"%s\"}}\n", bad[i]);
		assert_refused(text, "1:20: sources.a.url must be a valid connection URL such as "
				     "postgres://user@host:5432/database");
	}
}

static void test_passwords_are_refused_and_never_shown(void **state)
{
	(void)state;
	static const char *const urls[] = {"postgres://u:s3cret@h/db", "postgresql://:s3cret@h/db",
					   "postgres://u@h/db?password=s3cret", "postgres://u@h/db?p%61ssword=s3cret",
					   "postgres://u@h/db?sslpassword=s3cret"};
	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		_cleanup_free_ char *text = string_format("sources: {a: {url: \"%s\"}}\n", urls[i]);
		assert_refused(text,
			       "1:20: sources.a.url must not hold a password: put it into a file and name that in "
			       "password_file");
	}
	static const char *const others[] = {"sources: {a: {url: \"postgres://u:s3cret@h/%zz\"}}\n",
					     "sources: {a: {url: \"postgres//u:s3cret@h/\\n\"}}\n",
					     "sources: {a: {url: postgres://h, password_file: s3cret}}\n",
					     "sources: {a: {url: postgres://h, password: s3cret}}\n"};
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		_cleanup_free_ char *message = refusal(others[i]);
		assert_null(strstr(message, "s3cret"));
	}
}

static void test_the_number_of_versions_is_bounded(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer text = {0};
	for (int i = 0; i < 17; i++)
		buffer_addf(&text, "%s%d: /x", i ? ", " : "postgres: {", i);
	buffer_add_text(&text, "}\n");
	assert_refused(buffer_text(&text), "1:11: postgres has 17 entries; at most 16 are allowed");
}

static void test_all_errors_in_one_run(void **state)
{
	(void)state;
	assert_refused("prots: 1-2\nreserve: x\npostgres: {12: y}\n",
		       "1:1: unknown key \"prots\"; did you mean \"ports\"?\n"
		       "pool.yml:2:10: reserve must be a size such as 10G or a percentage such as 5%, not \"x\"\n"
		       "pool.yml:3:12: postgres.12 must be between 13 and 18\n"
		       "pool.yml:3:16: postgres.12 must be an absolute path, one that begins with \"/\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_every_key),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_creators),
		cmocka_unit_test(test_settings_are_keys_of_the_other_file),
		cmocka_unit_test(test_projects),
		cmocka_unit_test(test_a_forge_is_reached_over_tls_only),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_postgres),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_passwords_are_refused_and_never_shown),
		cmocka_unit_test(test_the_number_of_versions_is_bounded),
		cmocka_unit_test(test_all_errors_in_one_run),
	};
	return cmocka_run_group_tests_name("config/policy", tests, NULL, NULL);
}
