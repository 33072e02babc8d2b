/* What differs between two schemas, as changes of objects with a line for each part. */
#include "schema/line_diff.h"
#include "schema/schema_model.h"

enum {
	BODY_LINES_MAX = 200,    /* of a body that differs */
	NEW_BODY_LINES_MAX = 20, /* of a new one: it can be read in the migration */
};

struct change_list {
	struct report_schema_change *items;
	size_t count, room;
};

/* A change of one part: its lines, and where they belong in the object's. */
struct entry {
	size_t group;
	uint32_t position; /* of parts that are shown in their order */
	const char *label; /* borrowed; likewise of the others */
	char *text;        /* each line with its newline */
};

struct comparison {
	const struct schema *schema; /* either: both have groups of the same queries */
	struct entry *entries;
	size_t count, room;
};

/* Doubles the room of an array where it is full. */
static void *make_room(void *array, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return array;
	*room = *room ? 2 * *room : 16;
	return memory_resize(array, *room, size);
}

/* --- text --- */

static void add_text(struct buffer *out, const char *text)
{
	line_add_escaped(out, text, strlen(text));
}

/* What follows the words of the kind: names with spaces are quoted. */
static const char *name_in(const char *title)
{
	size_t word;
	while ((word = strspn(title, "abcdefghijklmnopqrstuvwxyz-")) > 0 && title[word] == ' ')
		title += word + 1;
	return title;
}

static size_t value_count(const struct comparison *comparison, const struct schema_part *part)
{
	return comparison->schema->groups[part->group].words.count;
}

static const char *value_or_word(const struct comparison *comparison, const struct schema_part *part, size_t place)
{
	return part->values[place] ? part->values[place] : comparison->schema->groups[part->group].words.items[place];
}

static bool is_body(const struct comparison *comparison, const struct schema_part *part)
{
	return comparison->schema->groups[part->group].text == SCHEMA_BODY;
}

static const char *body_of(const struct schema_part *part)
{
	return part && part->values[0] ? part->values[0] : "";
}

/* --- lines of one part --- */

static void add_entry(struct comparison *comparison, const struct schema_part *part, struct buffer *text)
{
	if (text->length == 0)
		return;
	comparison->entries =
		make_room(comparison->entries, comparison->count, &comparison->room, sizeof(*comparison->entries));
	comparison->entries[comparison->count++] = (struct entry){
		.group = part->group,
		.position = comparison->schema->groups[part->group].in_order ? part->id : 0,
		.label = part->label,
		.text = buffer_steal(text),
	};
}

/* "+ column total numeric(10,2) not null"; what is said of the object itself takes a line for each value. */
static void add_whole(struct comparison *comparison, char sign, const struct schema_part *part)
{
	_cleanup_buffer_ struct buffer text = {0};
	if (is_body(comparison, part)) {
		line_diff_add(&text, sign == '-' ? body_of(part) : "", sign == '+' ? body_of(part) : "",
			      NEW_BODY_LINES_MAX);
		add_entry(comparison, part, &text);
		return;
	}
	bool on_one_line = *part->label;
	if (on_one_line) {
		buffer_addf(&text, "%c ", sign);
		add_text(&text, part->label);
	}
	for (size_t i = 0; i < value_count(comparison, part); i++) {
		if (!part->values[i])
			continue;
		if (on_one_line)
			buffer_add_char(&text, ' ');
		else
			buffer_addf(&text, "%c ", sign);
		add_text(&text, part->values[i]);
		if (!on_one_line)
			buffer_add_char(&text, '\n');
	}
	if (on_one_line)
		buffer_add_char(&text, '\n');
	add_entry(comparison, part, &text);
}

