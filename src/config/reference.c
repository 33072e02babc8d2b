#include "base/memory.h"
#include "config/schema.h"
#include "config/value.h"

static const char preface[] =
	"<!-- Made from the schema tables in src/config/. -->\n\n"
	"# Configuration\n\n"
	"Both files are YAML. Unknown keys, keys given twice, wrong types and impossible values are errors; one run "
	"reports all of them, each with its line and column. `vela schema` prints a JSON Schema for editors.\n\n"
	"- Text needs no quotes: `project: 123` is the name `123`, and `no`, `yes`, `on` and `off` are words. Only "
	"`true` and `false` are booleans.\n"
	"- An integer or boolean in quotes is text, and an error where a number is wanted.\n"
	"- A duration is a number and a unit: `ms`, `s`, `m`, `h`, `d` or `w`.\n"
	"- A size is a number and a unit: `K`, `M`, `G` or `T`, in powers of 1024.\n"
	"- A name has 1 to 63 characters of `a-z 0-9 . _ -`, begins with a letter or digit and does not end with a dot "
	"or `.lock`; `..` cannot be in it.\n"
	"- Anchors, aliases, merge keys (`<<`), tags and more than one document in a file are refused. A file has at "
	"most 1 MiB, 20,000 values and 32 levels.\n";

static bool has_length_bounds(const struct schema_row *row)
{
	switch (row->type) {
	case SCHEMA_TEXT:
	case SCHEMA_SQL:
	case SCHEMA_SCALAR:
	case SCHEMA_PATH:
	case SCHEMA_ABSOLUTE:
	case SCHEMA_RELATIVE:
	case SCHEMA_URL:
	case SCHEMA_HTTPS:
	case SCHEMA_COMMAND:
	case SCHEMA_TEXTS:
		return true;
	default:
		return false;
	}
}

static void write_bounds(const struct schema_row *row, struct buffer *out)
{
	bool is_number_text = row->type == SCHEMA_NUMBER || row->type == SCHEMA_CHANGE || row->type == SCHEMA_BETWEEN;
	if (row->maximum == 0 || is_number_text || row->type == SCHEMA_SIZE)
		return;
	_cleanup_free_ char *minimum = value_format_bound(row, row->minimum);
	_cleanup_free_ char *maximum = value_format_bound(row, row->maximum);
	if (has_length_bounds(row))
		buffer_addf(out, ", at most %s bytes%s", maximum, row->type == SCHEMA_TEXTS ? " each" : "");
	else if (row->type == SCHEMA_LIST || row->type == SCHEMA_MAP)
		buffer_addf(out, ", at most %s entries", maximum);
	else if (row->minimum == row->maximum)
		buffer_addf(out, ", only %s", minimum);
	else
		buffer_addf(out, ", %s to %s", minimum, maximum);
}

static void write_type(const struct schema_row *row, struct buffer *out)
{
	if (!row->choices)
		buffer_add_text(out, value_type(row->type)->name);
	for (size_t i = 0; row->choices && row->choices[i]; i++)
		buffer_addf(out, "%s`%s`", i ? " or " : "", row->choices[i]);
	write_bounds(row, out);
}

/* "sources.*.url" is "sources.NAME.url" for readers. */
static void write_path(const struct schema_table *table, const struct schema_row *row, struct buffer *out)
{
	const struct schema_row *map = NULL;
	for (size_t i = 0; schema_row_at(table, i); i++)
		if (schema_row_at(table, i)->key && string_starts_with(row->path, schema_row_at(table, i)->path))
			map = schema_row_at(table, i);
	for (const char *c = row->path; *c; c++)
		if (*c == '*' && map)
			buffer_add_text(out, map->key->path);
		else
			buffer_add_char(out, *c);
}

static void write_row(const struct schema_table *table, const struct schema_row *row, struct buffer *out)
{
	buffer_add_text(out, "| `");
	write_path(table, row, out);
	buffer_add_text(out, "` | ");
	write_type(row, out);
	if (row->required)
		buffer_add_text(out, " | required | ");
	else if (row->fallback)
		buffer_addf(out, " | `%s` | ", row->fallback);
	else
		buffer_add_text(out, " | | ");
	buffer_add_text(out, row->help);
	if (row->example)
		buffer_addf(out, " Example: `%s`.", row->example);
	buffer_add_text(out, " |\n");
}

static void write_table(const struct schema_table *table, struct buffer *out)
{
	buffer_addf(out, "\n## %s\n\n%s\n\n```yaml\n%s```\n\n", table->title, table->summary, table->example);
	buffer_add_text(out, "| key | type | default | meaning |\n|---|---|---|---|\n");
	for (size_t i = 1; schema_row_at(table, i); i++) /* the first row is the file itself */
		write_row(table, schema_row_at(table, i), out);
}

void schema_write_markdown(struct buffer *out)
{
	buffer_add_text(out, preface);
	write_table(&schema_vela_yml, out);
	write_table(&schema_pool_yml, out);
}
