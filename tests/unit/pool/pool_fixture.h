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

/* The pool belongs to nobody, and the tests act as nobody from the first one on: a pool of root's is refused. */
static inline int make_directory(const struct identity *owner, char *path)
{
	IDENTITY_CALLER_SCOPE;
	return !mkdtemp(path) || chown(path, owner->uid, owner->gid) < 0 ? -1 : 0;
}

static inline int fixture_set_up(void **state)
{
	const char *top = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
	const struct identity nobody = {65534, 65534};
	struct pool *pool = memory_allocate(sizeof(*pool));
	_cleanup_free_ char *path = string_format("%s/pool.XXXXXX", top);
	if (make_directory(&nobody, path) < 0 || identity_assume(&nobody, NULL) < 0 ||
	    pool_initialise(path, "copy", NULL) < 0 || pool_open(path, pool, NULL) < 0)
		return -1;
	*state = pool;
	return 0;
}

static inline int remove_directory(const char *path)
{
	IDENTITY_CALLER_SCOPE;
	return directory_remove(path, NULL);
}

static inline int fixture_tear_down(void **state)
{
	struct pool *pool = *state;
	int result = remove_directory(pool->path);
	pool_free(pool);
	free(pool);
	return result;
}

/* The caller again at the end: what looks for leaks has to be the user that the process began as. */
static inline int fixture_end(void **state)
{
	(void)state;
	identity_caller_begin();
	return 0;
}

#define POOL_TEST(function) cmocka_unit_test_setup_teardown(function, fixture_set_up, fixture_tear_down)

#endif
