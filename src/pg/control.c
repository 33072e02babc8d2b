#include "pg/control.h"

#include <stdio.h>

#include "base/file.h"
#include "pg/binaries.h"

enum { CONTROL_FILE_MAX = 8192, READ_ATTEMPTS = 10 };

/* Offsets in global/pg_control. What we read stands at the same place in every supported version; only the checksum,
 * which is last, moves. */
enum {
	AT_SYSTEM_IDENTIFIER = 0,
	AT_CONTROL_VERSION = 8,
	AT_STATE = 16,
	AT_CHECKPOINT = 32,
	AT_TIMELINE = 48,
	AT_MAX_PREPARED_TRANSACTIONS = 192,
	AT_WAL_SEGMENT_BYTES = 228,
};

static const struct layout {
	uint32_t version;
	size_t checksum;
} layouts[] = {
	{1300, 288}, /* 13 to 16 */
	{1700, 288},
	{1800, 292}, /* one byte more before it: the signedness of char */
};

int pg_data_major(const char *data, int *ret, struct error **err)
{
	_cleanup_free_ char *path = path_join(data, "PG_VERSION", NULL);
	_cleanup_buffer_ struct buffer text = {0};
	_cleanup_error_ struct error *problem = NULL;
	if (file_read(path, 64, FILE_NO_FOLLOW, &text, &problem) < 0) {
		if (problem->kind == ERROR_REFUSED)
			error_hint(&problem, "the pool's owner has to be able to read the source");
		if (problem->kind != ERROR_NOT_FOUND)
			return error_pass(err, TAKE_POINTER(problem));
		error_set(err, ERROR_USAGE, "%s is not a data directory of PostgreSQL: there is no PG_VERSION in it",
			  data);
		return error_hint(err, "name the directory that `SHOW data_directory` prints on that server");
	}
	int major;
	if (sscanf(buffer_text(&text), "%d", &major) != 1)
		return error_set(err, ERROR_USAGE,
				 "%s is not a data directory of PostgreSQL: its PG_VERSION says nothing", data);
	if (major < PG_OLDEST_MAJOR || major > PG_NEWEST_MAJOR)
		return error_set(err, ERROR_POSTGRES, "%s is of PostgreSQL %d; vela supports %d to %d", data, major,
				 PG_OLDEST_MAJOR, PG_NEWEST_MAJOR);
	*ret = major;
	return 0;
}

static uint32_t crc32c(const unsigned char *bytes, size_t length)
{
	uint32_t crc = UINT32_MAX;
	for (size_t i = 0; i < length; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
	}
	return ~crc;
}

static uint32_t get_32(const struct buffer *file, size_t at)
{
	uint32_t value;
	memcpy(&value, file->data + at, sizeof(value));
	return value;
}

static uint64_t get_64(const struct buffer *file, size_t at)
{
	uint64_t value;
	memcpy(&value, file->data + at, sizeof(value));
	return value;
}

static const struct layout *find_layout(const struct buffer *file)
{
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++)
		if (file->length >= layouts[i].checksum + 4 && get_32(file, AT_CONTROL_VERSION) == layouts[i].version)
			return &layouts[i];
	return NULL;
}

static int check_file(const struct buffer *file, const char *path, struct error **err)
{
	const struct layout *layout = find_layout(file);
	if (!layout)
		return error_set(err, ERROR_POSTGRES, "%s is of an unknown version", path);
	const unsigned char *bytes = (const unsigned char *)file->data;
	if (crc32c(bytes, layout->checksum) != get_32(file, layout->checksum))
		return error_set(err, ERROR_POSTGRES, "%s is damaged: its checksum does not fit", path);
	return 0;
}

int pg_control_read(const char *data, struct pg_control *ret, struct error **err)
{
	_cleanup_free_ char *path = path_join(data, "global", "pg_control", NULL);
	_cleanup_buffer_ struct buffer file = {0};
	_cleanup_error_ struct error *damage = NULL;
	/* A running server writes the file in place; we may have read it half-way. */
	for (int attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
		if (file_read(path, CONTROL_FILE_MAX, FILE_NO_FOLLOW, &file, err) < 0)
			return -1;
		error_freep(&damage);
		damage = NULL;
		if (check_file(&file, path, &damage) == 0)
			break;
	}
	if (damage)
		return error_pass(err, TAKE_POINTER(damage));
	*ret = (struct pg_control){
		.system_identifier = get_64(&file, AT_SYSTEM_IDENTIFIER),
		.version = get_32(&file, AT_CONTROL_VERSION),
		.state = (int)get_32(&file, AT_STATE),
		.checkpoint_lsn = get_64(&file, AT_CHECKPOINT),
		.timeline = get_32(&file, AT_TIMELINE),
		.max_prepared_transactions = (int)get_32(&file, AT_MAX_PREPARED_TRANSACTIONS),
		.wal_segment_bytes = get_32(&file, AT_WAL_SEGMENT_BYTES),
	};
	return 0;
}

bool pg_control_is_clean(const struct pg_control *control)
{
	enum { DB_SHUTDOWNED = 1, DB_SHUTDOWNED_IN_RECOVERY = 2 };
	return control->state == DB_SHUTDOWNED || control->state == DB_SHUTDOWNED_IN_RECOVERY;
}

char *pg_lsn_format(uint64_t lsn)
{
	return string_format("%X/%X", (unsigned)(lsn >> 32), (unsigned)lsn);
}
