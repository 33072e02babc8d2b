#include <ctype.h>

#include "base/file.h"
#include "forge/ci_parts.h"

enum { DIGITS_MAX = 9 };

/* --- values --- */

const char *ci_value(const struct ci_environment *environment, const char *name)
{
	const char *value = name ? environment->lookup(environment->context, name) : NULL;
	return value && *value ? value : NULL;
}

const char *ci_first_value(const struct ci_environment *environment, const char *const names[CI_NAMES_MAX])
{
	for (size_t i = 0; i < CI_NAMES_MAX; i++) {
		const char *value = ci_value(environment, names[i]);
		if (value)
			return value;
	}
	return NULL;
}

long ci_leading_number(const char *text, const char *ends)
{
	size_t length = strspn(text, "0123456789");
	if (length == 0 || length > DIGITS_MAX || (text[length] && !strchr(ends, text[length])))
		return 0;
	return strtol(text, NULL, 10);
}

char *ci_branch_name(const char *value, const char *remote)
{
	static const char heads[] = "refs/heads/", fork[] = "pull/";
	if (!value)
		return NULL;
	if (string_starts_with(value, heads))
		return string_copy(value + strlen(heads));
	if (string_starts_with(value, "refs/"))
		return NULL;
	if (string_starts_with(value, fork) && ci_leading_number(value + strlen(fork), "/"))
		return NULL;
	return string_copy(remote && string_starts_with(value, remote) ? value + strlen(remote) : value);
}

char *ci_commit_id(const char *value)
{
	size_t length = value ? strlen(value) : 0;
	if (length != 40 && length != 64)
		return NULL;
	for (size_t i = 0; i < length; i++)
		if (!isxdigit((unsigned char)value[i]))
			return NULL;
	return string_copy(value);
}

/* --- detection --- */

static const struct ci_system *find_system(const struct ci_environment *environment)
{
	for (const struct ci_system *system = ci_systems; system->name; system++) {
		const char *value = ci_value(environment, system->marker);
		if (value && !string_equal(value, "false") && !string_equal(value, "0"))
			return system;
	}
	return NULL;
}

static long pull_request_number(const struct ci_system *system, const struct ci_environment *environment)
{
	long number = 0;
	for (size_t i = 0; i < CI_NAMES_MAX && number == 0; i++) {
		const char *value = ci_value(environment, system->pull_request[i]);
		number = value ? system->number(environment, value) : 0;
	}
	return number;
}

/* What the event file did not tell. */
static void take_variables(const struct ci_system *system, const struct ci_environment *environment,
			   struct ci_context *ci)
{
	if (ci->pull_request == 0)
		ci->pull_request = pull_request_number(system, environment);
	if (!ci->base_branch)
		ci->base_branch = ci_branch_name(ci_first_value(environment, system->base_branch), system->remote);
	/* A pull request whose number cannot be told must not pass for a run of the branch it wants to go to. */
	bool for_head = ci->pull_request > 0 || ci->base_branch;
	if (!ci->branch && !ci_value(environment, system->tag))
		ci->branch = ci_branch_name(
			ci_first_value(environment, for_head ? system->head_branch : system->branch), system->remote);
	if (!ci->commit)
		ci->commit = ci_commit_id(ci_first_value(environment, for_head ? system->head_commit : system->commit));
	if (ci->origin == CI_ORIGIN_UNKNOWN && system->origin)
		ci->origin = system->origin(environment);
	if (ci->origin == CI_ORIGIN_UNKNOWN && !for_head)
		ci->origin = CI_ORIGIN_REPOSITORY;
}

static void take_place(const struct ci_system *system, const struct ci_environment *environment, struct ci_context *ci)
{
	ci->forge = system->forge;
	ci->api = path_without_slash(ci_value(environment, system->api));
	ci->repository = string_copy(ci_first_value(environment, system->repository));
	if (system->place)
		system->place(environment, ci);
}

void ci_detect(const char *(*lookup)(void *context, const char *name), void *context, struct ci_context *ret)
{
	const struct ci_environment environment = {lookup, context};
	*ret = (struct ci_context){0};
	const struct ci_system *system = find_system(&environment);
	if (!system)
		return;
	ret->system = system->name;
	bool understood = ci_take_event(ci_value(&environment, system->event_file), ret);
	take_variables(system, &environment, ret);
	/* No variable tells of a comment on a pull request; and what makes an event unreadable may be somebody's words.
	 */
	if (!understood)
		ret->origin = CI_ORIGIN_UNKNOWN;
	take_place(system, &environment, ret);
}

void ci_context_free(struct ci_context *ci)
{
	free(ci->branch);
	free(ci->commit);
	free(ci->base_branch);
	free(ci->api);
	free(ci->repository);
	free(ci->path);
	*ci = (struct ci_context){0};
}
