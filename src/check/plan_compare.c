/* What differs between two plans. */
#include "base/quantity.h"
#include "check/plan_facts.h"

enum {
	DIFFERENCES_MAX = 20, /* sentences about relations: of a table with a thousand partitions some are enough */
	BLOCKS_REMARKABLE = 100,
	ESTIMATE_REMARKABLE = 10,
};

/* --- the shape --- */

static bool is_same(const struct plan_fact *a, const struct plan_fact *b)
{
	return string_equal(a->step, b->step) && string_equal(a->schema, b->schema) &&
	       string_equal(a->relation, b->relation) && string_equal(a->index, b->index);
}

static void mark_all(struct plan_fact *fact)
{
	fact->shown->differs = true;
	for (size_t i = 0; i < fact->child_count; i++)
		mark_all(&fact->children[i]);
}

/* Below `top`, on the way down along only children: what was put in between does not make all below it differ. */
static struct plan_fact *find_below(struct plan_fact *top, const struct plan_fact *wanted)
{
	for (struct plan_fact *fact = top; fact->child_count == 1;) {
		fact = &fact->children[0];
		if (is_same(fact, wanted))
			return fact;
	}
	return NULL;
}

static void mark_between(struct plan_fact *top, const struct plan_fact *end)
{
	for (struct plan_fact *fact = top; fact != end; fact = &fact->children[0])
		fact->shown->differs = true;
}

/* True if something was marked. */
static bool mark_differences(struct plan_fact *a, struct plan_fact *b)
{
	struct plan_fact *a_below, *b_below;
	bool differs = !is_same(a, b);
	if (differs && (b_below = find_below(b, a))) {
		mark_between(b, b_below);
		b = b_below;
	} else if (differs && (a_below = find_below(a, b))) {
		mark_between(a, a_below);
		a = a_below;
	} else if (differs) {
		a->shown->differs = b->shown->differs = true;
	}
	for (size_t i = 0; i < a->child_count || i < b->child_count; i++) {
		if (i < a->child_count && i < b->child_count) {
			differs = mark_differences(&a->children[i], &b->children[i]) || differs;
		} else {
			mark_all(i < a->child_count ? &a->children[i] : &b->children[i]);
			differs = true;
		}
	}
	return differs;
}

/* --- how relations are read, and by which steps --- */

struct entry {
	char *name;  /* of a relation, or of a step */
	char *words; /* how it is read: "by Index Scan using orders_pkey"; NULL for a step */
};
struct entries {
	struct entry *items;
	size_t count, capacity;
};

static void entries_add(struct entries *entries, char *name, char *words)
{
	if (entries->count == entries->capacity) {
		entries->capacity = entries->capacity * 2 + 16;
		entries->items = memory_resize(entries->items, entries->capacity, sizeof(*entries->items));
	}
	entries->items[entries->count++] = (struct entry){name, words};
}

static void entries_free(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		free(entries->items[i].name);
		free(entries->items[i].words);
	}
	free(entries->items);
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->name, y->name);
	return order != 0 || !x->words || !y->words ? order : strcmp(x->words, y->words);
}

static void entries_sort(struct entries *entries)
{
	if (entries->count > 0)
		qsort(entries->items, entries->count, sizeof(*entries->items), compare_entries);
}

static void add_indexes(const struct plan_fact *fact, struct buffer *words)
{
	for (size_t i = 0; i < fact->child_count; i++) {
		if (fact->children[i].index && !fact->children[i].relation)
			buffer_addf(words, "%s %s", strstr(buffer_text(words), " using") ? "," : " using",
				    fact->children[i].index);
		add_indexes(&fact->children[i], words);
	}
}

static char *access_words(const struct plan_fact *fact)
{
	if (string_equal(fact->step, "Seq Scan"))
		return string_copy("whole (Seq Scan)");
	if (fact->index)
		return string_format("by %s using %s", fact->step, fact->index);
	struct buffer words = {0};
	buffer_addf(&words, "by %s", fact->step);
	add_indexes(fact, &words);
	return buffer_steal(&words);
}

