/* A repository in a temporary directory, and what is outside it. */
#ifndef VELA_TESTS_TREE_FIXTURE_H
#define VELA_TESTS_TREE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/file.h"
#include "migration/format.h"

static char *top; /* holds the repository and what is outside it */
static char *repository;

__attribute__((unused)) static void put_bytes(const char *name, const char *bytes, size_t length)
{
	_cleanup_free_ char *path = path_join(top, name, NULL);
	_cleanup_free_ char *parent = path_parent(path);
	assert_int_equal(directory_create_all(parent, 0700, NULL), 0);
	assert_int_equal(file_replace(path, bytes, length, 0600, FILE_VOLATILE, NULL), 0);
}

__attribute__((unused)) static void put(const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join("repository", name, NULL);
	put_bytes(path, text, strlen(text));
}

__attribute__((unused)) static void put_link(const char *target, const char *name)
{
	_cleanup_free_ char *path = path_join(repository, name, NULL);
	assert_int_equal(symlink(target, path), 0);
}

__attribute__((unused)) static int tree_setup(void **state)
{
	(void)state;
	char path[] = "/tmp/vela-tree-XXXXXX";
	assert_non_null(mkdtemp(path));
	top = string_copy(path);
	repository = path_join(top, "repository", NULL);
	return directory_create(repository, 0700, NULL);
}

__attribute__((unused)) static int tree_teardown(void **state)
{
	(void)state;
	int result = directory_remove(top, NULL);
	free(top);
	free(repository);
	return result;
}

__attribute__((unused)) static void list_set(const char *directory, const char *format, struct migration_set *ret)
{
	struct error *error = NULL;
	if (migration_list(repository, directory, format ? migration_format_find(format) : NULL, ret, &error) < 0)
		fail_msg("%s", error->message);
}

__attribute__((unused)) static void assert_not_listed(const char *directory, const char *format, enum error_kind kind,
						      const char *words)
{
	_cleanup_migrations_ struct migration_set set = {0};
	_cleanup_error_ struct error *error = NULL;
	assert_int_equal(
		migration_list(repository, directory, format ? migration_format_find(format) : NULL, &set, &error), -1);
	if (error->kind != kind || !strstr(error->message, words))
		fail_msg("%s: %s", error_kinds[error->kind].name, error->message);
	assert_int_equal(set.count, 0);
}

#endif
