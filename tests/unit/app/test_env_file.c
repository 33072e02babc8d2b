#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/env_file.h"
#include "base/file.h"

#define URI "postgresql://vela:secret@127.0.0.1:6000/shop"

static char *tree;

static int setup(void **state)
{
	(void)state;
	char path[] = "/tmp/vela-env-XXXXXX";
	assert_non_null(mkdtemp(path));
	tree = realpath(path, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	int failed = directory_remove(tree, NULL);
	free(tree);
	return failed;
}

/* --- the text --- */

static void expect_back(const char *text)
{
	_cleanup_buffer_ struct buffer with = {0}, again = {0}, without = {0};
	bool made = true;
	size_t length = strlen(text);
	env_file_add_block(text, length, false, "feature/x", URI, &with);
	if (!string_starts_with(with.data, text) || !strstr(with.data, "\nDATABASE_URL=" URI))
		fail_msg("not behind what was there: %s", with.data);
	env_file_add_block(with.data, with.length, false, "feature/x", URI, &again);
	assert_string_equal(again.data, with.data);
	assert_true(env_file_remove_block(with.data, with.length, &without, &made));
	assert_false(made);
	assert_string_equal(buffer_text(&without), text);
}

static void what_is_there_stays(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"A=1",
		"A=1\n",
		"A=1\r\n",
		"A=1\r\nB=2",
		"A=1\r",
		"A=1\nB=2\r",
		"\n",
		"\r\n",
		"\n\nA=1\n\n",
		"DATABASE_URL=mine",
		"DATABASE_URL=mine\n# vela: a note of mine\n",
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		expect_back(texts[i]);
}

static void the_block_is_the_last(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer first = {0}, second = {0}, rest = {0};
	bool made;
	env_file_add_block("A=1\r\n", 5, false, "one", "postgresql://one", &first);
	buffer_add_text(&first, "DATABASE_URL=mine\r\n");
	env_file_add_block(first.data, first.length, false, "two", "postgresql://two", &second);
	assert_null(strstr(second.data, "postgresql://one"));
	assert_true(strstr(second.data, "mine") < strstr(second.data, "postgresql://two\r\n"));
	assert_true(env_file_remove_block(second.data, second.length, &rest, &made));
	assert_string_equal(rest.data, "A=1\r\nDATABASE_URL=mine\r\n");
}

static void a_damaged_block_takes_nothing_along(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer whole = {0};
	bool made;
	env_file_add_block("", 0, true, "one", URI, &whole);
	char *end = strstr(whole.data, "# vela: end");
	_cleanup_buffer_ struct buffer cut = {0}, rest = {0}, written = {0};
	buffer_add(&cut, whole.data, (size_t)(end - whole.data));
	buffer_add_text(&cut, "A=1\nDATABASE_URL=mine\n");
	assert_true(env_file_remove_block(cut.data, cut.length, &rest, &made));
	assert_string_equal(rest.data, "A=1\nDATABASE_URL=mine\n");
	buffer_add(&written, whole.data, (size_t)(end - whole.data));
	buffer_add_text(&written, "B=2\n");
	buffer_add_text(&written, end);
	buffer_add_text(&written, "DATABASE_URL=mine\n");
	buffer_truncate(&rest, 0);
	assert_true(env_file_remove_block(written.data, written.length, &rest, &made));
	assert_string_equal(rest.data, "B=2\nDATABASE_URL=mine\n");
}

static void a_branch_cannot_write_lines(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer text = {0};
	env_file_add_block("", 0, true, "x\nLD_PRELOAD=evil", URI, &text);
	assert_null(strstr(text.data, "\nLD_PRELOAD"));
}

/* --- the file --- */

static char *read_back(const char *path)
{
	_cleanup_free_ char *full = path_join(tree, path, NULL);
	struct buffer text = {0};
	assert_int_equal(file_read(full, 4096, FILE_NO_FOLLOW, &text, NULL), 0);
	return text.data ? buffer_steal(&text) : string_copy("");
}

static void a_file_is_made_and_goes(void **state)
{
	(void)state;
	_cleanup_free_ char *path = path_join(tree, "new", NULL);
	bool current = true;
	struct stat st;
	assert_int_equal(env_file_is_current(tree, "new", "one", URI, &current, NULL), 0);
	assert_false(current);
	assert_int_equal(env_file_write(tree, "new", "one", URI, NULL), 0);
	assert_int_equal(env_file_is_current(tree, "new", "one", URI, &current, NULL), 0);
	assert_true(current);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(env_file_write(tree, "new", "two", URI, NULL), 0);
	assert_int_equal(env_file_clear(tree, "new", NULL), 0);
	assert_false(file_exists(path));
	assert_int_equal(env_file_clear(tree, "new", NULL), 0);
}

static void mode_and_owner_stay(void **state)
{
	(void)state;
	_cleanup_free_ char *path = path_join(tree, "theirs", NULL);
	struct stat st;
	assert_int_equal(file_replace(path, "A=1", 3, 0644, FILE_VOLATILE, NULL), 0);
	assert_int_equal(chown(path, 65534, 65534), 0);
	assert_int_equal(env_file_write(tree, "theirs", "one", URI, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(st.st_uid, 65534);
	assert_int_equal(env_file_clear(tree, "theirs", NULL), 0);
	_cleanup_free_ char *text = read_back("theirs");
	assert_string_equal(text, "A=1");
}

static void a_new_file_is_its_directorys_owners(void **state)
{
	(void)state;
	_cleanup_free_ char *directory = path_join(tree, "home", NULL), *path = path_join(directory, ".env", NULL);
	struct stat st;
	assert_int_equal(directory_create(directory, 0755, NULL), 0);
	assert_int_equal(chown(directory, 65534, 65534), 0);
	assert_int_equal(env_file_write(tree, "home/.env", "one", URI, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_uid, 65534);
	assert_int_equal(st.st_gid, 65534);
}

static void another_branchs_url_is_voided(void **state)
{
	(void)state;
	assert_int_equal(env_file_void(tree, "void", "one", NULL), 0);
	_cleanup_free_ char *path = path_join(tree, "void", NULL);
	assert_false(file_exists(path));
	assert_int_equal(env_file_write(tree, "void", "one", URI, NULL), 0);
	_cleanup_free_ char *before = read_back("void");
	assert_int_equal(env_file_void(tree, "void", "one", NULL), 0);
	_cleanup_free_ char *same = read_back("void");
	assert_string_equal(same, before);
	assert_int_equal(env_file_void(tree, "void", "one-more", NULL), 0);
	_cleanup_free_ char *after = read_back("void");
	assert_null(strstr(after, URI));
	assert_non_null(strstr(after, "# vela: branch one-more\nDATABASE_URL=\n"));
	assert_int_equal(env_file_clear(tree, "void", NULL), 0);
	assert_false(file_exists(path));
}

static void expect_refused(const char *path)
{
	struct error *err = NULL;
	if (env_file_write(tree, path, "one", URI, &err) == 0)
		fail_msg("written: %s", path);
	if (err->kind != ERROR_REFUSED)
		fail_msg("%s: %s", path, err->message);
	error_free(err);
}

static void what_leads_elsewhere_is_refused(void **state)
{
	(void)state;
	_cleanup_free_ char *link = path_join(tree, "link", NULL), *up = path_join(tree, "up", NULL);
	_cleanup_free_ char *inside = path_join(tree, "inside", NULL), *fifo = path_join(tree, "fifo", NULL);
	_cleanup_free_ char *git = path_join(tree, "nested/.git", NULL);
	assert_int_equal(symlink("/tmp/vela-env-elsewhere", link), 0);
	assert_int_equal(symlink("..", up), 0);
	_cleanup_free_ char *plain = path_join(tree, "plain", NULL);
	assert_int_equal(directory_create(plain, 0700, NULL), 0);
	assert_int_equal(symlink("nested", inside), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(directory_create_all(git, 0700, NULL), 0);
	static const char *const paths[] = {"link", "up/x",        "inside/x",      "../x",     "plain/../../x", "fifo",
					    ".git", ".GIT/config", "nested/.git/x", "nested/x", "nested"};
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		expect_refused(paths[i]);
	assert_false(file_exists("/tmp/vela-env-elsewhere"));
	struct error *err = NULL;
	assert_int_equal(env_file_write(tree, "missing/x", "one", URI, &err), -1);
	assert_int_equal(err->kind, ERROR_NOT_FOUND);
	error_free(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_there_stays),
		cmocka_unit_test(the_block_is_the_last),
		cmocka_unit_test(a_damaged_block_takes_nothing_along),
		cmocka_unit_test(a_branch_cannot_write_lines),
		cmocka_unit_test(a_file_is_made_and_goes),
		cmocka_unit_test(mode_and_owner_stay),
		cmocka_unit_test(a_new_file_is_its_directorys_owners),
		cmocka_unit_test(another_branchs_url_is_voided),
		cmocka_unit_test(what_leads_elsewhere_is_refused),
	};
	return cmocka_run_group_tests_name("app/env_file", tests, setup, teardown);
}
