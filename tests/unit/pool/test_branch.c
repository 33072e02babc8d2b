#include "pool_fixture.h"

#include <signal.h>

#include "pool/branch.h"

/* A whole record, in the pool, READY. */
static struct branch make_branch(const struct pool *pool, const char *name)
{
	struct branch branch = {
		.project = string_copy("shop"),
		.name = string_copy(name),
		.title = string_copy("feature/x"),
		.directory = branch_directory(pool, "shop", name),
		.state = BRANCH_READY,
		.durable = true,
		.baseline = string_copy("production"),
		.revision = 3,
		.baseline_taken_at = 1700000000,
		.baseline_lsn = string_copy("0/5A000028"),
		.git_branch = string_copy("feature/x"),
		.pull_request = 12,
		.port = 25001,
		.database = string_copy("app \"quoted\""),
		.role = string_copy("vela"),
		.superuser = string_copy("postgres"),
		.major = 15,
		.created_at = 1700000100,
		.created_by = string_copy("root"),
		.clone_ms = 14.25,
	};
	assert_int_equal(process_identify(getpid(), &branch.instance), 1);
	branch.boot_id = process_boot_id();
	assert_int_equal(directory_create_all(branch.directory, 0700, NULL), 0);
	assert_int_equal(branch_write(&branch, FILE_DURABLE, NULL), 0);
	return branch;
}

static void what_is_written_is_read(void **state)
{
	const struct pool *pool = *state;
	_cleanup_branch_ struct branch written = make_branch(pool, "pr-12");
	(void)written;
	_cleanup_branch_ struct branch read = {0};
	assert_int_equal(branch_read(pool, "shop", "pr-12", &read, NULL), 0);
	assert_string_equal(read.title, "feature/x");
	assert_string_equal(read.database, "app \"quoted\"");
	assert_int_equal(read.state, BRANCH_READY);
	assert_int_equal(read.revision, 3);
	assert_int_equal(read.baseline_taken_at, 1700000000);
	assert_int_equal(read.pull_request, 12);
	assert_int_equal(read.port, 25001);
	assert_null(read.parent);
	assert_null(read.git_commit);
	assert_int_equal(read.expires_at, 0);
	assert_true(read.durable);
	assert_false(read.protected);
	assert_int_equal((int)(read.clone_ms * 100), 1425);
}

static void running_means_this_very_process_under_this_kernel(void **state)
{
	const struct pool *pool = *state;
	_cleanup_branch_ struct branch branch = make_branch(pool, "a");
	char *argv[] = {strdup("sleep"), strdup("60"), NULL};
	struct process_spec spec = {.argv = argv};
	_cleanup_process_ struct process process = {.pidfd = -1, .hold_fd = -1, .error_fd = -1};
	assert_int_equal(process_spawn(&spec, &process, NULL), 0);
	assert_false(branch_is_running(
		&branch)); /* we are root, and root's processes are no branch's, whatever a record says */
	branch.instance = process.id;
	assert_true(branch_is_running(&branch));
	branch.instance.start_time++; /* the pid was given to another process */
	assert_false(branch_is_running(&branch));
	branch.instance.start_time--;
	string_replace(&branch.boot_id, string_copy("another boot"));
	assert_false(branch_is_running(&branch));
	branch.instance.pid = 0;
	assert_false(branch_is_running(&branch));
	assert_int_equal(process_signal(&process.id, SIGKILL), 0);
	struct process_result result;
	assert_int_equal(process_wait(&process, 0, &result, NULL), 0);
	free(argv[0]);
	free(argv[1]);
}

static enum error_kind read_failure(const struct pool *pool, const char *name, const char *expected)
{
	_cleanup_branch_ struct branch branch = {0};
	struct error *error = NULL;
	assert_int_equal(branch_read(pool, "shop", name, &branch, &error), -1);
	enum error_kind kind = error->kind;
	assert_non_null(strstr(error->message, expected));
	error_free(error);
	return kind;
}

static void overwrite(const struct branch *branch, const char *text, size_t length)
{
	_cleanup_free_ char *file = path_join(branch->directory, "branch.json", NULL);
	assert_int_equal(file_replace(file, text, length, 0600, FILE_VOLATILE, NULL), 0);
}

static void damage_is_named_and_spares_the_others(void **state)
{
	static const char *const damaged[] = {"", "{", "nonsense", "{}", "{\"title\": 5}", "\xff\xfe{}"};
	const struct pool *pool = *state;
	_cleanup_branch_ struct branch good = make_branch(pool, "good");
	(void)good;
	_cleanup_branch_ struct branch bad = make_branch(pool, "bad");
	for (size_t i = 0; i < ARRAY_SIZE(damaged); i++) {
		overwrite(&bad, damaged[i], strlen(damaged[i]));
		assert_int_equal(read_failure(pool, "bad", "shop/bad/branch.json is damaged"), ERROR_STORAGE);
	}
	struct branch_list list;
	assert_int_equal(branch_list(pool, "shop", &list, NULL), 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0].name, "bad");
	assert_false(list.items[0].readable);
	assert_non_null(list.items[0].problem);
	assert_true(list.items[1].readable);
	branch_list_free(&list);
}

static void a_directory_without_record_is_none_yet(void **state)
{
	const struct pool *pool = *state;
	_cleanup_free_ char *directory = branch_directory(pool, "shop", "half");
	assert_int_equal(directory_create_all(directory, 0700, NULL), 0);
	assert_int_equal(read_failure(pool, "half", "there is no branch half"), ERROR_NOT_FOUND);
	struct branch_list list;
	assert_int_equal(branch_list(pool, NULL, &list, NULL), 0);
	assert_int_equal(list.count, 1);
	assert_null(list.items[0].problem);
	branch_list_free(&list);
}

static void the_password_is_kept_apart(void **state)
{
	const struct pool *pool = *state;
	_cleanup_branch_ struct branch branch = make_branch(pool, "a");
	_cleanup_free_ char *password = NULL;
	assert_int_equal(branch_password_read(&branch, &password, NULL), -1);
	assert_int_equal(branch_password_write(&branch, "secret", NULL), 0);
	assert_int_equal(branch_password_read(&branch, &password, NULL), 0);
	assert_string_equal(password, "secret");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		POOL_TEST(what_is_written_is_read),
		POOL_TEST(running_means_this_very_process_under_this_kernel),
		POOL_TEST(damage_is_named_and_spares_the_others),
		POOL_TEST(a_directory_without_record_is_none_yet),
		POOL_TEST(the_password_is_kept_apart),
	};
	return cmocka_run_group_tests_name("pool/branch", tests, NULL, fixture_end);
}
