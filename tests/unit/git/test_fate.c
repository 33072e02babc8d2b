#include "fates.h"

/* --- there, or not --- */

static void test_there(void **state)
{
	(void)state;
	shell(work, "git checkout -qb topic && lines s/3/three/ && commit && git checkout -q main");
	expect("topic", NULL);
	expect("main", NULL);
}

static void test_deleted(void **state)
{
	(void)state;
	shell(work, "branch topic && git push -q origin topic && git checkout -q main && git branch -qD topic");
	expect("topic", NULL); /* the remote has it */
	shell(work, "git push -q origin :topic");
	expect("topic", DELETED("topic"));
	expect("feature/never-there", DELETED("feature/never-there"));
	expect("..", NULL);
	expect("a..b\nc", NULL);
}

static void test_checked_out(void **state)
{
	(void)state;
	shell(work, "branch topic && git checkout -q main && git merge -q --no-ff topic && git checkout -q topic");
	expect("topic", NULL);
	shell(work, "git checkout -q main && git worktree add -q ../tree topic");
	expect("topic", NULL);
	shell(work, "git worktree remove ../tree");
	expect("topic", MERGED("topic", "merge"));
	shell(work, "git checkout -q --orphan unborn");
	expect("unborn", NULL);
}

static void test_renamed(void **state)
{
	(void)state;
	shell(work, "branch old && git checkout -q main && git branch -m old new");
	expect("old", NULL);
	shell(work, "git merge -q --no-ff new");
	expect("old", MERGED("new", "merge"));
	shell(work, "git checkout -q new");
	expect("old", NULL);
}

static void test_no_repository(void **state)
{
	(void)state;
	struct error *err = NULL;
	struct git_fates *fates = NULL;
	_cleanup_free_ char *inside = path_join(work, "sub/.git", NULL);
	shell(work, "mkdir -p sub/.git"); /* what is left of a clone, inside another */
	assert_int_equal(git_fates_open(inside, &fates, &err), -1);
	assert_int_equal(err->kind, ERROR_NOT_FOUND);
	error_free(err);
	shell(work, "rm -r sub");
	assert_int_equal(git_fates_open(inside, &fates, &err), -1);
	assert_int_equal(err->kind, ERROR_NOT_FOUND);
	error_free(err);
}

/* --- merged as it is --- */

static void test_merge_commit(void **state)
{
	(void)state;
	shell(work, "branch topic && git checkout -q main && lines s/1$/x/ && commit && git merge -q topic");
	expect("topic", MERGED("topic", "merge"));
	shell(work, "git checkout -q topic && echo >more && commit && git checkout -q main");
	expect("topic", NULL);
}

static void test_fast_forward(void **state)
{
	(void)state;
	shell(work, "branch topic && git checkout -q main && git merge -q topic");
	expect("topic", MERGED("topic", "fast-forward"));
	shell(work, "lines s/1$/x/ && commit && git push -q origin main && git reset -q --hard HEAD~2");
	expect("topic", MERGED("topic", "fast-forward")); /* the remote's main has it */
}

static void test_no_commit_of_its_own(void **state)
{
	(void)state;
	shell(work,
	      "git branch behind && git checkout -qb reset && echo >a && commit && git reset -q --hard main && "
	      "git checkout -q main && branch topic && git branch stacked && git checkout -q main && "
	      "lines s/1$/x/ && commit && git merge -q topic && "
	      "git checkout -q behind && git merge -q main && git checkout -qb rebased main~1 && git rebase -q main "
	      "&& git checkout -q main && lines s/2$/y/ && commit");
	expect("topic", MERGED("topic", "merge"));
	expect("behind", NULL);
	expect("reset", NULL);
	expect("stacked", NULL);
	expect("rebased", NULL);
}

static void test_made_elsewhere(void **state)
{
	(void)state;
	/* A colleague's branch, looked at here; and a branch without a commit that a colleague pushed. */
	shell(top,
	      "git clone -q origin.git other && cd other && branch topic && git push -q origin topic && "
	      "git branch empty main && git push -q origin empty && cd ../work && git fetch -q && "
	      "git checkout -q topic && git checkout -q empty && git checkout -q main && lines s/1$/x/ && commit && "
	      "git merge -q --no-ff origin/topic");
	expect("topic", MERGED("topic", "merge"));
	expect("empty", NULL);
}

