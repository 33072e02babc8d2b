#include "pg/source.h"

#include <errno.h>

#include "base/template.h"
#include "pg/binaries.h"
#include "pg/connection.h"
#include "pg/source_access.h"

enum { SENDERS_NEEDED = 2 };             /* pg_basebackup: one for the files, one for the WAL */
enum { OLDEST_VERSION_NUMBER = 100000 }; /* below, version numbers had three parts */

void pg_server_facts_free(struct pg_server_facts *facts)
{
	free(facts->preload);
	*facts = (struct pg_server_facts){0};
}

static int check_version(const PGconn *connection, int *ret_major, struct error **err)
{
	int number = PQserverVersion(connection);
	int major = number / 10000;
	if (number >= OLDEST_VERSION_NUMBER && major >= PG_OLDEST_MAJOR && major <= PG_NEWEST_MAJOR) {
		*ret_major = major;
		return 0;
	}
	return error_set(err, ERROR_POSTGRES, "the source is PostgreSQL %s; vela supports %d to %d",
			 PQparameterStatus(connection, "server_version"), PG_OLDEST_MAJOR, PG_NEWEST_MAJOR);
}

/* Only those who may read all settings learn this one; to everybody else it is an error, and unknown to us. */
static int ask_preload(PGconn *connection, char **ret, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	if (pg_query(connection, "SHOW shared_preload_libraries", 0, &result, err) < 0)
		return -1;
	bool known = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1 && *PQgetvalue(result, 0, 0);
	*ret = known ? string_copy(PQgetvalue(result, 0, 0)) : NULL;
	return 0;
}

/* --- what a base backup needs --- */

enum fact { IS_SUPERUSER, MAY_REPLICATE, ROLE, CLIENT_ADDRESS, WAL_SENDERS, REPLICATION_SLOTS, TOTAL_BYTES };

static bool is_true(const PGresult *facts, enum fact fact)
{
	return *PQgetvalue(facts, 0, (int)fact) == 't';
}

static int check_rights(const PGresult *facts, struct error **err)
{
	if (!is_true(facts, IS_SUPERUSER) && !is_true(facts, MAY_REPLICATE)) {
		const char *role = PQgetvalue(facts, 0, ROLE);
		error_set(err, ERROR_REFUSED, "role %s of the source may not take a base backup", role);
		return error_hint(err, "as a superuser of the source run: ALTER ROLE %s REPLICATION;", role);
	}
	if ((int)strtol(PQgetvalue(facts, 0, WAL_SENDERS), NULL, 10) < SENDERS_NEEDED) {
		error_set(err, ERROR_REFUSED,
			  "the source allows %s WAL senders (max_wal_senders), a base backup needs %d",
			  PQgetvalue(facts, 0, WAL_SENDERS), SENDERS_NEEDED);
		return error_hint(err,
				  "on the source set max_wal_senders = 10 and wal_level = replica, and restart it");
	}
	return 0;
}

/* A base backup has its own kind of line in pg_hba.conf, which "all" does not cover. Trying is the only way to know. */
static int check_replication(const struct source_access *access, const PGresult *facts, struct error **err)
{
	_cleanup_connection_ PGconn *connection = NULL;
	if (source_access_connect(access, true, &connection, err) == 0)
		return 0;
	if (err && *err && strstr((*err)->message, "pg_hba.conf")) {
		const char *role = PQgetvalue(facts, 0, ROLE);
		const char *address = PQgetvalue(facts, 0, CLIENT_ADDRESS);
		string_replace(&(*err)->message,
			       string_copy("the source has no line for base backups from this host in pg_hba.conf"));
		if (*address)
			error_hint(err,
				   "add to pg_hba.conf on the source, then reload it: host replication %s %s/%d "
				   "scram-sha-256",
				   role, address, strchr(address, ':') ? 128 : 32);
		else
			error_hint(err, "add to pg_hba.conf on the source, then reload it: local replication %s peer",
				   role);
	}
	return -1;
}

static int ask_facts(PGconn *connection, PGresult **ret, struct error **err)
{
	if (pg_execute(connection, "SET search_path = pg_catalog", NULL, err) < 0 ||
	    pg_execute(connection, template_text("sql/source_facts.sql"), ret, err) < 0)
		return -1;
	return PQntuples(*ret) == 1 ? 0 : error_set(err, ERROR_POSTGRES, "the source does not know its own role");
}

int pg_source_inspect(const char *url, const char *password, struct pg_server_facts *ret, struct error **err)
{
	_cleanup_access_ struct source_access access = {0};
	_cleanup_connection_ PGconn *connection = NULL;
	_cleanup_result_ PGresult *answer = NULL;
	_cleanup_(pg_server_facts_free) struct pg_server_facts facts = {0};
	if (source_access_read(url, password, &access, err) < 0 ||
	    source_access_connect(&access, false, &connection, err) < 0 ||
	    check_version(connection, &facts.major, err) < 0 || ask_facts(connection, &answer, err) < 0 ||
	    check_rights(answer, err) < 0 || ask_preload(connection, &facts.preload, err) < 0 ||
	    check_replication(&access, answer, err) < 0)
		return -1;
	facts.bytes = strtoull(PQgetvalue(answer, 0, TOTAL_BYTES), NULL, 10);
	*ret = facts;
	facts = (struct pg_server_facts){0};
	return 0;
}
