#include "sql/scanner.h"

#include <string.h>
#include <strings.h>

/* How much of "CREATE [OR REPLACE] FUNCTION|PROCEDURE" the words of a statement have been so far. */
enum header { HEADER_START, HEADER_CREATE, HEADER_CREATE_OR, HEADER_CREATE_OR_REPLACE, HEADER_ROUTINE, HEADER_OTHER };

/* What makes a semicolon not the end of the statement. */
struct nesting {
	enum header header;
	int parentheses;
	int bodies; /* BEGIN and CASE inside the body of a routine that END has not closed */
};

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool starts_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
}

static bool continues_tag(char c)
{
	return starts_word(c) || is_digit(c);
}

static bool continues_word(char c)
{
	return continues_tag(c) || c == '$';
}

static bool continues_character(char c)
{
	return (c & 0xc0) == 0x80;
}

static size_t byte_order_mark(const char *text, size_t length)
{
	return length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

void sql_scanner_init(struct sql_scanner *scanner, const char *text, size_t length)
{
	size_t mark = byte_order_mark(text, length);
	*scanner = (struct sql_scanner){
		.text = text, .length = length, .position = mark, .counted = mark, .line = 1, .column = 1};
}

static bool at_end(const struct sql_scanner *scanner)
{
	return scanner->position >= scanner->length;
}

static char current(const struct sql_scanner *scanner)
{
	return scanner->text[scanner->position];
}

/* Whether the two characters stand at the position. */
static bool sees(const struct sql_scanner *scanner, char first, char second)
{
	return scanner->length - scanner->position >= 2 && current(scanner) == first &&
	       scanner->text[scanner->position + 1] == second;
}

static void skip_line_comment(struct sql_scanner *scanner)
{
	while (!at_end(scanner) && current(scanner) != '\n' && current(scanner) != '\r')
		scanner->position++;
}

static void skip_block_comment(struct sql_scanner *scanner)
{
	size_t depth = 0;
	do {
		if (sees(scanner, '/', '*')) {
			depth++;
			scanner->position += 2;
		} else if (sees(scanner, '*', '/')) {
			depth--;
			scanner->position += 2;
		} else {
			scanner->position++;
		}
	} while (depth > 0 && !at_end(scanner));
}

/* Having moved on from `before`: over data that were taken, and never into them. */
static void leap_data(struct sql_scanner *scanner, size_t before)
{
	if (before < scanner->data_start && scanner->position >= scanner->data_start &&
	    scanner->position < scanner->data_end)
		scanner->position = scanner->data_end;
}

/* Spaces and comments; false if there are none here. */
static bool skip_blank(struct sql_scanner *scanner)
{
	size_t start = scanner->position;
	while (!at_end(scanner)) {
		size_t before = scanner->position;
		if (is_space(current(scanner)))
			scanner->position++;
		else if (sees(scanner, '-', '-'))
			skip_line_comment(scanner);
		else if (sees(scanner, '/', '*'))
			skip_block_comment(scanner);
		else
			break;
		leap_data(scanner, before);
	}
	return scanner->position > start;
}

/* From the opening quote to past the closing one. A doubled quote is two quoted texts side by side: the same to us. */
static void skip_quoted(struct sql_scanner *scanner, bool has_escapes)
{
	char quote = current(scanner);
	scanner->position++;
	while (!at_end(scanner)) {
		char c = current(scanner);
		scanner->position++;
		if (c == quote)
			return;
		if (c == '\\' && has_escapes && !at_end(scanner))
			scanner->position++;
	}
}

static void skip_escape_string(struct sql_scanner *scanner)
{
	scanner->position++; /* the E */
	do                   /* the part after a doubled quote has escapes as well */
		skip_quoted(scanner, true);
	while (!at_end(scanner) && current(scanner) == '\'');
}

/* At a '$': a parameter ($1), a dollar quote ($$, $tag$), or just the character. */
static void skip_dollar(struct sql_scanner *scanner)
{
	const char *text = scanner->text;
	size_t tag = scanner->position + 1;
	size_t end = tag;
	if (end < scanner->length && !is_digit(text[end]))
		while (end < scanner->length && continues_tag(text[end]))
			end++;
	if (end >= scanner->length || text[end] != '$') {
		scanner->position++;
		return;
	}
	size_t size = end + 1 - scanner->position;
	const char *closing = memmem(text + end + 1, scanner->length - end - 1, text + scanner->position, size);
	scanner->position = closing ? (size_t)(closing - text) + size : scanner->length;
}

/* Letters directly after a number belong to it, as in 1e5; in 1$$ a quote begins. */
static void skip_number(struct sql_scanner *scanner)
{
	while (!at_end(scanner) && is_digit(current(scanner)))
		scanner->position++;
	if (!at_end(scanner) && starts_word(current(scanner)))
		while (!at_end(scanner) && continues_word(current(scanner)))
			scanner->position++;
}

static bool word_is(const char *word, size_t length, const char *keyword)
{
	return strlen(keyword) == length && strncasecmp(word, keyword, length) == 0;
}

static enum header follow_header(enum header header, const char *word, size_t length)
{
	static const struct {
		enum header from;
		const char *keyword;
		enum header to;
	} steps[] = {
		{HEADER_START, "create", HEADER_CREATE},
		{HEADER_CREATE, "or", HEADER_CREATE_OR},
		{HEADER_CREATE_OR, "replace", HEADER_CREATE_OR_REPLACE},
		{HEADER_CREATE, "function", HEADER_ROUTINE},
		{HEADER_CREATE, "procedure", HEADER_ROUTINE},
		{HEADER_CREATE_OR_REPLACE, "function", HEADER_ROUTINE},
		{HEADER_CREATE_OR_REPLACE, "procedure", HEADER_ROUTINE},
	};
	if (header == HEADER_ROUTINE || header == HEADER_OTHER)
		return header;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i].from == header && word_is(word, length, steps[i].keyword))
			return steps[i].to;
	return HEADER_OTHER;
}

