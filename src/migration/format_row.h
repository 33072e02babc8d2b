/* The fields of a row of the table of formats: for format*.c alone. */
#ifndef VELA_MIGRATION_FORMAT_ROW_H
#define VELA_MIGRATION_FORMAT_ROW_H

#include "sql/failure.h"
#include "migration/format.h"

/* What a file in the directory is to the tool, by its name. */
enum format_part {
	PART_NONE,     /* nothing: a README */
	PART_LEFT_OUT, /* SQL that the tool, or vela, passes over: worth a note */
	PART_BAD,      /* meant as a migration, but the tool would not take it for one, or refuse it */
	PART_UP,
	PART_DOWN,
	PART_REPEATABLE,
};
struct format_name {
	enum format_part part;
	char *version;     /* as the tool records it; owned */
	char *description; /* owned */
	const char *why;   /* of PART_BAD and PART_LEFT_OUT: a clause after the name */
};

/* A file found, before it is known what belongs together. */
struct format_found {
	char *path; /* relative to the repository */
	struct format_name name;
	bool has_down; /* of a migration's directory */
};

enum format_layout {
	LAYOUT_FILES,       /* files of the directory */
	LAYOUT_TREE,        /* files of the directory and of those below */
	LAYOUT_DIRECTORIES, /* a directory for each migration, with files of fixed names */
};

/* How the tool sends what runs in no transaction of its own making. */
enum format_sending {
	SENDS_STATEMENTS, /* one by one */
	SENDS_TEXT,       /* all in one simple Query: several statements are one transaction, a single one is none */
};

/* The table in which a tool records what it has applied. The expressions are SQL over its columns. */
struct format_history {
	const char *schema;           /* NULL: the first of the search path */
	const char *table;            /* of lower case letters and underscores: needs no quoting */
	const char *const *relations; /* with what belongs to it; ends with NULL */
	const char *create_sql;
	const char *key;         /* of rows with the same key only the last in `order` counts */
	const char *order;       /* NULL: there are no two */
	const char *version;     /* as text; NULL in rows of what is repeatable */
	const char *description; /* by which what is repeatable is found again */
	const char *checksum;    /* as text; NULL where it is not kept */
	const char *counts;      /* whether the row says that something was applied */
	const char *failed;      /* whether it stopped half way */
	const char *ours;        /* whether it is of a file, rather than of code or made up */
	const char *baseline;    /* whether all up to this version counts as applied */
	const char *failed_remedy;
	bool refuses_earlier; /* a new version before the last applied one */
	bool minds_missing;   /* what is recorded and not among the files */
	bool ignores_future;  /* … unless it is after the last of the files */
};

struct format_record { /* borrowed */
	const struct migration_set *set;
	const struct migration *migration;
	const struct buffer *text;
	const char *table; /* as SQL names it */
};

/* What a file beside the script says of it. */
struct format_settings {
	bool decides; /* whether it runs in a transaction: */
	bool in_transaction;
	bool verbatim; /* placeholders are none */
};
/* Finds the segments of one direction in script->text, and says with TRANSACTION_STATEMENT that the tool makes no
 * transaction for them. NULL, or what the tool refuses in the file. */
typedef struct report_failure *format_cut_function(struct migration_script *script, enum migration_direction direction,
						   const struct format_settings *settings);

struct migration_format {
	const char *name;
	enum format_layout layout;
	const char *subdirectory; /* where the files are if there is one of that name; NULL */
	void (*parse_name)(const char *name, struct format_name *ret);
	const char *up_file, *down_file; /* LAYOUT_DIRECTORIES; down_file may be NULL */
	int (*compare_versions)(const char *, const char *);
	bool by_name;      /* applied in the byte order of names, not of versions */
	bool has_sections; /* both directions are in one file */
	bool skips_mark;   /* a byte order mark is no part of the SQL */
	enum format_sending sending;
	bool sends_text_always;    /* it makes no transactions */
	const char *settings_file; /* beside a migration: "metadata.toml"; or a suffix of its name: ".conf"; NULL */
	void (*read_settings)(const struct buffer *text, struct format_settings *ret);
	format_cut_function *cut;                           /* NULL: the whole file */
	char *(*checksum)(const char *text, size_t length); /* NULL: the tool keeps none */
	bool line_ends_vary; /* the checksum of the text with other line ends is as good */
	/* Looks at how the files of a set hang together; NULL: they do not. */
	int (*link)(const char *repository, struct migration_set *set, struct error **err);
	const struct format_history *history; /* NULL: the tool keeps none */
	/* SQL that records: `before` is for what is run on its own, before. */
	void (*record_up)(const struct format_record *record, struct buffer *before, struct buffer *after);
	void (*record_down)(const struct format_record *record, struct buffer *before, struct buffer *after);
};

