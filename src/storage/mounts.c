#include "storage/mounts.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"

static bool is_octal(const char *digits)
{
	return strspn(digits, "01234567") >= 3;
}

/* mountinfo writes space, tab, newline and backslash as \ooo. */
static void unescape_octal(char *text)
{
	char *to = text;
	for (const char *from = text; *from; from++, to++) {
		*to = *from;
		if (*from != '\\' || !is_octal(from + 1))
			continue;
		*to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
		from += 3;
	}
	*to = '\0';
}

/* "36 35 98:0 /root /mnt/point options [tags] - type device options" */
static bool parse_line(char *line, uint64_t wanted, struct mount_point *ret)
{
	if (strtoull(line, NULL, 10) != wanted)
		return false;
	char *separator = strstr(line, " - ");
	if (!separator)
		return false;
	*separator = '\0';
	char *rest = NULL;
	const char *type = strtok_r(separator + 3, " ", &rest);
	char *directory = strtok_r(line, " ", &rest);
	for (int field = 1; directory && field < 5; field++)
		directory = strtok_r(NULL, " ", &rest);
	if (!type || !directory)
		return false;
	unescape_octal(directory);
	*ret = (struct mount_point){.type = string_copy(type), .directory = string_copy(directory)};
	return true;
}

static bool find_mount(uint64_t id, struct mount_point *ret)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	if (!file)
		return false;
	char *line = NULL;
	size_t size = 0;
	bool found = false;
	while (!found && getline(&line, &size, file) > 0)
		found = parse_line(line, id, ret);
	free(line);
	(void)fclose(file);
	return found;
}

void mount_point_of(const char *path, struct mount_point *ret)
{
	_cleanup_free_ char *at = path_absolute(NULL, path);
	struct statx st = {0};
	while (statx(AT_FDCWD, at, AT_NO_AUTOMOUNT, STATX_MNT_ID, &st) < 0 && !string_equal(at, "/"))
		string_replace(&at, path_parent(at));
	if (!(st.stx_mask & STATX_MNT_ID) || !find_mount(st.stx_mnt_id, ret))
		*ret = (struct mount_point){.type = string_copy("unknown")};
}

void mount_point_free(struct mount_point *mount)
{
	string_replace(&mount->type, NULL);
	string_replace(&mount->directory, NULL);
}

bool mount_is_root(const char *path)
{
	struct statx st;
	return statx(AT_FDCWD, path, AT_NO_AUTOMOUNT | AT_SYMLINK_NOFOLLOW, 0, &st) == 0 &&
	       (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}
