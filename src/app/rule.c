#include "app/rule.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/quantity.h"
#include "base/text.h"

int rule_hint(const struct app *app, const char *instead, struct error **err)
{
	_cleanup_free_ char *owner = identity_user_name(app->pool.owner.uid);
	return error_hint(err, "%s; or ask whoever administers the pool (user %s) to change pool.yml", instead, owner);
}

/* --- creators --- */

int rule_creators(const struct app *app, struct error **err)
{
	if (!app->policy.creators)
		return 0;
	_cleanup_free_ char *caller = identity_person();
	_cleanup_buffer_ struct buffer list = {0};
	for (char **creator = app->policy.creators; *creator; creator++) {
		if (string_equal(*creator, caller))
			return 0;
		_cleanup_free_ char *safe = text_safe(*creator);
		buffer_addf(&list, "%s%s", list.length ? ", " : "", safe);
	}
	error_set(err, ERROR_REFUSED,
		  "user %s may not make branches: the pool allows it to %s (creators in %s/pool.yml)", caller,
		  buffer_text(&list), app->pool.path);
	return rule_hint(app, "run vela as one of them", err);
}

/* --- settings --- */

static bool is_within(const char *key, const char *allowed)
{
	size_t length = strlen(allowed);
	return string_starts_with(key, allowed) && (key[length] == '\0' || key[length] == '.');
}

static bool may_be_given(const struct app *app, const char *key)
{
	for (char **allowed = app->policy.settings; *allowed; allowed++)
		if (is_within(key, *allowed))
			return true;
	return string_equal(key, "version");
}

int rule_settings(const struct app *app, struct error **err)
{
	if (!app->policy.settings)
		return 0;
	const struct config *config = &app->config;
	_cleanup_free_ char *file = text_safe(config->path ? path_basename(config->path) : "vela.yml");
	_cleanup_buffer_ struct buffer lines = {0};
	for (size_t i = 0; i < config->key_count; i++)
		if (!may_be_given(app, config->keys[i].key))
			buffer_addf(&lines,
				    "%s%s:%d:%d: the pool does not let vela.yml give %s (settings in %s/pool.yml)",
				    lines.length ? "\n" : "", file, config->keys[i].line, config->keys[i].column,
				    config->keys[i].key, app->pool.path);
	if (lines.length == 0)
		return 0;
	error_set(err, ERROR_REFUSED, "%s", buffer_text(&lines));
	return rule_hint(app, "remove what it may not give", err);
}

/* --- lifetime --- */

/* "30d": as people write it. Owned. */
static char *lifetime_text(uint64_t milliseconds)
{
	static const struct {
		uint64_t milliseconds;
		const char *unit;
	} units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}};
	size_t i = 0;
	while (i + 1 < ARRAY_SIZE(units) && milliseconds % units[i].milliseconds != 0)
		i++;
	return string_format("%" PRIu64 "%s", milliseconds / units[i].milliseconds, units[i].unit);
}

int rule_lifetime(const struct app *app, bool asked, struct branch *branch, struct error **err)
{
	uint64_t longest = app->policy.longest_lifetime_ms;
	time_t end = branch->created_at + (time_t)(longest / 1000);
	if (longest == 0 || (branch->expires_at > 0 && branch->expires_at <= end))
		return 0;
	if (!asked) {
		branch->expires_at = end;
		return 0;
	}
	_cleanup_free_ char *text = lifetime_text(longest);
	_cleanup_free_ char *when = clock_format_utc(end);
	error_set(err, ERROR_REFUSED,
		  "the pool lets a branch live for %s (limits.lifetime in %s/pool.yml): %s can stay until %s", text,
		  app->pool.path, branch->name, when);
	return rule_hint(app, "ask for less", err);
}

/* --- storage --- */

int rule_storage(const struct app *app, const struct branch *branch, const char *what, struct error **err)
{
	uint64_t most = app->policy.most_branch_bytes;
	struct storage_usage usage;
	if (most == 0)
		return 0;
	_cleanup_free_ char *data = branch_data_path(branch);
	if (app->driver->usage(data, &usage, err) < 0)
		return -1;
	if (usage.exclusive_bytes <= most)
		return 0;
	_cleanup_free_ char *own = quantity_format_size(usage.exclusive_bytes);
	_cleanup_free_ char *most_text = quantity_format_size(most);
	error_set(err, ERROR_REFUSED,
		  "cannot %s: the pool allows a branch %s of its own (limits.storage in %s/pool.yml), and %s has %s",
		  what, most_text, app->pool.path, branch->name, own);
	_cleanup_free_ char *instead =
		branch->temporary ? string_copy("let the migrations write less")
				  : string_format("vela branch reset %s makes it a fresh clone", branch->name);
	return rule_hint(app, instead, err);
}
