#include "pool/branch.h"

#include "base/name.h"
#include "base/quantity.h"
#include "pool/record.h"

char *branch_directory(const struct pool *pool, const char *project, const char *name)
{
	return path_join(pool->path, "branches", project, name, NULL);
}

char *branch_data_path(const struct branch *branch)
{
	return path_join(branch->directory, "data", NULL);
}

char *branch_log_path(const struct branch *branch)
{
	return path_join(branch->directory, "log", NULL);
}

char *branch_workload_path(const struct branch *branch)
{
	return path_join(branch->directory, "workload", NULL);
}

char *branch_subject(const struct branch *branch)
{
	return string_format("%s/%s", branch->project, branch->name);
}

char *branch_identity(const struct pool *pool, const struct branch *branch)
{
	return string_format("%s/%s/%s", pool->id, branch->project, branch->name);
}

int branch_lock(const struct pool *pool, const char *project, const char *name, double patience_ms, const char *purpose,
		struct lock *ret, struct error **err)
{
	_cleanup_free_ char *lock = string_format("branch.%s.%s", project, name);
	if (lock_acquire(pool, lock, LOCK_MODE_EXCLUSIVE, patience_ms, purpose, ret, err) < 0)
		return -1;
	return 0;
}

static json_t *instance_to_json(const struct branch *branch)
{
	json_t *json = json_pack("{s:I, s:I}", "pid", (json_int_t)branch->instance.pid, "start_time",
				 (json_int_t)branch->instance.start_time);
	record_set_string(json, "boot_id", branch->boot_id);
	return json;
}

static json_t *to_json(const struct branch *branch)
{
	json_t *json = json_object();
	json_object_set_new(json, "format", json_integer(POOL_FORMAT));
	record_set_string(json, "title", branch->title);
	record_set_string(json, "state", branch->state == BRANCH_READY ? "ready" : "creating");
	json_object_set_new(json, "protected", json_boolean(branch->protected));
	json_object_set_new(json, "durable", json_boolean(branch->durable));
	json_object_set_new(json, "temporary", json_boolean(branch->temporary));
	json_object_set_new(json, "reference", json_boolean(branch->reference));
	json_object_set_new(json, "login_pending", json_boolean(branch->login_pending));
	record_set_string(json, "baseline", branch->baseline);
	json_object_set_new(json, "revision", json_integer(branch->revision));
	record_set_time(json, "baseline_taken_at", branch->baseline_taken_at);
	record_set_string(json, "baseline_lsn", branch->baseline_lsn);
	record_set_string(json, "parent", branch->parent);
	record_set_string(json, "git_branch", branch->git_branch);
	record_set_string(json, "git_commit", branch->git_commit);
	record_set_string(json, "git_directory", branch->git_directory);
	record_set_string(json, "repository", branch->repository);
	json_object_set_new(json, "pull_request", json_integer(branch->pull_request));
	if (branch->renamed_from) {
		record_set_string(json, "renamed_from", branch->renamed_from);
		record_set_string(json, "renamed_title", branch->renamed_title);
		record_set_string(json, "renamed_git_branch", branch->renamed_git_branch);
	}
	json_object_set_new(json, "port", json_integer(branch->port));
	record_set_string(json, "database", branch->database);
	record_set_string(json, "role", branch->role);
	record_set_string(json, "superuser", branch->superuser);
	record_set_string(json, "preload", branch->preload);
	json_object_set_new(json, "major", json_integer(branch->major));
	json_object_set_new(json, "max_prepared_transactions", json_integer(branch->max_prepared_transactions));
	json_object_set_new(json, "instance", instance_to_json(branch));
	record_set_time(json, "created_at", branch->created_at);
	record_set_time(json, "expires_at", branch->expires_at);
	record_set_string(json, "created_by", branch->created_by);
	json_object_set_new(json, "clone_ms", json_real(branch->clone_ms));
	json_object_set_new(json, "start_ms", json_real(branch->start_ms));
	json_object_set_new(json, "total_ms", json_real(branch->total_ms));
	return json;
}

static struct branch from_json(const json_t *json)
{
	const json_t *instance = json_object_get(json, "instance");
	return (struct branch){
		.title = string_copy(record_string(json, "title")),
		.state = string_equal(record_string(json, "state"), "ready") ? BRANCH_READY : BRANCH_CREATING,
		.protected = record_flag(json, "protected"),
		.durable = record_flag(json, "durable"),
		.temporary = record_flag(json, "temporary"),
		.reference = record_flag(json, "reference"),
		.login_pending = record_flag(json, "login_pending"),
		.baseline = string_copy(record_string(json, "baseline")),
		.revision = (int)record_integer(json, "revision"),
		.baseline_taken_at = record_time(json, "baseline_taken_at"),
		.baseline_lsn = string_copy(record_string(json, "baseline_lsn")),
		.parent = string_copy(record_string(json, "parent")),
		.git_branch = string_copy(record_string(json, "git_branch")),
		.git_commit = string_copy(record_string(json, "git_commit")),
		.git_directory = string_copy(record_string(json, "git_directory")),
		.repository = string_copy(record_string(json, "repository")),
		.pull_request = (long)record_integer(json, "pull_request"),
		.renamed_from = string_copy(record_string(json, "renamed_from")),
		.renamed_title = string_copy(record_string(json, "renamed_title")),
		.renamed_git_branch = string_copy(record_string(json, "renamed_git_branch")),
		.port = (int)record_integer(json, "port"),
		.database = string_copy(record_string(json, "database")),
		.role = string_copy(record_string(json, "role")),
		.superuser = string_copy(record_string(json, "superuser")),
		.preload = string_copy(record_string(json, "preload")),
		.major = (int)record_integer(json, "major"),
		.max_prepared_transactions = (int)record_integer(json, "max_prepared_transactions"),
		.instance = {(pid_t)record_integer(instance, "pid"), (uint64_t)record_integer(instance, "start_time")},
		.boot_id = string_copy(record_string(instance, "boot_id")),
		.created_at = record_time(json, "created_at"),
		.expires_at = record_time(json, "expires_at"),
		.created_by = string_copy(record_string(json, "created_by")),
		.clone_ms = record_number(json, "clone_ms"),
		.start_ms = record_number(json, "start_ms"),
		.total_ms = record_number(json, "total_ms"),
	};
}

