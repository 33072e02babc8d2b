#include "pg/settings.h"

#include "base/file.h"

enum { MEBIBYTE = 1 << 20 };

enum place { FORCED, FILE_ONLY };
enum durability { EVERY_KIND, DURABLE, DISPOSABLE };
enum purpose { BOTH, BRANCH, PREPARATION };

typedef char *setting_maker(const struct pg_instance *instance, const struct pg_facts *facts);

struct setting {
	const char *name;
	const char *value;   /* or else: */
	setting_maker *make; /* NULL from it: not set */
	int from, until;     /* majors that know the name; 0: no bound */
	enum place place;
	enum purpose purpose;
	enum durability durability;
	const char *library; /* only if this library is preloaded */
};

static char *make_port(const struct pg_instance *instance, const struct pg_facts *facts)
{
	(void)facts;
	return string_format("%d", instance->port);
}

static char *make_path(const struct pg_instance *instance, const char *name)
{
	return path_join(instance->directory, name, NULL);
}

static char *make_config_file(const struct pg_instance *instance, const struct pg_facts *facts)
{
	(void)facts;
	return make_path(instance, "postgresql.conf");
}

static char *make_hba_file(const struct pg_instance *instance, const struct pg_facts *facts)
{
	(void)facts;
	return make_path(instance, "pg_hba.conf");
}

static char *make_ident_file(const struct pg_instance *instance, const struct pg_facts *facts)
{
	(void)facts;
	return make_path(instance, "pg_ident.conf");
}

static char *make_pid_file(const struct pg_instance *instance, const struct pg_facts *facts)
{
	(void)facts;
	return make_path(instance, "postgres.pid");
}

static void add_quoted(struct buffer *out, const char *text, char quote)
{
	buffer_add_char(out, quote);
	for (; *text; text++) {
		if (*text == quote)
			buffer_add_char(out, quote);
		buffer_add_char(out, *text);
	}
	buffer_add_char(out, quote);
}

/* The setting is a list: quoted, a comma in the path is part of it. */
static char *make_socket_directories(const struct pg_instance *instance, const struct pg_facts *facts)
{
	(void)facts;
	struct buffer out = {0};
	add_quoted(&out, instance->socket_directory, '"');
	return buffer_steal(&out);
}

static char *make_branch(const struct pg_instance *instance, const struct pg_facts *facts)
{
	(void)facts;
	return string_copy(instance->branch);
}

/* Shown by ps before every process of the server: "PROJECT/NAME". Longer than 63 bytes is cut by the server, with
 * noise. */
static char *make_cluster_name(const struct pg_instance *instance, const struct pg_facts *facts)
{
	(void)facts;
	const char *slash = strchr(instance->branch, '/');
	const char *name = slash ? slash + 1 : instance->branch;
	return string_copy_n(name, strnlen(name, 63));
}

static char *make_preload(const struct pg_instance *instance, const struct pg_facts *facts)
{
	(void)facts;
	return string_copy(instance->preload ? instance->preload : "");
}

/* Fewer than the data was run with, and the server refuses to start. */
static char *make_prepared_transactions(const struct pg_instance *instance, const struct pg_facts *facts)
{
	int wanted = instance->max_prepared_transactions;
	return string_format("%d",
			     wanted > facts->max_prepared_transactions ? wanted : facts->max_prepared_transactions);
}

static char *make_in_place_tablespaces(const struct pg_instance *instance, const struct pg_facts *facts)
{
	(void)instance;
	return facts->tablespaces ? string_copy("on") : NULL;
}

/* The server refuses to start with less than two segments, and production may have segments of up to 1 GB. */
static char *make_wal_size(const struct pg_facts *facts, uint32_t megabytes, uint32_t segments)
{
	uint32_t needed = facts->wal_segment_bytes / MEBIBYTE * segments;
	return string_format("%uMB", needed > megabytes ? needed : megabytes);
}

static char *make_min_wal_size(const struct pg_instance *instance, const struct pg_facts *facts)
{
	(void)instance;
	return make_wal_size(facts, 32, 2);
}

static char *make_max_wal_size(const struct pg_instance *instance, const struct pg_facts *facts)
{
	return make_wal_size(facts, instance->purpose == PG_FOR_PREPARATION ? 4096 : 1024, 8);
}

