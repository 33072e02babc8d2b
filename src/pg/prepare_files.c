/* The first half of making a copy harmless: its files, before any server runs on them. No link is ever followed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "pg/control.h"
#include "pg/prepare.h"

enum { DATA_MODE = 0700, FILE_MODE = 0600, MAP_MAX = 1 << 20 };

/* All that PostgreSQL itself reads among the files at the top. Any other is production's: keys, logs, dumps, signals
 * that would make a standby of the copy. */
static const char *const kept_files[] = {"PG_VERSION", "backup_label"};

/* Our own configuration is elsewhere; without these files some tools take the directory for damaged. */
static const char configuration[] = "# The configuration of this copy is kept by vela, outside the data directory.\n";
static const struct replaced_file {
	const char *name;
	const char *text;
} replaced_files[] = {
	{"postgresql.conf", configuration},
	{"postgresql.auto.conf", ""},
	{"pg_hba.conf", configuration},
	{"pg_ident.conf", configuration},
};

/* What a server writes anew at every start; pg_basebackup leaves the same out. Slots would hold back WAL for ever. */
static const char *const emptied_directories[] = {"pg_replslot",  "pg_dynshmem", "pg_notify",  "pg_serial",
						  "pg_snapshots", "pg_stat_tmp", "pg_subtrans"};

static const char *const own_directories[] = {"base",    "global",    "pg_commit_ts", "pg_logical", "pg_multixact",
					      "pg_stat", "pg_tblspc", "pg_twophase",  "pg_wal",     "pg_xact"};

/* Directories that people put beside the data. Unknown ones stay: an extension may keep data there. */
static const char *const removed_directories[] = {"log", "pg_log", "conf.d", "postgresql.conf.d",
						  "ssl", "tls",    "certs"};

static bool is_among(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (string_equal(name, names[i]))
			return true;
	return false;
}

/* --- links --- */

static int refuse_link(const char *path, const char *target, struct error **err)
{
	error_set(err, ERROR_REFUSED, "%s is a link to %s: a copy would write to the files of the source", path,
		  target);
	return error_hint(err,
			  "use a postgres:// URL as the source instead of the directory: a base backup takes linked "
			  "tablespaces and WAL along");
}

/* A relative link that stays inside is part of the copy; an absolute one leads to the source, or will after a clone. */
static int check_link(const char *root, const char *path, struct error **err)
{
	char target[4096];
	ssize_t length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return error_errno(err, errno, "cannot read the link %s", path);
	target[length] = '\0';
	_cleanup_free_ char *resolved = realpath(path, NULL);
	size_t root_length = strlen(root);
	if (*target != '/' && resolved && strncmp(resolved, root, root_length) == 0 && resolved[root_length] == '/')
		return 0;
	return refuse_link(path, target, err);
}

static int check_tree(const char *root, const char *path, struct error **err);

static int check_entry(const char *root, const char *path, unsigned char type, struct error **err)
{
	struct stat st;
	if (type == DT_UNKNOWN && lstat(path, &st) == 0)
		type = S_ISLNK(st.st_mode) ? DT_LNK : S_ISDIR(st.st_mode) ? DT_DIR : DT_REG;
	if (type == DT_LNK)
		return check_link(root, path, err);
	return type == DT_DIR ? check_tree(root, path, err) : 0;
}

static void close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

static int check_tree(const char *root, const char *path, struct error **err)
{
	if (interrupt_check(err) < 0)
		return -1;
	_cleanup_(close_directory) DIR *directory = opendir(path);
	if (!directory)
		return error_errno(err, errno, "cannot list %s", path);
	const struct dirent *entry;
	while ((entry = readdir(directory))) {
		if (string_equal(entry->d_name, ".") || string_equal(entry->d_name, ".."))
			continue;
		_cleanup_free_ char *child = path_join(path, entry->d_name, NULL);
		if (check_entry(root, child, entry->d_type, err) < 0)
			return -1;
	}
	return 0;
}

/*
 * A server that recovers from a base backup makes the links of this file, whatever is there. It is not needed once
 * every tablespace that it names is a directory in its place.
 */