/* format_name.c */
void format_parse_sql(const char *name, struct format_name *ret);
void format_parse_flyway(const char *name, struct format_name *ret);
void format_parse_dbmate(const char *name, struct format_name *ret);
void format_parse_golang_migrate(const char *name, struct format_name *ret);
void format_parse_goose(const char *name, struct format_name *ret);
void format_parse_prisma(const char *name, struct format_name *ret);
void format_parse_sqlx(const char *name, struct format_name *ret);
void format_parse_diesel(const char *name, struct format_name *ret);
void format_parse_graphile(const char *name, struct format_name *ret);

/* format_set.c: makes migrations of what was found; takes over what it uses of `items`, which it sorts. */
int format_assemble(struct format_found *items, size_t count, struct migration_set *set, struct error **err);

/* format_order.c */
int format_compare_dotted(const char *a, const char *b); /* "1.2" before "1.10"; "1" is "1.0" */

/* format_script.c: cuts script->text; NULL, or what the tool refuses in it. */
struct report_failure *format_cut(const struct migration_format *format, struct migration_script *script,
				  enum migration_direction direction, const struct format_settings *settings);

/* format_sections.c, format_goose.c, format_graphile.c, format_flyway.c */
void format_add_segment(struct migration_script *script, size_t start, size_t end, bool whole);
struct report_failure *format_failure(const struct migration_script *script, size_t offset, const char *message,
				      const char *hint);
format_cut_function format_cut_dbmate, format_cut_sqlx, format_cut_diesel;
format_cut_function format_cut_goose;
format_cut_function format_cut_graphile;
format_cut_function format_cut_flyway;
void format_settings_flyway(const struct buffer *text, struct format_settings *ret);
void format_settings_diesel(const struct buffer *text, struct format_settings *ret);
/* Checks the hashes of committed files, each with the one before, and keeps them in the migrations. */
int format_link_graphile(const char *repository, struct migration_set *set, struct error **err);

/* format_checksum.c: as text, owned */
char *format_checksum_flyway(const char *text, size_t length);
char *format_checksum_prisma(const char *text, size_t length);
char *format_checksum_sqlx(const char *text, size_t length);
char *format_hash_sha1(const char *text, size_t length);
bool format_checksum_matches(const struct migration_format *format, const struct buffer *text, const char *recorded);

/* format_record.c */
void format_record_flyway_up(const struct format_record *, struct buffer *, struct buffer *);
void format_record_flyway_down(const struct format_record *, struct buffer *, struct buffer *);
void format_record_dbmate_up(const struct format_record *, struct buffer *, struct buffer *);
void format_record_golang_up(const struct format_record *, struct buffer *, struct buffer *);
void format_record_golang_down(const struct format_record *, struct buffer *, struct buffer *);
void format_record_goose_up(const struct format_record *, struct buffer *, struct buffer *);
void format_record_goose_down(const struct format_record *, struct buffer *, struct buffer *);
void format_record_prisma_up(const struct format_record *, struct buffer *, struct buffer *);
void format_record_sqlx_up(const struct format_record *, struct buffer *, struct buffer *);
void format_record_graphile_up(const struct format_record *, struct buffer *, struct buffer *);
void format_record_version_down(const struct format_record *, struct buffer *, struct buffer *);

/* format_history.c */
extern const struct format_history format_history_flyway, format_history_dbmate, format_history_golang_migrate,
	format_history_goose, format_history_prisma, format_history_sqlx, format_history_diesel,
	format_history_graphile;
/* As SQL names it: where it was found, or where it will be made. Borrowed. */
const char *format_history_table(const struct migration_set *set);

/* format_detect.c */
int format_recognise(const char *repository, const char *directory, const struct migration_format **ret,
		     struct error **err);

/* format_text.c */
bool format_is_space(char c);
bool format_is_digit(char c);
size_t format_count_digits(const char *text);               /* it begins with */
size_t format_skip_spaces(const char *text, size_t length); /* the spaces it begins with */
char *format_trimmed(const char *text, size_t length);
/* The bytes before `suffix`; 0 if it is not there or nothing is before it. */
size_t format_stem_length(const char *name, const char *suffix);
/* One line of a text. */
struct format_line {
	size_t start, end; /* without the line's end */
	size_t next;
};
bool format_next_line(const struct buffer *text, size_t position, struct format_line *ret);
/* The value of `key` in lines of "key = value"; NULL: it is not there. Owned. */
char *format_setting(const struct buffer *text, const char *key);
bool format_exists(const char *repository, const char *path);
bool format_has_directory(const char *repository, const char *path);
bool format_mentions(const char *repository, const char *path, const char *word); /* a file, a text */

/* "a, b and 3 more": at most five, in front of `rest`. Owned. */
char *format_join_names(const struct string_list *names);

#endif
