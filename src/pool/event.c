#include "pool/event.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "pool/record.h"

enum { EVENTS_MAX = 256 << 20 };

void event_record(const struct pool *pool, const struct event *event)
{
	_cleanup_json_ json_t *json = json_object();
	_cleanup_free_ char *user = identity_person();
	record_set_time(json, "time", clock_now());
	record_set_string(json, "event", event->what);
	record_set_string(json, "subject", event->subject);
	record_set_string(json, "by", user);
	if (event->reason)
		record_set_string(json, "reason", event->reason);
	char *line = json_dumps(json, JSON_COMPACT);
	if (!line)
		return;
	_cleanup_free_ char *text = string_format("%s\n", line);
	free(line);
	_cleanup_free_ char *path = path_join(pool->path, "events.jsonl", NULL);
	(void)file_append(path, text, strlen(text), 0600, NULL);
}

int event_read(const struct pool *pool, size_t count, json_t **ret, struct error **err)
{
	_cleanup_free_ char *path = path_join(pool->path, "events.jsonl", NULL);
	_cleanup_buffer_ struct buffer text = {0};
	if (file_exists(path) && file_read(path, EVENTS_MAX, FILE_NO_FOLLOW, &text, err) < 0)
		return -1;
	const char *start = buffer_text(&text);
	const char *at = start + text.length;
	for (size_t lines = 0; at > start; at--)
		if (at[-1] == '\n' && lines++ == count)
			break;
	json_t *events = json_array();
	while (*at) {
		const char *end = strchrnul(at, '\n');
		json_t *event = json_loadb(at, (size_t)(end - at), 0, NULL);
		if (json_is_object(event))
			json_array_append_new(events, event);
		else
			json_decref(event);
		at = *end ? end + 1 : end;
	}
	*ret = events;
	return 0;
}
