#include "repositories.h"

#include "git/hooks.h"

static char *tree, *git_directory;

static int setup(void **state)
{
	(void)make_top(state);
	do_shell("git init -q -b main r && mkdir others && ln -s r link");
	tree = path_join(top, "r", NULL);
	git_directory = path_join(tree, ".git", NULL);
	setenv("HOME", top, 1);
	return 0;
}

static int teardown(void **state)
{
	free(tree);
	free(git_directory);
	return remove_top(state);
}

/* As git finds it, below TOP. */
static void expect_place(const char *directory, bool inside)
{
	_cleanup_hooks_place_ struct hooks_place place = {0};
	_cleanup_free_ char *wanted = path_join(top, directory, NULL);
	_cleanup_free_ char *gits = shell_output("cd r && realpath -m \"$(git rev-parse --git-path hooks)\"");
	struct error *err = NULL;
	if (repository_hooks(tree, git_directory, &place, &err) < 0)
		fail_msg("%s: %s", directory, err->message);
	_cleanup_free_ char *usual = path_join(git_directory, "hooks", NULL);
	assert_string_equal(place.usual, usual);
	assert_string_equal(place.directory, wanted);
	if (!strstr(directory, ".."))
		assert_string_equal(place.directory, gits);
	if (place.inside != inside)
		fail_msg("%s: inside is wrong", directory);
}

static void the_usual_one(void **state)
{
	(void)state;
	expect_place("r/.git/hooks", true);
}

static void configured_here(void **state)
{
	(void)state;
	static const struct {
		const char *value, *directory;
		bool inside;
	} rows[] = {
		{".husky/_", "r/.husky/_", true},    {"$PWD/own", "r/own", true},
		{"../others", "r/../others", false}, {"$PWD/../others", "r/../others", false},
		{"~/others", "others", false},       {"~/r/own", "r/own", true},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool literal = *rows[i].value == '~';
		_cleanup_free_ char *set = string_format("cd r && git config core.hooksPath %s%s%s",
							 literal ? "'" : "\"", rows[i].value, literal ? "'" : "\"");
		do_shell(set);
		expect_place(rows[i].directory, rows[i].inside);
	}
	do_shell("cd r && ln -s ../others linked && git config core.hooksPath linked");
	_cleanup_hooks_place_ struct hooks_place place = {0};
	assert_int_equal(repository_hooks(tree, git_directory, &place, NULL), 0);
	assert_false(place.inside);
	do_shell("cd r && git config --unset core.hooksPath");
}

static void configured_by_the_user(void **state)
{
	(void)state;
	unsetenv("GIT_CONFIG_GLOBAL");
	do_shell("printf '[core]\\nhooksPath = ~/others\\n' >.gitconfig");
	expect_place("others", false);
	do_shell("mkdir -p .config/git && printf '[core]\\nhooksPath = ~/xdg\\n' >.config/git/config && rm .gitconfig");
	expect_place("xdg", false);
	do_shell("printf '[core]\\nhooksPath = .hooks\\n' >given");
	_cleanup_free_ char *given = path_join(top, "given", NULL);
	setenv("GIT_CONFIG_GLOBAL", given, 1);
	expect_place("r/.hooks", true);
	do_shell("cd r && git config core.hooksPath .own");
	expect_place("r/.own", true);
	setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
	do_shell("cd r && git config --unset core.hooksPath");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_usual_one),
		cmocka_unit_test(configured_here),
		cmocka_unit_test(configured_by_the_user),
	};
	return cmocka_run_group_tests_name("git/hooks", tests, setup, teardown);
}
