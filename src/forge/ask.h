/* Asking a forge: a path of its table, JSON there and back, and what a refusal means. */
#ifndef VELA_FORGE_ASK_H
#define VELA_FORGE_ASK_H

#include <jansson.h>

#include "forge/forge.h"
#include "forge/http.h"
#include "forge/kind.h"

void forge_json_free(json_t **json);
#define _cleanup_forge_json_ _cleanup_(forge_json_free)

/* What is asked for; borrowed. */
struct forge_question {
	const char *method;
	const char *base; /* before the path; NULL: the forge's API */
	const char *path; /* of struct forge_kind_info */
	long number;      /* what stands in the path */
	long long id;
	const char *commit;
	const char *query; /* after the path; NULL: none */
	json_t *body;      /* NULL: none */
	const char *what;  /* "to comment on pull request 12", for messages */
	bool *lost;        /* as in struct http_request */
};

struct forge_answer {
	long status;
	json_t *json; /* NULL: none, or none that is valid */
	bool more;    /* another page follows */
};
void forge_answer_free(struct forge_answer *answer);
#define _cleanup_answer_ _cleanup_(forge_answer_free)

int forge_need_token(const struct forge *forge, const char *what, struct error **err);

/* Of any status. */
int forge_ask(const struct forge *forge, const struct forge_question *question, struct forge_answer *ret,
	      struct error **err);
/* The error that an answer is: -1, or 0 if it is one that was hoped for. */
int forge_check(const struct forge *forge, const struct forge_question *question, const struct forge_answer *answer,
		struct error **err);
/* Both: an answer that is JSON of this type (JSON_OBJECT, JSON_ARRAY), or an error. */
int forge_get(const struct forge *forge, const struct forge_question *question, json_type type,
	      struct forge_answer *ret, struct error **err);

#endif
