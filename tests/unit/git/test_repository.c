#include "repositories.h"

#include <sys/wait.h>

#include "base/identity.h"
#include "git/repository.h"

static char *repository; /* TOP/repository: one commit on main */
static char *commit;     /* that one */

static char *first_line(const char *path)
{
	struct buffer text = {0};
	assert_int_equal(file_read(path, 4096, FILE_FOLLOW, &text, NULL), 0);
	text.data[strcspn(text.data, "\n")] = '\0';
	return buffer_steal(&text);
}

static int make_repository(void **state)
{
	(void)make_top(state);
	repository = path_join(top, "repository", NULL);
	do_shell_in(top,
		    "git init -q -b main repository && cd repository && mkdir -p a/b && echo x >a/b/f && git add . && "
		    "git commit -qm one && git rev-parse HEAD >../commit");
	_cleanup_free_ char *path = path_join(top, "commit", NULL);
	commit = first_line(path);
	return 0;
}

static int remove_repository(void **state)
{
	int failed = remove_top(state);
	free(repository);
	free(commit);
	return failed;
}

/* NULL for `expected_directory` means a bare repository. */
static void expect_head(const char *directory, const char *expected_directory, const char *branch,
			const char *expected_commit)
{
	struct repository_head head;
	int found = -1;
	struct error *err = NULL;
	if (repository_head_read(directory, &head, &found, &err) < 0)
		fail_msg("%s: %s", directory, err->message);
	assert_int_equal(found, 1);
	if (!string_equal(head.directory, expected_directory) || !string_equal(head.branch, branch) ||
	    !string_equal(head.commit, expected_commit))
		fail_msg("%s: got %s, %s, %s", directory, head.directory ? head.directory : "(null)",
			 head.branch ? head.branch : "(null)", head.commit ? head.commit : "(null)");
	repository_head_free(&head);
}

static void test_branch(void **state)
{
	(void)state;
	expect_head(repository, repository, "main", commit);
	_cleanup_free_ char *below = path_join(repository, "a/b", NULL);
	expect_head(below, repository, "main", commit);
	_cleanup_free_ char *inside = path_join(repository, ".git/refs", NULL);
	expect_head(inside, repository, "main", commit);
}

static void test_relative_directory_and_environment(void **state)
{
	(void)state;
	_cleanup_free_ char *below = path_join(repository, "a", NULL);
	_cleanup_free_ char *before = getcwd(NULL, 0);
	assert_int_equal(chdir(below), 0);
	/* In a hook of another repository, GIT_DIR names that one. */
	setenv("GIT_DIR", "/nonexistent", 1);
	expect_head(".", repository, "main", commit);
	unsetenv("GIT_DIR");
	assert_int_equal(chdir(before), 0);
}

static void test_branch_with_slashes_and_packed_references(void **state)
{
	(void)state;
	do_shell_in(
		top,
		"git clone -q repository packed && cd packed && git checkout -qb feature/ü/x && git pack-refs --all && "
		"git gc -q");
	_cleanup_free_ char *packed = path_join(top, "packed", NULL);
	expect_head(packed, packed, "feature/ü/x", commit);
}

static void test_detached(void **state)
{
	(void)state;
	do_shell_in(top, "git clone -q repository detached && cd detached && git checkout -q --detach");
	_cleanup_free_ char *detached = path_join(top, "detached", NULL);
	expect_head(detached, detached, NULL, commit);
}

static void test_unborn(void **state)
{
	(void)state;
	do_shell_in(top, "git init -q -b first unborn");
	_cleanup_free_ char *unborn = path_join(top, "unborn", NULL);
	expect_head(unborn, unborn, "first", NULL);
}

static void test_bare(void **state)
{
	(void)state;
	do_shell_in(top, "git clone -q --bare repository bare.git");
	_cleanup_free_ char *bare = path_join(top, "bare.git", NULL);
	expect_head(bare, NULL, "main", commit);
}

