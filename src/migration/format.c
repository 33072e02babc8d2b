#include "migration/format_row.h"

/* Facts are the tools' own: how they find files, cut them, run them and what they record. */

/* Files that end in .sql, in the order of their names, each in a transaction. */
static const struct migration_format format_sql = {
	.name = "sql",
	.parse_name = format_parse_sql,
	.compare_versions = migration_compare_natural,
	.skips_mark = true,
};

/* V1__words.sql and R__words.sql, in directories below too. */
static const struct migration_format format_flyway = {
	.name = "flyway",
	.layout = LAYOUT_TREE,
	.parse_name = format_parse_flyway,
	.compare_versions = format_compare_dotted,
	.skips_mark = true,
	.settings_file = ".conf",
	.read_settings = format_settings_flyway,
	.cut = format_cut_flyway,
	.checksum = format_checksum_flyway,
	.history = &format_history_flyway,
	.record_up = format_record_flyway_up,
	.record_down = format_record_flyway_down,
};

/* 20260131120000_words.sql with -- migrate:up and -- migrate:down. */
static const struct migration_format format_dbmate = {
	.name = "dbmate",
	.parse_name = format_parse_dbmate,
	.compare_versions = strcmp,
	.by_name = true,
	.has_sections = true,
	.sending = SENDS_TEXT,
	.cut = format_cut_dbmate,
	.history = &format_history_dbmate,
	.record_up = format_record_dbmate_up,
	.record_down = format_record_version_down,
};

/* 1_words.up.sql and 1_words.down.sql, each sent in one piece. */
static const struct migration_format format_golang_migrate = {
	.name = "golang-migrate",
	.parse_name = format_parse_golang_migrate,
	.compare_versions = migration_compare_natural,
	.sends_text_always = true,
	.sending = SENDS_TEXT,
	.history = &format_history_golang_migrate,
	.record_up = format_record_golang_up,
	.record_down = format_record_golang_down,
};

/* 00001_words.sql with -- +goose Up and -- +goose Down. */
static const struct migration_format format_goose = {
	.name = "goose",
	.parse_name = format_parse_goose,
	.compare_versions = migration_compare_natural,
	.has_sections = true,
	.cut = format_cut_goose,
	.history = &format_history_goose,
	.record_up = format_record_goose_up,
	.record_down = format_record_goose_down,
};

/* 20260131120000_words/migration.sql, each sent in one piece. */
static const struct migration_format format_prisma = {
	.name = "prisma",
	.layout = LAYOUT_DIRECTORIES,
	.parse_name = format_parse_prisma,
	.up_file = "migration.sql",
	.compare_versions = strcmp,
	.sends_text_always = true,
	.sending = SENDS_TEXT,
	.checksum = format_checksum_prisma,
	.line_ends_vary = true,
	.history = &format_history_prisma,
	.record_up = format_record_prisma_up,
};

/* 1_words.sql, or 1_words.up.sql and 1_words.down.sql. */
static const struct migration_format format_sqlx = {
	.name = "sqlx",
	.parse_name = format_parse_sqlx,
	.compare_versions = migration_compare_natural,
	.sending = SENDS_TEXT,
	.cut = format_cut_sqlx,
	.checksum = format_checksum_sqlx,
	.history = &format_history_sqlx,
	.record_up = format_record_sqlx_up,
	.record_down = format_record_version_down,
};

/* 2026-01-31-120000_words/up.sql and down.sql. */
static const struct migration_format format_diesel = {
	.name = "diesel",
	.layout = LAYOUT_DIRECTORIES,
	.parse_name = format_parse_diesel,
	.up_file = "up.sql",
	.down_file = "down.sql",
	.compare_versions = strcmp,
	.sending = SENDS_TEXT,
	.settings_file = "metadata.toml",
	.read_settings = format_settings_diesel,
	.cut = format_cut_diesel,
	.history = &format_history_diesel,
	.record_up = format_record_dbmate_up,
	.record_down = format_record_version_down,
};

/* Files in committed/, 000001-words.sql, chained by their hashes. */
static const struct migration_format format_graphile = {
	.name = "graphile-migrate",
	.subdirectory = "committed",
	.parse_name = format_parse_graphile,
	.compare_versions = strcmp,
	.sending = SENDS_TEXT,
	.cut = format_cut_graphile,
	.link = format_link_graphile,
	.history = &format_history_graphile,
	.record_up = format_record_graphile_up,
};

const struct migration_format *const migration_formats[] = {
	&format_sql,    &format_flyway, &format_dbmate, &format_golang_migrate, &format_goose,
	&format_prisma, &format_sqlx,   &format_diesel, &format_graphile,       NULL,
};

const char *migration_format_name(const struct migration_format *format)
{
	return format->name;
}

const struct migration_format *migration_format_find(const char *name)
{
	for (const struct migration_format *const *format = migration_formats; *format; format++)
		if (string_equal((*format)->name, name))
			return *format;
	return NULL;
}

char *migration_prepare_sql(const struct migration_format *format)
{
	return format->history ? string_copy(format->history->create_sql) : NULL;
}

bool migration_is_version_table(const struct migration_format *format, const char *schema, const char *name)
{
	const struct format_history *history = format->history;
	if (!history || (history->schema && !string_equal(history->schema, schema)))
		return false;
	for (const char *const *relation = history->relations; *relation; relation++)
		if (string_equal(*relation, name))
			return true;
	return false;
}
