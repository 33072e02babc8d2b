/* For tests of git/fate.h: an origin, a clone of it, and what becomes of branches there. */
#ifndef VELA_TESTS_GIT_FATES_H
#define VELA_TESTS_GIT_FATES_H

#include "repositories.h"

#include "git/fate.h"

/* TOP/origin.git, with a file of thirty lines on main; TOP/work: a clone of it, on main */
static char *work;

/* In every script: `lines` changes lines of the file, `commit` commits what is there, `branch` makes a branch from main
 * and one commit on it, `at` sets the clock. */
#define PRELUDE                                                                                                        \
	"lines() { sed -i \"$1\" list; }\n"                                                                            \
	"commit() { git add -A && git commit -qm \"${1:-some change}\"; }\n"                                           \
	"branch() { git checkout -qb \"$1\" main && echo \"$1\" >\"$1.sql\" && commit; }\n"                            \
	"at() { export GIT_COMMITTER_DATE=\"$((1900000000 + $1)) +0000\"; }\n"

static inline void shell(const char *directory, const char *script)
{
	_cleanup_free_ char *whole = string_format("%s%s", PRELUDE, script);
	do_shell_in(directory, whole);
}

static int setup(void **state)
{
	(void)make_top(state);
	work = path_join(top, "work", NULL);
	shell(top, "git init -q -b main seed && cd seed && seq 30 >list && git add . && git commit -qm one && "
		   "git clone -q --bare . ../origin.git && cd .. && git clone -q origin.git work");
	return 0;
}

static int teardown(void **state)
{
	int failed = remove_top(state);
	free(work);
	return failed;
}

/* --- asking --- */

/* `reason` NULL: it is alive. */
static inline void ask(struct git_fates *fates, const char *branch, const char *reason)
{
	struct error *err = NULL;
	enum git_fate fate;
	_cleanup_free_ char *told = NULL;
	if (git_fate(fates, branch, &fate, &told, &err) < 0)
		fail_msg("%s", err->message);
	if (!string_equal(told, reason))
		fail_msg("%s: %s, not: %s", branch, told ? told : "alive", reason ? reason : "alive");
	assert_int_equal(fate, !reason                         ? GIT_FATE_ALIVE
			       : strstr(reason, "was deleted") ? GIT_FATE_DELETED
							       : GIT_FATE_MERGED);
}

static inline struct git_fates *open_in(const char *directory)
{
	struct error *err = NULL;
	struct git_fates *fates = NULL;
	_cleanup_free_ char *path = path_join(top, directory, NULL);
	if (git_fates_open(path, &fates, &err) < 0)
		fail_msg("%s", err->message);
	return fates;
}

static inline void expect_in(const char *directory, const char *branch, const char *reason)
{
	struct git_fates *fates = open_in(directory);
	ask(fates, branch, reason);
	git_fates_free(fates);
}

static inline void expect(const char *branch, const char *reason)
{
	expect_in("work/.git", branch, reason);
}

#define MERGED(branch, how) "git branch " branch " was merged into main (" how ")"
#define DELETED(branch) "git branch " branch " was deleted"

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

#endif
