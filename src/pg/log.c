#include "pg/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { TAIL_MAX = 64 << 10, FULL = 1 << 20 };

off_t pg_log_end(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 ? st.st_size : 0;
}

void pg_log_read(const char *path, off_t start, struct buffer *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	char chunk[4096];
	off_t end = lseek(fd, 0, SEEK_END);
	off_t at = end - start > TAIL_MAX ? end - TAIL_MAX : start;
	ssize_t n;
	while (at < end && (n = pread(fd, chunk, sizeof(chunk), at)) > 0) {
		buffer_add(ret, chunk, (size_t)n);
		at += n;
	}
}

/* What the log tells of a full disk; NULL: nothing. On a disk that is full it may not even have room for that. */
static const char *find_symptom(const char *path, off_t start)
{
	static const char *const symptoms[] = {"No space left on device", "Disk quota exceeded"};
	_cleanup_buffer_ struct buffer log = {0};
	struct space space;
	pg_log_read(path, start, &log);
	for (size_t i = 0; i < ARRAY_SIZE(symptoms); i++)
		if (strstr(buffer_text(&log), symptoms[i]))
			return symptoms[i];
	return space_of(path, &space, NULL) == 0 && space.available < FULL ? symptoms[0] : NULL;
}

void pg_log_blame_disk(const char *path, off_t start, struct error **err)
{
	if (!err || !*err || ((*err)->kind != ERROR_POSTGRES && (*err)->kind != ERROR_NETWORK))
		return;
	const char *symptom = find_symptom(path, start);
	if (!symptom)
		return;
	if (!strstr((*err)->message, symptom))
		string_replace(&(*err)->message, string_format("%s (%s)", (*err)->message, symptom));
	error_rekind(err, ERROR_STORAGE);
	error_hint(err, "delete branches, run vela gc, or give the pool more space");
}
