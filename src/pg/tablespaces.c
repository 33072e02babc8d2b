#include "pg/tablespaces.h"

#include <sys/stat.h>
#include <unistd.h>
#include <errno.h>

#include "base/file.h"
#include "base/template.h"
#include "pg/connection.h"

/* Not a name that a server sends, so pg_basebackup does not meet it. */
static const char waiting_room[] = "pg_tblspc_vela";

void tablespaces_free(struct tablespaces *tablespaces)
{
	string_list_free(&tablespaces->oids);
	string_list_free(&tablespaces->locations);
}

int tablespaces_ask(PGconn *source, struct tablespaces *ret, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	if (pg_execute(source, template_text("sql/source_tablespaces.sql"), &result, err) < 0)
		return -1;
	for (int row = 0; row < PQntuples(result); row++) {
		string_list_add(&ret->oids, PQgetvalue(result, row, 0));
		string_list_add(&ret->locations, PQgetvalue(result, row, 1));
	}
	return 0;
}

static void add_escaped(struct buffer *out, const char *path)
{
	for (; *path; path++) {
		if (*path == '=')
			buffer_add_char(out, '\\');
		buffer_add_char(out, *path);
	}
}

void tablespaces_map(const struct tablespaces *tablespaces, const char *target, struct string_list *arguments)
{
	for (size_t i = 0; i < tablespaces->oids.count; i++) {
		struct buffer mapping = {0};
		_cleanup_free_ char *place = path_join(target, waiting_room, tablespaces->oids.items[i], NULL);
		add_escaped(&mapping, tablespaces->locations.items[i]);
		buffer_add_char(&mapping, '=');
		add_escaped(&mapping, place);
		string_list_add(arguments, "-T");
		string_list_take(arguments, buffer_steal(&mapping));
	}
}

static int settle_one(const char *target, const char *oid, struct error **err)
{
	_cleanup_free_ char *place = path_join(target, waiting_room, oid, NULL);
	_cleanup_free_ char *link = path_join(target, "pg_tblspc", oid, NULL);
	struct stat st;
	if (!file_exists(place)) /* dropped between the question and the backup */
		return 0;
	if (lstat(link, &st) == 0 && !S_ISLNK(st.st_mode))
		return error_set(err, ERROR_INTERNAL, "%s is no link", link);
	return file_unlink(link, err) < 0 || file_rename(place, link, err) < 0 ? -1 : 0;
}

int tablespaces_settle(const struct tablespaces *tablespaces, const char *target, struct error **err)
{
	for (size_t i = 0; i < tablespaces->oids.count; i++)
		if (settle_one(target, tablespaces->oids.items[i], err) < 0)
			return -1;
	_cleanup_free_ char *room = path_join(target, waiting_room, NULL);
	if (rmdir(room) < 0 && errno != ENOENT)
		return error_errno(err, errno, "cannot remove %s", room);
	return 0;
}
