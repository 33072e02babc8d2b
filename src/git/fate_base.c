#include "git/fate_parts.h"

/* What was merged longer ago than that many commits of the base is not recognised any more. */
enum { BASE_COMMITS_MAX = 20000, FIRST_SLOTS = 1024 };
/* Where hundreds of branches change the same large file, all of it would take minutes. */
static const uint64_t MERGED_BYTES_MAX = 2ull << 30;
/* By so many seconds a commit may be older than its parent, as their committers' clocks have it. */
enum { CLOCKS_DIFFER = 24 * 60 * 60 };

/* In a shallow clone not all parents are there. */
static void read_later(struct base *base, const git_oid *id)
{
	_cleanup_(git_commit_close) git_commit *commit = NULL;
	if (git_commit_lookup(&commit, base->repository, id) < 0)
		return;
	base->ahead = memory_resize(base->ahead, base->ahead_count + 1, sizeof(*base->ahead));
	base->ahead[base->ahead_count++] = (struct base_commit){.id = *id, .time = git_commit_time(commit)};
}

void base_open(git_repository *repository, struct base *ret)
{
	static const char *const places[] = {"refs/remotes/origin/", "refs/heads/"};
	struct base base = {.repository = repository, .reached = INT64_MAX, .budget = MERGED_BYTES_MAX};
	git_oid tip;
	if (git_base_find(repository, NULL, &base.name, &tip))
		for (size_t i = 0; i < ARRAY_SIZE(places); i++)
			if (git_reference_find(repository, places[i], base.name, &tip)) {
				commit_list_add(&base.tips, &tip);
				read_later(&base, &tip);
			}
	*ret = base;
}

void base_close(struct base *base)
{
	free(base->name);
	free(base->ahead);
	free(base->commits);
	free(base->slots);
	free(base->merged);
	commit_list_free(&base->tips);
	*base = (struct base){0};
}

/* --- its commits --- */

/* The slot that has the commit, or the one where it belongs. */
static uint32_t *find_slot(const struct base *base, const git_oid *id)
{
	uint32_t hash;
	memcpy(&hash, id->id, sizeof(hash));
	for (size_t at = hash % base->slot_count;; at = (at + 1) % base->slot_count)
		if (base->slots[at] == 0 || git_oid_equal(&base->commits[base->slots[at] - 1].id, id))
			return &base->slots[at];
}

static void make_room(struct base *base)
{
	if (base->count * 2 < base->slot_count)
		return;
	base->slot_count = base->slot_count ? base->slot_count * 2 : FIRST_SLOTS;
	free(base->slots);
	base->slots = memory_allocate(base->slot_count * sizeof(*base->slots));
	base->commits = memory_resize(base->commits, base->slot_count, sizeof(*base->commits));
	for (size_t i = 0; i < base->count; i++)
		*find_slot(base, &base->commits[i].id) = (uint32_t)i + 1;
}

static void add_merged(struct base *base, const git_oid *parent, const git_oid *into)
{
	base->merged = memory_resize(base->merged, base->merged_count + 1, sizeof(*base->merged));
	base->merged[base->merged_count++] = (struct base_merge){*parent, *into};
}

static void read_commit(struct base *base, const struct base_commit *next)
{
	_cleanup_(git_commit_close) git_commit *commit = NULL;
	base->reached = next->time;
	if (base_has(base, &next->id) || git_commit_lookup(&commit, base->repository, &next->id) < 0)
		return;
	make_room(base);
	base->commits[base->count] = *next;
	*find_slot(base, &next->id) = (uint32_t)++base->count;
	for (unsigned int i = 0; i < git_commit_parentcount(commit); i++) {
		read_later(base, git_commit_parent_id(commit, i));
		if (i > 0)
			add_merged(base, git_commit_parent_id(commit, i), &next->id);
	}
}

