/*
 * One key of vela.yml or pool.yml: what it may hold, where its value goes, and what it is for. Everything that deals
 * with keys (validation, JSON Schema, reference) walks these rows and knows none by name.
 */
#ifndef VELA_CONFIG_ROW_H
#define VELA_CONFIG_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/schema.h"

enum schema_type {
	SCHEMA_SECTION, /* fixed keys, each with its row; its fields are in the same record */
	SCHEMA_LIST,    /* of records; the row of an item is "PATH[]" */
	SCHEMA_MAP,     /* of records by a key people choose; the row of a value is "PATH.*" */
	SCHEMA_INTEGER, /* int */
	SCHEMA_BOOLEAN, /* bool */
	SCHEMA_TEXT,    /* char *, as are all that are not said to be something else */
	SCHEMA_SQL,
	SCHEMA_SCALAR, /* text, number or boolean, as the server would print it */
	SCHEMA_NAME,
	SCHEMA_BASELINE, /* NAME or NAME@REV */
	SCHEMA_CHOICE,
	SCHEMA_PATH,
	SCHEMA_ABSOLUTE, /* path */
	SCHEMA_RELATIVE, /* path below the file's directory */
	SCHEMA_URL,
	SCHEMA_HTTPS,    /* address of a server's interface; kept without slashes at the end */
	SCHEMA_DURATION, /* uint64_t, milliseconds */
	SCHEMA_EXPIRY,   /* likewise; "never" is 0 */
	SCHEMA_PORTS,    /* int first; `second`: int last */
	SCHEMA_RESERVE,  /* uint64_t bytes; `second`: double percentage */
	SCHEMA_SIZE,     /* uint64_t, bytes */
	SCHEMA_TRUE,     /* bool; there is nothing to say but true */
	SCHEMA_DECIMAL,  /* double */
	SCHEMA_NUMBER,   /* char *, a number of any length as it was written */
	SCHEMA_CHANGE,   /* likewise, or a percentage */
	SCHEMA_BETWEEN,  /* two numbers: char * low; `second`: char * high */
	SCHEMA_TEXTS,    /* one or several: char **, ends with NULL */
	SCHEMA_KEYS,     /* likewise: keys or sections of vela.yml */
	SCHEMA_COMMAND,  /* a line for the shell: char *; or a list of arguments: `second`: char **, ends with NULL */
	SCHEMA_ROWS,     /* rows of values: char ***, each row and the whole end with NULL; see config_null */
	SCHEMA_TYPE_COUNT
};

#define SCHEMA_NOT_KEPT SIZE_MAX /* as `offset`: the value is only checked */

struct schema_row {
	const char *path; /* "branch.expires", "checks[].name", "sources.*.url"; "" is the whole file */
	enum schema_type type;
	bool required;
	const char *fallback; /* the default as written in the file, or NULL */
	/* Of integers; of durations in milliseconds; of texts in bytes; of lists and maps in items. */
	uint64_t minimum, maximum;
	const char *const *choices;   /* end with NULL */
	size_t offset;                /* of the field in its record; of a list or map: the pointer to the records */
	size_t second;                /* of a list or map: the size_t that counts the records; see enum schema_type */
	size_t item_size;             /* of a record in a list or map */
	size_t line_offset;           /* of a section: the int that takes its line; 0: none */
	const struct schema_row *key; /* of a map: what its keys may be, and their field in the record */
	const char *unique;           /* of a list: the field no two items may share */
	const char *const *one_of;    /* of a section: exactly one of these has to be given; ends with NULL */
	const char *const *at_most_one_of; /* of a section: no two of these together; ends with NULL */
	const char *shorthand;             /* of a section: its key that a value without a key stands for */
	const char *needs;                 /* another key of the section without which this one means nothing */
	const char *help;                  /* sentences */
	const char *example;               /* as written in the file; NULL where the default serves */
};

struct schema_table {
	const char *name; /* "vela.yml" */
	const char *title;
	const char *summary;                   /* a paragraph */
	const char *example;                   /* a whole file */
	const struct schema_row *const *parts; /* each ends with a NULL path, and they with NULL */
};

/* The rows of all parts in their order; the first is the file itself. NULL behind the last. */
const struct schema_row *schema_row_at(const struct schema_table *table, size_t index);

extern const struct schema_table schema_vela_yml, schema_pool_yml;
const struct schema_table *schema_table(enum schema_file file);

/* The row of `key` in the section `parent`; NULL if it has none. */
const struct schema_row *schema_child(const struct schema_table *table, const struct schema_row *parent,
				      const char *key);
/* The key in `parent` that `row` stands for; NULL if it is no key of it. */
const char *schema_key(const struct schema_row *parent, const struct schema_row *row);
/* The row of the records in a list or map. */
const struct schema_row *schema_item(const struct schema_table *table, const struct schema_row *row);

#endif
