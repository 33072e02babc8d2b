/* Quoting, passwords, verifiers: what needs no server. */
#include <stdint.h>

#include "base/buffer.h"
#include "base/random.h"
#include "base/text.h"
#include "pg/connection.h"

enum { PASSWORD_BYTES = 32 };

static void add_doubled(struct buffer *out, const char *text, const char *doubled)
{
	for (; *text; text++) {
		if (strchr(doubled, *text))
			buffer_add_char(out, *text);
		buffer_add_char(out, *text);
	}
}

char *pg_quote_identifier(const char *name)
{
	_cleanup_buffer_ struct buffer out = {0};
	buffer_add_char(&out, '"');
	add_doubled(&out, name, "\"");
	buffer_add_char(&out, '"');
	return buffer_steal(&out);
}

/* The E form only where it is needed: it means the same whatever standard_conforming_strings is. */
char *pg_quote_literal(const char *text)
{
	_cleanup_buffer_ struct buffer out = {0};
	buffer_add_text(&out, strchr(text, '\\') ? "E'" : "'");
	add_doubled(&out, text, "'\\");
	buffer_add_char(&out, '\'');
	return buffer_steal(&out);
}

char *pg_random_password(void)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char bytes[PASSWORD_BYTES + 1] = {0}; /* one more, so that three can always be read */
	random_fill(bytes, PASSWORD_BYTES);
	_cleanup_buffer_ struct buffer out = {0};
	size_t characters = (PASSWORD_BYTES * 8 + 5) / 6;
	for (size_t i = 0; i < characters; i++) {
		const unsigned char *group = bytes + i / 4 * 3;
		uint32_t bits = (uint32_t)group[0] << 16 | (uint32_t)group[1] << 8 | group[2];
		buffer_add_char(&out, alphabet[bits >> (18 - i % 4 * 6) & 63]);
	}
	explicit_bzero(bytes, sizeof(bytes));
	return buffer_steal(&out);
}

/*
 * libpq computes verifiers, but asks for a connection object (for its settings and its error text). One from a
 * connection string that does not parse is enough: libpq gives up before it looks at the environment, a file or the
 * network.
 */
int pg_scram_verifier(const char *password, const char *user, char **ret, struct error **err)
{
	_cleanup_connection_ PGconn *unconnected = PQconnectStart("=");
	if (!unconnected)
		abort(); /* out of memory */
	char *verifier = PQencryptPasswordConn(unconnected, password, user, "scram-sha-256");
	if (!verifier) {
		_cleanup_free_ char *message = text_safe(PQerrorMessage(unconnected));
		return error_set(err, ERROR_INTERNAL, "cannot compute the verifier of a password: %s", message);
	}
	*ret = string_copy(verifier);
	PQfreemem(verifier);
	return 0;
}
