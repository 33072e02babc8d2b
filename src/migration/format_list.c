#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/identity.h"
#include "base/text.h"
#include "migration/format_row.h"
#include "sql/tree.h"

enum { DEPTH_MAX = 16, NAMES_SHOWN = 5 };

struct listing {
	const char *repository;
	const struct migration_format *format;
	struct format_found *items;
	size_t count;
	struct string_list bad;   /* what to say of files that are no valid migrations */
	struct string_list notes; /* of what is left out */
	struct error **err;
};

static void format_name_clear(struct format_name *name)
{
	free(name->version);
	free(name->description);
}

static void listing_free(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++) {
		free(listing->items[i].path);
		format_name_clear(&listing->items[i].name);
	}
	free(listing->items);
	string_list_free(&listing->bad);
	string_list_free(&listing->notes);
}

char *format_join_names(const struct string_list *names)
{
	struct buffer text = {0};
	for (size_t i = 0; i < names->count && i < NAMES_SHOWN; i++) {
		_cleanup_free_ char *safe = text_safe(names->items[i]);
		buffer_addf(&text, "%s%s", i == 0 ? "" : i + 1 == names->count ? " and " : ", ", safe);
	}
	if (names->count > NAMES_SHOWN)
		buffer_addf(&text, " and %zu more", names->count - NAMES_SHOWN);
	return buffer_steal(&text);
}

/* Takes `name` over. */
static int keep(struct listing *listing, const char *path, struct format_name *name)
{
	if (listing->count == MIGRATION_FILES_MAX)
		return error_set(listing->err, ERROR_REFUSED, "there are more than %d migrations", MIGRATION_FILES_MAX);
	if ((listing->count & (listing->count - 1)) == 0) /* a power of two, or nothing yet */
		listing->items =
			memory_resize(listing->items, listing->count ? listing->count * 2 : 1, sizeof(*listing->items));
	listing->items[listing->count++] = (struct format_found){.path = string_copy(path), .name = *name};
	*name = (struct format_name){0};
	return 0;
}

/* To leave it out in silence would pass a migration that was never applied. */
static int refuse(struct listing *listing, const char *path, mode_t mode)
{
	_cleanup_free_ char *shown = text_safe(path);
	error_set(listing->err, ERROR_REFUSED, "cannot read %s: %s", shown,
		  S_ISLNK(mode) ? "a symlink is not followed here" : "not a regular file");
	return error_hint(listing->err, "put the file itself into the directory of the migrations");
}

/* A name that means something, of a regular file or of a migration's directory. */
static int take_name(struct listing *listing, const char *path)
{
	_cleanup_(format_name_clear) struct format_name name = {0};
	listing->format->parse_name(path_basename(path), &name);
	switch (name.part) {
	case PART_NONE:
		return 0;
	case PART_LEFT_OUT: {
		_cleanup_free_ char *shown = text_safe(path);
		string_list_addf(&listing->notes, "%s is not run: %s", shown, name.why);
		return 0;
	}
	case PART_BAD:
		string_list_addf(&listing->bad, "%s %s", path, name.why);
		return 0;
	default:
		return keep(listing, path, &name);
	}
}

static bool means_something(const struct listing *listing, const char *name)
{
	_cleanup_(format_name_clear) struct format_name parsed = {0};
	listing->format->parse_name(name, &parsed);
	return parsed.part != PART_NONE;
}

/* The directory of one migration; *ret_mode is 0 where the file is missing. */
static int stat_inside(struct listing *listing, const char *path, const char *file, mode_t *ret_mode)
{
	_cleanup_close_ int fd = -1;
	if (tree_open(listing->repository, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, &fd, listing->err) < 0)
		return -1;
	struct stat st = {0};
	if (fstatat(fd, file, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		_cleanup_free_ char *shown = text_safe(path);
		if (errno != ENOENT)
			return error_errno(listing->err, errno, "cannot read %s/%s", shown, file);
		st.st_mode = 0;
	}
	*ret_mode = st.st_mode;
	return 0;
}

static int is_empty(struct listing *listing, const char *path, bool *ret)
{
	_cleanup_close_ int fd = -1;
	if (tree_open(listing->repository, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, &fd, listing->err) < 0)
		return -1;
	DIR *stream = fdopendir(fd);
	if (!stream)
		return error_errno(listing->err, errno, "cannot list a directory of migrations");
	fd = -1; /* the stream's now */
	size_t entries = 0;
	while (readdir(stream))
		entries++;
	closedir(stream);
	*ret = entries <= 2;
	return 0;
}

/* Its files are there, and no links or directories. */
static int take_files(struct listing *listing, const char *path, mode_t up, mode_t down)
{
	bool is_up = up && !S_ISREG(up);
	if (is_up || (down && !S_ISREG(down))) {
		const char *file = is_up ? listing->format->up_file : listing->format->down_file;
		_cleanup_free_ char *inside = path_join(path, file, NULL);
		return refuse(listing, inside, is_up ? up : down);
	}
	size_t before = listing->count;
	if (take_name(listing, path) < 0)
		return -1;
	if (listing->count > before)
		listing->items[before].has_down = down;
	return 0;
}

static int take_directory(struct listing *listing, const char *path)
{
	mode_t up = 0, down = 0;
	bool empty = false;
	const char *file = listing->format->up_file, *down_file = listing->format->down_file;
	if (stat_inside(listing, path, file, &up) < 0 ||
	    (down_file && stat_inside(listing, path, down_file, &down) < 0))
		return -1;
	if (up || (down && !S_ISREG(down)))
		return take_files(listing, path, up, down);
	if (is_empty(listing, path, &empty) < 0)
		return -1;
	if (!empty) /* git keeps no empty directories: one is left from another branch */
		string_list_addf(&listing->bad, "%s has no file %s", path, file);
	return 0;
}

static int walk(struct listing *listing, const char *directory, int depth);

static int take_entry(struct listing *listing, int directory, const char *name, const char *path, int depth)
{
	enum format_layout layout = listing->format->layout;
	struct stat st;
	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		_cleanup_free_ char *shown = text_safe(path);
		return error_errno(listing->err, errno, "cannot read %s", shown);
	}
	if (S_ISDIR(st.st_mode)) {
		if (layout == LAYOUT_DIRECTORIES)
			return take_directory(listing, path);
		return layout == LAYOUT_TREE ? walk(listing, path, depth + 1) : 0;
	}
	if (S_ISREG(st.st_mode))
		return layout == LAYOUT_DIRECTORIES ? 0 : take_name(listing, path);
	/* A link may stand for a directory, which has no particular name. */
	bool may_be_directory = S_ISLNK(st.st_mode) && layout != LAYOUT_FILES && !strchr(name, '.');
	if (may_be_directory || (layout != LAYOUT_DIRECTORIES && means_something(listing, name)))
		return refuse(listing, path, st.st_mode);
	return 0;
}

