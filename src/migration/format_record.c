#include "base/text.h"
#include "migration/format_row.h"
#include "pg/connection.h"

/* SQL that records, as each tool does it. */

static void add_literal(struct buffer *sql, const char *text)
{
	_cleanup_free_ char *literal = text ? pg_quote_literal(text) : string_copy("NULL");
	buffer_add_text(sql, literal);
}

/* At most `most` characters, of which the last are dots where something was cut. */
static char *abbreviated(const char *text, size_t most)
{
	size_t characters = 0, cut = 0, at = 0;
	for (; text[at]; at++) {
		if (((unsigned char)text[at] & 0xc0) == 0x80)
			continue;
		if (characters++ == most - 3)
			cut = at;
	}
	return characters > most ? string_format("%.*s...", (int)cut, text) : string_copy(text);
}

static const char *path_in_directory(const struct format_record *record, const char *file)
{
	size_t length = strlen(record->set->directory);
	while (length > 0 && record->set->directory[length - 1] == '/')
		length--;
	bool below = strncmp(file, record->set->directory, length) == 0 && file[length] == '/';
	return below ? file + length + strspn(file + length, "/") : file;
}

/* What the transaction took so far, in units of which a second has so many. */
#define ELAPSED(units) "(extract(epoch FROM clock_timestamp() - transaction_timestamp()) * " units ")"

static void record_flyway(const struct format_record *record, const char *type, const char *file, struct buffer *sql)
{
	const struct migration *migration = record->migration;
	_cleanup_free_ char *description = abbreviated(migration->description, 200);
	_cleanup_free_ char *script = abbreviated(path_in_directory(record, file), 1000);
	_cleanup_free_ char *checksum = format_checksum_flyway(buffer_text(record->text), record->text->length);
	buffer_addf(sql,
		    "INSERT INTO %s (installed_rank, version, description, type, script, checksum, installed_by, "
		    "execution_time, success) SELECT coalesce(max(installed_rank), 0) + 1, ",
		    record->table);
	add_literal(sql, migration->version);
	buffer_add_text(sql, ", ");
	add_literal(sql, description);
	buffer_addf(sql, ", '%s', ", type);
	add_literal(sql, script);
	buffer_addf(sql, ", %s, current_user, " ELAPSED("1000") "::integer, true FROM %s", checksum, record->table);
}

void format_record_flyway_up(const struct format_record *record, struct buffer *before, struct buffer *after)
{
	(void)before;
	record_flyway(record, "SQL", record->migration->file, after);
}

void format_record_flyway_down(const struct format_record *record, struct buffer *before, struct buffer *after)
{
	(void)before;
	record_flyway(record, "UNDO_SQL", record->migration->down_file, after);
}

void format_record_dbmate_up(const struct format_record *record, struct buffer *before, struct buffer *after)
{
	(void)before;
	buffer_addf(after, "INSERT INTO %s (version) VALUES (", record->table);
	add_literal(after, record->migration->version);
	buffer_add_char(after, ')');
}

void format_record_version_down(const struct format_record *record, struct buffer *before, struct buffer *after)
{
	(void)before;
	buffer_addf(after, "DELETE FROM %s WHERE version = ", record->table);
	add_literal(after, record->migration->version);
}

/* The table has one row, or none at all before the first migration. */
static void set_golang_version(struct buffer *sql, const char *table, const char *version, bool dirty)
{
	buffer_addf(sql, "DELETE FROM %s", table);
	if (version || dirty)
		buffer_addf(sql, "; INSERT INTO %s (version, dirty) VALUES (%s, %s)", table, version ? version : "-1",
			    dirty ? "true" : "false");
}

void format_record_golang_up(const struct format_record *record, struct buffer *before, struct buffer *after)
{
	set_golang_version(before, record->table, record->migration->version, true);
	set_golang_version(after, record->table, record->migration->version, false);
}

void format_record_golang_down(const struct format_record *record, struct buffer *before, struct buffer *after)
{
	const struct migration_set *set = record->set;
	const char *previous = NULL;
	for (size_t i = 1; i < set->count; i++)
		if (string_equal(set->items[i].version, record->migration->version))
			previous = set->items[i - 1].version;
	set_golang_version(before, record->table, previous, true);
	set_golang_version(after, record->table, previous, false);
}

void format_record_goose_up(const struct format_record *record, struct buffer *before, struct buffer *after)
{
	(void)before;
	buffer_addf(after, "INSERT INTO %s (version_id, is_applied) VALUES (%s, true)", record->table,
		    record->migration->version);
}

void format_record_goose_down(const struct format_record *record, struct buffer *before, struct buffer *after)
{
	(void)before;
	buffer_addf(after, "DELETE FROM %s WHERE version_id = %s", record->table, record->migration->version);
}

void format_record_prisma_up(const struct format_record *record, struct buffer *before, struct buffer *after)
{
	_cleanup_free_ char *checksum = format_checksum_prisma(buffer_text(record->text), record->text->length);
	buffer_addf(before, "INSERT INTO %s (id, checksum, migration_name) VALUES (gen_random_uuid()::text, '%s', ",
		    record->table, checksum);
	add_literal(before, record->migration->version);
	buffer_add_char(before, ')');
	buffer_addf(after,
		    "UPDATE %s SET finished_at = clock_timestamp(), applied_steps_count = 1 WHERE migration_name = ",
		    record->table);
	add_literal(after, record->migration->version);
	buffer_add_text(after, " AND finished_at IS NULL AND rolled_back_at IS NULL");
}

void format_record_sqlx_up(const struct format_record *record, struct buffer *before, struct buffer *after)
{
	(void)before;
	_cleanup_free_ char *checksum = format_checksum_sqlx(buffer_text(record->text), record->text->length);
	buffer_addf(after, "INSERT INTO %s (version, description, success, checksum, execution_time) VALUES (%s, ",
		    record->table, record->migration->version);
	add_literal(after, record->migration->description);
	buffer_addf(after, ", true, decode('%s', 'hex'), " ELAPSED("1000000000") "::bigint)", checksum);
}

void format_record_graphile_up(const struct format_record *record, struct buffer *before, struct buffer *after)
{
	(void)before;
	const struct migration_set *set = record->set;
	const char *previous = NULL;
	for (size_t i = 1; i < set->count; i++)
		if (string_equal(set->items[i].version, record->migration->version))
			previous = set->items[i - 1].checksum;
	buffer_addf(after, "INSERT INTO %s (hash, previous_hash, filename) VALUES (", record->table);
	add_literal(after, record->migration->checksum);
	buffer_add_text(after, ", ");
	add_literal(after, previous);
	buffer_add_text(after, ", ");
	add_literal(after, record->migration->version);
	buffer_add_char(after, ')');
}
