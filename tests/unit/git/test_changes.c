#include "repositories.h"

#include <sys/wait.h>

#include "git/changes.h"

/* TOP/origin.git: two commits on main; TOP/work: a clone of it on the branch topic */
static char *work;

static int setup(void **state)
{
	(void)make_top(state);
	work = path_join(top, "work", NULL);
	do_shell_in(top,
		    "git init -q -b main seed && cd seed && mkdir -p db app && echo 1 >db/1.sql && echo 2 >db/2.sql && "
		    "echo a >app/a && echo '*.tmp' >.gitignore && git add . && git commit -qm one && "
		    "git clone -q --bare . ../origin.git && cd .. && git clone -q origin.git work && cd work && "
		    "git checkout -qb topic");
	return 0;
}

static int teardown(void **state)
{
	int failed = remove_top(state);
	free(work);
	return failed;
}

static void add_list(struct buffer *text, const char *sign, const struct string_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		buffer_addf(text, "%s%s%s", text->length ? " " : "", sign, list->items[i]);
}

static void expect_in(const char *directory, const char *base, const char *expected)
{
	_cleanup_changes_ struct repository_changes changes = {0};
	struct error *err = NULL;
	if (repository_changes_read(directory, base, &changes, &err) < 0)
		fail_msg("%s", err->message);
	if (!changes.known)
		fail_msg("not known: %s", changes.reason);
	assert_null(changes.reason);
	_cleanup_buffer_ struct buffer text = {0};
	add_list(&text, "+", &changes.added);
	add_list(&text, "~", &changes.modified);
	add_list(&text, "-", &changes.deleted);
	assert_string_equal(buffer_text(&text), expected);
	assert_string_equal(changes.base, base && strcmp(base, "origin/main") != 0 ? base : "main");
}

static void expect(const char *expected)
{
	expect_in(work, NULL, expected);
}

static void expect_unknown_in(const char *directory, const char *base, const char *why)
{
	_cleanup_changes_ struct repository_changes changes = {0};
	struct error *err = NULL;
	if (repository_changes_read(directory, base, &changes, &err) < 0)
		fail_msg("%s", err->message);
	assert_false(changes.known);
	if (!strstr(changes.reason, why))
		fail_msg("%s", changes.reason);
	assert_int_equal(changes.added.count + changes.modified.count + changes.deleted.count, 0);
}

static void test_added_modified_deleted(void **state)
{
	(void)state;
	do_shell_in(work,
		    "echo 3 >db/3.sql && echo x >>db/1.sql && git rm -q db/2.sql && echo b >>app/a && git add . && "
		    "git commit -qm two");
	expect("+db/3.sql ~app/a ~db/1.sql -db/2.sql");
	_cleanup_free_ char *db = path_join(work, "db", NULL);
	expect_in(db, NULL, "+3.sql ~1.sql -2.sql");
}

static void test_what_is_not_committed(void **state)
{
	(void)state;
	do_shell_in(work, "echo 3 >db/3.sql && git add db/3.sql && mkdir db/new && echo 4 >'db/new/4 four.sql' && "
			  "echo x >db/x.tmp && echo x >>db/2.sql");
	expect("+db/3.sql +db/new/4 four.sql ~db/2.sql");
	do_shell_in(work, "git commit -qm two && rm db/3.sql db/1.sql && git checkout -q db/2.sql");
	expect("+db/new/4 four.sql -db/1.sql"); /* committed, but not there any more */
}

static void test_what_main_did_meanwhile_does_not_matter(void **state)
{
	(void)state;
	do_shell_in(
		top,
		"git clone -q origin.git other && cd other && echo 9 >db/9.sql && echo y >>db/1.sql && git add . && "
		"git commit -qm theirs && git push -q origin main && cd ../work && git fetch -q && "
		"echo 3 >db/3.sql && git add . && git commit -qm ours");
	expect("+db/3.sql");
	do_shell_in(work, "git merge -q -m merge origin/main");
	expect("+db/3.sql");
}

static void test_renamed(void **state)
{
	(void)state;
	do_shell_in(work, "git mv db/1.sql db/5.sql && mkdir x && git mv app/a x/a && mv db/2.sql db/7.sql");
	expect("~db/5.sql ~db/7.sql ~x/a -db/1.sql -db/2.sql -app/a");
	_cleanup_free_ char *x = path_join(work, "x", NULL);
	expect_in(x, NULL, "+a"); /* from elsewhere */
}

static void test_through_a_link(void **state)
{
	(void)state;
	do_shell_in(work, "ln -s db link && git add link && git commit -qm link && echo 3 >db/3.sql");
	_cleanup_free_ char *link = path_join(work, "link", NULL);
	expect_in(link, NULL, "+3.sql");
}

static void test_which_base(void **state)
{
	(void)state;
	do_shell_in(work, "git branch -q other && echo 3 >db/3.sql && git add . && git commit -qm two && "
			  "git branch -qf main topic"); /* origin's main is what counts */
	expect_in(work, NULL, "+db/3.sql");
	expect_in(work, "main", "+db/3.sql");
	expect_in(work, "origin/main", "+db/3.sql");
	expect_in(work, "other", "+db/3.sql");
	do_shell_in(work, "git symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/gone");
	expect_in(work, NULL, "+db/3.sql");
	do_shell_in(work,
		    "git remote remove origin && git branch -qf main other && git symbolic-ref HEAD refs/heads/topic");
	expect_in(work, NULL, "+db/3.sql");
	expect_unknown_in(work, "release", "git fetch origin release");
	do_shell_in(work, "git branch -qD main other");
	expect_unknown_in(work, NULL, "no branch main or master");
}

