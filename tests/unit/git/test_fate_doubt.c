/* What somebody still needs: in doubt a git branch is alive. */
#include "fates.h"

/* --- in doubt alive --- */

static void test_references_that_cannot_be_read(void **state)
{
	(void)state;
	/* A power cut leaves an empty file; objects that were borrowed of another clone are gone. */
	shell(work, "branch empty && branch topic && git checkout -q main && : >.git/refs/heads/empty");
	expect("empty", NULL);
	shell(work, "rm .git/refs/heads/empty");
	expect("empty", DELETED("empty"));
	shell(top,
	      "git clone -q -s work lender && cd lender && git checkout -q -b own origin/main && echo >x && commit "
	      "&& git checkout -q --detach && cd .. && git clone -q -s lender borrower && cd borrower && "
	      "git checkout -q -b mine origin/own && git checkout -q --detach && "
	      "git update-ref -d refs/remotes/origin/own && mv ../lender ../moved");
	expect_in("borrower/.git", "mine", NULL);
}

static void test_worktrees_that_cannot_be_read(void **state)
{
	(void)state;
	struct error *err = NULL;
	struct git_fates *fates = NULL;
	_cleanup_free_ char *directory = path_join(work, ".git", NULL);
	shell(work, "branch topic && git checkout -q main && git merge -q --no-ff topic && "
		    "git symbolic-ref HEAD refs/heads/topic && ln -sf refs/heads/topic .git/HEAD");
	expect("topic", NULL);
	shell(work, "ln -sf refs/heads/main .git/HEAD");
	expect("topic", MERGED("topic", "merge"));
	shell(work, "git bisect start topic topic~1 >/dev/null && echo topic >.git/BISECT_START");
	expect("topic", NULL);
	shell(work, "git bisect reset -q main 2>/dev/null || rm -f .git/BISECT*; git worktree add -q ../tree topic && "
		    "rm .git/worktrees/tree/HEAD && mkdir .git/worktrees/tree/HEAD");
	assert_int_equal(git_fates_open(directory, &fates, &err), -1);
	error_free(err);
}

static void test_another_repository_in_its_place(void **state)
{
	(void)state;
	shell(work, "branch topic && git rev-parse HEAD >../commit && git checkout -q main");
	_cleanup_free_ char *file = path_join(top, "commit", NULL);
	_cleanup_buffer_ struct buffer commit = {0};
	assert_int_equal(file_read(file, 100, FILE_NO_FOLLOW, &commit, NULL), 0);
	commit.data[strcspn(commit.data, "\n")] = '\0';
	struct git_fates *fates = open_in("work/.git");
	assert_true(git_fates_know(fates, commit.data));
	assert_true(git_fates_know(fates, NULL));
	git_fates_free(fates);
	shell(top, "mv work was && git init -q -b main work && cd work && echo >a && commit");
	fates = open_in("work/.git");
	assert_false(git_fates_know(fates, commit.data));
	assert_false(git_fates_know(fates, "no hash"));
	git_fates_free(fates);
}

static void test_shallow_with_all_branches_to_fetch(void **state)
{
	(void)state;
	shell(top, "git init -q -b main job && cd job && git remote add origin ../origin.git && "
		   "git fetch -q --depth 1 origin main && git checkout -q -b main FETCH_HEAD");
	expect_in("job/.git", "elsewhere", NULL);
}

static void test_stacked_on_what_was_squashed(void **state)
{
	(void)state;
	shell(work, "branch below && git checkout -qb above && git checkout -q main && git merge -q --squash below && "
		    "commit squashed");
	expect("below", MERGED("below", "squash"));
	expect("above", NULL); /* nobody has committed to it yet */
	shell(work, "git checkout -q above && echo >above && commit && git checkout -q main");
	expect("above", NULL);
}

static void test_followed_by_force(void **state)
{
	(void)state;
	shell(top, "cd work && branch topic && git push -q origin topic && git checkout -q main && cd .. && "
		   "git clone -q origin.git other && cd other && git checkout -q topic && git commit -q "
		   "--amend -m again && "
		   "echo >more && commit && git push -q -f origin topic && cd ../work && git fetch -q && "
		   "git checkout -q topic && git reset -q --hard origin/topic && git checkout -q main && "
		   "git merge -q --squash topic && commit squashed");
	expect("topic", MERGED("topic", "squash"));
}

static void test_where_the_base_stood(void **state)
{
	(void)state;
	/* Merged from the base into a branch, that is into the base: no commit of a branch. */
	shell(work, "git push -q origin main:empty && git fetch -q && branch topic && git checkout -q main && "
		    "lines s/1$/x/ && commit && git push -q origin main:fresh main && git fetch -q && "
		    "git checkout -q topic && git merge -q -m update main && git checkout -q main && "
		    "lines s/2$/y/ && commit && git merge -q --no-ff topic");
	expect("topic", MERGED("topic", "merge"));
	expect("fresh", NULL);
	expect("empty", NULL);
	/* The same with a pull into the base. */
	shell(work, "git push -q origin main main:pulled && git reset -q --hard HEAD~1 && echo >mine && commit && "
		    "git pull -q --no-rebase --no-edit origin main && git push -q origin main && git fetch -q");
	expect("pulled", NULL);
}

