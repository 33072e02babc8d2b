#include "repositories.h"

#include <sys/stat.h>

#include "git/config.h"

static char *git_directory;

static int setup(void **state)
{
	(void)make_top(state);
	do_shell("git init -q -b main r && cd r && git commit -q --allow-empty -m one");
	git_directory = path_join(top, "r", ".git", NULL);
	return 0;
}

static int teardown(void **state)
{
	free(git_directory);
	return remove_top(state);
}

static void expect_key(const char *key, const char *wanted)
{
	_cleanup_free_ char *value = NULL;
	assert_int_equal(repository_key_read(git_directory, key, &value, NULL), 0);
	if (!string_equal(value, wanted))
		fail_msg("%s: %s", key, value ? value : "(null)");
}

static void keys_are_gits(void **state)
{
	(void)state;
	expect_key("vela.envFile", NULL);
	assert_int_equal(repository_key_write(git_directory, "vela.envFile", "a \"b\"; #c\\d", NULL), 0);
	expect_key("vela.envFile", "a \"b\"; #c\\d");
	_cleanup_free_ char *seen = shell_output("git -C r config vela.envFile");
	assert_string_equal(seen, "a \"b\"; #c\\d");
	do_shell("git -C r config --add vela.envFile second");
	expect_key("vela.envFile", "second");
	assert_int_equal(repository_key_remove(git_directory, "vela.envFile", NULL), 0);
	expect_key("vela.envFile", NULL);
	assert_int_equal(repository_key_remove(git_directory, "vela.envFile", NULL), 0);
}

/* Whatever git calls a branch: git finds what vela writes, and moves it. */
static void notes_follow_git(void **state)
{
	(void)state;
	static const char *const names[] = {"x", "feature/a.b", "Ünï", "it's", "q\"uote", "UPPER.case", "#h;s"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *key = repository_branch_key(names[i]);
		_cleanup_free_ char *noted = NULL;
		assert_int_equal(repository_key_write(git_directory, key, "slug", NULL), 0);
		expect_key(key, "slug");
		assert_int_equal(repository_noted_branch(git_directory, "slug", &noted, NULL), 0);
		assert_string_equal(noted, names[i]);
		setenv("NAME", names[i], 1);
		do_shell("cd r && git branch -q \"$NAME\" && git branch -m \"$NAME\" renamed");
		expect_key(key, NULL);
		expect_key("branch.renamed.vela", "slug");
		do_shell("cd r && git branch -q -D renamed");
		expect_key("branch.renamed.vela", NULL);
	}
	_cleanup_free_ char *none = NULL;
	assert_int_equal(repository_noted_branch(git_directory, "slug", &none, NULL), 0);
	assert_null(none);
}

static void clearing_leaves_nothing(void **state)
{
	(void)state;
	static const char *const others[] = {"vela.envFile", "vela.missing", NULL};
	struct stat before, after;
	do_shell("cd r && printf '# mine\\n[branch \"kept\"]\\n\\tremote = origin\\n\\n[alias]\\n' >>.git/config && "
		 "chmod 0640 .git/config && cp .git/config ../before");
	_cleanup_free_ char *config = path_join(git_directory, "config", NULL);
	assert_int_equal(stat(config, &before), 0);
	assert_int_equal(repository_key_write(git_directory, "branch.one.vela", "one", NULL), 0);
	assert_int_equal(repository_key_write(git_directory, "branch.kept.vela", "kept", NULL), 0);
	assert_int_equal(repository_key_write(git_directory, "branch.a]b.vela", "ab", NULL), 0);
	assert_int_equal(repository_key_write(git_directory, "vela.envFile", ".env", NULL), 0);
	assert_int_equal(repository_keys_clear(git_directory, others, NULL), 0);
	do_shell("diff before r/.git/config");
	assert_int_equal(stat(config, &after), 0);
	assert_int_equal(after.st_mode, before.st_mode);
	assert_int_equal(chown(config, 65534, 65534), 0);
	assert_int_equal(repository_key_write(git_directory, "vela.envFile", ".env", NULL), 0);
	assert_int_equal(stat(config, &after), 0);
	assert_int_equal(after.st_uid, 65534);
	assert_int_equal(after.st_mode, before.st_mode);
	do_shell("test ! -e r/.git/config.lock && touch r/.git/config.lock");
	assert_int_equal(repository_keys_clear(git_directory, others, NULL), -1); /* git works on it */
	do_shell("rm r/.git/config.lock");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_gits),
		cmocka_unit_test(notes_follow_git),
		cmocka_unit_test(clearing_leaves_nothing),
	};
	return cmocka_run_group_tests_name("git/config", tests, setup, teardown);
}
