#include "migration/server_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 64 << 10, WORD_MAX = 10 };

void log_entry_free(struct log_entry *entry)
{
	for (size_t i = 0; i < LOG_FIELD_COUNT; i++)
		free(entry->fields[i]);
	*entry = (struct log_entry){0};
}

bool log_entry_is_idle(const struct log_entry *entry)
{
	const char *slash = strchr(entry->transaction, '/');
	return !slash || string_equal(slash, "/0");
}

int log_reader_open(const char *path, off_t start, struct log_reader *ret, struct error **err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || lseek(fd, start, SEEK_SET) < 0)
		return error_errno(err, errno, "cannot read %s", path);
	*ret = (struct log_reader){.fd = TAKE_FD(fd)};
	return 0;
}

void log_reader_close(struct log_reader *reader)
{
	close_descriptor(&reader->fd);
	reader->fd = -1;
	buffer_free(&reader->chunk);
	buffer_free(&reader->line);
	buffer_free(&reader->field);
	log_entry_free(&reader->entry);
}

/* --- lines --- */

/* A line of any length is kept as far as a field is. */
static void add_to_line(struct log_reader *reader, const char *bytes, size_t length)
{
	size_t room = reader->line.length < LOG_FIELD_MAX ? LOG_FIELD_MAX - reader->line.length : 0;
	buffer_add(&reader->line, bytes, length < room ? length : room);
}

static bool fill(struct log_reader *reader)
{
	char bytes[CHUNK];
	ssize_t n;
	do
		n = read(reader->fd, bytes, sizeof(bytes));
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	buffer_truncate(&reader->chunk, 0);
	buffer_add(&reader->chunk, bytes, (size_t)n);
	reader->taken = 0;
	return true;
}

/* One that has not been ended yet waits for its end. */
static bool next_line(struct log_reader *reader)
{
	for (;;) {
		const char *from = buffer_text(&reader->chunk) + reader->taken;
		size_t left = reader->chunk.length - reader->taken;
		const char *end = left > 0 ? memchr(from, '\n', left) : NULL;
		size_t length = end ? (size_t)(end - from) : left;
		add_to_line(reader, from, length);
		reader->taken += length + (end != NULL);
		if (end)
			return true;
		if (!fill(reader))
			return false;
	}
}

/* --- what a line is --- */

/* What stands behind "2026-01-31 09:12:03.123 UTC [77] 3/17 "; NULL: it does not begin so. */
static const char *read_prefix(const char *line, struct log_entry *ret)
{
	struct tm time = {0};
	int milliseconds, pid, length = 0;
	if (sscanf(line, "%4d-%2d-%2d %2d:%2d:%2d.%3d UTC [%d]%n", &time.tm_year, &time.tm_mon, &time.tm_mday,
		   &time.tm_hour, &time.tm_min, &time.tm_sec, &milliseconds, &pid, &length) != 8 ||
	    length == 0)
		return NULL;
	time.tm_year -= 1900;
	time.tm_mon -= 1;
	*ret = (struct log_entry){.when_ms = (double)timegm(&time) * 1000 + milliseconds, .pid = pid};
	const char *at = line + length;
	at += strspn(at, " ");
	size_t id = strspn(at, "0123456789/");
	if (id > 0 && id < LOG_TRANSACTION_MAX && at[id] == ' ') {
		memcpy(ret->transaction, at, id);
		at += id + strspn(at + id, " ");
	}
	return at;
}

/* "ERROR:  42P01: text": what stands behind the word, or NULL. */
static const char *read_word(const char *at, char word[WORD_MAX + 1])
{
	size_t length = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ12345");
	if (length == 0 || length > WORD_MAX || strncmp(at + length, ":  ", 3) != 0)
		return NULL;
	memcpy(word, at, length);
	word[length] = '\0';
	return at + length + 3;
}

static bool is_severity(const char *word)
{
	static const char *const severities[] = {"LOG", "INFO", "NOTICE", "WARNING", "ERROR", "FATAL", "PANIC"};
	for (size_t i = 0; i < ARRAY_SIZE(severities); i++)
		if (string_equal(word, severities[i]))
			return true;
	return string_starts_with(word, "DEBUG");
}

static enum log_field field_of(const char *word)
{
	static const char *const words[LOG_FIELD_COUNT] = {
		[LOG_DETAIL] = "DETAIL",   [LOG_HINT] = "HINT",         [LOG_QUERY] = "QUERY",
		[LOG_CONTEXT] = "CONTEXT", [LOG_LOCATION] = "LOCATION", [LOG_STATEMENT] = "STATEMENT"};
	for (int i = LOG_DETAIL; i < LOG_FIELD_COUNT; i++)
		if (string_equal(word, words[i]))
			return (enum log_field)i;
	return LOG_FIELD_COUNT;
}

/* --- entries --- */

static void end_field(struct log_reader *reader)
{
	if (reader->has_entry && reader->at < LOG_FIELD_COUNT && !reader->entry.fields[reader->at])
		reader->entry.fields[reader->at] = string_copy(buffer_text(&reader->field));
	buffer_truncate(&reader->field, 0);
}

static void begin_field(struct log_reader *reader, enum log_field field, const char *text)
{
	reader->at = field;
	buffer_add_text(&reader->field, text);
}

static const char *take_sqlstate(const char *text, char ret[6])
{
	if (strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 5 || !string_starts_with(text + 5, ": "))
		return text;
	memcpy(ret, text, 5);
	ret[5] = '\0';
	return text + 7;
}

static bool take_entry(struct log_reader *reader, struct log_entry *ret)
{
	end_field(reader);
	if (!reader->has_entry)
		return false;
	*ret = reader->entry;
	reader->entry = (struct log_entry){0};
	reader->has_entry = false;
	return true;
}

static void begin_entry(struct log_reader *reader, const struct log_entry *head, const char *word, const char *text)
{
	reader->entry = *head;
	reader->has_entry = true;
	memcpy(reader->entry.severity, word, strnlen(word, sizeof(reader->entry.severity) - 1));
	begin_field(reader, LOG_MESSAGE, take_sqlstate(text, reader->entry.sqlstate));
}

/* True if the line ended the entry before it, which *ret is then. */
static bool read_line(struct log_reader *reader, struct log_entry *ret)
{
	const char *line = buffer_text(&reader->line);
	struct log_entry head;
	char word[WORD_MAX + 1];
	if (*line == '\t') {
		if (reader->field.length < LOG_FIELD_MAX)
			buffer_addf(&reader->field, "\n%s", line + 1);
		return false;
	}
	const char *rest = read_prefix(line, &head);
	const char *text = rest ? read_word(rest, word) : NULL;
	if (text && !is_severity(word) && reader->has_entry && head.pid == reader->entry.pid) {
		end_field(reader);
		begin_field(reader, field_of(word), text);
		return false;
	}
	bool ended = take_entry(reader, ret);
	if (text && is_severity(word))
		begin_entry(reader, &head, word, text);
	return ended;
}

bool log_reader_next(struct log_reader *reader, struct log_entry *ret)
{
	while (next_line(reader)) {
		bool ended = read_line(reader, ret);
		buffer_truncate(&reader->line, 0);
		if (ended)
			return true;
	}
	return take_entry(reader, ret);
}