static void test_the_base_itself(void **state)
{
	(void)state;
	expect_unknown_in(work, NULL, "what is checked out is main itself");
	do_shell_in(work, "git checkout -q main");
	expect_unknown_in(work, NULL, "is main itself");
	do_shell_in(work, "echo 3 >db/3.sql");
	expect("+db/3.sql");
	do_shell_in(work, "rm db/3.sql && git checkout -q topic && echo b >>app/a && git commit -qam two");
	_cleanup_free_ char *db = path_join(work, "db", NULL);
	expect_in(db, NULL, ""); /* a branch that changes no migration has none to apply */
}

static void test_detached_merge_of_a_pull_request(void **state)
{
	(void)state;
	do_shell_in(work,
		    "echo 3 >db/3.sql && git add . && git commit -qm two && git checkout -q --detach origin/main && "
		    "git merge -q --no-ff -m merge topic");
	expect("+db/3.sql");
}

static void test_shallow(void **state)
{
	(void)state;
	do_shell_in(top,
		    "cd work && echo 3 >db/3.sql && git add . && git commit -qm two && git push -q origin topic && "
		    "git checkout -q main && echo y >app/a && git commit -qam more && git push -q origin main && "
		    "cd .. && git clone -q --depth 1 -b topic --no-single-branch \"file://$PWD/origin.git\" shallow && "
		    "git clone -q --depth 1 -b topic \"file://$PWD/origin.git\" single");
	_cleanup_free_ char *shallow = path_join(top, "shallow", NULL);
	_cleanup_free_ char *single = path_join(top, "single", NULL);
	/* In a process of its own: libgit2 1.5 forgets to free what it walked with where a commit is missing. */
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct repository_changes changes = {0};
		bool told = repository_changes_read(shallow, NULL, &changes, NULL) == 0 && !changes.known &&
			    strstr(changes.reason, "git fetch --unshallow");
		_exit(told ? 0 : 1);
	}
	int status = -1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	expect_unknown_in(single, NULL, "no branch main or master");
	do_shell_in(shallow, "git fetch -q --unshallow");
	expect_in(shallow, NULL, "+db/3.sql");
}

static void test_partial_clone(void **state)
{
	(void)state;
	do_shell_in(
		top,
		"git -C origin.git config uploadpack.allowFilter true && cd work && echo 3 >db/3.sql && "
		"git mv db/1.sql db/5.sql && git add . && git commit -qm two && git push -q origin topic && cd .. && "
		"git clone -q -b topic --filter=blob:none \"file://$PWD/origin.git\" partial");
	_cleanup_free_ char *partial = path_join(top, "partial", NULL);
	expect_in(partial, NULL, "+db/3.sql ~db/5.sql -db/1.sql");
}

static void test_no_repository_and_no_commit(void **state)
{
	(void)state;
	expect_unknown_in(top, NULL, "no git repository");
	do_shell_in(top, "git init -q -b first unborn");
	_cleanup_free_ char *unborn = path_join(top, "unborn", NULL);
	expect_unknown_in(unborn, NULL, "no commit");
	_cleanup_free_ char *bare = path_join(top, "origin.git", NULL);
	expect_unknown_in(bare, NULL, "no working tree");
	do_shell_in(top, "git init -q -b main lone && cd lone && echo 1 >1.sql && git add . && git commit -qm one && "
			 "git fetch -q ../origin.git main:refs/remotes/origin/main");
	_cleanup_free_ char *lone = path_join(top, "lone", NULL);
	expect_unknown_in(lone, NULL, "no commit in common");
}

static void test_broken(void **state)
{
	(void)state;
	do_shell_in(work,
		    "echo 3 >db/3.sql && git add . && git commit -qm two && "
		    "tree=$(git rev-parse origin/main^{tree}) && git unpack-objects -q </dev/null 2>/dev/null || true; "
		    "find .git/objects -name '*.pack' -exec chmod u+w {} \\; -exec mv {} . \\; && "
		    "for p in *.pack; do [ -e \"$p\" ] && git unpack-objects -q <\"$p\"; done; "
		    "tree=$(git rev-parse origin/main^{tree}) && rm -f .git/objects/pack/* && "
		    "rm -f \".git/objects/$(echo $tree | cut -c1-2)/$(echo $tree | cut -c3-)\"");
	_cleanup_changes_ struct repository_changes changes = {0};
	_cleanup_error_ struct error *err = NULL;
	assert_int_equal(repository_changes_read(work, NULL, &changes, &err), -1);
	assert_int_equal(err->kind, ERROR_USAGE);
	assert_non_null(err->hint);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_added_modified_deleted),
		TEST(test_what_is_not_committed),
		TEST(test_what_main_did_meanwhile_does_not_matter),
		TEST(test_renamed),
		TEST(test_through_a_link),
		TEST(test_which_base),
		TEST(test_the_base_itself),
		TEST(test_detached_merge_of_a_pull_request),
		TEST(test_shallow),
		TEST(test_partial_clone),
		TEST(test_no_repository_and_no_commit),
		TEST(test_broken),
	};
	return cmocka_run_group_tests_name("git/changes", tests, NULL, NULL);
}
