#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/identity.h"

static struct identity nobody; /* stands for the owner of a pool */

static int find_nobody(void **state)
{
	(void)state;
	return identity_of_user("nobody", &nobody, NULL);
}

/* Who somebody is lasts: each test has a process of its own. */
static int in_child(int (*body)(void))
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(body());
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define CHECK(condition)                                                                                               \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "# line %d: %s\n", __LINE__, #condition);                                      \
			return 1;                                                                                      \
		}                                                                                                      \
	} while (0)

static bool is(uid_t uid, gid_t gid)
{
	struct identity current = identity_current();
	return geteuid() == uid && getegid() == gid && current.uid == uid && current.gid == gid;
}

static int root_acts_for_the_owner(void)
{
	CHECK(is(0, 0));
	CHECK(identity_assume(&nobody, NULL) == 0);
	CHECK(is(nobody.uid, nobody.gid));
	CHECK(getuid() == 0);
	CHECK(open("/etc/shadow", O_RDONLY | O_CLOEXEC) == -1);
	return 0;
}

static int files_belong_to_the_owner(void)
{
	char path[] = "/tmp/test_identity.XXXXXX";
	struct stat st;
	CHECK(identity_assume(&nobody, NULL) == 0);
	int fd = mkostemp(path, O_CLOEXEC);
	CHECK(fd >= 0 && unlink(path) == 0 && fstat(fd, &st) == 0);
	CHECK(st.st_uid == nobody.uid && st.st_gid == nobody.gid);
	return 0;
}

static int inner_scope(void)
{
	IDENTITY_CALLER_SCOPE;
	CHECK(is(0, 0));
	return 0;
}

static int caller_scope_nests(void)
{
	CHECK(identity_assume(&nobody, NULL) == 0);
	{
		IDENTITY_CALLER_SCOPE;
		CHECK(is(0, 0));
		CHECK(inner_scope() == 0);
		CHECK(is(0, 0));
	}
	CHECK(is(nobody.uid, nobody.gid));
	return 0;
}

static int caller_scope_without_assuming(void)
{
	{
		IDENTITY_CALLER_SCOPE;
		CHECK(is(0, 0));
	}
	CHECK(is(0, 0));
	return 0;
}

static int assuming_inside_a_caller_scope(void)
{
	{
		IDENTITY_CALLER_SCOPE;
		CHECK(identity_assume(&nobody, NULL) == 0);
		CHECK(is(0, 0)); /* the scope lasts */
	}
	CHECK(is(nobody.uid, nobody.gid));
	{
		IDENTITY_CALLER_SCOPE;
		CHECK(is(0, 0));
	}
	CHECK(is(nobody.uid, nobody.gid));
	return 0;
}

static int assuming_another(void)
{
	struct identity daemon;
	CHECK(identity_of_user("daemon", &daemon, NULL) == 0);
	CHECK(identity_assume(&nobody, NULL) == 0);
	CHECK(identity_assume(&daemon, NULL) == 0);
	CHECK(is(daemon.uid, daemon.gid));
	return 0;
}

static int others_can_only_be_themselves(void)
{
	CHECK(setresgid(nobody.gid, nobody.gid, nobody.gid) == 0 && setresuid(nobody.uid, nobody.uid, nobody.uid) == 0);
	CHECK(identity_assume(&nobody, NULL) == 0);
	struct identity root = {0, 0};
	struct error *err = NULL;
	CHECK(identity_assume(&root, &err) == -1);
	CHECK(err->kind == ERROR_REFUSED);
	CHECK(strstr(err->message, "root") && strstr(err->hint, "root"));
	error_free(err);
	IDENTITY_CALLER_SCOPE;
	CHECK(is(nobody.uid, nobody.gid));
	CHECK(identity_become(&root) == -1);
	CHECK(identity_become(&nobody) == 0);
	CHECK(identity_become(NULL) == 0);
	return 0;
}

static int becoming_is_for_good(void)
{
	CHECK(identity_become(&nobody) == 0);
	uid_t real, effective, saved;
	CHECK(getresuid(&real, &effective, &saved) == 0);
	CHECK(real == nobody.uid && effective == nobody.uid && saved == nobody.uid);
	gid_t groups[64];
	int count = getgroups(64, groups);
	for (int i = 0; i < count; i++)
		CHECK(groups[i] == nobody.gid);
	CHECK(seteuid(0) == -1 && setuid(0) == -1);
	return 0;
}

static int becoming_the_caller_again(void)
{
	CHECK(identity_assume(&nobody, NULL) == 0);
	CHECK(identity_become(NULL) == 0);
	CHECK(is(0, 0));
	return 0;
}

static void test_names(void **state)
{
	(void)state;
	struct identity who = {7, 7};
	struct error *err = NULL;
	assert_int_equal(identity_of_user("root", &who, NULL), 0);
	assert_int_equal(who.uid, 0);
	who.uid = 7;
	assert_int_equal(identity_of_user("no such user", &who, &err), -1);
	assert_int_equal(err->kind, ERROR_USAGE);
	assert_int_equal(who.uid, 7);
	error_free(err);
	_cleanup_free_ char *root = identity_user_name(0);
	assert_string_equal(root, "root");
	_cleanup_free_ char *nameless = identity_user_name(3999999999);
	assert_string_equal(nameless, "3999999999");
}

#define CHILD_TESTS(X)                                                                                                 \
	X(root_acts_for_the_owner)                                                                                     \
	X(files_belong_to_the_owner)                                                                                   \
	X(caller_scope_nests)                                                                                          \
	X(caller_scope_without_assuming)                                                                               \
	X(assuming_inside_a_caller_scope)                                                                              \
	X(assuming_another)                                                                                            \
	X(others_can_only_be_themselves)                                                                               \
	X(becoming_is_for_good)                                                                                        \
	X(becoming_the_caller_again)

#define DEFINE(name)                                                                                                   \
	static void test_##name(void **state)                                                                          \
	{                                                                                                              \
		(void)state;                                                                                           \
		assert_int_equal(in_child(name), 0);                                                                   \
	}
CHILD_TESTS(DEFINE)

int main(void)
{
#define LIST(name) cmocka_unit_test(test_##name),
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), CHILD_TESTS(LIST)};
	return cmocka_run_group_tests_name("base/identity", tests, find_nobody, NULL);
}
