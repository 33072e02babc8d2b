#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "sql/scanner.h"

/* What a text is split into, joined by "|". */
static char *split(const char *text, size_t length)
{
	struct buffer joined = {0};
	struct sql_scanner scanner;
	struct sql_statement statement;
	sql_scanner_init(&scanner, text, length);
	while (sql_scanner_next(&scanner, &statement)) {
		if (joined.length > 0)
			buffer_add_char(&joined, '|');
		buffer_add(&joined, text + statement.start, statement.length);
	}
	return buffer_steal(&joined);
}

static void test_where_statements_end(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{"", ""},
		{" \n\t; ;; -- nothing\n/* to do */", ""},
		{"SELECT 1", "SELECT 1"},
		{"SELECT 1;SELECT 2;", "SELECT 1|SELECT 2"},
		{"  SELECT 1 ; \r\n SELECT 2\r\n", "SELECT 1|SELECT 2"},
		{"-- first;\nSELECT 1 -- last;\n;/*;*/SELECT 2/*;*/", "SELECT 1|SELECT 2"},
		{"SELECT /* in; */ 1;", "SELECT /* in; */ 1"},
		{"\xef\xbb\xbfSELECT 1;", "SELECT 1"},

		{"SELECT 'a;''b;';2", "SELECT 'a;''b;'|2"},
		{"SELECT 'C:\\';2", "SELECT 'C:\\'|2"},
		{"SELECT E'a\\';b';2", "SELECT E'a\\';b'|2"},
		{"SELECT e'a''\\';b';2", "SELECT e'a''\\';b'|2"},
		{"SELECT E'\\\\';2", "SELECT E'\\\\'|2"},
		{"SELECT te'\\';2", "SELECT te'\\'|2"}, /* a word that ends with e */
		{"SELECT N'\\', B'1\\', X'\\', U&'\\';2", "SELECT N'\\', B'1\\', X'\\', U&'\\'|2"},
		{"SELECT \"a;\"\"b;\", U&\"c\\\";2", "SELECT \"a;\"\"b;\", U&\"c\\\"|2"},
		{"SELECT 'a\n;b';2", "SELECT 'a\n;b'|2"},

		{"DO $$ a; 'b $$;2", "DO $$ a; 'b $$|2"},
		{"DO $a$ ; $$ ; $b$ ; $A$ ; $a$;2", "DO $a$ ; $$ ; $b$ ; $A$ ; $a$|2"},
		{"DO $a$;$$a$;2", "DO $a$;$$a$|2"},
		{"DO $_1$;$_1$;2", "DO $_1$;$_1$|2"},
		{"DO $\xc3\xa9$;$\xc3\xa9$;2", "DO $\xc3\xa9$;$\xc3\xa9$|2"},
		{"SELECT $1;SELECT $2$3;2", "SELECT $1|SELECT $2$3|2"},
		{"SELECT $1a$;$1a$", "SELECT $1a$|$1a$"}, /* a tag does not begin with a digit */
		{"SELECT a$$;b$$", "SELECT a$$|b$$"},     /* a word may have dollars */
		{"SELECT a$b$;c$b$", "SELECT a$b$|c$b$"},
		{"SELECT 1$$;$$;2", "SELECT 1$$;$$|2"},
		{"SELECT $ a;$", "SELECT $ a|$"},

		{"/* a /* b; */ ; */ SELECT 1;2", "SELECT 1|2"},
		{"SELECT 1+/*;*/2;3", "SELECT 1+/*;*/2|3"},
		{"SELECT 1*--;\n2;3", "SELECT 1*--;\n2|3"},
		{"SELECT 1--\r;2", "SELECT 1|2"}, /* a carriage return ends a line of comment */
		{"SELECT '/*';SELECT '*/'", "SELECT '/*'|SELECT '*/'"},

		{"SELECT (1;2);3", "SELECT (1;2)|3"},
		{"SELECT ((1;);2;);3", "SELECT ((1;);2;)|3"},
		{"SELECT 1);2", "SELECT 1)|2"},
		{"SELECT ')', (1;2", "SELECT ')', (1;2"},

		{"SELECT 'a;b", "SELECT 'a;b"},
		{"SELECT E'a;\\", "SELECT E'a;\\"},
		{"SELECT \"a;b", "SELECT \"a;b"},
		{"DO $a$ ;$b$;", "DO $a$ ;$b$;"},
		{"SELECT 1 /* ; /* */;", "SELECT 1"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *actual = split(rows[i].text, strlen(rows[i].text));
		if (strcmp(actual, rows[i].expected) != 0)
			fail_msg("%s\nis split into\n%s", rows[i].text, actual);
	}
}

