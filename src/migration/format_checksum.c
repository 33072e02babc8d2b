#include <openssl/evp.h>
#include <stdint.h>
#include <zlib.h>

#include "base/identity.h"
#include "migration/format_row.h"
#include "sql/tree.h"

static char *digest_text(const EVP_MD *type, const char *text, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	if (EVP_Digest(text, length, digest, &size, type, NULL) != 1)
		abort(); /* a configuration without these would not let Postgres in either */
	char *hex = memory_allocate((size_t)size * 2 + 1);
	for (unsigned i = 0; i < size; i++) {
		hex[(size_t)i * 2] = digits[digest[i] >> 4];
		hex[(size_t)i * 2 + 1] = digits[digest[i] & 0xf];
	}
	return hex;
}

char *format_checksum_prisma(const char *text, size_t length)
{
	return digest_text(EVP_sha256(), text, length);
}

char *format_checksum_sqlx(const char *text, size_t length)
{
	return digest_text(EVP_sha384(), text, length);
}

int migration_digest(const char *repository, const char *file, char **ret, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_buffer_ struct buffer text = {0};
	if (tree_read(repository, file, MIGRATION_FILE_MAX, &text, err) < 0)
		return -1;
	*ret = digest_text(EVP_sha256(), buffer_text(&text), text.length);
	return 0;
}

char *format_hash_sha1(const char *text, size_t length)
{
	return digest_text(EVP_sha1(), text, length);
}

/* The CRC-32 of all lines without their ends, whatever these are, and without a byte order mark; signed. */
char *format_checksum_flyway(const char *text, size_t length)
{
	uLong sum = crc32(0, NULL, 0);
	size_t at = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	while (at < length) {
		size_t end = at;
		while (end < length && text[end] != '\n' && text[end] != '\r')
			end++;
		sum = crc32(sum, (const Bytef *)text + at, (uInt)(end - at)); /* files are small: MIGRATION_FILE_MAX */
		at = end + 1;
	}
	return string_format("%d", (int32_t)(uint32_t)sum);
}

/* With each line end as \n, or as \r\n. */
static char *with_line_ends(const struct buffer *text, const char *end)
{
	struct buffer result = {0};
	for (size_t i = 0; i < text->length; i++) {
		if (text->data[i] == '\r' && i + 1 < text->length && text->data[i + 1] == '\n')
			continue;
		if (text->data[i] == '\n')
			buffer_add_text(&result, end);
		else
			buffer_add_char(&result, text->data[i]);
	}
	return buffer_steal(&result);
}

static bool matches(const struct migration_format *format, const char *text, size_t length, const char *recorded)
{
	_cleanup_free_ char *checksum = format->checksum(text, length);
	return string_equal(checksum, recorded);
}

bool format_checksum_matches(const struct migration_format *format, const struct buffer *text, const char *recorded)
{
	if (matches(format, buffer_text(text), text->length, recorded))
		return true;
	if (!format->line_ends_vary || memchr(buffer_text(text), '\0', text->length))
		return false;
	_cleanup_free_ char *unix_text = with_line_ends(text, "\n");
	_cleanup_free_ char *dos_text = with_line_ends(text, "\r\n");
	return matches(format, unix_text, strlen(unix_text), recorded) ||
	       matches(format, dos_text, strlen(dos_text), recorded);
}