static void skip_word(struct sql_scanner *scanner, struct nesting *nesting)
{
	const char *word = scanner->text + scanner->position;
	while (!at_end(scanner) && continues_word(current(scanner)))
		scanner->position++;
	size_t length = (size_t)(scanner->text + scanner->position - word);
	nesting->header = follow_header(nesting->header, word, length);
	if (nesting->header != HEADER_ROUTINE || nesting->parentheses > 0)
		return;
	if (word_is(word, length, "begin"))
		nesting->bodies++;
	else if (word_is(word, length, "case") && nesting->bodies > 0)
		nesting->bodies++;
	else if (word_is(word, length, "end") && nesting->bodies > 0)
		nesting->bodies--;
}

static void skip_token(struct sql_scanner *scanner, struct nesting *nesting)
{
	char c = current(scanner);
	if (c == '\'' || c == '"') {
		skip_quoted(scanner, false);
	} else if (sees(scanner, 'E', '\'') || sees(scanner, 'e', '\'')) {
		skip_escape_string(scanner);
	} else if (c == '$') {
		skip_dollar(scanner);
	} else if (is_digit(c)) {
		skip_number(scanner);
	} else if (starts_word(c)) {
		skip_word(scanner, nesting);
	} else {
		if (c == '(')
			nesting->parentheses++;
		else if (c == ')' && nesting->parentheses > 0)
			nesting->parentheses--;
		scanner->position++;
	}
}

/* Counts on from where it last stood, so that a text is counted once however many statements it has. */
static void count_to(struct sql_scanner *scanner, size_t offset)
{
	const char *at = scanner->text + scanner->counted;
	const char *end = scanner->text + offset;
	const char *last = memrchr(at, '\n', (size_t)(end - at));
	if (last) {
		for (; at <= last; at++)
			scanner->line += *at == '\n';
		scanner->column = 1;
	}
	for (; at < end; at++)
		scanner->column += !continues_character(*at);
	scanner->counted = offset;
}

bool sql_scanner_next(struct sql_scanner *scanner, struct sql_statement *ret)
{
	while (skip_blank(scanner) || (!at_end(scanner) && current(scanner) == ';'))
		scanner->position += !at_end(scanner) && current(scanner) == ';';
	if (at_end(scanner))
		return false;
	count_to(scanner, scanner->position);
	struct sql_statement statement = {.start = scanner->position,
					  .line = scanner->line,
					  .column = scanner->column,
					  .meta_command = SQL_NO_OFFSET};
	struct nesting nesting = {0};
	while (!at_end(scanner)) {
		if (skip_blank(scanner))
			continue;
		char c = current(scanner);
		if (c == ';' && nesting.parentheses == 0 && nesting.bodies == 0) {
			scanner->position++;
			break;
		}
		if (c == '\\' && statement.meta_command == SQL_NO_OFFSET)
			statement.meta_command = scanner->position;
		size_t before = scanner->position;
		skip_token(scanner, &nesting);
		leap_data(scanner, before);
		statement.length = scanner->position - statement.start;
	}
	*ret = statement;
	return true;
}

/* --- the data of COPY --- */

/* Where the line ends that `offset` is in: behind its newline. */
static size_t line_end(const struct sql_scanner *scanner, size_t offset)
{
	const char *newline = memchr(scanner->text + offset, '\n', scanner->length - offset);
	return newline ? (size_t)(newline + 1 - scanner->text) : scanner->length;
}

