#include "footprint.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure.h"

/* --- bytes --- */

static void sync_filesystem(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || syncfs(fd) < 0)
		die("cannot sync %s: %s", path, strerror(errno));
	close(fd);
}

double branch_bytes_by_vela(const char *vela, const char *pool, const char *name)
{
	sync_filesystem(pool);
	const char *const argv[] = {vela, "--pool", pool, "branch", "show", name, "-o", "json", NULL};
	char *text = program_output(argv);
	json_t *json = json_loads(text, 0, NULL);
	const json_t *bytes = json_object_get(json_object_get(json, "storage"), "exclusive_bytes");
	if (!json_is_integer(bytes))
		die("vela branch show does not tell exclusive_bytes: %s", text);
	double value = (double)json_integer_value(bytes);
	json_decref(json);
	free(text);
	return value;
}

double branch_bytes_by_btrfs(const char *data)
{
	const char *const argv[] = {"/usr/bin/btrfs", "filesystem", "du", "-s", "--raw", data, NULL};
	sync_filesystem(data);
	char *text = program_output(argv);
	const char *line = strchr(text, '\n'); /* after the heading: total, exclusive */
	double exclusive;
	if (!line || sscanf(line, " %*f %lf", &exclusive) != 1)
		die("btrfs filesystem du printed %s", text);
	free(text);
	return exclusive;
}

/* --- reading --- */

static PGresult *run_sql(PGconn *connection, const char *sql)
{
	PGresult *result = PQexec(connection, sql);
	if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
		die("%s: %s", sql, PQerrorMessage(connection));
	return result;
}

static void checkpoint(const char *pool, const char *data)
{
	char *path = format_text("%s/postmaster.pid", data);
	FILE *file = fopen(path, "re");
	int port = 0;
	for (int line = 1; file && line <= 4; line++) {
		char text[4096];
		port = fgets(text, sizeof(text), file) ? (int)strtol(text, NULL, 10) : 0;
	}
	if (file)
		(void)fclose(file);
	free(path);
	/* The superuser is let in over the socket only, as the pool's owner. */
	struct stat st;
	if (port <= 0 || stat(pool, &st) < 0 || seteuid(st.st_uid) < 0)
		die("cannot find the server on %s", data);
	char *conninfo = format_text("host=%s/run port=%d user=postgres dbname=postgres", pool, port);
	PGconn *connection = PQconnectdb(conninfo);
	PQclear(run_sql(connection, "CHECKPOINT"));
	PQfinish(connection);
	free(conninfo);
	if (seteuid(0) < 0)
		die("cannot become root again: %s", strerror(errno));
}

void branch_read_tables(const char *pool, const char *data, const char *url)
{
	PGconn *connection = PQconnectdb(url);
	PQclear(run_sql(connection,
			"SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off"));
	PGresult *tables = run_sql(connection, "SELECT format('SELECT count(*) FROM %s', oid::regclass) FROM pg_class "
					       "WHERE relkind IN ('r', 'm') AND has_table_privilege(oid, 'SELECT')");
	for (int i = 0; i < PQntuples(tables); i++)
		PQclear(run_sql(connection, PQgetvalue(tables, i, 0)));
	PQclear(tables);
	PQfinish(connection);
	checkpoint(pool, data);
}

/* --- memory --- */

static double process_memory(long pid)
{
	char *path = format_text("/proc/%ld/smaps_rollup", pid);
	FILE *file = fopen(path, "re");
	char line[256];
	double kib = 0;
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Pss: %lf kB", &kib) == 1)
			break;
	if (file)
		(void)fclose(file);
	free(path);
	return kib * 1024;
}

static FILE *open_required(char *path)
{
	FILE *file = fopen(path, "re");
	if (!file)
		die("cannot read %s: %s", path, strerror(errno));
	free(path);
	return file;
}

double branch_memory(const char *data)
{
	long pid = 0, child;
	FILE *file = open_required(format_text("%s/postmaster.pid", data));
	if (fscanf(file, "%ld", &pid) != 1)
		die("no process id in %s/postmaster.pid", data);
	(void)fclose(file);
	double sum = process_memory(pid);
	file = open_required(format_text("/proc/%ld/task/%ld/children", pid, pid));
	while (fscanf(file, "%ld", &child) == 1)
		sum += process_memory(child);
	(void)fclose(file);
	return sum;
}