/* "~ column total: numeric(10,2) → numeric(12,2), nullable → not null"; of the object itself a line for each. */
static void add_values(const struct comparison *comparison, const struct schema_part *before,
		       const struct schema_part *after, struct buffer *text)
{
	bool on_one_line = *after->label, is_first = true;
	for (size_t i = 0; i < value_count(comparison, after); i++) {
		if (string_equal(before->values[i], after->values[i]))
			continue;
		if (is_first || !on_one_line)
			buffer_add_text(text, "~ ");
		if (is_first && on_one_line) {
			add_text(text, after->label);
			buffer_add_text(text, ": ");
		}
		if (!is_first && on_one_line)
			buffer_add_text(text, ", ");
		add_text(text, value_or_word(comparison, before, i));
		buffer_add_text(text, " → ");
		add_text(text, value_or_word(comparison, after, i));
		if (!on_one_line)
			buffer_add_char(text, '\n');
		is_first = false;
	}
	if (!is_first && on_one_line)
		buffer_add_char(text, '\n');
}

static void add_difference(struct comparison *comparison, const struct schema_part *before,
			   const struct schema_part *after)
{
	_cleanup_buffer_ struct buffer text = {0};
	if (strcmp(before->label, after->label) != 0) {
		buffer_add_text(&text, "~ ");
		add_text(&text, after->label);
		buffer_add_text(&text, " renamed from ");
		add_text(&text, name_in(before->label));
		buffer_add_char(&text, '\n');
	}
	if (is_body(comparison, after))
		line_diff_add(&text, body_of(before), body_of(after), BODY_LINES_MAX);
	else
		add_values(comparison, before, after, &text);
	add_entry(comparison, after, &text);
}

/* --- parts of one object --- */

static int compare_places(const struct schema_part *a, const struct schema_part *b)
{
	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	return strcmp(a->label, b->label);
}

/* The parts that only one side has, by place; NULL where a rename has used one up. */
struct unmatched {
	const struct schema_part **items;
	size_t count, room;
};

static void keep(struct unmatched *unmatched, const struct schema_part *part)
{
	unmatched->items =
		make_room(unmatched->items, unmatched->count, &unmatched->room, sizeof(struct schema_part *));
	unmatched->items[unmatched->count++] = part;
}

static void match_renamed(struct comparison *comparison, struct unmatched *removed, struct unmatched *added)
{
	for (size_t i = 0; i < removed->count; i++) {
		const struct schema_part *before = removed->items[i];
		for (size_t j = 0; before->id && j < added->count; j++) {
			const struct schema_part *after = added->items[j];
			if (!after || after->group != before->group || after->id != before->id)
				continue;
			add_difference(comparison, before, after);
			removed->items[i] = added->items[j] = NULL;
			break;
		}
	}
}

static void compare_parts(struct comparison *comparison, const struct schema_object *before,
			  const struct schema_object *after)
{
	struct unmatched removed = {0}, added = {0};
	size_t i = 0, j = 0;
	while (i < before->part_count || j < after->part_count) {
		int order = i == before->part_count  ? 1
			    : j == after->part_count ? -1
						     : compare_places(&before->parts[i], &after->parts[j]);
		if (order < 0)
			keep(&removed, &before->parts[i++]);
		else if (order > 0)
			keep(&added, &after->parts[j++]);
		else
			add_difference(comparison, &before->parts[i++], &after->parts[j++]);
	}
	if (before->id == after->id)
		match_renamed(comparison, &removed, &added);
	for (i = 0; i < removed.count; i++)
		if (removed.items[i])
			add_whole(comparison, '-', removed.items[i]);
	for (j = 0; j < added.count; j++)
		if (added.items[j])
			add_whole(comparison, '+', added.items[j]);
	free(removed.items);
	free(added.items);
}

/* --- changes --- */

static int compare_entries(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (a->position != b->position)
		return a->position < b->position ? -1 : 1;
	int order = strcmp(a->label, b->label);
	return order ? order : strcmp(b->text, a->text); /* "-" before "+" */
}