static void test_bodies_of_routines(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{"CREATE FUNCTION f() BEGIN ATOMIC a; b; END; c", "CREATE FUNCTION f() BEGIN ATOMIC a; b; END|c"},
		{"create or replace procedure f() begin atomic a; end; c",
		 "create or replace procedure f() begin atomic a; end|c"},
		{"CREATE FUNCTION f() BEGIN ATOMIC SELECT CASE WHEN a THEN b END; c; END; d",
		 "CREATE FUNCTION f() BEGIN ATOMIC SELECT CASE WHEN a THEN b END; c; END|d"},
		{"CREATE FUNCTION f(a int DEFAULT CASE WHEN b THEN c END) RETURN 1; d",
		 "CREATE FUNCTION f(a int DEFAULT CASE WHEN b THEN c END) RETURN 1|d"},
		{"CREATE FUNCTION \"begin\"() RETURN 'begin'; d", "CREATE FUNCTION \"begin\"() RETURN 'begin'|d"},
		{"CREATE /* new */ FUNCTION f() BEGIN a; END; d", "CREATE /* new */ FUNCTION f() BEGIN a; END|d"},
		{"BEGIN; a; END; b", "BEGIN|a|END|b"},
		{"CREATE TABLE begin (a int); b; END", "CREATE TABLE begin (a int)|b|END"},
		{"CREATE REPLACE FUNCTION f() BEGIN; a; END", "CREATE REPLACE FUNCTION f() BEGIN|a|END"},
		{"CREATE TRIGGER t EXECUTE FUNCTION begin; a; END", "CREATE TRIGGER t EXECUTE FUNCTION begin|a|END"},
		{"DROP FUNCTION f; BEGIN; a; END", "DROP FUNCTION f|BEGIN|a|END"},
		{"CREATE FUNCTION a$begin() RETURN 1; b", "CREATE FUNCTION a$begin() RETURN 1|b"},
		{"CREATE FUNCTION f() BEGIN ATOMIC a; b", "CREATE FUNCTION f() BEGIN ATOMIC a; b"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *actual = split(rows[i].text, strlen(rows[i].text));
		if (strcmp(actual, rows[i].expected) != 0)
			fail_msg("%s\nis split into\n%s", rows[i].text, actual);
	}
}

static void test_nul_is_a_byte_like_others(void **state)
{
	(void)state;
	static const char text[] = "SELECT '\0;';\0;2";
	struct sql_scanner scanner;
	struct sql_statement statement;
	sql_scanner_init(&scanner, text, sizeof(text) - 1);
	assert_true(sql_scanner_next(&scanner, &statement));
	assert_int_equal(statement.length, 11);
	assert_true(sql_scanner_next(&scanner, &statement));
	assert_int_equal(statement.start, 12);
	assert_int_equal(statement.length, 1);
	assert_true(sql_scanner_next(&scanner, &statement));
	assert_int_equal(statement.start, 14);
	assert_false(sql_scanner_next(&scanner, &statement));
	assert_false(sql_scanner_next(&scanner, &statement));
}

static void test_lines_and_columns(void **state)
{
	(void)state;
	static const char text[] = "\xef\xbb\xbf"
				   "a; /* \xc3\xa9 */ b;\r\n\r\n  c\n;'\n';\td";
	static const struct {
		int line, column;
	} expected[] = {{1, 1}, {1, 12}, {3, 3}, {4, 2}, {5, 4}};
	struct sql_scanner scanner;
	struct sql_statement statement;
	sql_scanner_init(&scanner, text, sizeof(text) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_true(sql_scanner_next(&scanner, &statement));
		assert_int_equal(statement.line, expected[i].line);
		assert_int_equal(statement.column, expected[i].column);
	}
	assert_false(sql_scanner_next(&scanner, &statement));
}

