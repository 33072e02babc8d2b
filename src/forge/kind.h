/* In what the forges differ. */
#ifndef VELA_FORGE_KIND_H
#define VELA_FORGE_KIND_H

#include <jansson.h>

#include "forge/forge.h"

enum { TOKEN_VARIABLES_MAX = 3, FORGE_STATUS_COUNT = FORGE_STATUS_ERROR + 1 };

/* In paths, {repository}, {number}, {id} and {commit} stand for what is asked for. */
struct forge_kind_info {
	const char *name;  /* as options and configuration say it */
	const char *title; /* as people say it */
	const char *api;   /* unless it is told; NULL: there is no usual one */
	const char *token_variables[TOKEN_VARIABLES_MAX];
	const char *accept;             /* the content type of answers */
	bool repository_is_one_segment; /* "acme%2Fshop"; else owner and name are two */
	const char *viewer; /* in place of "/v3" at the API's end: who asks, where /user may not tell; NULL: none */
	const char *login;  /* the key of a user's name */
	const char *author; /* the key of a comment's user */
	const char *comments, *page;  /* a list of all comments, and how to ask for large pages of it */
	const char *comment, *update; /* one of them, and the method that changes it */
	const char *statuses;
	const char *states[FORGE_STATUS_COUNT], *context; /* its words for a status, and the key of its name */
	size_t description_max;                           /* characters */
	const char *pull, *number;                        /* a pull request, and the key of its number */
	/* false: that is none that is known */
	bool (*state)(const json_t *pull, enum forge_pull_state *ret);
};

extern const struct forge_kind_info forge_kinds[]; /* by enum forge_kind */
bool forge_kind_find(const char *name, enum forge_kind *ret);

#endif
