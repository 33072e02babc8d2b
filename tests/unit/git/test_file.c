#include "repositories.h"

#include "git/file.h"

#define BASE "refs/remotes/origin/main"

/* TOP/origin.git: main; TOP/work: a clone of it whose working tree is hostile. */
static char *work;

static int setup(void **state)
{
	(void)make_top(state);
	work = path_join(top, "work", NULL);
	do_shell(
		"git init -q -b main seed && cd seed && mkdir -p a/b && echo base >a/vela.yml && echo top >vela.yml && "
		"chmod +x vela.yml && ln -s a/vela.yml link && echo x >a/b/x && git add . && git commit -qm one && "
		"git clone -q --bare . ../origin.git && cd .. && git clone -q origin.git work && cd work && "
		"git checkout -qb main2 && echo hostile >vela.yml && echo hostile >a/vela.yml && echo new >new && "
		"git add . && git commit -qm two && git branch -qf main HEAD");
	return 0;
}

static int teardown(void **state)
{
	int failed = remove_top(state);
	free(work);
	return failed;
}

static void find(const char *directory, struct repository_tree *ret)
{
	_cleanup_free_ char *path = path_join(top, directory, NULL);
	bool found = false;
	struct error *err = NULL;
	if (repository_tree_find(path, ret, &found, &err) < 0)
		fail_msg("%s", err->message);
	assert_true(found);
}

static void expect(const char *directory, const char *path, const char *content)
{
	_cleanup_repository_tree_ struct repository_tree tree = {0};
	_cleanup_buffer_ struct buffer text = {0};
	bool found;
	struct error *err = NULL;
	find(directory, &tree);
	if (repository_file_read(&tree, BASE, path, 100, &text, &found, &err) < 0)
		fail_msg("%s: %s", path, err->message);
	assert_int_equal(found, content != NULL);
	assert_string_equal(buffer_text(&text), content ? content : "");
}

static void expect_error(const char *reference, const char *path, size_t max, enum error_kind kind, const char *why)
{
	_cleanup_repository_tree_ struct repository_tree tree = {0};
	_cleanup_buffer_ struct buffer text = {0};
	_cleanup_error_ struct error *err = NULL;
	bool found;
	find("work", &tree);
	assert_int_equal(repository_file_read(&tree, reference, path, max, &text, &found, &err), -1);
	assert_int_equal(err->kind, kind);
	if (!strstr(err->message, why))
		fail_msg("%s", err->message);
	assert_int_equal(text.length, 0);
}

static void test_the_commit_counts(void **state)
{
	(void)state;
	expect("work", "vela.yml", "top\n");
	expect("work/a/b", "a/vela.yml", "base\n");
	expect("work", "new", NULL);
	expect("work", "a/nowhere/vela.yml", NULL);
}

static void test_what_is_refused(void **state)
{
	(void)state;
	expect_error(BASE, "link", 100, ERROR_REFUSED, "symbolic link");
	expect_error(BASE, "a", 100, ERROR_REFUSED, "not a regular file");
	expect_error(BASE, "vela.yml", 3, ERROR_REFUSED, "too large");
	expect_error("refs/remotes/origin/other", "vela.yml", 100, ERROR_NOT_FOUND, "refs/remotes/origin/other");
	expect_error("refs/remotes/origin/../x", "vela.yml", 100, ERROR_NOT_FOUND, "no refs/remotes");
}

static void test_scope_and_origin(void **state)
{
	(void)state;
	_cleanup_repository_tree_ struct repository_tree tree = {0}, below = {0};
	_cleanup_free_ char *origin = path_join(top, "origin.git", NULL);
	find("work", &tree);
	assert_string_equal(tree.directory, work);
	assert_string_equal(tree.scope, "");
	assert_string_equal(tree.origin, origin);
	find("work/a/b", &below);
	assert_string_equal(below.directory, work);
	assert_string_equal(below.scope, "a/b");
}

