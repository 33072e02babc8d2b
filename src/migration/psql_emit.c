/* The input of psql, made from a script: see psql.h. */
#include "base/file.h"
#include "base/identity.h"
#include "sql/failure.h"
#include "migration/psql.h"
#include "migration/psql_meta.h"
#include "sql/scanner.h"
#include "sql/tree.h"

enum { DEPTH_MAX = 8, INCLUDED_MAX = 10000 };

struct emission {
	const char *repository;
	struct psql_input *input;
	int line; /* of the input, where it ends now */
	int conditions;
	char *key; /* of the restriction that is in force */
	struct report_failure *failure;
};

/* A file that is being put in. */
struct source {
	const char *path;
	size_t number, depth;
	struct sql_text sql;
	struct sql_scanner scanner;
	size_t copied; /* up to here it was */
	size_t counted;
	int lines; /* that end before `counted` */
};

bool psql_is_needed(const struct migration_script *script)
{
	struct sql_scanner scanner;
	struct sql_statement statement;
	size_t start, length;
	sql_scanner_init(&scanner, buffer_text(&script->text), script->text.length);
	while (sql_scanner_next(&scanner, &statement)) {
		if (statement.meta_command != SQL_NO_OFFSET)
			return true;
		if (sql_statement_reads_data(scanner.text, &statement))
			sql_scanner_take_copy_data(&scanner, &start, &length);
	}
	return false;
}

static int count_lines(const char *text, size_t length)
{
	int count = 0;
	for (const char *at = text; (at = memchr(at, '\n', (size_t)(text + length - at))); at++)
		count++;
	return count;
}

static void add_text(struct emission *emission, const char *text, size_t length)
{
	buffer_add(&emission->input->text, text, length);
	emission->line += count_lines(text, length);
}

/* `offset` is nowhere before that of the last place. */
static void add_place(struct emission *emission, struct source *source, size_t offset)
{
	struct psql_input *input = emission->input;
	source->lines += count_lines(source->sql.text + source->counted, offset - source->counted);
	source->counted = offset;
	if ((input->place_count & (input->place_count - 1)) == 0)
		input->places = memory_resize(input->places, input->place_count ? input->place_count * 2 : 1,
					      sizeof(*input->places));
	input->places[input->place_count++] =
		(struct psql_place){.line = emission->line, .source_line = source->lines + 1, .source = source->number};
}

static void add_restriction(struct emission *emission)
{
	string_replace(&emission->key, pg_random_password());
	_cleanup_free_ char *line = string_format("\\restrict %s\n", emission->key);
	add_text(emission, line, strlen(line));
}

static void refuse(struct emission *emission, const struct source *source, size_t offset, const char *message)
{
	emission->failure = failure_at(&source->sql, offset, true, message);
	if (source->number > 0)
		emission->failure->context = string_format("in %s, which the migration includes", source->path);
}

/* The SQL up to `end`. In a branch of \if that is not taken psql knows no restriction, so there must be nothing that
 * could be a command: no backslash, whatever it is a part of. */
static void copy_sql(struct emission *emission, struct source *source, size_t end)
{
	const char *from = source->sql.text + source->copied;
	size_t length = end - source->copied;
	const char *backslash = emission->conditions > 0 ? memchr(from, '\\', length) : NULL;
	if (backslash) {
		refuse(emission, source, (size_t)(backslash - source->sql.text),
		       "between \\if and \\endif, SQL may have no backslash, in quotes and data neither");
		return;
	}
	add_place(emission, source, source->copied);
	add_text(emission, from, length);
	source->copied = end;
}

/* One command in a moment without restriction. What sends SQL has the next restriction on its own line, for COPY would
 * take the next line for data; what has arguments must not, for they could take it in. */
static void add_command(struct emission *emission, struct source *source, const struct meta_command *command,
			enum meta_kind kind)
{
	_cleanup_free_ char *before = string_format("\n\\unrestrict %s\n", emission->key);
	add_text(emission, before, strlen(before));
	add_place(emission, source, (size_t)(command->name - source->sql.text));
	_cleanup_free_ char *text =
		string_format("\\%.*s %.*s%s", (int)command->name_length, command->name, (int)command->arguments_length,
			      command->arguments, kind == META_SENDS ? " " : "\n");
	add_text(emission, text, strlen(text));
	add_restriction(emission);
}

static int add_file(struct emission *emission, struct source *source, struct error **err);

/* The path of \i and \ir, relative to the repository; NULL if it is none that can be told here. */
static char *included_path(const struct source *source, const struct meta_command *command, enum meta_kind kind)
{
	const char *text = command->arguments;
	size_t length = command->arguments_length;
	bool is_quoted = length > 2 && text[0] == '\'' && text[length - 1] == '\'';
	if (is_quoted) {
		text++;
		length -= 2;
	}
	for (size_t i = 0; i < length; i++)
		if (strchr(is_quoted ? "'" : "'\" \t:|", text[i]))
			return NULL;
	_cleanup_free_ char *path = string_copy_n(text, length);
	if (length == 0 || kind == META_INCLUDE || *path == '/')
		return length == 0 ? NULL : TAKE_POINTER(path);
	_cleanup_free_ char *directory = path_parent(source->path);
	return path_join(directory, path, NULL);
}

static int read_included(const struct emission *emission, const char *path, struct buffer *ret, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	return tree_read(emission->repository, path, MIGRATION_FILE_MAX, ret, err);
}

