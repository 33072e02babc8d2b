/*
 * Formats of migration files: a row for each, with all that tells them apart. Files are found, read and cut into
 * statements here, and here is known where each tool records what it has applied; running them is migration/apply.h's.
 * The repository is hostile: nothing outside it is reached, and a symlink or fifo in the place of a file is not left
 * out in silence (ERROR_REFUSED). Files are read as the caller.
 */
#ifndef VELA_MIGRATION_FORMAT_H
#define VELA_MIGRATION_FORMAT_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

enum {
	MIGRATION_FILE_MAX = 64 << 20, /* bytes */
	MIGRATION_FILES_MAX = 100000,
};

enum migration_direction { MIGRATION_UP, MIGRATION_DOWN };

struct migration_format;                                         /* a row; the fields are format.c's */
extern const struct migration_format *const migration_formats[]; /* ends with NULL */
const char *migration_format_name(const struct migration_format *format);
const struct migration_format *migration_format_find(const char *name); /* NULL if there is none */

/* One migration of a repository. */
struct migration {
	char *file;        /* relative to the repository; what is run on the way up */
	char *down_file;   /* the same as `file` where that has both; NULL: there is no way down */
	char *version;     /* as the tool records it; NULL for plain SQL */
	char *description; /* as the tool records it; NULL: it records none */
	char *checksum;    /* as it is written in the file; NULL: it is computed when it is needed */
	bool repeatable;   /* runs again whenever it changed */
	bool applied;      /* set by migration_mark_applied() or migration_select_changed() */
};
struct migration_set {
	const struct migration_format *format;
	char *directory;         /* of the files, relative to the repository */
	char *real_directory;    /* likewise, where symlinks have been followed; "" is the repository itself */
	struct migration *items; /* in the order the tool applies them */
	size_t count;
	struct string_list notes; /* sentences on SQL in the directory that is not run */
	char *version_table;      /* as SQL names it, set by migration_mark_applied(); NULL */
};
void migration_set_free(struct migration_set *set);
#define _cleanup_migrations_ _cleanup_(migration_set_free)

/*
 * The migrations in `directory` (relative to `repository`, below it; not in directories below that, except where the
 * tool looks there; nothing whose name begins with a dot). `format` NULL: it is recognised, by the files'
 * names and markers; two tools that fit equally well are ERROR_CONFIG, with a hint to name one. A missing directory is
 * ERROR_CONFIG. Files that look like migrations of the format but have no valid name or version, two of the same
 * version, and the like are ERROR_CONFIG with all of their names.
 */
int migration_list(const char *repository, const char *directory, const struct migration_format *format,
		   struct migration_set *ret, struct error **err);
/*
 * For `vela init`, and for `format: auto` without a directory: which tool a repository uses and where, by its tool's
 * configuration files, directories and file names. `command` is for tools that are code ("alembic upgrade head").
 * Nothing recognised is a success with all NULL. *ret is written over, not freed.
 */
struct migration_tool {
	const struct migration_format *format;
	char *directory;  /* owned */
	char *command;    /* owned */
	const char *name; /* "alembic" */
};
void migration_tool_free(struct migration_tool *tool);
int migration_detect(const char *repository, struct migration_tool *ret, struct error **err);

/*
 * For plain SQL, which records nothing: applied is what is not among `added`, the files that are new on this git branch
 * (paths relative to the repository, without symlinks). One of `modified`, which the base branch has and which were
 * edited or renamed here, is ERROR_CONFLICT.
 */
int migration_select_changed(struct migration_set *set, const struct string_list *added,
			     const struct string_list *modified, struct error **err);

/*
 * Over the role's connection, whose search path says where the tool's table is.
 * Marks what the database has recorded as applied. An applied file that was edited since (where the tool keeps a
 * checksum), one that is recorded and missing here (where the tool minds), a version left "dirty" or half-applied, and
 * a new version before the last applied one (where the tool refuses it) are ERROR_CONFLICT, and the message says which
 * file and what to do. No version table: nothing is applied. Only reads.
 */
int migration_mark_applied(PGconn *connection, const char *repository, struct migration_set *set, struct error **err);

/* Of a migration's file, all its bytes: SHA-256 in hex. ERROR_NOT_FOUND if it is not there (any more). Owned. */
int migration_digest(const char *repository, const char *file, char **ret, struct error **err);

/* How the statements of a script are put into transactions. */
enum migration_transaction {
	TRANSACTION_FILE,      /* all in one */
	TRANSACTION_STATEMENT, /* each on its own */
};

/* A piece of the file that is one statement whatever it contains (goose's StatementBegin … StatementEnd), or that is
 * split as psql would split a file of its own. Segments lie one after the other; there may be none. */
struct migration_segment {
	size_t start, length; /* bytes in the text */
	bool whole;
};

/* One migration in one direction, ready to be run. */
struct migration_script {
	char *file;
	char *version;      /* NULL likewise */
	struct buffer text; /* the whole file: lines and columns count in it */
	struct migration_segment *segments;
	size_t segment_count;
	enum migration_transaction transaction;
	char *before_sql; /* run before it, on its own and committed: "dirty" is set, say; NULL: nothing */
	char *record_sql; /* run after it, in its transaction where it has one: the version is recorded; NULL */
};
void migration_script_free(struct migration_script *script);
#define _cleanup_script_ _cleanup_(migration_script_free)

/*
 * Reads one of the set's, after migration_mark_applied() where the format has a version table. What the format refuses
 * in a file (a marker misspelt, a section missing, bytes that are not UTF-8) is a *success* with *ret_failure, owned,
 * that says where; *ret has the file's text all the same. `*ret_failure` NULL otherwise. A migration that has no way
 * down is ERROR_CONFIG in that direction.
 */
struct report_failure;
int migration_script_read(const char *repository, const struct migration_set *set, const struct migration *migration,
			  enum migration_direction direction, struct migration_script *ret,
			  struct report_failure **ret_failure, struct error **err);
/* SQL that makes the tool's own version table where it is missing, as the role that migrates; NULL: the format has
 * none. Owned. */
char *migration_prepare_sql(const struct migration_format *format);
/* Whether the relation (a table, index or sequence) is the tool's own bookkeeping, which is no part of a schema's
 * difference. */
bool migration_is_version_table(const struct migration_format *format, const char *schema, const char *name);

/* Runs of digits as numbers of any length, all else as bytes; 0 only for the same text. */
int migration_compare_natural(const char *a, const char *b);

#endif