/* A commit can bring along what git takes for a bare repository; it is none here. */
static void test_what_looks_like_a_repository(void **state)
{
	(void)state;
	do_shell("cd work && git init -q --bare a/b && git -C a/b symbolic-ref HEAD refs/heads/main && "
		 "git -C a/b fetch -q ../.. main2:refs/remotes/origin/main && "
		 "git -C a/b config remote.origin.url evil && git -C a/b config core.bare false && "
		 "git -C a/b config core.worktree ..");
	_cleanup_repository_tree_ struct repository_tree tree = {0};
	find("work/a/b", &tree);
	assert_string_equal(tree.directory, work);
	assert_string_equal(tree.scope, "a/b");
	assert_string_not_equal(tree.origin, "evil");
	expect("work/a/b", "vela.yml", "top\n");
}

/* A commit can bring along a submodule, whose origin then is its author's choice. */
static void test_submodules(void **state)
{
	(void)state;
	do_shell("git clone -q origin.git outer && cd outer && git config protocol.file.allow always && "
		 "git -c protocol.file.allow=always submodule --quiet add $PWD/../origin.git sub && cd sub && "
		 "git -c protocol.file.allow=always submodule --quiet add $PWD/../../origin.git deeper && "
		 "git -C deeper config remote.origin.url evil && mkdir deeper/x && git config remote.origin.url evil");
	static const char *const places[][2] = {{"outer/sub", "sub"}, {"outer/sub/deeper/x", "sub/deeper/x"}};
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_repository_tree_ struct repository_tree tree = {0};
		_cleanup_free_ char *outer = path_join(top, "outer", NULL);
		find(places[i][0], &tree);
		assert_string_equal(tree.directory, outer);
		assert_string_equal(tree.scope, places[i][1]);
		assert_string_not_equal(tree.origin, "evil");
	}
	/* A clone that only lies within another one's working tree is one of its own. */
	_cleanup_repository_tree_ struct repository_tree clone = {0};
	do_shell("git clone -q origin.git outer/clone && git -C outer/clone config remote.origin.url own");
	find("outer/clone/a", &clone);
	assert_string_equal(clone.scope, "a");
	assert_string_equal(clone.origin, "own");
}

static void test_worktree_shallow_and_packed(void **state)
{
	(void)state;
	do_shell("git -C work worktree add -q --detach ../linked main2 && git -C work pack-refs --all && "
		 "git clone -q --depth=1 file://$PWD/origin.git shallow");
	expect("linked", "vela.yml", "top\n");
	expect("linked/a", "a/vela.yml", "base\n");
	expect("shallow", "vela.yml", "top\n");
}

static void test_partial_clone(void **state)
{
	(void)state;
	do_shell("git -C origin.git config uploadpack.allowFilter true && "
		 "git clone -q --no-checkout --filter=blob:none file://$PWD/origin.git partial");
	_cleanup_repository_tree_ struct repository_tree tree = {0};
	_cleanup_buffer_ struct buffer text = {0};
	_cleanup_error_ struct error *err = NULL;
	bool found;
	find("partial", &tree);
	assert_int_equal(repository_file_read(&tree, BASE, "vela.yml", 100, &text, &found, &err), -1);
	assert_int_equal(err->kind, ERROR_REFUSED);
	assert_non_null(strstr(err->message, "does not have its content"));
}

static void test_no_repository(void **state)
{
	(void)state;
	struct repository_tree tree = {0};
	bool found = true;
	assert_int_equal(repository_tree_find("/", &tree, &found, NULL), 0);
	assert_false(found);
	/* A bare repository has no working tree to be in. */
	_cleanup_free_ char *bare = path_join(top, "origin.git", NULL);
	found = true;
	assert_int_equal(repository_tree_find(bare, &tree, &found, NULL), 0);
	assert_false(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_commit_counts), cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_scope_and_origin),  cmocka_unit_test(test_what_looks_like_a_repository),
		cmocka_unit_test(test_submodules),        cmocka_unit_test(test_worktree_shallow_and_packed),
		cmocka_unit_test(test_partial_clone),     cmocka_unit_test(test_no_repository),
	};
	return cmocka_run_group_tests_name("git/file", tests, setup, teardown);
}
