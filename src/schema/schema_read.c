/* Fills a schema from the catalogues: a row of the table below for each query. */
#include "base/interrupt.h"
#include "base/template.h"
#include "schema/schema_model.h"
#include "sql/session.h"
#include "pg/connection.h"

/* Every query gives the oids of an object's catalogue and of the object, then as follows; then the values, of which a
 * column's name is what is said where there is none. */
enum { CLASS, ID };
enum { OBJECT_TITLE = 2, OBJECT_SCHEMA, OBJECT_RELATION, OBJECT_VALUES };
enum { PART_LABEL = 2, PART_ID, PART_VALUES };

/* In the order in which a change's lines are shown; all objects come before the first parts. */
static const struct query {
	const char *template;
	enum { OBJECTS, PARTS } gives;
	int since; /* the major version that has the catalogue; 0: all */
	enum schema_text text;
	bool in_order, shown_when_gone;
} queries[] = {
	{"sql/schema_schemas.sql", OBJECTS, 0, SCHEMA_WORDS, false, false},
	{"sql/schema_relations.sql", OBJECTS, 0, SCHEMA_WORDS, false, false},
	{"sql/schema_types.sql", OBJECTS, 0, SCHEMA_WORDS, false, false},
	{"sql/schema_routines.sql", OBJECTS, 0, SCHEMA_WORDS, false, false},
	{"sql/schema_others.sql", OBJECTS, 0, SCHEMA_WORDS, false, false},
	{"sql/schema_columns.sql", PARTS, 0, SCHEMA_WORDS, true, true},
	{"sql/schema_compressions.sql", PARTS, 14, SCHEMA_WORDS, true, false},
	{"sql/schema_sequences.sql", PARTS, 0, SCHEMA_WORDS, false, false},
	{"sql/schema_labels.sql", PARTS, 0, SCHEMA_BODY, false, false},
	{"sql/schema_definitions.sql", PARTS, 0, SCHEMA_BODY, false, false},
	{"sql/schema_sources.sql", PARTS, 0, SCHEMA_BODY, false, false},
	{"sql/schema_sql_bodies.sql", PARTS, 14, SCHEMA_BODY, false, false},
	{"sql/schema_constraints.sql", PARTS, 0, SCHEMA_WORDS, false, false},
	{"sql/schema_indexes.sql", PARTS, 0, SCHEMA_WORDS, false, false},
	{"sql/schema_statistics.sql", PARTS, 0, SCHEMA_WORDS, false, false},
	{"sql/schema_triggers.sql", PARTS, 0, SCHEMA_WORDS, false, false},
	{"sql/schema_rules.sql", PARTS, 0, SCHEMA_WORDS, false, false},
	{"sql/schema_policies.sql", PARTS, 0, SCHEMA_WORDS, false, false},
	{"sql/schema_published.sql", PARTS, 0, SCHEMA_WORDS, false, false},
	{"sql/schema_published_parts.sql", PARTS, 15, SCHEMA_WORDS, false, false},
	{"sql/schema_settings.sql", PARTS, 0, SCHEMA_WORDS, false, false},
	{"sql/schema_grants.sql", PARTS, 0, SCHEMA_WORDS, false, false},
	{"sql/schema_comments.sql", PARTS, 0, SCHEMA_WORDS, false, false},
};

struct reading {
	struct schema *schema;
	schema_leave_out *leave_out;
	void *context;
	struct string_list left_out; /* schemas in which something was left out */
};

static uint32_t oid_at(const PGresult *rows, int row, int column)
{
	return (uint32_t)strtoul(PQgetvalue(rows, row, column), NULL, 10);
}

static const char *text_at(const PGresult *rows, int row, int column)
{
	return PQgetisnull(rows, row, column) ? NULL : PQgetvalue(rows, row, column);
}

static void copy_values(const PGresult *rows, int row, int first, struct schema_part *part)
{
	for (int column = first; column < PQnfields(rows); column++)
		part->values[column - first] = string_copy(text_at(rows, row, column));
}

static bool is_left_out(struct reading *reading, const char *schema, const char *relation)
{
	if (!relation || !reading->leave_out || !reading->leave_out(reading->context, schema, relation))
		return false;
	if (!string_list_has(&reading->left_out, schema))
		string_list_add(&reading->left_out, schema);
	return true;
}

