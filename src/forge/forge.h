/*
 * Where pull requests live: GitHub, GitLab, Gitea and Forgejo, through their HTTP interfaces.
 *
 * TLS is always verified. A request is repeated a few times where that helps (rate limits, 5xx, dropped connections),
 * never after a TLS failure, and no call takes longer than a minute and a half: whoever asks much stops asking after
 * the first ERROR_NETWORK. The token goes to the host of `api` and to no other, whatever a redirect says; it is in no
 * error and no log. Every wait ends with an interrupt. Errors: ERROR_REFUSED where the forge says that this token must
 * not (401, 403, a missing scope) or where one is needed and there is none, ERROR_NOT_FOUND where it has no such thing
 * (404), ERROR_NETWORK for all else.
 */
#ifndef VELA_FORGE_FORGE_H
#define VELA_FORGE_FORGE_H

#include "base/error.h"
#include "forge/ci.h"

enum forge_kind { FORGE_GITHUB, FORGE_GITLAB, FORGE_GITEA };

/* Made by forge_open() only; for one thread at a time. It keeps its connection from one call to the next. */
struct forge {
	enum forge_kind kind;
	char *api;        /* "https://api.github.com", "https://gitlab.example.com/api/v4"; no slash at the end */
	char *repository; /* "acme/shop"; of GitLab also a project's number */
	char *token;      /* NULL: asked without one */
	struct http *http;
};

/* What is known of it; borrowed, and each may be NULL. What is not given is taken from CI, as far as CI's forge is of
 * that kind; the token from `token_file`, else from the variables that are usual for this kind. The certificates in
 * `ca_file` (PEM) are trusted instead of the system's. */
struct forge_settings {
	const char *kind, *api, *repository, *token_file, *ca_file;
};

/* ERROR_USAGE says what is missing or malformed and how to give it; what is not https is refused. A missing token is
 * none: then *ret has none. A token file that others than its owner can read is ERROR_REFUSED. `lookup` is as for
 * ci_detect(), of which `ci` comes. Files are read here, as the effective user; nothing is asked of the forge yet. */
int forge_open(const struct ci_context *ci, const struct forge_settings *settings,
	       const char *(*lookup)(void *context, const char *name), void *context, struct forge *ret,
	       struct error **err);
void forge_free(struct forge *forge);
#define _cleanup_forge_ _cleanup_(forge_free)

/*
 * The one comment of a pull request that begins with `marker` says `body` afterwards (which begins with it): updated in
 * place, made if there is none. Where two jobs made one each at the same time, the older stays: each of them looks
 * again after making one, and removes the younger. A comment that somebody else wrote than the token's user, marker or
 * not, is never changed. *ret_url: where it is to be read; owned, NULL if the forge does not tell (GitLab does not).
 */
int forge_comment(const struct forge *forge, long pull_request, const char *marker, const char *body, char **ret_url,
		  struct error **err);

enum forge_status { FORGE_STATUS_PENDING, FORGE_STATUS_SUCCESS, FORGE_STATUS_FAILURE, FORGE_STATUS_ERROR };
/* Of a commit (its whole hash); `context` names it among others ("vela/shop"); the description is cut to what the forge
 * takes. `url` may be NULL. */
int forge_status(const struct forge *forge, const char *commit, enum forge_status status, const char *context,
		 const char *description, const char *url, struct error **err);

enum forge_pull_state { FORGE_PULL_OPEN, FORGE_PULL_CLOSED, FORGE_PULL_MERGED };
/* ERROR_NOT_FOUND if there is none of this number: that alone is no reason to remove anything. */
int forge_pull_request(const struct forge *forge, long number, enum forge_pull_state *ret, struct error **err);

#endif