static bool is_access(const struct plan_fact *fact)
{
	return fact->schema && fact->relation && !fact->writes;
}

static void collect_accesses(const struct plan_fact *fact, struct entries *ret)
{
	if (is_access(fact))
		entries_add(ret, plan_relation_name(fact->schema, fact->relation), access_words(fact));
	for (size_t i = 0; i < fact->child_count; i++)
		collect_accesses(&fact->children[i], ret);
}

/* What goes without saying beside an access or a join is left out. */
static void collect_steps(const struct plan_fact *fact, struct entries *ret)
{
	bool implied = is_access(fact) || string_equal(fact->step, "Hash") || string_starts_with(fact->step, "Bitmap");
	if (!implied)
		entries_add(ret, string_copy(fact->step), NULL);
	for (size_t i = 0; i < fact->child_count; i++)
		collect_steps(&fact->children[i], ret);
}

/* The words of all entries from *at on that have the same name, each once; moves *at past them. "": there are none. */
static char *take_words(const struct entries *entries, const char *name, size_t *at)
{
	struct buffer words = {0};
	const char *last = NULL;
	for (; *at < entries->count && string_equal(entries->items[*at].name, name); (*at)++) {
		const char *next = entries->items[*at].words;
		if (!string_equal(next, last))
			buffer_addf(&words, "%s%s", last ? " and " : "", next);
		last = next;
	}
	return last ? buffer_steal(&words) : string_copy("");
}

/* Of the two names that come next, the first in order. */
static const char *next_name(const struct entries *a, size_t i, const struct entries *b, size_t j)
{
	if (i == a->count || j == b->count)
		return i == a->count ? b->items[j].name : a->items[i].name;
	return strcmp(a->items[i].name, b->items[j].name) <= 0 ? a->items[i].name : b->items[j].name;
}

static void tell_access(const char *name, const char *before, const char *after, struct string_list *differences)
{
	if (!*before)
		string_list_addf(differences, "%s: is now read %s", name, after);
	else if (!*after)
		string_list_addf(differences, "%s: was read %s, is no longer read", name, before);
	else
		string_list_addf(differences, "%s: was read %s, is now read %s", name, before, after);
}

static void tell_accesses(const struct plan_facts *before, const struct plan_facts *after,
			  struct string_list *differences)
{
	struct entries old __attribute__((cleanup(entries_free))) = {0};
	struct entries new __attribute__((cleanup(entries_free))) = {0};
	size_t i = 0, j = 0, told = 0;
	collect_accesses(before->root, &old);
	collect_accesses(after->root, &new);
	entries_sort(&old);
	entries_sort(&new);
	while (i < old.count || j < new.count) {
		const char *name = next_name(&old, i, &new, j);
		_cleanup_free_ char *was = take_words(&old, name, &i);
		_cleanup_free_ char *is = take_words(&new, name, &j);
		if (!string_equal(was, is) && ++told <= DIFFERENCES_MAX)
			tell_access(name, was, is, differences);
	}
	if (told > DIFFERENCES_MAX)
		string_list_addf(differences, "%zu more relations are read in another way", told - DIFFERENCES_MAX);
}

static void skip_name(const struct entries *entries, const char *name, size_t *at)
{
	while (*at < entries->count && string_equal(entries->items[*at].name, name))
		(*at)++;
}

/* Names in `of` and not in `without`: "Hash Join and Sort"; NULL: none. */
static char *names_only_in(const struct entries *of, const struct entries *without)
{
	struct string_list names __attribute__((cleanup(string_list_free))) = {0};
	for (size_t i = 0, j = 0; i < of->count;) {
		const char *name = of->items[i].name;
		while (j < without->count && strcmp(without->items[j].name, name) < 0)
			j++;
		if (j == without->count || !string_equal(without->items[j].name, name))
			string_list_add(&names, name);
		skip_name(of, name, &i);
	}
	struct buffer words = {0};
	for (size_t i = 0; i < names.count; i++)
		buffer_addf(&words, "%s%s", i == 0 ? "" : (i + 1 == names.count ? " and " : ", "), names.items[i]);
	return names.count > 0 ? buffer_steal(&words) : NULL;
}