static const struct setting settings[] = {
	/* where it listens, and for whom */
	{"config_file", .make = make_config_file},
	{"hba_file", .make = make_hba_file},
	{"ident_file", .make = make_ident_file},
	{"external_pid_file", .make = make_pid_file}, /* empty, it would be tried as a name */
	{"port", .make = make_port},
	{"listen_addresses", .value = "127.0.0.1", .purpose = BRANCH},
	{"listen_addresses", .value = "", .purpose = PREPARATION},
	{"unix_socket_directories", .make = make_socket_directories},
	{"unix_socket_permissions", .value = "0700"},
	{"unix_socket_group", .value = ""},
	{"bonjour", .value = "off"},
	{"ssl", .value = "off"},
	{"password_encryption", .value = "scram-sha-256"},
	{"db_user_namespace", .value = "off", .until = 16},
	{"oauth_validator_libraries", .value = "", .from = 18},
	{"vela.branch", .make = make_branch},
	{"cluster_name", .make = make_cluster_name},

	/* nothing goes to production's archive, and nothing comes from production */
	{"archive_mode", .value = "off"},
	{"archive_command", .value = ""},
	{"archive_library", .value = "", .from = 15},
	{"archive_cleanup_command", .value = ""},
	{"restore_command", .value = ""},
	{"recovery_end_command", .value = ""},
	{"primary_conninfo", .value = ""},
	{"primary_slot_name", .value = ""},
	{"promote_trigger_file", .value = "", .until = 15},
	{"recovery_target", .value = ""},
	{"recovery_target_lsn", .value = ""},
	{"recovery_target_name", .value = ""},
	{"recovery_target_time", .value = ""},
	{"recovery_target_xid", .value = ""},
	{"recovery_target_timeline", .value = "latest"},
	{"hot_standby", .value = "off"},
	{"synchronous_standby_names", .value = ""},
	{"synchronized_standby_slots", .value = "", .from = 17},
	{"sync_replication_slots", .value = "off", .from = 17},
	{"summarize_wal", .value = "off", .from = 17},
	{"max_wal_senders", .value = "0"},
	{"max_replication_slots", .value = "0"},
	{"max_active_replication_origins", .value = "0", .from = 18},
	{"max_logical_replication_workers", .value = "0"},
	{"wal_level", .value = "replica", .purpose = BRANCH},
	{"wal_level", .value = "minimal", .purpose = PREPARATION},

	/* code that the data asks for; preloaded is only what this host has */
	{"shared_preload_libraries", .make = make_preload},
	{"session_preload_libraries", .value = ""},
	{"local_preload_libraries", .value = ""},
	{"cron.launch_active_jobs", .value = "off", .library = "pg_cron"},
	{"timescaledb.max_background_workers", .value = "0", .library = "timescaledb"},

	/* what else keeps a copy from starting here */
	{"max_prepared_transactions", .make = make_prepared_transactions},
	{"huge_pages", .value = "off"},
	{"data_sync_retry", .value = "off"},
	{"allow_in_place_tablespaces", .make = make_in_place_tablespaces},
	{"logging_collector", .value = "off"},
	{"log_destination", .value = "stderr"},

	/* an idle branch writes nothing; whoever prepares a baseline vacuums it then */
	{"autovacuum", .value = "off", .place = FILE_ONLY},
	{"shared_buffers", .value = "32MB", .place = FILE_ONLY, .purpose = BRANCH},
	{"shared_buffers", .value = "256MB", .place = FILE_ONLY, .purpose = PREPARATION},
	{"maintenance_work_mem", .value = "256MB", .place = FILE_ONLY, .purpose = PREPARATION},
	{"io_method", .value = "sync", .place = FILE_ONLY, .from = 18},
	{"synchronous_commit", .value = "on", .place = FILE_ONLY}, /* a killed server, or its clone, loses no commit */
	{"fsync", .value = "on", .place = FILE_ONLY, .durability = DURABLE},
	{"fsync", .value = "off", .place = FILE_ONLY, .durability = DISPOSABLE},
	{"full_page_writes", .value = "on", .place = FILE_ONLY}, /* what a migration logs is what it would log there */
	{"log_temp_files", .value = "0",
	 .place = FILE_ONLY}, /* a statement's temporary files are told to its session */
	{"wal_init_zero", .value = "off", .place = FILE_ONLY}, /* on copy-on-write filesystems neither zeroed */
	{"wal_recycle", .value = "off", .place = FILE_ONLY},   /* nor recycled segments save anything */
	{"min_wal_size", .make = make_min_wal_size, .place = FILE_ONLY},
	{"max_wal_size", .make = make_max_wal_size, .place = FILE_ONLY},

	/* messages that vela, and people, can read */
	{"lc_messages", .value = "C", .place = FILE_ONLY},
	{"log_timezone", .value = "UTC", .place = FILE_ONLY},
	{"timezone", .value = "UTC", .place = FILE_ONLY},
	{"log_line_prefix", .value = "%m [%p] %q%v ", .place = FILE_ONLY}, /* as migration/server_log.h reads it */
};