static void test_worktrees(void **state)
{
	(void)state;
	do_shell_in(repository, "git worktree add -q -b side '../work tree' && mkdir '../work tree/sub'");
	_cleanup_free_ char *worktree = path_join(top, "work tree", NULL);
	_cleanup_free_ char *below = path_join(worktree, "sub", NULL);
	expect_head(below, worktree, "side", commit);
	expect_head(repository, repository, "main", commit);
	do_shell_in(top, "git -C bare.git worktree add -q -b of-bare ../of-bare");
	_cleanup_free_ char *of_bare = path_join(top, "of-bare", NULL);
	expect_head(of_bare, of_bare, "of-bare", commit);
}

static void test_submodule(void **state)
{
	(void)state;
	do_shell_in(top,
		    "git init -q -b outer outer && cd outer && git -c protocol.file.allow=always submodule --quiet add "
		    "../repository part && git commit -qm outer && git rev-parse HEAD >../outer-commit && cd part && "
		    "git checkout -qb inner");
	_cleanup_free_ char *outer = path_join(top, "outer", NULL);
	_cleanup_free_ char *part = path_join(outer, "part", NULL);
	_cleanup_free_ char *path = path_join(top, "outer-commit", NULL);
	_cleanup_free_ char *outer_commit = first_line(path);
	expect_head(part, part, "inner", commit);
	expect_head(outer, outer, "outer", outer_commit);
}

static void test_shallow_partial_and_sparse(void **state)
{
	(void)state;
	/* What CI systems check out; the last two are extensions that libgit2 has to be told of. */
	do_shell_in(top,
		    "git -C repository config uploadpack.allowFilter true && "
		    "git clone -q --depth 1 --filter=blob:none \"file://$PWD/repository\" sparse && cd sparse && "
		    "git sparse-checkout set a && git config extensions.partialClone origin && test \"$(git config "
		    "extensions.worktreeConfig)\" = true && "
		    "test \"$(git config core.repositoryformatversion)\" = 1");
	_cleanup_free_ char *sparse = path_join(top, "sparse", NULL);
	expect_head(sparse, sparse, "main", commit);
}

static void test_rebase_in_progress(void **state)
{
	(void)state;
	do_shell_in(top, "git clone -q repository rebase && cd rebase && git checkout -qb topic && echo y >a/b/f && "
			 "git commit -qam two && GIT_SEQUENCE_EDITOR='sed -i 1ibreak' git rebase -q -i main && "
			 "git rev-parse HEAD >../rebase-commit");
	_cleanup_free_ char *rebase = path_join(top, "rebase", NULL);
	_cleanup_free_ char *path = path_join(top, "rebase-commit", NULL);
	_cleanup_free_ char *rebase_commit = first_line(path);
	expect_head(rebase, rebase, NULL, rebase_commit);
}

static void expect_git_directory(const char *name, const char *expected)
{
	_cleanup_free_ char *directory = path_join(top, name, NULL);
	_cleanup_free_ char *wanted = path_join(top, expected, NULL);
	struct repository_head head;
	int found = -1;
	assert_int_equal(repository_head_read(directory, &head, &found, NULL), 0);
	assert_string_equal(head.git_directory, wanted);
	repository_head_free(&head);
}

/* What the tests above made: the one that all worktrees share, however they are asked. */
static void test_git_directory(void **state)
{
	(void)state;
	expect_git_directory("repository/a/b", "repository/.git");
	expect_git_directory("repository/.git/refs", "repository/.git");
	expect_git_directory("work tree/sub", "repository/.git");
	expect_git_directory("of-bare", "bare.git");
	expect_git_directory("bare.git", "bare.git");
	expect_git_directory("outer/part", "outer/.git/modules/part");
	expect_git_directory("sparse/a", "sparse/.git");
	expect_git_directory("detached", "detached/.git");
	do_shell_in(top, "ln -s repository linked");
	expect_git_directory("linked/a", "repository/.git");
}

