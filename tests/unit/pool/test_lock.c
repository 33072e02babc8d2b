#include "pool_fixture.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "pool/lock.h"

static int take(const struct pool *pool, enum lock_mode mode, double patience, struct lock *lock, struct error **err)
{
	return lock_acquire(pool, "branch.shop.a", mode, patience, "vela test", lock, err);
}

static void a_second_exclusive_one_has_to_wait(void **state)
{
	struct lock first = LOCK_NONE, second = LOCK_NONE;
	struct error *error = NULL;
	assert_int_equal(take(*state, LOCK_MODE_EXCLUSIVE, 0, &first, NULL), 0);
	assert_int_equal(take(*state, LOCK_MODE_EXCLUSIVE, 0, &second, &error), -1);
	assert_int_equal(error->kind, ERROR_CONFLICT);
	assert_non_null(strstr(error->message, "vela test (pid "));
	error_free(error);
	lock_release(&first);
	assert_int_equal(take(*state, LOCK_MODE_EXCLUSIVE, 0, &second, NULL), 0);
	lock_release(&second);
}

static void shared_ones_go_together(void **state)
{
	struct lock first = LOCK_NONE, second = LOCK_NONE, third = LOCK_NONE;
	assert_int_equal(take(*state, LOCK_MODE_SHARED, 0, &first, NULL), 0);
	assert_int_equal(take(*state, LOCK_MODE_SHARED, 0, &second, NULL), 0);
	assert_int_equal(take(*state, LOCK_MODE_EXCLUSIVE, 0, &third, NULL), -1);
	lock_release(&first);
	lock_release(&second);
}

static void patience_is_bounded(void **state)
{
	struct lock first = LOCK_NONE, second = LOCK_NONE;
	assert_int_equal(take(*state, LOCK_MODE_EXCLUSIVE, 0, &first, NULL), 0);
	double began = clock_monotonic_ms();
	assert_int_equal(take(*state, LOCK_MODE_EXCLUSIVE, 250, &second, NULL), -1);
	double waited = clock_monotonic_ms() - began;
	assert_true(waited >= 240 && waited < 5000);
	struct pool hasty = *(const struct pool *)*state; /* as a hook opens it */
	hasty.patience_ms = 50;
	began = clock_monotonic_ms();
	assert_int_equal(take(&hasty, LOCK_MODE_EXCLUSIVE, 60000, &second, NULL), -1);
	assert_true(clock_monotonic_ms() - began < 20000);
	lock_release(&first);
}

/* A child takes the lock, says so, and sleeps until it is killed. */
static pid_t hold_in_child(const struct pool *pool)
{
	int ready[2];
	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		struct lock lock = LOCK_NONE;
		if (take(pool, LOCK_MODE_EXCLUSIVE, 0, &lock, NULL) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	char byte;
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return child;
}

static void the_kernel_frees_it_when_its_holder_is_killed(void **state)
{
	struct lock lock = LOCK_NONE;
	pid_t child = hold_in_child(*state);
	assert_int_equal(take(*state, LOCK_MODE_EXCLUSIVE, 0, &lock, NULL), -1);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(take(*state, LOCK_MODE_EXCLUSIVE, 0, &lock, NULL), 0);
	lock_release(&lock);
}

/* Whoever waited for a file that its holder removed must not think that it holds the lock of the new one. */
static void a_retired_file_is_no_lock(void **state)
{
	const struct pool *pool = *state;
	struct lock first = LOCK_NONE, second = LOCK_NONE, third = LOCK_NONE;
	_cleanup_free_ char *path = path_join(pool->path, "locks", "branch.shop.a.lock", NULL);
	assert_int_equal(take(pool, LOCK_MODE_EXCLUSIVE, 0, &first, NULL), 0);
	lock_retire(&first);
	assert_false(file_exists(path));
	assert_int_equal(take(pool, LOCK_MODE_EXCLUSIVE, 0, &second, NULL), 0);
	assert_true(file_exists(path));
	assert_int_equal(take(pool, LOCK_MODE_EXCLUSIVE, 0, &third, NULL), -1);
	lock_release(&second);
}

/* Many at once, retiring as they go: never two inside. */
static void never_two_inside(void **state)
{
	enum { CHILDREN = 8, ROUNDS = 40 };
	const struct pool *pool = *state;
	_cleanup_free_ char *inside = path_join(pool->path, "tmp", "inside", NULL);
	pid_t children[CHILDREN];
	for (int i = 0; i < CHILDREN; i++)
		if ((children[i] = fork()) == 0) {
			for (int round = 0; round < ROUNDS; round++) {
				struct lock lock = LOCK_NONE;
				if (take(pool, LOCK_MODE_EXCLUSIVE, 20000, &lock, NULL) < 0 ||
				    mkdir(inside, 0700) < 0 || rmdir(inside) < 0)
					_exit(1);
				lock_retire(&lock);
			}
			_exit(0);
		}
	for (int i = 0; i < CHILDREN; i++) {
		int status;
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		POOL_TEST(a_second_exclusive_one_has_to_wait),
		POOL_TEST(shared_ones_go_together),
		POOL_TEST(patience_is_bounded),
		POOL_TEST(the_kernel_frees_it_when_its_holder_is_killed),
		POOL_TEST(a_retired_file_is_no_lock),
		POOL_TEST(never_two_inside),
	};
	return cmocka_run_group_tests_name("pool/lock", tests, NULL, fixture_end);
}