/* Whether a list such as `pg_stat_statements, "$libdir/pg_cron"` names the library. */
static bool preloads(const char *list, const char *library)
{
	size_t length = strlen(library);
	for (const char *at = list; at && *at;) {
		at += strspn(at, ", \t\"");
		size_t end = strcspn(at, ", \t\"");
		const char *name = at + end;
		while (name > at && name[-1] != '/')
			name--;
		if ((size_t)(at + end - name) == length && strncmp(name, library, length) == 0)
			return true;
		at += end;
	}
	return false;
}

static bool applies(const struct setting *setting, const struct pg_instance *instance)
{
	enum purpose purpose = instance->purpose == PG_FOR_PREPARATION ? PREPARATION : BRANCH;
	enum durability durability = instance->durable ? DURABLE : DISPOSABLE;
	return (!setting->from || instance->major >= setting->from) &&
	       (!setting->until || instance->major <= setting->until) &&
	       (setting->purpose == BOTH || setting->purpose == purpose) &&
	       (setting->durability == EVERY_KIND || setting->durability == durability) &&
	       (!setting->library || preloads(instance->preload, setting->library));
}

static char *value_of(const struct setting *setting, const struct pg_instance *instance, const struct pg_facts *facts)
{
	return setting->make ? setting->make(instance, facts) : string_copy(setting->value);
}

void pg_settings_arguments(const struct pg_instance *instance, const struct pg_facts *facts, struct string_list *ret)
{
	string_list_addf(ret, "%s/postgres", instance->binaries);
	string_list_add(ret, "-D");
	string_list_add(ret, instance->data);
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		if (settings[i].place != FORCED || !applies(&settings[i], instance))
			continue;
		_cleanup_free_ char *value = value_of(&settings[i], instance, facts);
		if (!value)
			continue;
		string_list_add(ret, "-c");
		string_list_addf(ret, "%s=%s", settings[i].name, value);
	}
}

void pg_settings_file(const struct pg_instance *instance, const struct pg_facts *facts, struct buffer *ret)
{
	buffer_add_text(ret, "# Written by vela at every start. What keeps this copy harmless is on the command line "
			     "of the server.\n");
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		if (settings[i].place != FILE_ONLY || !applies(&settings[i], instance))
			continue;
		_cleanup_free_ char *value = value_of(&settings[i], instance, facts);
		buffer_addf(ret, "%s = ", settings[i].name);
		add_quoted(ret, value, '\'');
		buffer_add_char(ret, '\n');
	}
}

/* Quoted, a name means itself: neither "all" nor "+group" nor "/pattern" is special. */
static void add_rule(struct buffer *ret, const char *type, const char *role, const char *method)
{
	buffer_addf(ret, "%s all ", type);
	add_quoted(ret, role, '"');
	buffer_addf(ret, " %s\n", method);
}

void pg_settings_hba(const struct pg_instance *instance, struct buffer *ret)
{
	add_rule(ret, "local", instance->superuser, "peer map=vela");
	if (instance->purpose != PG_FOR_BRANCH || !instance->role)
		return;
	add_rule(ret, "local", instance->role, "scram-sha-256");
	add_rule(ret, "host", instance->role, "127.0.0.1/32 scram-sha-256");
}

void pg_settings_ident(const struct pg_instance *instance, const char *system_user, struct buffer *ret)
{
	buffer_add_text(ret, "vela ");
	add_quoted(ret, system_user, '"');
	buffer_add_char(ret, ' ');
	add_quoted(ret, instance->superuser, '"');
	buffer_add_char(ret, '\n');
}