static void test_no_repository(void **state)
{
	(void)state;
	struct repository_head head = {.branch = commit};
	int found = -1;
	assert_int_equal(repository_head_read("/", &head, &found, NULL), 0);
	assert_int_equal(found, 0);
	assert_ptr_equal(head.branch, commit); /* not touched */
	assert_int_equal(repository_head_read(top, &head, &found, NULL), 0);
	assert_int_equal(found, 0);
}

static void expect_error(const char *name, const char *part_of_message)
{
	_cleanup_free_ char *directory = path_join(top, name, NULL);
	struct repository_head head = {0};
	int found = -1;
	struct error *err = NULL;
	assert_int_equal(repository_head_read(directory, &head, &found, &err), -1);
	assert_int_equal(found, -1);
	assert_int_equal(err->kind, ERROR_USAGE);
	assert_non_null(strstr(err->message, directory));
	if (!strstr(err->message, part_of_message))
		fail_msg("%s: %s", name, err->message);
	assert_non_null(err->hint);
	error_free(err);
}

static void test_broken(void **state)
{
	(void)state;
	do_shell_in(top, "git init -q -b main broken-head && echo nonsense >broken-head/.git/HEAD");
	expect_error("broken-head", "corrupted");
	do_shell_in(top,
		    "git init -q -b main broken-reference && echo nonsense >broken-reference/.git/refs/heads/main");
	expect_error("broken-reference", "corrupted");
	do_shell_in(top, "git init -q -b main broken-config && echo '[core' >broken-config/.git/config");
	expect_error("broken-config", "config");
	do_shell_in(top, "git init -q --object-format=sha256 -b main sha256");
	expect_error("sha256", "objectformat");
}

static void test_loop_of_references(void **state)
{
	(void)state;
	do_shell_in(top, "git init -q -b main loop && echo 'ref: refs/heads/main' >loop/.git/refs/heads/main");
	expect_error("loop", "reference");
}

static void test_own_git_configuration_does_not_matter(void **state)
{
	(void)state;
	/* A fresh process, since where libgit2 looks is settled once. */
	_cleanup_free_ char *home = path_join(top, "home", NULL);
	do_shell_in(top, "mkdir home && echo '[core' >home/.gitconfig");
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		setenv("HOME", home, 1);
		struct repository_head head;
		int found = 0;
		_exit(repository_head_read(repository, &head, &found, NULL) == 0 && found ? 0 : 1);
	}
	int status = -1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Root acts for a pool's owner, and the checkout is a third user's that the pool's owner cannot even enter. */
static void test_checkout_of_another_user(void **state)
{
	(void)state;
	assert_int_equal(geteuid(), 0);
	do_shell_in(top, "cp -r repository foreign && chown -R nobody foreign && chmod 0700 foreign");
	_cleanup_free_ char *foreign = path_join(top, "foreign", NULL);
	struct identity postgres;
	assert_int_equal(identity_of_user("postgres", &postgres, NULL), 0);
	assert_int_equal(identity_assume(&postgres, NULL), 0);
	expect_head(foreign, foreign, "main", commit);
	assert_int_equal(geteuid(), postgres.uid);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_git_configuration_does_not_matter),
		cmocka_unit_test(test_branch),
		cmocka_unit_test(test_relative_directory_and_environment),
		cmocka_unit_test(test_branch_with_slashes_and_packed_references),
		cmocka_unit_test(test_detached),
		cmocka_unit_test(test_unborn),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_worktrees),
		cmocka_unit_test(test_submodule),
		cmocka_unit_test(test_shallow_partial_and_sparse),
		cmocka_unit_test(test_rebase_in_progress),
		cmocka_unit_test(test_git_directory),
		cmocka_unit_test(test_no_repository),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_loop_of_references),
		cmocka_unit_test(test_checkout_of_another_user), /* last: it becomes somebody */
	};
	return cmocka_run_group_tests_name("git/repository", tests, make_repository, remove_repository);
}