static void add_objects(struct reading *reading, size_t group, const PGresult *rows)
{
	for (int row = 0; row < PQntuples(rows); row++) {
		const char *space = text_at(rows, row, OBJECT_SCHEMA);
		if (is_left_out(reading, space, text_at(rows, row, OBJECT_RELATION)))
			continue;
		struct schema_object *object =
			schema_add_object(reading->schema, oid_at(rows, row, CLASS), oid_at(rows, row, ID),
					  PQgetvalue(rows, row, OBJECT_TITLE));
		object->space = string_copy(space);
		copy_values(rows, row, OBJECT_VALUES, schema_add_part(reading->schema, object, group, "", 0));
	}
}

/* What belongs to no object that was read belongs to the system, to an extension, or to what is left out. */
static void add_parts(struct reading *reading, size_t group, const PGresult *rows)
{
	for (int row = 0; row < PQntuples(rows); row++) {
		struct schema_object *object =
			schema_find(reading->schema, oid_at(rows, row, CLASS), oid_at(rows, row, ID));
		if (object)
			copy_values(rows, row, PART_VALUES,
				    schema_add_part(reading->schema, object, group, PQgetvalue(rows, row, PART_LABEL),
						    oid_at(rows, row, PART_ID)));
	}
}

/* A schema is bookkeeping if something in it was left out, and nothing else is there. */
static void mark_bookkeeping(struct reading *reading)
{
	struct schema *schema = reading->schema;
	for (size_t i = 0; i < schema->object_count && reading->left_out.count > 0; i++) {
		struct schema_object *object = &schema->objects[i];
		if (!string_starts_with(object->title, "schema ") ||
		    !string_list_has(&reading->left_out, object->space))
			continue;
		object->is_bookkeeping = true;
		for (size_t j = 0; j < schema->object_count && object->is_bookkeeping; j++)
			object->is_bookkeeping = j == i || !string_equal(schema->objects[j].space, object->space);
	}
}

static void describe_group(struct schema_group *group, const struct query *query, const PGresult *rows)
{
	*group = (struct schema_group){
		.text = query->text, .in_order = query->in_order, .shown_when_gone = query->shown_when_gone};
	for (int column = query->gives == OBJECTS ? OBJECT_VALUES : PART_VALUES; column < PQnfields(rows); column++)
		string_list_add(&group->words, PQfname(rows, column));
}

static int read_group(PGconn *connection, struct reading *reading, size_t group, struct error **err)
{
	const struct query *query = &queries[group];
	if (PQserverVersion(connection) / 10000 < query->since)
		return 0;
	_cleanup_result_ PGresult *rows = NULL;
	if (pg_execute(connection, template_text(query->template), &rows, err) < 0)
		return -1;
	describe_group(&reading->schema->groups[group], query, rows);
	if (query->gives == OBJECTS)
		add_objects(reading, group, rows);
	else
		add_parts(reading, group, rows);
	return 0;
}

static int read_all(PGconn *connection, struct reading *reading, struct error **err)
{
	if (pg_execute(connection, template_text("sql/read_session.sql"), NULL, err) < 0)
		return -1;
	for (size_t group = 0; group < ARRAY_SIZE(queries); group++) {
		if (group > 0 && queries[group].gives == PARTS && queries[group - 1].gives == OBJECTS)
			schema_index(reading->schema);
		if (read_group(connection, reading, group, err) < 0)
			return -1;
	}
	mark_bookkeeping(reading);
	schema_complete(reading->schema);
	return 0;
}

int schema_read(PGconn *connection, schema_leave_out *leave_out, void *context, struct schema **ret, struct error **err)
{
	_cleanup_schema_ struct schema *schema = schema_new(ARRAY_SIZE(queries));
	struct reading reading = {.schema = schema, .leave_out = leave_out, .context = context};
	int result = read_all(connection, &reading, err);
	string_list_free(&reading.left_out);
	if (result < 0) {
		INTERRUPT_DEFER_SCOPE;
		(void)session_rollback(connection, NULL);
		return error_wrap(err, "cannot read the schema");
	}
	if (session_rollback(connection, err) < 0)
		return -1;
	*ret = TAKE_POINTER(schema);
	return 0;
}