static struct base_commit take_newest(struct base *base)
{
	size_t newest = 0;
	for (size_t i = 1; i < base->ahead_count; i++)
		if (base->ahead[i].time > base->ahead[newest].time)
			newest = i;
	struct base_commit taken = base->ahead[newest];
	base->ahead[newest] = base->ahead[--base->ahead_count];
	return taken;
}

void base_reach(struct base *base, git_time_t since)
{
	while (base->ahead_count > 0 && base->count < BASE_COMMITS_MAX && base->reached >= since - CLOCKS_DIFFER) {
		struct base_commit next = take_newest(base);
		read_commit(base, &next);
	}
}

bool base_has(const struct base *base, const git_oid *commit)
{
	return base->slot_count > 0 && *find_slot(base, commit) != 0;
}

const git_oid *base_merged(const struct base *base, const git_oid *commit)
{
	for (size_t i = 0; i < base->merged_count; i++)
		if (git_oid_equal(&base->merged[i].tip, commit))
			return &base->merged[i].into;
	return NULL;
}

/* A pull into the base merges the base, as it was elsewhere. */
static bool merges_base(const struct base *base, const git_commit *commit)
{
	const char *message = git_commit_message(commit);
	_cleanup_free_ char *here = string_format("Merge branch '%s'", base->name);
	_cleanup_free_ char *remote = string_format("Merge remote-tracking branch 'origin/%s'", base->name);
	return !message || string_starts_with(message, here) || string_starts_with(message, remote);
}

static bool has_merged(const struct base *base, const git_commit *commit, const git_oid *tip)
{
	for (unsigned int i = 1; i < git_commit_parentcount(commit); i++)
		if (git_oid_equal(git_commit_parent_id(commit, i), tip))
			return !merges_base(base, commit);
	return false;
}

bool base_merged_itself(const struct base *base, const git_oid *tip)
{
	bool found = false;
	for (size_t i = 0; i < base->tips.count; i++) {
		git_oid at = base->tips.items[i];
		while (base_has(base, &at)) {
			_cleanup_(git_commit_close) git_commit *commit = NULL;
			if (git_oid_equal(&at, tip))
				return false;
			if (git_commit_lookup(&commit, base->repository, &at) < 0)
				break;
			found = found || has_merged(base, commit, tip);
			if (git_commit_parentcount(commit) == 0)
				break;
			at = *git_commit_parent_id(commit, 0);
		}
	}
	return found;
}

/* --- its changes --- */

static uint64_t paths_of(struct base *base, struct base_commit *commit)
{
	if (!commit->keyed) {
		_cleanup_(git_diff_close) git_diff *made = change_of(base->repository, &commit->id);
		commit->paths = made ? change_paths(made) : 0;
		commit->keyed = true;
	}
	return commit->paths;
}

enum base_change base_find_change(struct base *base, const git_oid *from, const git_oid *to, git_time_t since)
{
	enum { LOOKED_AT_MAX = 200 }; /* where many commits change the same files, as a list of changes */
	_cleanup_(git_diff_close) git_diff *change = change_between(base->repository, from, to);
	uint64_t paths = change ? change_paths(change) : 0;
	if (paths == 0)
		return change ? CHANGE_EMPTY : CHANGE_UNKNOWN;
	size_t looked_at = 0;
	for (size_t i = 0; i < base->count; i++) {
		struct base_commit *commit = &base->commits[i];
		if (commit->time < since || paths_of(base, commit) != paths)
			continue;
		_cleanup_(git_diff_close) git_diff *made = change_of(base->repository, &commit->id);
		if (made && change_is_made(base->repository, change, made, &base->budget)) {
			int is_older = git_graph_descendant_of(base->repository, to, &commit->id);
			if (is_older <= 0)
				return is_older == 0 ? CHANGE_MADE : CHANGE_UNKNOWN;
		}
		if (++looked_at == LOOKED_AT_MAX)
			return CHANGE_UNKNOWN;
	}
	return base->budget == 0 ? CHANGE_UNKNOWN : CHANGE_NOT_MADE;
}