static bool is_complete(const struct branch *branch)
{
	return branch->title && branch->baseline && branch->database && branch->role && branch->superuser &&
	       branch->port > 0 && branch->port < 65536 && branch->major > 0;
}

int branch_read(const struct pool *pool, const char *project, const char *name, struct branch *ret, struct error **err)
{
	_cleanup_free_ char *directory = branch_directory(pool, project, name);
	_cleanup_free_ char *file = path_join(directory, "branch.json", NULL);
	_cleanup_json_ json_t *json = NULL;
	if (!file_exists(file)) {
		error_set(err, ERROR_NOT_FOUND, "there is no branch %s in project %s", name, project);
		return error_hint(err, "vela branch list shows those there are; vela branch create %s makes it", name);
	}
	if (record_read(file, &json, err) < 0)
		return error_hint(err, "the other branches are not affected; vela branch delete %s removes this one",
				  name);
	_cleanup_branch_ struct branch branch = from_json(json);
	if (!is_complete(&branch)) {
		error_set(err, ERROR_STORAGE, "%s is damaged: members are missing", file);
		return error_hint(err, "the other branches are not affected; vela branch delete %s removes this one",
				  name);
	}
	branch.project = string_copy(project);
	branch.name = string_copy(name);
	branch.directory = TAKE_POINTER(directory);
	*ret = branch;
	branch = (struct branch){0};
	return 0;
}

int branch_write(const struct branch *branch, enum file_durability durability, struct error **err)
{
	_cleanup_free_ char *file = path_join(branch->directory, "branch.json", NULL);
	_cleanup_json_ json_t *json = to_json(branch);
	return record_write(file, json, durability, err);
}

void branch_free(struct branch *branch)
{
	char *const owned[] = {
		branch->project,       branch->name,          branch->title,      branch->directory,
		branch->baseline,      branch->baseline_lsn,  branch->parent,     branch->git_branch,
		branch->git_commit,    branch->git_directory, branch->repository, branch->renamed_from,
		branch->renamed_title, branch->database,      branch->role,       branch->renamed_git_branch,
		branch->superuser,     branch->preload,       branch->boot_id,    branch->created_by};
	for (size_t i = 0; i < ARRAY_SIZE(owned); i++)
		free(owned[i]);
	*branch = (struct branch){0};
}

bool branch_is_running(const struct branch *branch)
{
	if (branch->instance.pid <= 0 || !branch->boot_id)
		return false;
	_cleanup_free_ char *boot_id = process_boot_id();
	return string_equal(boot_id, branch->boot_id) && process_is_alive(&branch->instance) &&
	       process_is_ours(branch->instance.pid);
}

int branch_password_write(const struct branch *branch, const char *password, struct error **err)
{
	_cleanup_free_ char *file = path_join(branch->directory, "password", NULL);
	return file_replace(file, password, strlen(password), 0600, branch->durable ? FILE_DURABLE : FILE_VOLATILE,
			    err);
}

int branch_password_read(const struct branch *branch, char **ret, struct error **err)
{
	_cleanup_free_ char *file = path_join(branch->directory, "password", NULL);
	struct buffer password = {0};
	if (file_read(file, 1024, FILE_NO_FOLLOW, &password, err) < 0) {
		error_rekind(err, ERROR_STORAGE);
		return error_hint(err, "vela branch reset %s gives it a new one", branch->name);
	}
	*ret = buffer_steal(&password);
	return 0;
}

static void add_entry(const struct pool *pool, const char *project, const char *name, struct branch_list *list)
{
	list->items = memory_resize(list->items, list->count + 1, sizeof(*list->items));
	struct branch_entry *entry = &list->items[list->count++];
	*entry = (struct branch_entry){.project = string_copy(project), .name = string_copy(name)};
	_cleanup_error_ struct error *problem = NULL;
	if (branch_read(pool, project, name, &entry->branch, &problem) == 0)
		entry->readable = true;
	else if (problem->kind != ERROR_NOT_FOUND)
		entry->problem = string_copy(problem->message);
}

int branch_list(const struct pool *pool, const char *project, struct branch_list *ret, struct error **err)
{
	_cleanup_free_ char *top = path_join(pool->path, "branches", NULL);
	_cleanup_(string_list_free) struct string_list projects = {0};
	if (directory_list(top, &projects, err) < 0)
		return -1;
	struct branch_list list = {0};
	for (size_t i = 0; i < projects.count; i++) {
		if (project && !string_equal(project, projects.items[i]))
			continue;
		_cleanup_free_ char *directory = path_join(top, projects.items[i], NULL);
		_cleanup_(string_list_free) struct string_list names = {0};
		if (directory_list(directory, &names, err) < 0) {
			branch_list_free(&list);
			return -1;
		}
		for (size_t j = 0; j < names.count; j++)
			if (name_is_valid(names.items[j]))
				add_entry(pool, projects.items[i], names.items[j], &list);
	}
	*ret = list;
	return 0;
}

void branch_list_free(struct branch_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].project);
		free(list->items[i].name);
		free(list->items[i].problem);
		branch_free(&list->items[i].branch);
	}
	free(list->items);
	*list = (struct branch_list){0};
}