/* Takes the comparison's lines. A change of an object without any is none. */
static void add_change(struct change_list *changes, char action, const struct schema_object *object,
		       const struct schema_object *renamed_from, struct comparison *comparison)
{
	_cleanup_buffer_ struct buffer detail = {0}, title = {0};
	if (renamed_from) {
		buffer_add_text(&detail, "~ renamed from ");
		add_text(&detail, name_in(renamed_from->title));
		buffer_add_char(&detail, '\n');
	}
	if (comparison->count > 0)
		qsort(comparison->entries, comparison->count, sizeof(*comparison->entries), compare_entries);
	for (size_t i = 0; i < comparison->count; i++) {
		buffer_add_text(&detail, comparison->entries[i].text);
		free(comparison->entries[i].text);
	}
	free(comparison->entries);
	if (action == '~' && detail.length == 0)
		return;
	if (detail.length > 0)
		buffer_truncate(&detail, detail.length - 1);
	add_text(&title, object->title);
	changes->items = make_room(changes->items, changes->count, &changes->room, sizeof(*changes->items));
	changes->items[changes->count++] = (struct report_schema_change){
		.action = action,
		.object = buffer_steal(&title),
		.detail = detail.length > 0 ? buffer_steal(&detail) : NULL,
	};
}

static void add_new(struct change_list *changes, const struct schema *schema, const struct schema_object *object)
{
	struct comparison comparison = {.schema = schema};
	if (object->is_bookkeeping)
		return;
	for (size_t i = 0; i < object->part_count; i++)
		add_whole(&comparison, '+', &object->parts[i]);
	add_change(changes, '+', object, NULL, &comparison);
}

static void add_gone(struct change_list *changes, const struct schema *schema, const struct schema_object *object)
{
	struct comparison comparison = {.schema = schema};
	if (object->is_bookkeeping)
		return;
	for (size_t i = 0; i < object->part_count; i++)
		if (schema->groups[object->parts[i].group].shown_when_gone)
			add_whole(&comparison, '-', &object->parts[i]);
	add_change(changes, '-', object, NULL, &comparison);
}

static void add_changed(struct change_list *changes, const struct schema *schema, const struct schema_object *before,
			const struct schema_object *after)
{
	struct comparison comparison = {.schema = schema};
	compare_parts(&comparison, before, after);
	add_change(changes, '~', after, strcmp(before->title, after->title) != 0 ? before : NULL, &comparison);
}

/* --- all objects --- */

/* The object by its title, complete schemas being sorted by it. */
static const struct schema_object *find_title(const struct schema *schema, const char *title)
{
	size_t low = 0, high = schema->object_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(schema->objects[middle].title, title);
		if (order == 0)
			return &schema->objects[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* What an object of the one schema is in the other: of the same title, or else what has its oid and a title that the
 * one does not know. NULL: it is not there. */
static const struct schema_object *counterpart(const struct schema *schema, const struct schema_object *object,
					       const struct schema *other)
{
	const struct schema_object *same = find_title(other, object->title);
	if (same)
		return same;
	const struct schema_object *renamed = schema_find(other, object->class, object->id);
	return renamed && !find_title(schema, renamed->title) ? renamed : NULL;
}

static int compare_changes(const void *left, const void *right)
{
	const struct report_schema_change *a = left, *b = right;
	return strcmp(a->object, b->object);
}

void schema_compare(const struct schema *before, const struct schema *after, struct report_schema_change **ret,
		    size_t *ret_count)
{
	struct change_list changes = {0};
	for (size_t i = 0; i < before->object_count; i++)
		if (!counterpart(before, &before->objects[i], after))
			add_gone(&changes, before, &before->objects[i]);
	for (size_t i = 0; i < after->object_count; i++) {
		const struct schema_object *object = &after->objects[i];
		const struct schema_object *was = counterpart(after, object, before);
		if (was)
			add_changed(&changes, after, was, object);
		else
			add_new(&changes, after, object);
	}
	if (changes.count > 0)
		qsort(changes.items, changes.count, sizeof(*changes.items), compare_changes);
	*ret = changes.items;
	*ret_count = changes.count;
}
