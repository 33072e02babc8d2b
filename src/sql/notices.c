/* What the server says besides results. */
#include <stdbool.h>
#include <stdlib.h>

#include "sql/session.h"

/* A LOG message of log_temp_files, which nothing but the server itself can make: it is known by the function that
 * wrote it. */
static bool is_temporary_file(const PGresult *result)
{
	return string_equal(PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION), "ReportTemporaryFileUsage");
}

/* The number at its end: 'temporary file: path "…", size 1400000'. */
static uint64_t temporary_file_size(const char *message)
{
	size_t at = strlen(message);
	while (at > 0 && message[at - 1] >= '0' && message[at - 1] <= '9')
		at--;
	return strtoull(message + at, NULL, 10);
}

void session_notices_add(struct session_notices *notices, const char *text, size_t length)
{
	struct buffer *output = &notices->output;
	if (length > SESSION_OUTPUT_MAX) {
		text += length - SESSION_OUTPUT_MAX;
		length = SESSION_OUTPUT_MAX;
	}
	buffer_add(output, text, length);
	if (output->length <= 4 * (size_t)SESSION_OUTPUT_MAX) /* not each time: it moves what is kept */
		return;
	memmove(output->data, output->data + output->length - SESSION_OUTPUT_MAX, SESSION_OUTPUT_MAX);
	buffer_truncate(output, SESSION_OUTPUT_MAX);
}

static void take_notice(void *context, const PGresult *result)
{
	struct session_notices *notices = context;
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	if (!severity || !message)
		return;
	if (is_temporary_file(result))
		notices->temp_bytes += temporary_file_size(message);
	/* What is below NOTICE we have asked for, not the file. */
	if (string_equal(severity, "LOG") || string_starts_with(severity, "DEBUG"))
		return;
	session_notices_add(notices, severity, strlen(severity));
	session_notices_add(notices, ":  ", 3);
	session_notices_add(notices, message, strlen(message));
	session_notices_add(notices, "\n", 1);
}

static void ignore_notice(void *context, const PGresult *result)
{
	(void)context;
	(void)result;
}

void session_notices_attach(PGconn *connection, struct session_notices *notices)
{
	(void)PQsetNoticeReceiver(connection, take_notice, notices);
}

void session_notices_detach(PGconn *connection)
{
	(void)PQsetNoticeReceiver(connection, ignore_notice, NULL);
}

char *session_notices_take(struct session_notices *notices)
{
	struct buffer *output = &notices->output;
	if (output->length == 0)
		return NULL;
	size_t start = 0;
	if (output->length > SESSION_OUTPUT_MAX) {
		start = output->length - SESSION_OUTPUT_MAX;
		while (start < output->length && (output->data[start] & 0xc0) == 0x80)
			start++;
	}
	char *text = string_copy(output->data + start);
	buffer_free(output);
	return text;
}
