/* A pool of its own for each test, in a temporary directory. */
#ifndef VELA_TESTS_POOL_FIXTURE_H
#define VELA_TESTS_POOL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "pool/pool.h"

static inline int fixture_set_up(void **state)
{
	const char *top = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
	struct pool *pool = memory_allocate(sizeof(*pool));
	_cleanup_free_ char *path = string_format("%s/pool.XXXXXX", top);
	if (!mkdtemp(path) || pool_initialise(path, "copy", NULL) < 0 || pool_open(path, pool, NULL) < 0)
		return -1;
	*state = pool;
	return 0;
}

static inline int fixture_tear_down(void **state)
{
	struct pool *pool = *state;
	int result = directory_remove(pool->path, NULL);
	pool_free(pool);
	free(pool);
	return result;
}

#define POOL_TEST(function) cmocka_unit_test_setup_teardown(function, fixture_set_up, fixture_tear_down)

#endif
