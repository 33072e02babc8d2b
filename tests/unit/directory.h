/* A directory for one test. */
#ifndef VELA_TESTS_DIRECTORY_H
#define VELA_TESTS_DIRECTORY_H

#include "base/file.h"

static char *directory;

static int make_directory(void **state)
{
	(void)state;
	const char *parent = getenv("TMPDIR");
	directory = path_join(parent ? parent : "/tmp", "vela-test.XXXXXX", NULL);
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	int failed = directory_remove(directory, NULL);
	free(directory);
	return failed;
}

#endif