static void test_undone(void **state)
{
	(void)state;
	shell(work,
	      "branch merged && git checkout -qb squashed main && lines s/^12$/twelve/ && commit && "
	      "lines s/^25$/x/ && commit && git checkout -qb picked main && lines s/^7$/seven/ && commit && "
	      "echo >picked && commit && git checkout -q main && git merge -q --no-ff merged && "
	      "git merge -q --squash squashed && commit squashed && git cherry-pick picked~1 picked >/dev/null && "
	      "branch forwarded && git checkout -q main && git merge -q --ff-only forwarded");
	expect("merged", MERGED("merged", "merge"));
	expect("squashed", MERGED("squashed", "squash"));
	expect("picked", MERGED("picked", "rebase"));
	expect("forwarded", MERGED("forwarded", "fast-forward"));
	shell(work, "for c in HEAD HEAD~1 HEAD~3; do git rev-parse $c; done >../commits && "
		    "for c in $(cat ../commits); do git revert --no-edit $c; done && "
		    "git revert --no-edit -m 1 $(git log --merges -1 --format=%H)");
	expect("merged", NULL);
	expect("squashed", NULL);
	expect("picked", NULL);
	expect("forwarded", NULL);
}

static void test_long_lived(void **state)
{
	(void)state;
	static const char *const branches[] = {"develop", "release/2.0", "support/1", "staging", "integration"};
	shell(work, "for b in develop release/2.0 support/1 staging integration feature/release; do "
		    "git checkout -qb $b main && echo $b >x && commit && git checkout -q main && "
		    "git merge -q --no-ff -m $b $b; done; git checkout -q --track -b topic integration && "
		    "git checkout -q main");
	for (size_t i = 0; i < ARRAY_SIZE(branches); i++)
		expect(branches[i], NULL);
	expect("feature/release", MERGED("feature/release", "merge"));
	shell(work, "git branch -qD topic develop");
	expect("integration", MERGED("integration", "merge"));
	expect("develop", DELETED("develop"));
}

static void test_renamed_twice(void **state)
{
	(void)state;
	shell(work, "branch old && git checkout -q main && git branch -m old a && git merge -q --no-ff a && git "
		    "checkout -qb old && "
		    "echo >again && commit && git checkout -q main && git branch -m old z");
	expect("old", NULL);
	shell(work, "git merge -q --no-ff z");
	expect("old", MERGED("z", "merge"));
}

/* --- shapes of histories --- */

static void test_many_parents(void **state)
{
	(void)state;
	shell(work, "branch one && branch two && branch three && branch open && git checkout -q main && "
		    "lines s/^5$/five/ && commit && git merge -q -m octopus one two three");
	expect("one", MERGED("one", "merge"));
	expect("three", MERGED("three", "merge"));
	expect("open", NULL);
}

static void test_criss_cross(void **state)
{
	(void)state;
	shell(work,
	      "branch topic && git checkout -q main && lines s/^5$/five/ && commit && t=$(git rev-parse topic) && "
	      "m=$(git rev-parse main) && git merge -q -m one $t && git checkout -q topic && "
	      "git merge -q -m two $m && git checkout -q main");
	expect("topic", NULL); /* the second merge is its own, and changes nothing */
	shell(work, "git checkout -q topic && lines s/^25$/x/ && commit && git checkout -q main");
	expect("topic", NULL);
	shell(work, "git merge -q --squash topic && commit squashed");
	expect("topic", MERGED("topic", "squash"));
}

static void test_only_merges_of_main(void **state)
{
	(void)state;
	shell(work, "git checkout -qb topic && git checkout -q main && lines s/^5$/five/ && commit && "
		    "git checkout -q topic && git merge -q --no-ff -m update main && git checkout -q main && "
		    "lines s/^6$/six/ && commit");
	expect("topic", NULL);
}

static void test_submodules_and_modes(void **state)
{
	(void)state;
	shell(work, "git update-index --add --cacheinfo 160000,$(git rev-parse main),sub && git commit -qm sub && "
		    "git checkout -qb pointer && git update-index --cacheinfo 160000,$(git rev-parse main),sub && "
		    "git commit -qm pointer && git checkout -q main && git checkout -qb mode && chmod +x list && "
		    "git update-index list && git commit -qm mode && git checkout -q main && git checkout -qb crlf && "
		    "sed -i 's/$/\\r/' list && git commit -qam crlf && git checkout -q main && "
		    "lines s/^9$/nine/ && git commit -qam other");
	expect("pointer", NULL);
	expect("mode", NULL);
	expect("crlf", NULL);
	shell(work, "git cherry-pick pointer mode >/dev/null");
	expect("pointer", MERGED("pointer", "squash"));
	expect("crlf", NULL);
}

static void test_replaced(void **state)
{
	(void)state;
	shell(work, "branch topic && git checkout -q main && git merge -q --no-ff -m merge topic && "
		    "git checkout -qb open main~1 && echo >open && commit && git checkout -q main && "
		    "git replace --graft main main^1 open");
	expect("open", NULL);
}

static void test_partial_clone(void **state)
{
	(void)state;
	shell(top, "git -C origin.git config uploadpack.allowFilter true && cd work && branch topic && "
		   "lines s/^5$/five/ && commit && git push -q origin topic && git checkout -q main && "
		   "lines s/^25$/x/ && commit && git push -q origin main && cd .. && "
		   "git clone -q --no-checkout --filter=tree:0 file://$PWD/origin.git partial");
	expect_in("partial/.git", "topic", NULL);
	expect_in("partial/.git", "gone", DELETED("gone"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_references_that_cannot_be_read),
		TEST(test_worktrees_that_cannot_be_read),
		TEST(test_another_repository_in_its_place),
		TEST(test_shallow_with_all_branches_to_fetch),
		TEST(test_stacked_on_what_was_squashed),
		TEST(test_followed_by_force),
		TEST(test_where_the_base_stood),
		TEST(test_undone),
		TEST(test_long_lived),
		TEST(test_renamed_twice),
		TEST(test_many_parents),
		TEST(test_criss_cross),
		TEST(test_only_merges_of_main),
		TEST(test_submodules_and_modes),
		TEST(test_replaced),
		TEST(test_partial_clone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
