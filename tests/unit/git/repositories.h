/* A directory in which a test makes repositories, and a shell there. */
#ifndef VELA_TESTS_GIT_REPOSITORIES_H
#define VELA_TESTS_GIT_REPOSITORIES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/process.h"

static char *top; /* of everything that the test makes */

/* Runs a script as it would be typed in `directory`; what it prints is returned, without the last newline. */
static inline char *shell_output_in(const char *directory, const char *script)
{
	char *argv[] = {(char[]){"sh"}, (char[]){"-ec"}, string_copy(script), NULL};
	struct process_spec spec = {.argv = argv, .directory = directory};
	_cleanup_output_ struct process_output output = {0};
	struct error *err = NULL;
	if (process_run_checked(&spec, 60000, &output, &err) < 0)
		fail_msg("%s: %s", script, err->message);
	free(argv[2]);
	if (output.out.length > 0 && output.out.data[output.out.length - 1] == '\n')
		buffer_truncate(&output.out, output.out.length - 1);
	return string_copy(buffer_text(&output.out));
}

static inline void do_shell_in(const char *directory, const char *script)
{
	free(shell_output_in(directory, script));
}

/* In TOP. */
static inline char *shell_output(const char *script)
{
	return shell_output_in(top, script);
}

static inline void do_shell(const char *script)
{
	do_shell_in(top, script);
}

static int make_top(void **state)
{
	(void)state;
	static const char *const environment[][2] = {
		{"GIT_CONFIG_GLOBAL", "/dev/null"}, {"GIT_CONFIG_NOSYSTEM", "1"}, {"GIT_AUTHOR_NAME", "a"},
		{"GIT_AUTHOR_EMAIL", "a@b"},        {"GIT_COMMITTER_NAME", "a"},  {"GIT_COMMITTER_EMAIL", "a@b"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(environment); i++)
		setenv(environment[i][0], environment[i][1], 1);
	unsetenv("GIT_DIR");
	const char *parent = getenv("TMPDIR");
	_cleanup_free_ char *path = path_join(parent ? parent : "/tmp", "vela-git-XXXXXX", NULL);
	assert_non_null(mkdtemp(path));
	top = realpath(path, NULL);
	return 0;
}

static int remove_top(void **state)
{
	(void)state;
	int failed = directory_remove(top, NULL);
	free(top);
	return failed;
}

#endif