static void test_without_reflogs(void **state)
{
	(void)state;
	shell(work, "branch merged && branch forwarded && git checkout -q main && git merge -q forwarded && "
		    "git merge -q --no-ff merged && git branch empty && git checkout -q main && rm -r .git/logs && "
		    "git -c core.logAllRefUpdates=false commit -q --allow-empty -m more");
	expect("merged", MERGED("merged", "merge"));
	expect("forwarded", NULL); /* it could be one without a commit of its own */
	expect("empty", NULL);
}

static void test_recreated(void **state)
{
	(void)state;
	shell(work, "branch topic && git checkout -q main && git merge -q --no-ff topic && git branch -d topic && "
		    "git checkout -qb topic && git checkout -q main");
	expect("topic", NULL);
	shell(work, "git checkout -q topic && echo >again && commit && git checkout -q main");
	expect("topic", NULL);
	shell(work, "git merge -q --squash topic && commit squashed");
	expect("topic", MERGED("topic", "squash"));
}

/* --- squashed --- */

static void test_squash(void **state)
{
	(void)state;
	shell(work,
	      "branch topic && lines s/3/three/ && commit && lines s/9/nine/ && commit && git checkout -q main && "
	      "git merge -q --squash topic && commit squashed && lines s/1$/x/ && commit");
	expect("topic", MERGED("topic", "squash"));
	shell(work, "git checkout -q topic && echo >more && commit && git checkout -q main");
	expect("topic", NULL);
}

static void test_squash_after_main_moved_on(void **state)
{
	(void)state;
	/* Two lines away, so that it is in the context of a patch. */
	shell(work,
	      "branch topic && lines s/^12$/twelve/ && commit && git checkout -q main && lines s/^14$/fourteen/ && "
	      "commit && git merge -q --squash topic && commit squashed");
	expect("topic", MERGED("topic", "squash"));
}

static void test_squash_of_an_updated_branch(void **state)
{
	(void)state;
	shell(work, "branch topic && git checkout -q main && lines s/1$/x/ && commit && git checkout -q topic && "
		    "git merge -q -m update main && lines s/^20$/twenty/ && commit && git checkout -q main && "
		    "lines s/^5$/five/ && commit && git merge -q --squash topic && commit squashed");
	expect("topic", MERGED("topic", "squash"));
}

static void test_squash_with_a_conflict(void **state)
{
	(void)state;
	shell(work, "branch topic && lines s/^12$/twelve/ && commit && git checkout -q main && lines s/^12$/dozen/ && "
		    "commit && ! git merge -q --squash topic && sed -i '/^[<=>]/d' list && commit");
	expect("topic", NULL);
}

static void test_only_a_part(void **state)
{
	(void)state;
	shell(work,
	      "branch topic && lines s/^12$/twelve/ && commit && lines s/^25$/x/ && commit && git checkout -q main "
	      "&& "
	      "git cherry-pick topic~1 && git checkout -qb other topic~2 && lines s/^25$/y/ && echo other >other.sql "
	      "&& "
	      "commit && git checkout -q main");
	expect("topic", NULL);
	expect("other", NULL);
}

static void test_nearly_the_same(void **state)
{
	(void)state;
	/* What main has differs by a blank, by a byte of a binary file, by the place, by the mode. */
	shell(work, "git checkout -qb blank && echo ' indented' >>list && commit && git checkout -qb binary main && "
		    "printf 'a\\0b' >bin && commit && git checkout -qb place main && lines '4a same' && commit && "
		    "git checkout -qb mode main && echo x >run && chmod +x run && commit && git checkout -q main && "
		    "echo '  indented' >>list && commit && git checkout -q list && lines '20a same' && commit && "
		    "printf 'a\\0c' >bin && commit && echo x >run && commit");
	expect("blank", NULL);
	expect("binary", NULL);
	expect("place", NULL);
	expect("mode", NULL);
}

