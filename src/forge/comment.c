/* One comment a pull request: found again by its marker, and by who wrote it. */
#include "base/text.h"
#include "forge/ask.h"

enum { PAGES_MAX = 100 };

struct publication {
	const struct forge *forge;
	const struct forge_kind_info *kind;
	long pull_request;
	const char *marker, *body;
	char *what;   /* for messages */
	char *author; /* the token's user; NULL: not known (yet) */
	char *url;    /* of the comment */
};

static void publication_free(struct publication *publication)
{
	free(publication->what);
	free(publication->author);
	free(publication->url);
}
#define _cleanup_publication_ _cleanup_(publication_free)

static struct forge_question question_of(const struct publication *publication, const char *method, const char *path,
					 long long id)
{
	return (struct forge_question){.method = method,
				       .path = path,
				       .number = publication->pull_request,
				       .id = id,
				       .what = publication->what};
}

/* --- who asks --- */

/* Where the token is that of an app, as in GitHub's Actions: the other interface tells. */
static int ask_viewer(struct publication *publication, struct error **err)
{
	static const char version[] = "/v3";
	const char *api = publication->forge->api;
	size_t length = strlen(api) - (string_ends_with(api, version) ? strlen(version) : 0);
	_cleanup_free_ char *base = string_copy_n(api, length);
	_cleanup_forge_json_ json_t *body = json_pack("{s:s}", "query", "{viewer{login}}");
	struct forge_question question = question_of(publication, "POST", publication->kind->viewer, 0);
	question.base = base;
	question.body = body;
	_cleanup_answer_ struct forge_answer answer = {0};
	if (forge_ask(publication->forge, &question, &answer, err) < 0)
		return -1;
	const char *login = NULL;
	(void)json_unpack(answer.json, "{s:{s:{s:s}}}", "data", "viewer", "login", &login);
	publication->author = string_copy(login);
	return 0;
}

/* An author that is not told is no error: then no comment is ours until we have made one. */
static int find_author(struct publication *publication, struct error **err)
{
	struct forge_question question = question_of(publication, "GET", "/user", 0);
	_cleanup_answer_ struct forge_answer answer = {0};
	if (forge_ask(publication->forge, &question, &answer, err) < 0)
		return -1;
	if (answer.status == 403)
		return publication->kind->viewer ? ask_viewer(publication, err) : 0;
	if (forge_check(publication->forge, &question, &answer, err) < 0)
		return -1;
	publication->author = string_copy(json_string_value(json_object_get(answer.json, publication->kind->login)));
	return 0;
}

static const char *author_of(const struct publication *publication, const json_t *comment)
{
	const json_t *user = json_object_get(comment, publication->kind->author);
	const json_t *login = json_object_get(user, publication->kind->login);
	const char *text = json_string_value(login);
	return text && strlen(text) == json_string_length(login) ? text : NULL; /* not one that only begins so */
}

/* --- what there is --- */

struct own_comments {
	long long *ids; /* the oldest first */
	size_t count;
	bool current; /* the oldest says already what it shall */
	char *url;    /* of the oldest */
};

static void own_comments_free(struct own_comments *own)
{
	free(own->ids);
	free(own->url);
	*own = (struct own_comments){0};
}
#define _cleanup_own_ _cleanup_(own_comments_free)

static void add_if_own(const struct publication *publication, const json_t *comment, struct own_comments *own)
{
	const char *body = json_string_value(json_object_get(comment, "body"));
	const char *author = author_of(publication, comment);
	const json_t *id = json_object_get(comment, "id");
	if (!body || !string_starts_with(body, publication->marker) || !json_is_integer(id) || !author ||
	    !string_equal(author, publication->author))
		return;
	long long value = json_integer_value(id);
	own->ids = memory_resize(own->ids, own->count + 1, sizeof(*own->ids));
	own->ids[own->count++] = value;
	if (own->count > 1 && value > own->ids[0])
		return;
	own->ids[own->count - 1] = own->ids[0];
	own->ids[0] = value;
	own->current = string_equal(body, publication->body);
	string_replace(&own->url, string_copy(json_string_value(json_object_get(comment, "html_url"))));
}

