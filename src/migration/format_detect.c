#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/identity.h"
#include "base/text.h"
#include "migration/format_row.h"
#include "sql/tree.h"

enum {
	FILES_READ = 32,          /* of a directory: enough to see whose markers they have */
	BEGINNING_MAX = 64 << 10, /* bytes of each */
};

/* What a directory has that tells of a tool. */
struct signs {
	int migration_sql, up_sql;   /* directories that have such a file */
	int flyway, directions;      /* by their names: V1__x.sql, 1_x.up.sql */
	int dbmate, goose, graphile; /* by their markers */
	int read;
};

static void read_beginning(const char *repository, const char *path, struct buffer *ret)
{
	_cleanup_close_ int fd = -1;
	if (tree_open(repository, path, O_RDONLY | O_NOFOLLOW, &fd, NULL) < 0)
		return;
	_cleanup_free_ char *bytes = memory_allocate(BEGINNING_MAX);
	ssize_t n = read(fd, bytes, BEGINNING_MAX);
	if (n > 0)
		buffer_add(ret, bytes, (size_t)n);
}

/* Whether a line begins with "--", spaces and then the word. */
static bool has_marker(const struct buffer *text, const char *word)
{
	struct format_line line = {0};
	while (format_next_line(text, line.next, &line)) {
		const char *start = buffer_text(text) + line.start;
		size_t length = line.end - line.start, at = 2;
		if (length < at || strncmp(start, "--", 2) != 0)
			continue;
		while (at < length && (start[at] == ' ' || start[at] == '\t'))
			at++;
		if (length - at >= strlen(word) && strncmp(start + at, word, strlen(word)) == 0)
			return true;
	}
	return false;
}

static enum format_part part_by_name(void (*parse)(const char *, struct format_name *), const char *name)
{
	struct format_name parsed = {0};
	parse(name, &parsed);
	free(parsed.version);
	free(parsed.description);
	return parsed.part;
}

static void look_at_file(const char *repository, const char *path, struct signs *signs)
{
	const char *name = path_basename(path);
	if (!format_stem_length(name, ".sql"))
		return;
	enum format_part part = part_by_name(format_parse_flyway, name);
	signs->flyway += part == PART_UP || part == PART_REPEATABLE;
	part = part_by_name(format_parse_golang_migrate, name);
	signs->directions += part == PART_UP || part == PART_DOWN;
	if (signs->read >= FILES_READ)
		return;
	signs->read++;
	_cleanup_buffer_ struct buffer text = {0};
	read_beginning(repository, path, &text);
	signs->dbmate += has_marker(&text, "migrate:up");
	signs->goose += has_marker(&text, "+goose Up") || has_marker(&text, "+goose up");
	signs->graphile += string_starts_with(buffer_text(&text), "--! Previous:");
}

static void look_at_entry(const char *repository, const char *path, struct signs *signs)
{
	if (!format_has_directory(repository, path)) {
		look_at_file(repository, path, signs);
		return;
	}
	_cleanup_free_ char *migration = path_join(path, "migration.sql", NULL);
	_cleanup_free_ char *up = path_join(path, "up.sql", NULL);
	signs->migration_sql += format_exists(repository, migration);
	signs->up_sql += format_exists(repository, up);
}

static int look_at_directory(const char *repository, const char *directory, struct signs *ret, struct error **err)
{
	_cleanup_close_ int fd = -1;
	if (tree_open(repository, directory, O_RDONLY | O_DIRECTORY, &fd, err) < 0)
		return -1;
	DIR *stream = fdopendir(fd);
	if (!stream)
		return error_set(err, ERROR_INTERNAL, "cannot list the directory of migrations");
	fd = -1; /* the stream's now */
	const struct dirent *entry;
	for (size_t count = 0; count < MIGRATION_FILES_MAX && (entry = readdir(stream)); count++) {
		if (entry->d_name[0] == '.')
			continue;
		_cleanup_free_ char *path = path_join(directory, entry->d_name, NULL);
		look_at_entry(repository, path, ret);
	}
	closedir(stream);
	return 0;
}

/* The same names serve two tools, one of Go and one of Rust; plain numbers serve sqlx, and whoever has none. */
static bool uses_sqlx(const char *repository)
{
	return format_mentions(repository, "Cargo.toml", "sqlx") || format_exists(repository, "sqlx.toml") ||
	       format_exists(repository, ".sqlx");
}

static int refuse_ambiguous(const char *directory, const char *one, const char *other, struct error **err)
{
	_cleanup_free_ char *shown = text_safe(directory);
	error_set(err, ERROR_CONFIG, "the files in %s may be of %s or of %s", shown, one, other);
	return error_hint(err, "name one of them as migrations.format in vela.yml");
}

static int choose_direction(const char *repository, const char *directory, const struct migration_format **ret,
			    struct error **err)
{
	bool rust = uses_sqlx(repository), go = format_exists(repository, "go.mod");
	if (rust == go)
		return refuse_ambiguous(directory, "golang-migrate", "sqlx", err);
	*ret = migration_format_find(rust ? "sqlx" : "golang-migrate");
	return 0;
}

/* Each sign is of one tool; signs of two are nobody's. */
static int choose(const char *repository, const char *directory, const struct signs *signs,
		  const struct migration_format **ret, struct error **err)
{
	const struct {
		int count;
		const char *name;
	} candidates[] = {
		{signs->migration_sql, "prisma"}, {signs->up_sql, "diesel"}, {signs->flyway, "flyway"},
		{signs->dbmate, "dbmate"},        {signs->goose, "goose"},   {signs->graphile, "graphile-migrate"},
	};
	const char *found = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(candidates); i++) {
		if (candidates[i].count == 0)
			continue;
		if (found)
			return refuse_ambiguous(directory, found, candidates[i].name, err);
		found = candidates[i].name;
	}
	if (found && signs->directions == 0) {
		*ret = migration_format_find(found);
		return 0;
	}
	if (found)
		return refuse_ambiguous(directory, found, "golang-migrate", err);
	if (signs->directions > 0)
		return choose_direction(repository, directory, ret, err);
	*ret = migration_format_find(uses_sqlx(repository) ? "sqlx" : "sql");
	return 0;
}

int format_recognise(const char *repository, const char *directory, const struct migration_format **ret,
		     struct error **err)
{
	struct signs signs = {0};
	_cleanup_free_ char *committed = path_join(directory, "committed", NULL);
	if (look_at_directory(repository, directory, &signs, err) < 0)
		return -1;
	if (format_has_directory(repository, committed) && look_at_directory(repository, committed, &signs, err) < 0)
		return -1;
	return choose(repository, directory, &signs, ret, err);
}