static int settle_tablespace_map(const char *data, struct error **err)
{
	_cleanup_free_ char *path = path_join(data, "tablespace_map", NULL);
	_cleanup_buffer_ struct buffer map = {0};
	struct stat st;
	if (!file_exists(path))
		return 0;
	if (file_read(path, MAP_MAX, FILE_NO_FOLLOW, &map, err) < 0)
		return -1;
	for (const char *line = buffer_text(&map); *line;) {
		size_t length = strcspn(line, "\n");
		_cleanup_free_ char *oid = string_copy_n(line, strcspn(line, " \n"));
		_cleanup_free_ char *place = path_join(data, "pg_tblspc", oid, NULL);
		_cleanup_free_ char *target = string_copy_n(line, length);
		if (*oid && (lstat(place, &st) < 0 || !S_ISDIR(st.st_mode)))
			return refuse_link(path, target, err);
		line += length + (line[length] == '\n');
	}
	return file_unlink(path, err);
}

/* --- removing --- */

enum fate { KEEP, UNLINK, REMOVE_TREE };

/* A link in the place of a part of PostgreSQL stays, to be judged; any other (to a log directory, say) just goes. */
static enum fate fate_of(const char *name, mode_t mode)
{
	bool known = is_among(name, removed_directories, ARRAY_SIZE(removed_directories)) || *name == '.' ||
		     is_among(name, emptied_directories, ARRAY_SIZE(emptied_directories));
	if (is_among(name, kept_files, ARRAY_SIZE(kept_files)))
		return KEEP;
	if (S_ISDIR(mode))
		return known ? REMOVE_TREE : KEEP;
	if (S_ISLNK(mode) && !known)
		return is_among(name, own_directories, ARRAY_SIZE(own_directories)) ? KEEP : UNLINK;
	return UNLINK;
}

static int clean_entry(const char *data, const char *name, struct error **err)
{
	_cleanup_free_ char *path = path_join(data, name, NULL);
	struct stat st;
	if (lstat(path, &st) < 0)
		return error_errno(err, errno, "cannot examine %s", path);
	switch (fate_of(name, st.st_mode)) {
	case UNLINK:
		return file_unlink(path, err);
	case REMOVE_TREE:
		return directory_remove(path, err);
	default:
		return 0;
	}
}

static int clean_top(const char *data, struct error **err)
{
	_cleanup_(string_list_free) struct string_list names = {0};
	if (directory_list(data, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (clean_entry(data, names.items[i], err) < 0)
			return -1;
	return 0;
}

static int make_files(const char *data, struct error **err)
{
	for (size_t i = 0; i < ARRAY_SIZE(emptied_directories); i++) {
		_cleanup_free_ char *path = path_join(data, emptied_directories[i], NULL);
		if (directory_create(path, DATA_MODE, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(replaced_files); i++) {
		const struct replaced_file *file = &replaced_files[i];
		_cleanup_free_ char *path = path_join(data, file->name, NULL);
		if (file_replace(path, file->text, strlen(file->text), FILE_MODE, FILE_VOLATILE, err) < 0)
			return -1;
	}
	return 0;
}

/* Where production's subscriptions stood: more of them than this server has room for, and it does not start. */
static int remove_origins(const char *data, struct error **err)
{
	_cleanup_free_ char *path = path_join(data, "pg_logical", "replorigin_checkpoint", NULL);
	return file_unlink(path, err);
}

int pg_prepare_files(const char *data, struct error **err)
{
	int major;
	_cleanup_free_ char *root = realpath(data, NULL);
	if (!root)
		return error_errno(err, errno, "cannot find %s", data);
	if (pg_data_major(root, &major, err) < 0 || settle_tablespace_map(root, err) < 0 || clean_top(root, err) < 0 ||
	    make_files(root, err) < 0 || check_tree(root, root, err) < 0 || remove_origins(root, err) < 0)
		return -1;
	if (chmod(root, DATA_MODE) < 0)
		return error_errno(err, errno, "cannot set the mode of %s", root);
	return 0;
}
