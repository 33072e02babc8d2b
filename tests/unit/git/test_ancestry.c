#include "repositories.h"

#include "git/ancestry.h"

/* A commit that a script noted in the file `name`; owned. */
static char *commit(const char *name)
{
	_cleanup_free_ char *path = path_join(top, name, NULL);
	struct buffer text = {0};
	assert_int_equal(file_read(path, 4096, FILE_FOLLOW, &text, NULL), 0);
	text.data[strcspn(text.data, "\n")] = '\0';
	return buffer_steal(&text);
}

/* main: one - two; other: one - three; HEAD is at main. */
static int set_up(void **state)
{
	(void)make_top(state);
	do_shell("git init -q -b main repository && cd repository && git commit -q --allow-empty -m one && "
		 "git rev-parse HEAD >../one && git checkout -q -b other && git commit -q --allow-empty -m three && "
		 "git rev-parse HEAD >../three && git checkout -q main && git commit -q --allow-empty -m two && "
		 "git rev-parse HEAD >../two");
	return 0;
}

static void expect(const char *repository, const char *young, const char *old, enum git_ancestry wanted,
		   const char *wanted_commit)
{
	_cleanup_free_ char *directory = path_join(top, repository, NULL);
	_cleanup_free_ char *at = NULL;
	enum git_ancestry ancestry;
	struct error *err = NULL;
	if (git_ancestry_read(directory, young, old, &ancestry, &at, &err) < 0)
		fail_msg("%s: %s", repository, err->message);
	assert_int_equal(ancestry, wanted);
	assert_string_equal(at ? at : "(none)", wanted_commit ? wanted_commit : "(none)");
}

static void test_grown_or_not(void **state)
{
	(void)state;
	_cleanup_free_ char *one = commit("one"), *two = commit("two"), *three = commit("three");
	expect("repository", NULL, one, GIT_ANCESTRY_YES, two);
	expect("repository", NULL, two, GIT_ANCESTRY_YES, two);
	expect("repository", NULL, three, GIT_ANCESTRY_NO, two);
	expect("repository", three, two, GIT_ANCESTRY_NO, three);
	expect("repository", one, two, GIT_ANCESTRY_NO, one); /* the other way round */
}

static void test_a_commit_that_is_not_here(void **state)
{
	(void)state;
	static const char nowhere[] = "0123456789012345678901234567890123456789";
	_cleanup_free_ char *two = commit("two");
	expect("repository", NULL, nowhere, GIT_ANCESTRY_UNKNOWN, two);
	expect("repository", nowhere, two, GIT_ANCESTRY_UNKNOWN, nowhere);
	expect("repository", nowhere, nowhere, GIT_ANCESTRY_YES, nowhere);
	expect("repository", NULL, NULL, GIT_ANCESTRY_UNKNOWN, two);
	expect("repository", NULL, "nonsense", GIT_ANCESTRY_UNKNOWN, two);
	expect("repository", NULL, "", GIT_ANCESTRY_UNKNOWN, two);
}

static void test_a_shallow_clone(void **state)
{
	(void)state;
	_cleanup_free_ char *one = commit("one"), *two = commit("two"), *three = commit("three");
	do_shell("git clone -q --depth 1 \"file://$PWD/repository\" shallow && "
		 "cd shallow && git fetch -q --depth 1 origin other");
	expect("shallow", NULL, two, GIT_ANCESTRY_YES, two);
	expect("shallow", NULL, one, GIT_ANCESTRY_UNKNOWN, two);
	expect("shallow", NULL, three, GIT_ANCESTRY_UNKNOWN, two); /* both are here, what is between them is not */
}

static void test_nothing_to_ask(void **state)
{
	(void)state;
	_cleanup_free_ char *one = commit("one");
	do_shell("mkdir plain && git init -q unborn && git init -q --object-format=sha1 unrelated && cd unrelated && "
		 "git fetch -q ../repository main && git commit -q --allow-empty -m root && "
		 "git rev-parse HEAD >../root");
	_cleanup_free_ char *root = commit("root");
	expect("plain", NULL, one, GIT_ANCESTRY_UNKNOWN, NULL);
	expect("plain", one, one, GIT_ANCESTRY_UNKNOWN, one);
	expect("unborn", NULL, one, GIT_ANCESTRY_UNKNOWN, NULL);
	expect("unrelated", NULL, one, GIT_ANCESTRY_NO, root); /* no commit in common */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grown_or_not),
		cmocka_unit_test(test_a_commit_that_is_not_here),
		cmocka_unit_test(test_a_shallow_clone),
		cmocka_unit_test(test_nothing_to_ask),
	};
	return cmocka_run_group_tests_name("git/ancestry", tests, set_up, remove_top);
}