static int walk(struct listing *listing, const char *directory, int depth)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *shown = text_safe(directory);
	if (depth > DEPTH_MAX)
		return error_set(listing->err, ERROR_REFUSED, "%s is more than %d directories deep", shown, DEPTH_MAX);
	if (tree_open(listing->repository, directory, O_RDONLY | O_DIRECTORY, &fd, listing->err) < 0)
		return -1;
	DIR *stream = fdopendir(fd);
	if (!stream)
		return error_errno(listing->err, errno, "cannot list %s", shown);
	fd = -1; /* the stream's now */
	const struct dirent *entry;
	int result = 0;
	while (result == 0 && (errno = 0, entry = readdir(stream))) {
		if (entry->d_name[0] == '.')
			continue;
		_cleanup_free_ char *path = string_equal(directory, ".") ? string_copy(entry->d_name)
									 : path_join(directory, entry->d_name, NULL);
		result = take_entry(listing, dirfd(stream), entry->d_name, path, depth);
		errno = 0;
	}
	if (result == 0 && errno)
		result = error_errno(listing->err, errno, "cannot list %s", shown);
	closedir(stream);
	return result;
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All of them in one message. */
static int fail_on_bad_names(struct listing *listing)
{
	if (listing->bad.count == 0)
		return 0;
	qsort(listing->bad.items, listing->bad.count, sizeof(*listing->bad.items), compare_text);
	_cleanup_free_ char *names = format_join_names(&listing->bad);
	error_set(listing->err, ERROR_CONFIG, "not valid as migrations of %s: %s", listing->format->name, names);
	return error_hint(listing->err, "rename them, move them out of the directory, or name another "
					"migrations.format in vela.yml");
}

static char *find_subdirectory(const char *repository, const char *directory, const char *name)
{
	_cleanup_free_ char *below = name ? path_join(directory, name, NULL) : NULL;
	return below && format_has_directory(repository, below) ? TAKE_POINTER(below) : string_copy(directory);
}

/* What git calls it. */
static char *real_directory(const char *repository, const char *directory)
{
	_cleanup_close_ int fd = -1;
	if (tree_open(repository, directory, O_RDONLY | O_DIRECTORY, &fd, NULL) < 0)
		return string_copy(directory);
	_cleanup_free_ char *link = string_format("/proc/self/fd/%d", fd);
	_cleanup_free_ char *real = realpath(link, NULL), *top = realpath(repository, NULL);
	if (!real || !top || !string_starts_with(real, top))
		return string_copy(directory);
	const char *relative = real + strlen(top);
	return string_copy(relative + strspn(relative, "/"));
}

static void explain_missing(struct error **err)
{
	if (!err || !*err || (*err)->kind != ERROR_NOT_FOUND)
		return;
	error_rekind(err, ERROR_CONFIG);
	error_hint(err, "migrations.directory in vela.yml names it, relative to vela.yml");
}

int migration_list(const char *repository, const char *directory, const struct migration_format *format,
		   struct migration_set *ret, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	int result = format ? 0 : format_recognise(repository, directory, &format, err);
	_cleanup_(listing_free) struct listing listing = {.repository = repository, .format = format, .err = err};
	_cleanup_free_ char *owned = NULL;
	if (result == 0) {
		owned = find_subdirectory(repository, directory, format->subdirectory);
		result = walk(&listing, owned, 0);
	}
	if (result < 0) {
		explain_missing(err);
		return -1;
	}
	if (fail_on_bad_names(&listing) < 0)
		return -1;
	_cleanup_migrations_ struct migration_set set = {
		.format = format,
		.directory = string_copy(owned),
		.real_directory = real_directory(repository, owned),
	};
	if (listing.notes.count > 1)
		qsort(listing.notes.items, listing.notes.count, sizeof(char *), compare_text);
	set.notes = listing.notes;
	listing.notes = (struct string_list){0};
	if (format_assemble(listing.items, listing.count, &set, err) < 0 ||
	    (format->link && format->link(repository, &set, err) < 0))
		return -1;
	migration_set_free(ret);
	*ret = set;
	set = (struct migration_set){0};
	return 0;
}