static void test_same_in_all_kinds_of_files(void **state)
{
	(void)state;
	shell(work, "printf 'a\\0b' >bin && ln -s list link && echo x >gone && commit && git checkout -qb topic && "
		    "printf 'a\\0c' >bin && ln -sf elsewhere link && git rm -q gone && chmod +x list && echo y >new && "
		    "commit && git checkout -q main && echo >other && commit && git merge -q --squash topic && commit "
		    "squashed");
	expect("topic", MERGED("topic", "squash"));
}

static void test_reverted(void **state)
{
	(void)state;
	/* In the branch: nothing is left that could be merged. In main: it was merged, and is not any more. */
	shell(work,
	      "branch nothing && git revert --no-edit HEAD && git checkout -q main && git commit -q --allow-empty -m "
	      "empty && branch topic && git checkout -q main && git merge -q --squash topic && commit squashed && "
	      "git revert --no-edit HEAD");
	expect("nothing", NULL);
	expect("topic", NULL); /* it is to be merged again */
}

/* --- commit by commit --- */

static void test_rebase_merge(void **state)
{
	(void)state;
	shell(work,
	      "branch topic && lines s/^12$/twelve/ && commit && git commit -q --allow-empty -m empty && "
	      "git checkout -q main && lines s/^14$/x/ && commit && git cherry-pick topic~2 topic~1 && echo >more && "
	      "commit");
	expect("topic", MERGED("topic", "rebase"));
	shell(work, "git checkout -q topic && lines s/^25$/x/ && commit && git checkout -q main");
	expect("topic", NULL);
}

static void test_copies_of_what_main_had_before(void **state)
{
	(void)state;
	shell(work, "at 1 && lines s/^12$/twelve/ && commit && echo >fix && commit && at 2 && "
		    "git checkout -qb release HEAD~2 && git cherry-pick main~1 main && git checkout -q main");
	expect("release", NULL);
}

static void test_remote_has_more(void **state)
{
	(void)state;
	shell(top, "cd work && branch topic && git push -q origin topic && cd .. && git clone -q origin.git other && "
		   "cd other && git checkout -q topic && echo >more && commit && git push -q origin topic && cd "
		   "../work && "
		   "git checkout -q main && git merge -q --squash topic && commit squashed && git fetch -q");
	expect("topic", NULL);
	shell(work, "git merge -q --squash origin/topic && commit squashed");
	expect("topic", MERGED("topic", "rebase")); /* in two parts */
	shell(work, "git merge -q --no-ff -m merge origin/topic");
	expect("topic", MERGED("topic", "merge"));
	shell(work, "git branch -qD topic");
	expect("topic", MERGED("topic", "merge")); /* the remote still has it */
}

/* --- clones of all kinds --- */

static void test_base_that_cannot_be_told(void **state)
{
	(void)state;
	shell(top, "git init -q -b trunk lone && cd lone && echo >a && commit && git checkout -qb topic && echo >b && "
		   "commit "
		   "&& git checkout -q trunk && git merge -q --no-ff topic");
	expect_in("lone/.git", "topic", NULL);
	expect_in("lone/.git", "gone", DELETED("gone")); /* that needs no base */
}

static void test_another_default_branch(void **state)
{
	(void)state;
	shell(top,
	      "git -C origin.git branch -m main develop && git -C origin.git branch main develop && "
	      "git clone -q origin.git dev && cd dev && git checkout -q main && lines s/1$/x/ && commit && "
	      "git checkout -qb topic && echo >b && commit && git checkout -q develop && git merge -q --no-ff topic");
	expect_in("dev/.git", "topic", "git branch topic was merged into develop (merge)");
	expect_in("dev/.git", "main", NULL);
	expect_in("dev/.git", "develop", NULL);
}

