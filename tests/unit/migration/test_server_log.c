#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/file.h"
#include "migration/server_log.h"

static char path[] = "/tmp/vela-log-XXXXXX";

static struct log_reader read_text(const char *text, size_t length, off_t start)
{
	struct log_reader reader = {.fd = -1};
	assert_int_equal(file_replace(path, text, length, 0600, FILE_VOLATILE, NULL), 0);
	assert_int_equal(log_reader_open(path, start, &reader, NULL), 0);
	return reader;
}

#define PREFIX "2026-01-31 09:12:03.125 UTC "

static void entries(void **state)
{
	(void)state;
	static const char text[] =
		"not a line of the server's\n" PREFIX "[7] LOG:  checkpoint starting: time\n" PREFIX
		"[8] 3/17 LOG:  00000: statement: SELECT 1,\n"
		"\t" PREFIX "[8] 3/17 ERROR:  42P01: not so\n"
		"\t\tx\n"
		"\n"
		"\t\n" PREFIX "[8] 3/17 LOCATION:  exec_simple_query, postgres.c:1\n" PREFIX
		"[8] 3/0 ERROR:  42P01: no, \"x\"\n" PREFIX "[8] 3/0 DETAIL:  d: \n" PREFIX "[8] 3/0 HINT:  h\n" PREFIX
		"[8] 3/0 STATEMENT:  s\n" PREFIX "[9]  FATAL:  password\n" PREFIX "[9] HINT:  ours\n" PREFIX
		"[8] DETAIL:  nobody's\n";
	static const struct {
		int pid;
		const char *transaction, *severity, *sqlstate, *message, *detail, *statement;
	} expected[] = {
		{7, "", "LOG", "", "checkpoint starting: time", NULL, NULL},
		{8, "3/17", "LOG", "00000", "statement: SELECT 1,\n" PREFIX "[8] 3/17 ERROR:  42P01: not so\n\tx", NULL,
		 NULL},
		{8, "3/0", "ERROR", "42P01", "no, \"x\"", "d: ", "s"},
		{9, "", "FATAL", "", "password", NULL, NULL},
	};
	_cleanup_log_reader_ struct log_reader reader = read_text(text, sizeof(text) - 1, 0);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		_cleanup_entry_ struct log_entry entry = {0};
		assert_true(log_reader_next(&reader, &entry));
		assert_int_equal(entry.pid, expected[i].pid);
		assert_true(entry.when_ms == 1769850723125.0);
		assert_string_equal(entry.transaction, expected[i].transaction);
		assert_string_equal(entry.severity, expected[i].severity);
		assert_string_equal(entry.sqlstate, expected[i].sqlstate);
		assert_string_equal(entry.fields[LOG_MESSAGE], expected[i].message);
		assert_true(string_equal(entry.fields[LOG_DETAIL], expected[i].detail));
		assert_true(string_equal(entry.fields[LOG_STATEMENT], expected[i].statement));
		assert_int_equal(log_entry_is_idle(&entry), i != 1);
	}
	struct log_entry none = {0};
	assert_false(log_reader_next(&reader, &none));
}

static void from_the_middle(void **state)
{
	(void)state;
	static const char text[] = PREFIX "[8] 3/1 LOG:  one\n" PREFIX "[8] 3/2 LOG:  two\n";
	_cleanup_log_reader_ struct log_reader reader = read_text(text, sizeof(text) - 1, sizeof(text) / 2);
	_cleanup_entry_ struct log_entry entry = {0};
	assert_true(log_reader_next(&reader, &entry));
	assert_string_equal(entry.fields[LOG_MESSAGE], "two");
}

/* What is longer than anybody needs is cut, and what follows is read all the same. */
static void long_line(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer text = {0};
	buffer_add_text(&text, PREFIX "[8] 3/1 LOG:  statement: ");
	buffer_add_repeat(&text, 'x', 2 * (size_t)LOG_FIELD_MAX);
	buffer_add_text(&text, "\n" PREFIX "[8] 3/1 LOG:  duration: 1.5 ms\n");
	_cleanup_log_reader_ struct log_reader reader = read_text(text.data, text.length, 0);
	_cleanup_entry_ struct log_entry first = {0};
	_cleanup_entry_ struct log_entry second = {0};
	assert_true(log_reader_next(&reader, &first));
	assert_true(strlen(first.fields[LOG_MESSAGE]) <= LOG_FIELD_MAX);
	assert_true(log_reader_next(&reader, &second));
	assert_string_equal(second.fields[LOG_MESSAGE], "duration: 1.5 ms");
}

static void missing(void **state)
{
	(void)state;
	struct log_reader reader = {.fd = -1};
	assert_int_equal(log_reader_open("/tmp/vela-no-such-log", 0, &reader, NULL), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries),
		cmocka_unit_test(from_the_middle),
		cmocka_unit_test(long_line),
		cmocka_unit_test(missing),
	};
	int fd = mkstemp(path);
	if (fd < 0)
		return 1;
	close_descriptor(&fd);
	int failures = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlink(path);
	return failures;
}
