#include "config/syntax.h"

#include <stdbool.h>

enum place {
	AT_PROBLEM, /* where the parser gave up */
	AT_CONTEXT  /* where what it was reading began: where a person has to look */
};

struct explanation {
	const char *context; /* NULL: any */
	const char *problem;
	enum place place;
	const char *text;
};

/* The first row that fits: what libyaml says, and what a person would. */
static const struct explanation explanations[] = {
	{"while scanning a quoted scalar", "found unexpected end of stream", AT_CONTEXT, "this quote is never closed"},
	{"while scanning a quoted scalar", "found unexpected document indicator", AT_CONTEXT,
	 "this quote is never closed"},
	{"while parsing a quoted scalar", "found unknown escape character", AT_PROBLEM,
	 "not an escape known in double quotes: write \"\\\\\" for a backslash, or use single quotes"},
	{"while scanning a simple key", "could not find expected ':'", AT_CONTEXT, "expected \":\" after this key"},
	{NULL, "found character that cannot start any token", AT_PROBLEM,
	 "a value cannot begin with this character: indent with spaces instead of tabs, or put the value in quotes"},
	{NULL, "found a tab character that violates indentation", AT_PROBLEM, "indent with spaces instead of tabs"},
	{NULL, "found a tab character where an indentation space is expected", AT_PROBLEM,
	 "indent with spaces instead of tabs"},
	{NULL, "mapping values are not allowed in this context", AT_PROBLEM,
	 "a \":\" is not allowed here: check the indentation, or put the value in quotes"},
	{NULL, "did not find expected key", AT_PROBLEM,
	 "expected a key here: check the indentation and the quotes above"},
	{NULL, "did not find expected '-' indicator", AT_PROBLEM, "expected \"- \" here: check the indentation"},
	{NULL, "block sequence entries are not allowed in this context", AT_PROBLEM,
	 "a \"- \" is not allowed here: begin the list on a line of its own"},
	{NULL, "did not find expected ',' or ']'", AT_PROBLEM, "expected \",\" or \"]\" here"},
	{NULL, "did not find expected ',' or '}'", AT_PROBLEM, "expected \",\" or \"}\" here"},
	{NULL, "did not find expected <document start>", AT_PROBLEM,
	 "expected the end of the file here: check the indentation"},
	{NULL, "found undefined tag handle", AT_PROBLEM, "tags are not supported"},
	{NULL, "control characters are not allowed", AT_PROBLEM, "control characters are not allowed"},
};

static const struct explanation *explain(const char *context, const char *problem)
{
	for (size_t i = 0; i < ARRAY_SIZE(explanations); i++)
		if (string_equal(problem, explanations[i].problem) &&
		    (!explanations[i].context || string_equal(context, explanations[i].context)))
			return &explanations[i];
	return NULL;
}

/* The reader knows only how many bytes it took. */
static yaml_mark_t mark_at(const char *text, size_t offset)
{
	yaml_mark_t mark = {0};
	for (size_t i = 0; i < offset; i++) {
		bool is_continuation = ((unsigned char)text[i] & 0xc0) == 0x80;
		if (text[i] == '\n') {
			mark.line++;
			mark.column = 0;
		} else if (!is_continuation) {
			mark.column++;
		}
	}
	return mark;
}

void syntax_report(const yaml_parser_t *parser, const char *text, struct problems *problems)
{
	if (parser->error == YAML_MEMORY_ERROR)
		abort();
	const char *problem = parser->problem ? parser->problem : "cannot be parsed";
	const struct explanation *explanation = explain(parser->context, problem);
	yaml_mark_t mark = parser->problem_mark;
	if (parser->error == YAML_READER_ERROR)
		mark = mark_at(text, parser->problem_offset);
	else if (explanation && explanation->place == AT_CONTEXT)
		mark = parser->context_mark;
	int line = (int)mark.line + 1, column = (int)mark.column + 1;
	if (explanation)
		problems_add(problems, line, column, "%s", explanation->text);
	else if (parser->error == YAML_READER_ERROR)
		problems_add(problems, line, column, "this is not valid UTF-8");
	else
		problems_add(problems, line, column, "this is not valid YAML: %s", problem);
}