static void test_many_statements_on_one_line_take_no_longer(void **state)
{
	(void)state;
	enum { COUNT = 1000000 };
	_cleanup_buffer_ struct buffer text = {0};
	for (int i = 0; i < COUNT; i++)
		buffer_add(&text, "a;", 2);
	struct sql_scanner scanner;
	struct sql_statement statement;
	sql_scanner_init(&scanner, text.data, text.length);
	int count = 0;
	while (sql_scanner_next(&scanner, &statement))
		count++;
	assert_int_equal(count, COUNT);
	assert_int_equal(statement.column, 2 * COUNT - 1);
}

static void test_meta_commands_are_seen(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t offset;
	} rows[] = {
		{"\\copy t from f", 0},
		{" SELECT 1 \\gset", 10},
		{"SELECT '\\', \"\\\", $$\\$$, E'\\'' /* \\ */ -- \\", SQL_NO_OFFSET},
		{"SELECT '' \\; SELECT 2", 10},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sql_scanner scanner;
		struct sql_statement statement;
		sql_scanner_init(&scanner, rows[i].text, strlen(rows[i].text));
		assert_true(sql_scanner_next(&scanner, &statement));
		assert_true(statement.meta_command == rows[i].offset);
	}
}

static void test_places(void **state)
{
	(void)state;
	static const char text[] = "\xef\xbb\xbf"
				   "one\r\n\xc3\xa9\xe6\x97\xa5x\n";
	static const struct {
		size_t offset;
		struct sql_place place;
	} rows[] = {
		{3, {1, 1, 3, 3}},  {6, {1, 4, 3, 3}},   {8, {2, 1, 8, 6}},   {13, {2, 3, 8, 6}},
		{14, {2, 4, 8, 6}}, {15, {3, 1, 15, 0}}, {99, {3, 1, 15, 0}},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sql_place place = sql_place_of(text, sizeof(text) - 1, rows[i].offset);
		assert_int_equal(place.line, rows[i].place.line);
		assert_int_equal(place.column, rows[i].place.column);
		assert_int_equal(place.line_start, rows[i].place.line_start);
		assert_int_equal(place.line_length, rows[i].place.line_length);
	}
}

static void test_characters_to_bytes(void **state)
{
	(void)state;
	static const char text[] = "xx\xc3\xa9\xe6\x97\xa5y";
	assert_int_equal(sql_offset_of_character(text, 2, 6, 1), 2);
	assert_int_equal(sql_offset_of_character(text, 2, 6, 2), 4);
	assert_int_equal(sql_offset_of_character(text, 2, 6, 3), 7);
	assert_int_equal(sql_offset_of_character(text, 2, 6, 4), 8);
	assert_int_equal(sql_offset_of_character(text, 2, 6, 1000), 8);
	assert_int_equal(sql_offset_of_character(text, 2, 6, -1), 2);
}

/* What a text is split into if every COPY … FROM STDIN takes its data, which stand in brackets. */
static char *split_data(const char *text)
{
	struct buffer joined = {0};
	struct sql_scanner scanner;
	struct sql_statement statement;
	sql_scanner_init(&scanner, text, strlen(text));
	while (sql_scanner_next(&scanner, &statement)) {
		size_t start, length;
		if (joined.length > 0)
			buffer_add_char(&joined, '|');
		buffer_add(&joined, text + statement.start, statement.length);
		if (sql_scanner_crosses_data(&scanner, &statement))
			buffer_add_char(&joined, '!');
		if (!sql_statement_reads_data(text, &statement))
			continue;
		sql_scanner_take_copy_data(&scanner, &start, &length);
		buffer_addf(&joined, "[%.*s]", (int)length, text + start);
	}
	return buffer_steal(&joined);
}

