#include "check/migration.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/identity.h"
#include "base/text.h"
#include "check/tree.h"

const struct migration_format migration_formats[] = {
	{"sql", "plain SQL files, each applied in a transaction of its own", ".sql"},
	{NULL, NULL, NULL},
};

static const struct migration_format *find_format(const char *name)
{
	for (const struct migration_format *format = migration_formats; format->name; format++)
		if (string_equal(format->name, name))
			return format;
	return NULL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t count_digits(const char *text)
{
	size_t count = 0;
	while (is_digit(text[count]))
		count++;
	return count;
}

/* Compares two runs of digits as numbers, however long, and moves past them. */
static int compare_numbers(const char **a, const char **b)
{
	while (**a == '0')
		(*a)++;
	while (**b == '0')
		(*b)++;
	size_t length = count_digits(*a);
	size_t other = count_digits(*b);
	int order = length != other ? (length < other ? -1 : 1) : strncmp(*a, *b, length);
	*a += length;
	*b += other;
	return order;
}

int migration_compare_natural(const char *a, const char *b)
{
	const char *left = a, *right = b;
	while (*left && *right) {
		int order;
		if (is_digit(*left) && is_digit(*right))
			order = compare_numbers(&left, &right);
		else
			order = (unsigned char)*left++ - (unsigned char)*right++;
		if (order != 0)
			return order;
	}
	if (*left || *right)
		return *left ? 1 : -1;
	return strcmp(a, b); /* "01" and "1": any order, but always the same */
}

static int compare_items(const void *a, const void *b)
{
	return migration_compare_natural(*(char *const *)a, *(char *const *)b);
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t length = strlen(name), tail = strlen(suffix);
	return length > tail && strcmp(name + length - tail, suffix) == 0;
}

/* 1 if the entry is one of the files, 0 if it is something else that may stand there, -1 if it must not. */
static int examine_entry(int directory, const char *name, const char *path, struct error **err)
{
	struct stat st;
	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(err, errno, "cannot read %s", path);
	if (S_ISREG(st.st_mode))
		return 1;
	if (S_ISDIR(st.st_mode))
		return 0;
	/* To leave it out in silence would pass a migration that was never applied. */
	error_set(err, ERROR_REFUSED, "cannot read %s: %s", path,
		  S_ISLNK(st.st_mode) ? "a symlink is not followed here" : "not a regular file");
	return error_hint(err, "put the file itself into the directory of the migrations");
}

static int read_entries(DIR *stream, const char *directory, const char *suffix, struct string_list *list,
			struct error **err)
{
	const struct dirent *entry;
	while ((errno = 0, entry = readdir(stream))) {
		if (entry->d_name[0] == '.' || !has_suffix(entry->d_name, suffix))
			continue;
		if (list->count == MIGRATION_FILES_MAX)
			return error_set(err, ERROR_REFUSED, "there are more than %d files in %s", MIGRATION_FILES_MAX,
					 directory);
		char *path = string_equal(directory, ".") ? string_copy(entry->d_name)
							  : path_join(directory, entry->d_name, NULL);
		_cleanup_free_ char *owned = path;
		_cleanup_free_ char *shown = text_safe(path);
		int counts = examine_entry(dirfd(stream), entry->d_name, shown, err);
		if (counts < 0)
			return -1;
		if (counts)
			string_list_take(list, TAKE_POINTER(owned));
	}
	if (errno)
		return error_errno(err, errno, "cannot list %s", directory);
	return 0;
}

static int open_directory(const char *repository, const char *directory, DIR **ret, struct error **err)
{
	_cleanup_close_ int fd = -1;
	if (tree_open(repository, directory, O_RDONLY | O_DIRECTORY, &fd, err) < 0) {
		if (err && *err && (*err)->kind == ERROR_NOT_FOUND) {
			error_rekind(err, ERROR_CONFIG);
			error_hint(err, "migrations.directory in vela.yml names it, relative to vela.yml");
		}
		return -1;
	}
	*ret = fdopendir(fd);
	if (!*ret)
		return error_errno(err, errno, "cannot list %s", directory);
	fd = -1; /* the stream's now */
	return 0;
}

int migration_list(const char *repository, const char *directory, const char *format, struct string_list *ret,
		   struct error **err)
{
	const struct migration_format *found = find_format(format);
	if (!found)
		return error_set(err, ERROR_CONFIG, "there is no format of migrations \"%s\"", format);
	IDENTITY_CALLER_SCOPE;
	DIR *stream;
	if (open_directory(repository, directory, &stream, err) < 0)
		return -1;
	_cleanup_(string_list_free) struct string_list list = {0};
	int result = read_entries(stream, directory, found->suffix, &list, err);
	closedir(stream);
	if (result < 0)
		return -1;
	if (list.count > 1)
		qsort(list.items, list.count, sizeof(*list.items), compare_items);
	string_list_free(ret);
	*ret = list;
	list = (struct string_list){0};
	return 0;
}
