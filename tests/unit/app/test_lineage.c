#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "app/lineage.h"

struct fixture {
	char directory[64];
	struct branch branch;
};

static int set_up(void **state)
{
	struct fixture *fixture = memory_allocate(sizeof(*fixture));
	snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/vela-lineage-XXXXXX");
	if (!mkdtemp(fixture->directory))
		return -1;
	fixture->branch = (struct branch){.project = string_copy("shop"),
					  .name = string_copy("a"),
					  .directory = string_copy(fixture->directory),
					  .baseline = string_copy("production"),
					  .revision = 3};
	*state = fixture;
	_cleanup_free_ char *data = branch_data_path(&fixture->branch);
	return directory_create(data, 0700, NULL);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	branch_free(&fixture->branch);
	int result = directory_remove(fixture->directory, NULL);
	free(fixture);
	return result;
}

static void put(const struct fixture *fixture, const char *text)
{
	_cleanup_free_ char *path = path_join(fixture->directory, "data/vela_migrations.json", NULL);
	assert_int_equal(file_replace(path, text, strlen(text), 0600, FILE_VOLATILE, NULL), 0);
}

static void test_nothing_recorded(void **state)
{
	const struct fixture *fixture = *state;
	_cleanup_lineage_ struct lineage lineage = {0};
	assert_int_equal(lineage_read(&fixture->branch, &lineage, NULL), 0);
	assert_int_equal(lineage.count, 0);
	assert_null(lineage.commit);
	assert_null(lineage_find(&lineage, "db/1.sql"));
}

static void test_what_is_written_is_read(void **state)
{
	const struct fixture *fixture = *state;
	_cleanup_lineage_ struct lineage written = {.commit = string_copy("abc")}, read = {0}, again = {0};
	lineage_add(&written, "db/2.sql", "two", false);
	lineage_add(&written, "db/10.sql", "ten", true);
	lineage_add(&written, "db/1 \"ü\".sql", "one", false);
	assert_int_equal(lineage_write(&fixture->branch, &written, NULL), 0);
	assert_int_equal(lineage_read(&fixture->branch, &read, NULL), 0);
	assert_string_equal(read.commit, "abc");
	assert_int_equal(read.count, 3);
	assert_string_equal(lineage_find(&read, "db/1 \"ü\".sql")->digest, "one");
	assert_string_equal(lineage_find(&read, "db/10.sql")->digest, "ten");
	assert_true(lineage_find(&read, "db/10.sql")->half);
	assert_false(lineage_find(&read, "db/2.sql")->half);
	assert_null(lineage_find(&read, "db/3.sql"));
	lineage_add(&read, "db/10.sql", "other", false);
	lineage_add(&read, "db/3.sql", "three", false);
	assert_int_equal(lineage_write(&fixture->branch, &read, NULL), 0);
	assert_int_equal(lineage_read(&fixture->branch, &again, NULL), 0);
	assert_int_equal(again.count, 4);
	assert_string_equal(lineage_find(&again, "db/10.sql")->digest, "other");
	assert_false(lineage_find(&again, "db/10.sql")->half);
}

/* More than the records of a pool may have bytes. */
static void test_a_long_history(void **state)
{
	enum { COUNT = 20000 };
	const struct fixture *fixture = *state;
	_cleanup_lineage_ struct lineage written = {0}, read = {0};
	for (int i = 0; i < COUNT; i++) {
		char file[64];
		snprintf(file, sizeof(file), "db/migrations/%d_words_that_describe_it.sql", i);
		lineage_add(&written, file, "0123456789012345678901234567890123456789012345678901234567890123", false);
	}
	assert_int_equal(lineage_write(&fixture->branch, &written, NULL), 0);
	assert_int_equal(lineage_read(&fixture->branch, &read, NULL), 0);
	assert_int_equal(read.count, COUNT);
	assert_non_null(lineage_find(&read, "db/migrations/19999_words_that_describe_it.sql"));
}

/* A baseline that was made of a branch has what was applied to that: it is nobody's to compare any more. */
static void test_of_another_baseline(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_lineage_ struct lineage written = {0}, read = {0};
	lineage_add(&written, "db/1.sql", "one", false);
	assert_int_equal(lineage_write(&fixture->branch, &written, NULL), 0);
	fixture->branch.revision = 4;
	assert_int_equal(lineage_read(&fixture->branch, &read, NULL), 0);
	assert_int_equal(read.count, 0);
}

static void test_damaged(void **state)
{
	const struct fixture *fixture = *state;
	static const char *const texts[] = {"",
					    "{",
					    "[]",
					    "{\"migrations\":[1]}",
					    "{\"migrations\":[{\"file\":\"a\"}]}",
					    "{\"migrations\":[{\"file\":1,\"sha256\":\"b\"}]}"};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_lineage_ struct lineage lineage = {0};
		_cleanup_error_ struct error *error = NULL;
		put(fixture, texts[i]);
		if (lineage_read(&fixture->branch, &lineage, &error) == 0)
			fail_msg("accepted: %s", texts[i]);
		assert_int_equal(error->kind, ERROR_STORAGE);
		assert_non_null(strstr(error->hint, "vela branch reset a"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_recorded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_written_is_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_long_history, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_of_another_baseline, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damaged, set_up, tear_down),
	};
	return cmocka_run_group_tests_name("app/lineage", tests, NULL, NULL);
}