static void test_shallow_clone(void **state)
{
	(void)state;
	shell(top,
	      "cd work && branch squashed && branch topic && git checkout -q main && for i in 1 2 3 4; do echo $i >n "
	      "&& "
	      "commit; done && git merge -q --squash squashed && commit squashed && git push -q origin main squashed "
	      "topic && "
	      "git clone -q --depth 2 file://$PWD/../origin.git ../shallow && cd ../shallow && "
	      "git fetch -q --depth 1 origin topic:topic squashed:squashed");
	expect_in("shallow/.git", "topic", NULL);
	expect_in("shallow/.git", "squashed", NULL);
	expect_in("shallow/.git", "gone", NULL); /* it fetches main alone */
	shell(top, "cd shallow && git checkout -q topic && git branch -m mine && git checkout -q main");
	expect_in("shallow/.git", "mine", NULL);
}

static void test_bare_clone_with_worktrees(void **state)
{
	(void)state;
	shell(top, "git clone -q --bare origin.git bare && cd bare && git worktree add -q ../tree -b topic main && "
		   "cd ../tree && echo >b && commit && git worktree add -q ../tree2 main && cd ../tree2 && "
		   "git merge -q --no-ff topic");
	expect_in("bare", "topic", NULL);
	shell(top, "git -C bare worktree remove ../tree");
	expect_in("bare", "topic", MERGED("topic", "merge"));
}

static void test_nothing_is_written_or_run(void **state)
{
	(void)state;
	shell(work, "branch topic && git checkout -q main && git merge -q --squash topic && commit squashed && "
		    "rm -r .git/logs && for key in core.fsmonitor core.pager core.sshCommand diff.external "
		    "filter.x.clean filter.x.smudge diff.x.textconv merge.x.driver; do git config $key 'touch ../ran'; "
		    "done && "
		    "echo '* filter=x diff=x merge=x' >.git/info/attributes && find .git | sort >../before");
	expect("topic", MERGED("topic", "squash"));
	expect("gone", DELETED("gone"));
	shell(work, "find .git | sort | cmp - ../before && test ! -e ../ran");
}

/* --- many --- */

static void test_many(void **state)
{
	(void)state;
	shell(work,
	      "for i in $(seq 60); do git checkout -qb b$i main && echo $i >m$i.sql && commit && echo $i >>list && "
	      "commit; git checkout -q main; echo $i >main && commit; case $((i % 5)) in 0) git merge -q --no-ff "
	      "b$i;; "
	      "1) git checkout -q b$i; git rebase -q main; git checkout -q main; git merge -q b$i;; "
	      "2) git merge -q --squash b$i && commit squashed;; 3) git cherry-pick b$i~1 b$i >/dev/null;; esac; "
	      "done");
	struct git_fates *fates = open_in("work/.git");
	static const char *const how[] = {"merge", "fast-forward", "squash", "rebase", NULL};
	for (int i = 1; i <= 60; i++) {
		_cleanup_free_ char *branch = string_format("b%d", i);
		_cleanup_free_ char *reason =
			string_format("git branch %s was merged into main (%s)", branch, how[i % 5] ? how[i % 5] : "");
		ask(fates, branch, how[i % 5] ? reason : NULL);
	}
	git_fates_free(fates);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_there),
		TEST(test_deleted),
		TEST(test_checked_out),
		TEST(test_renamed),
		TEST(test_no_repository),
		TEST(test_merge_commit),
		TEST(test_fast_forward),
		TEST(test_no_commit_of_its_own),
		TEST(test_made_elsewhere),
		TEST(test_without_reflogs),
		TEST(test_recreated),
		TEST(test_squash),
		TEST(test_squash_after_main_moved_on),
		TEST(test_squash_of_an_updated_branch),
		TEST(test_squash_with_a_conflict),
		TEST(test_only_a_part),
		TEST(test_nearly_the_same),
		TEST(test_same_in_all_kinds_of_files),
		TEST(test_reverted),
		TEST(test_rebase_merge),
		TEST(test_copies_of_what_main_had_before),
		TEST(test_remote_has_more),
		TEST(test_base_that_cannot_be_told),
		TEST(test_another_default_branch),
		TEST(test_shallow_clone),
		TEST(test_bare_clone_with_worktrees),
		TEST(test_nothing_is_written_or_run),
		TEST(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