/* Whether the line that begins at `offset` is the one that ends the data: `\.`. */
static bool is_end_of_data(const struct sql_scanner *scanner, size_t offset)
{
	const char *line = scanner->text + offset;
	size_t length = line_end(scanner, offset) - offset;
	while (length > 2 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
		length--;
	return length == 2 && line[0] == '\\' && line[1] == '.';
}

void sql_scanner_take_copy_data(struct sql_scanner *scanner, size_t *ret_start, size_t *ret_length)
{
	const char *text = scanner->text;
	bool on_same_line = scanner->data_end > 0 && scanner->position < scanner->data_start;
	size_t start = on_same_line ? scanner->data_end : line_end(scanner, scanner->position);
	size_t end = start;
	for (;;) {
		const char *found = memchr(text + end, '\\', scanner->length - end);
		end = found ? (size_t)(found - text) : scanner->length;
		if (!found || ((end == start || text[end - 1] == '\n') && is_end_of_data(scanner, end)))
			break;
		end++;
	}
	if (!on_same_line)
		scanner->data_start = start;
	scanner->data_end = line_end(scanner, end);
	if (scanner->position == scanner->data_start) /* the text ended with the statement, or its line did */
		scanner->position = scanner->data_end;
	*ret_start = start;
	*ret_length = end - start;
}

bool sql_scanner_crosses_data(const struct sql_scanner *scanner, const struct sql_statement *statement)
{
	return statement->start < scanner->data_start && statement->start + statement->length > scanner->data_start;
}

bool sql_statement_reads_data(const char *text, const struct sql_statement *statement)
{
	struct sql_scanner scanner;
	struct nesting nesting = {0};
	sql_scanner_init(&scanner, text + statement->start, statement->length);
	bool is_copy = false, follows_from = false;
	for (size_t words = 0; !at_end(&scanner);) {
		if (skip_blank(&scanner))
			continue;
		const char *word = scanner.text + scanner.position;
		bool is_word = starts_word(*word) && nesting.parentheses == 0;
		skip_token(&scanner, &nesting);
		size_t length = (size_t)(scanner.text + scanner.position - word);
		if (words++ == 0)
			is_copy = is_word && word_is(word, length, "copy");
		if (!is_copy)
			return false;
		if (follows_from && is_word && (word_is(word, length, "stdin") || word_is(word, length, "stdout")))
			return true;
		follows_from = is_word && word_is(word, length, "from");
	}
	return false;
}

bool sql_statement_find_clause(const char *text, const struct sql_statement *statement, const char *keyword,
			       size_t *ret_start, size_t *ret_length)
{
	struct sql_scanner scanner;
	struct nesting nesting = {0};
	size_t found = 0, start = 0, length = 0;
	int depth = -1;               /* of the clause that we are in; -1: in none */
	bool follows_keyword = false; /* the token before was it */
	sql_scanner_init(&scanner, text + statement->start, statement->length);
	while (!at_end(&scanner)) {
		if (skip_blank(&scanner))
			continue;
		const char *token = scanner.text + scanner.position;
		skip_token(&scanner, &nesting);
		if (follows_keyword && *token == '(' && ++found == 1) {
			depth = nesting.parentheses - 1;
			start = statement->start + scanner.position;
		} else if (depth == nesting.parentheses && *token == ')') {
			length = statement->start + scanner.position - 1 - start;
			depth = -1;
		}
		follows_keyword = word_is(token, (size_t)(scanner.text + scanner.position - token), keyword);
	}
	if (found != 1 || length == 0)
		return false;
	*ret_start = start;
	*ret_length = length;
	return true;
}

struct sql_place sql_place_of(const char *text, size_t length, size_t offset)
{
	if (offset > length)
		offset = length;
	struct sql_place place = {.line = 1, .column = 1, .line_start = byte_order_mark(text, length)};
	for (size_t i = place.line_start; i < offset; i++) {
		if (text[i] == '\n') {
			place.line++;
			place.column = 1;
			place.line_start = i + 1;
		} else if (!continues_character(text[i])) {
			place.column++;
		}
	}
	const char *end = memchr(text + place.line_start, '\n', length - place.line_start);
	place.line_length = end ? (size_t)(end - text) - place.line_start : length - place.line_start;
	if (place.line_length > 0 && text[place.line_start + place.line_length - 1] == '\r')
		place.line_length--;
	return place;
}

size_t sql_offset_of_character(const char *text, size_t start, size_t count, long position)
{
	size_t offset = start;
	for (long at = 1; at < position && offset < start + count; at++)
		do
			offset++;
		while (offset < start + count && continues_character(text[offset]));
	return offset;
}