static int add_included(struct emission *emission, const struct source *source, const struct meta_command *command,
			enum meta_kind kind, struct error **err)
{
	size_t offset = (size_t)(command->name - 1 - source->sql.text);
	_cleanup_free_ char *path = included_path(source, command, kind);
	if (!path || source->depth == DEPTH_MAX) {
		refuse(emission, source, offset,
		       path ? "files include each other too deeply"
			    : "the file that is included has to be named as it is, without variables");
		return 0;
	}
	_cleanup_buffer_ struct buffer text = {0};
	_cleanup_error_ struct error *problem = NULL;
	if (read_included(emission, path, &text, &problem) < 0) {
		refuse(emission, source, offset, problem->message);
		return 0;
	}
	struct psql_input *input = emission->input;
	bool too_many = input->included.count == INCLUDED_MAX;
	if (too_many || input->text.length + text.length > MIGRATION_FILE_MAX) {
		refuse(emission, source, offset,
		       too_many ? "too many files are included" : "the files that are included are too large");
		return 0;
	}
	string_list_add(&input->included, path);
	struct source included = {.path = path,
				  .number = input->included.count,
				  .depth = source->depth + 1,
				  .sql = {buffer_text(&text), text.length}};
	int conditions = emission->conditions;
	if (add_file(emission, &included, err) < 0)
		return -1;
	if (!emission->failure && emission->conditions != conditions)
		refuse(emission, &included, included.sql.length, "\\if without \\endif in an included file");
	return 0;
}

/* Obeys one command; `is_first`: no SQL stands before it that was not sent. */
static int take_command(struct emission *emission, struct source *source, const struct meta_command *command,
			bool is_first, struct error **err)
{
	const char *why;
	enum meta_kind kind = meta_judge(command, &why);
	size_t offset = (size_t)(command->name - 1 - source->sql.text);
	bool includes = kind == META_INCLUDE || kind == META_INCLUDE_RELATIVE;
	if (includes && !is_first)
		why = "a statement before it has not ended";
	if (kind == META_REFUSED || (includes && !is_first)) {
		_cleanup_free_ char *message = string_format("psql meta-command \\%.*s is refused: %s",
							     (int)command->name_length, command->name, why);
		refuse(emission, source, offset, message);
		emission->failure->hint = string_copy("take it out of the file, or run the file with a tool of your "
						      "own: migrations.command in vela.yml");
		return 0;
	}
	if (includes)
		return add_included(emission, source, command, kind, err);
	if (kind == META_ENDIF && emission->conditions == 0) {
		refuse(emission, source, offset, "\\endif without \\if");
		return 0;
	}
	add_command(emission, source, command, kind);
	emission->conditions += kind == META_IF ? 1 : kind == META_ENDIF ? -1 : 0;
	return 0;
}

/* The commands from `offset` to the end of the line, or to `\\`, behind which SQL goes on. */
static int take_commands(struct emission *emission, struct source *source, size_t offset, bool is_first,
			 struct error **err)
{
	const char *text = source->sql.text;
	copy_sql(emission, source, offset);
	while (!emission->failure && offset < source->sql.length && text[offset] == '\\') {
		if (offset + 1 < source->sql.length && text[offset + 1] == '\\') {
			offset += 2;
			break;
		}
		struct meta_command command = meta_read(text + offset, source->sql.length - offset);
		if (take_command(emission, source, &command, is_first, err) < 0)
			return -1;
		offset = (size_t)(command.arguments + command.arguments_length - text);
		while (offset < source->sql.length && text[offset] != '\\' && text[offset] != '\n')
			offset++;
	}
	source->copied = source->scanner.position = offset;
	return 0;
}

static int add_file(struct emission *emission, struct source *source, struct error **err)
{
	const char *text = source->sql.text;
	struct sql_scanner *scanner = &source->scanner;
	struct sql_statement statement;
	size_t start, length;
	if (memchr(text, '\0', source->sql.length)) {
		refuse(emission, source, (size_t)((const char *)memchr(text, '\0', source->sql.length) - text),
		       "the file has a NUL byte");
		return 0;
	}
	sql_scanner_init(scanner, text, source->sql.length);
	source->copied = scanner->position; /* behind a byte order mark */
	while (!emission->failure && sql_scanner_next(scanner, &statement)) {
		size_t at = statement.meta_command;
		bool is_separator = at != SQL_NO_OFFSET && at + 1 < source->sql.length && strchr(";:", text[at + 1]);
		if (is_separator) /* to psql a part of the SQL */
			scanner->position = at + 2;
		else if (at != SQL_NO_OFFSET && take_commands(emission, source, at, at == statement.start, err) < 0)
			return -1;
		else if (at == SQL_NO_OFFSET && sql_statement_reads_data(text, &statement))
			sql_scanner_take_copy_data(scanner, &start, &length);
	}
	if (!emission->failure)
		copy_sql(emission, source, source->sql.length);
	static const char end[] = "\n;\n"; /* psql sends what stands at the end of a file */
	if (source->depth > 0)
		add_text(emission, end, sizeof(end) - 1);
	return 0;
}

void psql_input_free(struct psql_input *input)
{
	buffer_free(&input->text);
	free(input->places);
	string_list_free(&input->included);
	*input = (struct psql_input){0};
}

int psql_prepare(const struct migration_script *script, const char *repository, struct psql_input *ret,
		 struct report_failure **ret_failure, struct error **err)
{
	_cleanup_(psql_input_free) struct psql_input input = {0};
	struct emission emission = {.repository = repository, .input = &input, .line = 1};
	struct source source = {.path = script->file, .sql = {buffer_text(&script->text), script->text.length}};
	add_restriction(&emission);
	int result = add_file(&emission, &source, err);
	if (result == 0 && !emission.failure && emission.conditions > 0)
		refuse(&emission, &source, source.sql.length, "\\if without \\endif");
	free(emission.key);
	if (result < 0) {
		report_failure_free(emission.failure);
		return -1;
	}
	*ret_failure = emission.failure;
	if (!emission.failure) {
		*ret = input;
		input = (struct psql_input){0};
	}
	return 0;
}
