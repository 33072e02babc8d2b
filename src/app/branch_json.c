#include "app/branch.h"
#include "pg/instance.h"
#include "pool/record.h"

static json_t *baseline_member(const struct branch *branch)
{
	_cleanup_free_ char *revision = string_format("%d", branch->revision);
	json_t *json = json_object();
	record_set_string(json, "name", branch->baseline);
	record_set_string(json, "revision", revision);
	record_set_time(json, "taken_at", branch->baseline_taken_at);
	record_set_string(json, "lsn", branch->baseline_lsn);
	return json;
}

static json_t *git_member(const struct branch *branch)
{
	if (!branch->git_branch && !branch->git_commit)
		return json_null();
	json_t *json = json_object();
	record_set_string(json, "branch", branch->git_branch);
	record_set_string(json, "commit", branch->git_commit);
	return json;
}

static json_t *storage_member(const struct app *app, const struct branch *branch)
{
	_cleanup_free_ char *data = branch_data_path(branch);
	struct storage_usage usage;
	if (app->driver->usage(data, &usage, NULL) < 0)
		return json_null();
	return json_pack("{s:I, s:I}", "exclusive_bytes", (json_int_t)usage.exclusive_bytes, "shared_bytes",
			 (json_int_t)usage.shared_bytes);
}

/* To a tenth: what is beyond that is noise. */
static json_t *milliseconds(double value)
{
	return json_real((double)(long long)(value * 10 + 0.5) / 10);
}

json_t *branch_to_json(const struct app *app, const struct branch *branch, const bool *created, bool measure)
{
	_cleanup_free_ char *sockets = NULL;
	(void)pool_socket_directory(&app->pool, &sockets, NULL);
	json_t *json = json_pack("{s:i}", "schema", 1);
	record_set_string(json, "project", branch->project);
	record_set_string(json, "name", branch->name);
	if (created)
		json_object_set_new(json, "created", json_boolean(*created));
	record_set_string(json, "state", branch_state_name(branch));
	json_object_set_new(json, "protected", json_boolean(branch->protected));
	json_object_set_new(json, "durable", json_boolean(branch->durable));
	json_object_set_new(json, "baseline", baseline_member(branch));
	record_set_string(json, "parent", branch->parent);
	json_object_set_new(json, "git", git_member(branch));
	json_object_set_new(json, "pull_request",
			    branch->pull_request ? json_integer(branch->pull_request) : json_null());
	record_set_string(json, "host", "127.0.0.1");
	json_object_set_new(json, "port", json_integer(branch->port));
	record_set_string(json, "socket", sockets);
	record_set_string(json, "database", branch->database);
	record_set_string(json, "user", branch->role);
	record_set_time(json, "created_at", branch->created_at);
	record_set_string(json, "created_by", branch->created_by);
	record_set_time(json, "expires_at", branch->expires_at);
	if (measure)
		json_object_set_new(json, "storage", storage_member(app, branch));
	json_object_set_new(json, "timings_ms",
			    json_pack("{s:o, s:o, s:o}", "clone", milliseconds(branch->clone_ms), "start",
				      milliseconds(branch->start_ms), "total", milliseconds(branch->total_ms)));
	return json;
}
