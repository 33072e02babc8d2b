#include "repositories.h"

#include "git/worktree.h"

static int setup(void **state)
{
	(void)make_top(state);
	do_shell(
		"git init -q -b main r && cd r && printf '*.log\\n.env\\n' >.gitignore && mkdir sub && echo x >sub/f "
		"&& "
		"git add . && git commit -qm one && git worktree add -q -b side '../side tree' && git branch packed && "
		"git pack-refs --all && git branch feature/x && git clone -q --bare . ../bare.git && "
		"git -C ../bare.git worktree add -q ../of-bare feature/x");
	return 0;
}

static void expect_trees(const char *clone, const char *wanted)
{
	_cleanup_free_ char *directory = path_join(top, clone, NULL);
	_cleanup_(string_list_free) struct string_list trees = {0};
	_cleanup_buffer_ struct buffer text = {0};
	assert_int_equal(repository_worktrees(directory, &trees, NULL), 0);
	for (size_t i = 0; i < trees.count; i++)
		buffer_addf(&text, "%s ", trees.items[i] + strlen(top) + 1);
	assert_string_equal(buffer_text(&text), wanted);
}

static void all_trees(void **state)
{
	(void)state;
	expect_trees("r/.git", "r side tree ");
	expect_trees("bare.git", "of-bare ");
	do_shell("cd r && git worktree add -q ../gone -b gone && rm -r ../gone");
	expect_trees("r/.git", "r side tree ");
}

static void branches(void **state)
{
	(void)state;
	static const struct {
		const char *branch;
		bool exists, checked_out;
	} rows[] = {
		{"main", true, true},        {"side", true, true},      {"packed", true, false},
		{"feature/x", true, false},  {"feature", false, false}, {"missing", false, false},
		{"bad..name", false, false},
	};
	_cleanup_free_ char *directory = path_join(top, "r/.git", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool exists = !rows[i].exists, checked_out = !rows[i].checked_out;
		assert_int_equal(repository_has_branch(directory, rows[i].branch, &exists, NULL), 0);
		assert_int_equal(repository_is_checked_out(directory, rows[i].branch, &checked_out, NULL), 0);
		if (exists != rows[i].exists || checked_out != rows[i].checked_out)
			fail_msg("%s: %d %d", rows[i].branch, exists, checked_out);
	}
	bool checked_out = false;
	do_shell("cd r && git update-ref -d refs/heads/side");
	assert_int_equal(repository_is_checked_out(directory, "side", &checked_out, NULL), 0);
	assert_true(checked_out);
	struct error *err = NULL;
	assert_int_equal(repository_has_branch(top, "main", &checked_out, &err), -1);
	assert_int_equal(err->kind, ERROR_NOT_FOUND);
	error_free(err);
}

static void files(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		enum file_standing standing;
	} rows[] = {
		{"sub/f", FILE_TRACKED},  {".env", FILE_IGNORED}, {"sub/.env", FILE_IGNORED},
		{"a.log", FILE_IGNORED},  {"env", FILE_UNKNOWN},  {"sub/missing", FILE_UNKNOWN},
		{"none/x", FILE_UNKNOWN},
	};
	_cleanup_free_ char *tree = path_join(top, "r", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum file_standing standing = (enum file_standing)9;
		assert_int_equal(repository_file_standing(tree, rows[i].path, &standing, NULL), 0);
		if (standing != rows[i].standing)
			fail_msg("%s: %d", rows[i].path, (int)standing);
	}
	enum file_standing standing;
	do_shell("cd r && git add -f .gitignore && echo y >.env && git add -f .env");
	assert_int_equal(repository_file_standing(tree, ".env", &standing, NULL), 0);
	assert_int_equal(standing, FILE_TRACKED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_trees),
		cmocka_unit_test(branches),
		cmocka_unit_test(files),
	};
	return cmocka_run_group_tests_name("git/worktree", tests, setup, remove_top);
}
