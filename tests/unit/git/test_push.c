#include "repositories.h"

#include "git/push.h"

#define ZERO "0000000000000000000000000000000000000000"

static char *tree;

/* main with db/1.sql, at its remote; topic with another file and, after it, db/2.sql. */
static int setup(void **state)
{
	(void)make_top(state);
	do_shell("git init -q -b main r && cd r && mkdir db && echo 1 >db/1.sql && echo a >a && git add . && "
		 "git commit -qm one && git clone -q --bare . ../o.git && git remote add origin ../o.git && "
		 "git fetch -q && git checkout -qb topic && echo b >a && git commit -qam two && git tag -am t early && "
		 "echo 2 >db/2.sql && git add . && git commit -qm three && git tag v1");
	tree = path_join(top, "r", NULL);
	return 0;
}

static int teardown(void **state)
{
	free(tree);
	return remove_top(state);
}

/* `remote`, too, is what git calls a commit; NULL: none. */
static bool reads(const char *local, const char *remote, const char *path)
{
	_cleanup_free_ char *local_script = string_format("cd r && git rev-parse %s", local);
	_cleanup_free_ char *remote_script = string_format("cd r && git rev-parse %s", remote ? remote : "HEAD");
	_cleanup_free_ char *local_id = shell_output(local_script), *remote_id = shell_output(remote_script);
	_cleanup_free_ char *commit = NULL;
	const struct pushed pushed = {local, local_id, "refs/heads/x", remote ? remote_id : ZERO};
	assert_int_equal(repository_push_reads(tree, &pushed, path, &commit, NULL), 0);
	return commit != NULL;
}

static void what_is_new(void **state)
{
	(void)state;
	static const struct {
		const char *local, *remote, *path;
		bool wanted;
	} rows[] = {
		{"topic", NULL, "db", true},  {"topic~1", NULL, "db", false},    {"topic~1", NULL, "a", true},
		{"topic~1", NULL, "", true},  {"topic", "topic~1", "db", true},  {"topic", "topic", "db", false},
		{"main", NULL, "db", false},  {"main", "topic", "db", true},     {"v1", NULL, "db", true},
		{"early", NULL, "db", false}, {"topic", NULL, "missing", false}, {"main:a", NULL, "", false},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (reads(rows[i].local, rows[i].remote, rows[i].path) != rows[i].wanted)
			fail_msg("%s over %s: %s", rows[i].local, rows[i].remote ? rows[i].remote : "nothing",
				 rows[i].path);
}

static void expect_commit(const char *local_id, const char *remote_id, bool wanted)
{
	_cleanup_free_ char *commit = NULL;
	const struct pushed pushed = {"refs/heads/x", local_id, "refs/heads/x", remote_id};
	assert_int_equal(repository_push_reads(tree, &pushed, "db", &commit, NULL), 0);
	assert_int_equal(commit != NULL, wanted);
}

static void odd_lines(void **state)
{
	(void)state;
	_cleanup_free_ char *topic = shell_output("cd r && git rev-parse topic");
	expect_commit(ZERO, topic, false);
	expect_commit("nonsense", ZERO, false);
	expect_commit("1234567812345678123456781234567812345678", ZERO, false);
	expect_commit(topic, "1234567812345678123456781234567812345678", true); /* what they have is not known here */
}

/* Where nothing of it is anywhere yet. */
static void the_first_push_of_all(void **state)
{
	(void)state;
	do_shell("cd r && git update-ref -d refs/remotes/origin/main");
	assert_true(reads("main", NULL, "db"));
	assert_false(reads("topic~1", NULL, "db"));
	do_shell("cd r && git fetch -q");
}

static void expect_clean(const char *commit, const char *path, bool wanted)
{
	_cleanup_free_ char *script = string_format("cd r && git rev-parse %s", commit);
	_cleanup_free_ char *id = shell_output(script), *copy = string_copy(path);
	char *paths[] = {copy, NULL};
	bool clean = !wanted;
	assert_int_equal(repository_is_clean_at(tree, id, paths, &clean, NULL), 0);
	if (clean != wanted)
		fail_msg("%s %s", commit, path ? path : "(all)");
}

static void clean_or_not(void **state)
{
	(void)state;
	expect_clean("topic", "db", true);
	expect_clean("main", "db", false);
	do_shell("cd r && echo more >>a");
	expect_clean("topic", "db", true);
	expect_clean("topic", NULL, false);
	do_shell("cd r && git checkout -q a && echo 3 >db/3.sql");
	expect_clean("topic", "db", false);
	do_shell("cd r && git add db");
	expect_clean("topic", "db", false);
	do_shell("cd r && git rm -qf db/3.sql && git rm -q --cached db/2.sql");
	expect_clean("topic", "db", false);
	do_shell("cd r && git reset -q && chmod +x db/2.sql");
	expect_clean("topic", "db", true);
	do_shell("cd r && git checkout -q db");
}

static void a_tree_for_a_moment(void **state)
{
	(void)state;
	_cleanup_free_ char *git_directory = path_join(tree, ".git", NULL), *there = path_join(top, "w", NULL);
	_cleanup_free_ char *commit = shell_output("cd r && git rev-parse main"),
			    *before = shell_output("cd r && find . | sort");
	do_shell("mkdir w");
	assert_int_equal(repository_check_out(git_directory, commit, there, NULL), 0);
	_cleanup_free_ char *seen =
		shell_output("cd w/tree && git status --porcelain && git rev-parse HEAD && cat a db/1.sql && "
			     "git rev-parse topic >/dev/null && test ! -e db/2.sql");
	_cleanup_free_ char *wanted = string_format("%s\na\n1", commit);
	assert_string_equal(seen, wanted);
	do_shell("rm -r w");
	_cleanup_free_ char *after = shell_output("cd r && find . | sort");
	assert_string_equal(after, before);
	do_shell("cd r && test \"$(git worktree list | wc -l)\" = 1 && test \"$(git symbolic-ref HEAD)\" = "
		 "refs/heads/topic");
	struct error *err = NULL;
	do_shell("mkdir w");
	assert_int_equal(repository_check_out(git_directory, "1234567812345678123456781234567812345678", there, &err),
			 -1);
	error_free(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_new),           cmocka_unit_test(odd_lines),
		cmocka_unit_test(the_first_push_of_all), cmocka_unit_test(clean_or_not),
		cmocka_unit_test(a_tree_for_a_moment),
	};
	return cmocka_run_group_tests_name("git/push", tests, setup, teardown);
}