static void tell_steps(const struct plan_facts *before, const struct plan_facts *after, struct string_list *differences)
{
	struct entries old __attribute__((cleanup(entries_free))) = {0};
	struct entries new __attribute__((cleanup(entries_free))) = {0};
	collect_steps(before->root, &old);
	collect_steps(after->root, &new);
	entries_sort(&old);
	entries_sort(&new);
	_cleanup_free_ char *added = names_only_in(&new, &old);
	_cleanup_free_ char *gone = names_only_in(&old, &new);
	if (added || gone)
		string_list_addf(differences, "steps: %s%s%s%s%s", added ? "now with " : "", added ? added : "",
				 added && gone ? ", " : "", gone ? "no longer with " : "", gone ? gone : "");
	else if (differences->count == 0)
		string_list_add(differences, "the same steps, put together in another way");
}

/* --- numbers --- */

static void tell_blocks(const struct plan_facts *before, const struct plan_facts *after,
			struct string_list *differences)
{
	uint64_t old = before->side.blocks, new = after->side.blocks;
	uint64_t more = new > old ? new - old : old - new, less = new > old ? old : new;
	if (more < BLOCKS_REMARKABLE || more < less / 2)
		return;
	_cleanup_free_ char *words = plan_blocks_words(old, new);
	string_list_addf(differences, "reads %s", words);
}

static void tell_estimate(const struct plan_facts *before, const struct plan_facts *after,
			  struct string_list *differences)
{
	const struct plan_fact *worst, *ignored;
	double factor = plan_worst_estimate(after, &worst);
	if (!worst || factor < ESTIMATE_REMARKABLE || (before && factor < 2 * plan_worst_estimate(before, &ignored)))
		return;
	string_list_take(differences, plan_rows_words(worst));
}

static void tell_spill(const struct plan_facts *before, const struct plan_facts *after, struct string_list *differences)
{
	_cleanup_free_ char *old = before ? plan_spill_sentence(before) : NULL;
	_cleanup_free_ char *new = plan_spill_sentence(after);
	if (new && !old)
		string_list_addf(differences, before ? "%s now" : "%s", new);
	else if (old && !new)
		string_list_addf(differences, "needs no disk any more (it was: %s)", old);
}

static const char *setting(const struct plan_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->setting_count; i++)
		if (string_equal(facts->settings[i].name, name))
			return facts->settings[i].value;
	return NULL;
}

static void tell_setting(const char *name, const char *before, const char *after, struct string_list *differences)
{
	if (!string_equal(before, after))
		string_list_addf(differences, "%s was %s, is now %s", name, before ? before : "the default",
				 after ? after : "the default");
}

static void tell_settings(const struct plan_facts *before, const struct plan_facts *after,
			  struct string_list *differences)
{
	for (size_t i = 0; i < after->setting_count; i++)
		tell_setting(after->settings[i].name, setting(before, after->settings[i].name),
			     after->settings[i].value, differences);
	for (size_t i = 0; i < before->setting_count; i++)
		if (!setting(after, before->settings[i].name))
			tell_setting(before->settings[i].name, before->settings[i].value, NULL, differences);
}

bool plan_compare(struct plan_facts *before, struct plan_facts *after, struct string_list *differences)
{
	bool changed = before && mark_differences(before->root, after->root);
	if (changed) {
		tell_accesses(before, after, differences);
		tell_steps(before, after, differences);
	}
	if (before)
		tell_blocks(before, after, differences);
	tell_estimate(before, after, differences);
	tell_spill(before, after, differences);
	if (before)
		tell_settings(before, after, differences);
	return changed;
}