static int find_own(const struct publication *publication, struct own_comments *ret, struct error **err)
{
	_cleanup_own_ struct own_comments own = {0};
	bool more = true;
	for (int page = 1; more; page++) {
		if (page > PAGES_MAX)
			return error_set(err, ERROR_NETWORK, "cannot %s: it has more comments than vela looks through",
					 publication->what);
		_cleanup_free_ char *query = string_format("%s&page=%d", publication->kind->page, page);
		struct forge_question question = question_of(publication, "GET", publication->kind->comments, 0);
		question.query = query;
		_cleanup_answer_ struct forge_answer answer = {0};
		if (forge_get(publication->forge, &question, JSON_ARRAY, &answer, err) < 0)
			return -1;
		size_t index;
		const json_t *comment;
		json_array_foreach(answer.json, index, comment) add_if_own(publication, comment, &own);
		more = answer.more;
	}
	*ret = own;
	own = (struct own_comments){0};
	return 0;
}

/* --- what becomes of it --- */

/* Changes or removes one of ours. 404 is no error: *gone, another job has removed it. */
static int change(const struct publication *publication, const char *method, long long id, json_t *body, bool *gone,
		  struct error **err)
{
	struct forge_question question = question_of(publication, method, publication->kind->comment, id);
	question.body = body;
	_cleanup_answer_ struct forge_answer answer = {0};
	if (forge_ask(publication->forge, &question, &answer, err) < 0)
		return -1;
	*gone = answer.status == 404;
	return *gone ? 0 : forge_check(publication->forge, &question, &answer, err);
}

/* The oldest says it, and the others go. */
static int settle(struct publication *publication, const struct own_comments *own, json_t *body, bool *gone,
		  struct error **err)
{
	*gone = false;
	if (!own->current && change(publication, publication->kind->update, own->ids[0], body, gone, err) < 0)
		return -1;
	if (*gone)
		return 0;
	string_replace(&publication->url, string_copy(own->url));
	for (size_t i = 1; i < own->count; i++) {
		bool already;
		if (change(publication, "DELETE", own->ids[i], NULL, &already, err) < 0)
			return -1;
	}
	return 0;
}

static int create(struct publication *publication, json_t *body, bool *lost, struct error **err)
{
	struct forge_question question = question_of(publication, "POST", publication->kind->comments, 0);
	question.body = body;
	question.lost = lost;
	_cleanup_answer_ struct forge_answer answer = {0};
	if (forge_get(publication->forge, &question, JSON_OBJECT, &answer, err) < 0)
		return -1;
	if (!publication->author)
		publication->author = string_copy(author_of(publication, answer.json));
	string_replace(&publication->url, string_copy(json_string_value(json_object_get(answer.json, "html_url"))));
	return 0;
}

/* Looks what is there, and does what follows from that. *done: it is as it shall be. */
static int attempt(struct publication *publication, json_t *body, int round, bool *made, bool *done, struct error **err)
{
	_cleanup_own_ struct own_comments own = {0};
	struct error *failure = NULL;
	bool lost = false, gone = false;
	if (find_own(publication, &own, err) < 0 || (own.count > 0 && settle(publication, &own, body, &gone, err) < 0))
		return -1;
	*done = own.count > 0 ? !gone : *made;
	if (*done)
		return 0;
	if (gone)
		error_set(&failure, ERROR_NETWORK, "cannot %s: it vanishes again and again", publication->what);
	else if (create(publication, body, &lost, &failure) == 0)
		*made = true;
	else if (!lost)
		return error_pass(err, failure);
	return failure ? http_again(publication->forge->http, round, failure, err) : 0;
}

/* A comment is made only where none was seen just before: where it is not known whether one was made, and after one
 * was, we look again. */
static int publish(struct publication *publication, json_t *body, struct error **err)
{
	bool made = false, done = false;
	for (int round = 1; !done; round++)
		if (attempt(publication, body, round, &made, &done, err) < 0)
			return -1;
	return 0;
}

int forge_comment(const struct forge *forge, long pull_request, const char *marker, const char *body, char **ret_url,
		  struct error **err)
{
	_cleanup_publication_ struct publication publication = {
		.forge = forge,
		.kind = &forge_kinds[forge->kind],
		.pull_request = pull_request,
		.marker = marker,
		.body = body,
		.what = string_format("comment on pull request %ld of %s", pull_request, forge->repository),
	};
	_cleanup_forge_json_ json_t *json = json_pack("{s:s}", "body", body);
	if (!json)
		return error_set(err, ERROR_USAGE, "cannot %s: the text is not valid UTF-8", publication.what);
	if (forge_need_token(forge, publication.what, err) < 0)
		return -1;
	http_begin(forge->http);
	if (find_author(&publication, err) < 0 || publish(&publication, json, err) < 0)
		return -1;
	*ret_url = TAKE_POINTER(publication.url);
	return 0;
}
