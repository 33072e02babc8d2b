#include "pg/source_access.h"

#include <unistd.h>

#include "base/buffer.h"
#include "base/identity.h"
#include "pg/connection.h"

static const char url_form[] = "write it as postgres://USER@HOST:PORT/DATABASE";

void source_access_free(struct source_access *access)
{
	free(access->conninfo);
	free(access->password);
	*access = (struct source_access){0};
}

static void free_options(PQconninfoOption **options)
{
	PQconninfoFree(*options);
}

static void add_option(struct buffer *conninfo, const char *keyword, const char *value)
{
	buffer_addf(conninfo, "%s%s='", conninfo->length > 0 ? " " : "", keyword);
	for (; *value; value++) {
		if (*value == '\'' || *value == '\\')
			buffer_add_char(conninfo, '\\');
		buffer_add_char(conninfo, *value);
	}
	buffer_add_char(conninfo, '\'');
}

/* libpq marks what must not be shown with a star. Its own message about a bad URL quotes the URL, so it is not passed
 * on. */
static int read_url(const char *url, struct buffer *conninfo, struct error **err)
{
	_cleanup_(free_options) PQconninfoOption *options = PQconninfoParse(url, NULL);
	if (!options) {
		error_set(err, ERROR_USAGE, "the URL of the source cannot be understood");
		return error_hint(err, "%s", url_form);
	}
	for (const PQconninfoOption *option = options; option->keyword; option++) {
		if (!option->val || !*option->val || string_equal(option->keyword, "replication"))
			continue;
		if (option->dispchar && *option->dispchar == '*') {
			error_set(err, ERROR_USAGE,
				  "the URL of the source carries a secret (%s), and everybody on this host can "
				  "read command lines",
				  option->keyword);
			return error_hint(err, "leave it out, and give the password in PGPASSWORD, in ~/.pgpass or "
					       "with --password-file");
		}
		add_option(conninfo, option->keyword, option->val);
	}
	return 0;
}

/* Asks libpq to begin connecting: only then does it read ~/.pgpass, PGSERVICE and the like. Nothing is sent. */
static void ask_libpq(struct source_access *access)
{
	IDENTITY_CALLER_SCOPE;
	PGconn *connection = PQconnectStart(access->conninfo);
	if (!connection)
		abort(); /* out of memory */
	const char *host = PQhost(connection);
	const char *password = PQpass(connection);
	access->local = !host || !*host || *host == '/' || *host == '@';
	if (!access->password && password && *password)
		access->password = string_copy(password);
	PQfinish(connection);
}

int source_access_read(const char *url, const char *password, struct source_access *ret, struct error **err)
{
	_cleanup_access_ struct source_access access = {0};
	_cleanup_buffer_ struct buffer conninfo = {0};
	if (read_url(url, &conninfo, err) < 0)
		return -1;
	access.conninfo = string_copy(buffer_text(&conninfo));
	access.password = password && *password ? string_copy(password) : NULL;
	ask_libpq(&access);
	*ret = access;
	access = (struct source_access){0};
	return 0;
}

/* --- connecting --- */

static const struct refusal {
	const char *words; /* in the server's or libpq's message */
	const char *hint;
} refusals[] = {
	{"no password supplied", "give the password in PGPASSWORD, in ~/.pgpass or with --password-file"},
	{"password authentication failed",
	 "give the right password in PGPASSWORD, in ~/.pgpass or with --password-file"},
	{"pg_hba.conf", "let this host in: add a line for it to pg_hba.conf on the source, then reload it"},
	{"Peer authentication failed",
	 "the connection is made as the pool's owner: use that user's role, or a password over TCP"},
	{"must be superuser", "use a role that may replicate: ALTER ROLE … REPLICATION"},
	{"permission denied to start WAL sender", "use a role that may replicate: ALTER ROLE … REPLICATION"},
};

static int explain_refusal(struct error **err)
{
	const char *message = err && *err ? (*err)->message : "";
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		if (!strstr(message, refusals[i].words))
			continue;
		error_rekind(err, ERROR_REFUSED);
		error_hint(err, "%s", refusals[i].hint);
		break;
	}
	return error_wrap(err, "cannot connect to the source");
}

/*
 * Over the network we are the caller, whose certificates and keys libpq can then read. On a Unix socket the server may
 * ask the kernel who we are, and there we are the pool's owner, as pg_basebackup will be.
 */
static int connect_as_caller(const struct pg_target *target, PGconn **ret, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	return pg_connect(target, ret, err);
}

int source_access_connect(const struct source_access *access, bool replication, PGconn **ret, struct error **err)
{
	_cleanup_buffer_ struct buffer conninfo = {0};
	buffer_add_text(&conninfo, access->conninfo);
	if (replication)
		add_option(&conninfo, "replication", "true");
	struct pg_target target = {.url = buffer_text(&conninfo), .password = access->password};
	int result = access->local ? pg_connect(&target, ret, err) : connect_as_caller(&target, ret, err);
	return result < 0 ? explain_refusal(err) : 0;
}