static void test_data_of_copy(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{"COPY t FROM stdin;\n1;\n\\.\nSELECT 1;", "COPY t FROM stdin[1;\n]|SELECT 1"},
		{"COPY t FROM stdin;\r\n1;\r\n\\.\r\nSELECT 1;", "COPY t FROM stdin[1;\r\n]|SELECT 1"},
		{"COPY t FROM stdin;\n\\.\nSELECT 1;", "COPY t FROM stdin[]|SELECT 1"},
		{"COPY t FROM stdin;\n1\n2", "COPY t FROM stdin[1\n2]"},
		{"COPY t FROM stdin;\n1\n\\.", "COPY t FROM stdin[1\n]"},
		{"COPY t FROM stdin;", "COPY t FROM stdin[]"},
		{"COPY t FROM stdin", "COPY t FROM stdin[]"},
		{"COPY t FROM stdin;\n\\N\t\\.\n \\.\n\\.x\n\\.\n2", "COPY t FROM stdin[\\N\t\\.\n \\.\n\\.x\n]|2"},
		{"COPY t FROM stdin; SELECT 1; -- '\n'\n\\.\nSELECT 2", "COPY t FROM stdin['\n]|SELECT 1|SELECT 2"},
		{"copy a from stdin; copy b from stdin; 3\n1\n\\.\n2\n\\.\n;4",
		 "copy a from stdin[1\n]|copy b from stdin[2\n]|3|4"},
		{"COPY t FROM stdin; SELECT '\n1\n\\.\n';2", "COPY t FROM stdin[1\n]|SELECT '\n1\n\\.\n'!|2"},
		{"COPY t FROM stdin; /*\nDROP;\n\\.\nSELECT 2", "COPY t FROM stdin[DROP;\n]"},
		{"COPY t (\"from\", stdin) FROM /* */ STDIN WITH (FORMAT csv);\n1",
		 "COPY t (\"from\", stdin) FROM /* */ STDIN WITH (FORMAT csv)[1]"},
		{"COPY t FROM stdout;\n1", "COPY t FROM stdout[1]"},
		{"COPY t FROM 'stdin';2", "COPY t FROM 'stdin'|2"},
		{"COPY t TO stdout;2", "COPY t TO stdout|2"},
		{"COPY (SELECT 1 FROM stdin) TO stdout;2", "COPY (SELECT 1 FROM stdin) TO stdout|2"},
		{"SELECT 1 FROM stdin;2", "SELECT 1 FROM stdin|2"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_free_ char *actual = split_data(rows[i].text);
		if (strcmp(actual, rows[i].expected) != 0)
			fail_msg("%s\nis split into\n%s", rows[i].text, actual);
	}
}

static void test_lines_behind_data(void **state)
{
	(void)state;
	static const char text[] = "COPY t FROM stdin; a;\n1\n2\n\\.\n  b;";
	static const int lines[] = {1, 1, 5}, columns[] = {1, 20, 3};
	struct sql_scanner scanner;
	struct sql_statement statement;
	size_t start, length;
	sql_scanner_init(&scanner, text, sizeof(text) - 1);
	for (size_t i = 0; i < 3; i++) {
		assert_true(sql_scanner_next(&scanner, &statement));
		assert_int_equal(statement.line, lines[i]);
		assert_int_equal(statement.column, columns[i]);
		if (i == 0)
			sql_scanner_take_copy_data(&scanner, &start, &length);
	}
}

static void test_clauses(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{"ALTER TABLE t ADD CHECK (a > (1)) NOT VALID", "a > (1)"},
		{"ALTER TABLE t ADD check/**/( ')' <> b )", " ')' <> b "},
		{"ALTER TABLE t ADD CHECK (a > 1), ADD CHECK (b > 1)", NULL},
		{"ALTER TABLE t ADD CHECK (a > 1", NULL},
		{"ALTER TABLE \"check\" (a)", NULL},
		{"SELECT 1", NULL},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sql_statement statement = {.length = strlen(rows[i].text)};
		size_t start, length;
		bool found = sql_statement_find_clause(rows[i].text, &statement, "check", &start, &length);
		assert_int_equal(found, rows[i].expected != NULL);
		if (found && rows[i].expected) {
			assert_int_equal(length, strlen(rows[i].expected));
			assert_memory_equal(rows[i].text + start, rows[i].expected, length);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_where_statements_end),
		cmocka_unit_test(test_bodies_of_routines),
		cmocka_unit_test(test_nul_is_a_byte_like_others),
		cmocka_unit_test(test_lines_and_columns),
		cmocka_unit_test(test_many_statements_on_one_line_take_no_longer),
		cmocka_unit_test(test_meta_commands_are_seen),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_characters_to_bytes),
		cmocka_unit_test(test_data_of_copy),
		cmocka_unit_test(test_lines_behind_data),
		cmocka_unit_test(test_clauses),
	};
	return cmocka_run_group_tests_name("sql/scanner", tests, NULL, NULL);
}
