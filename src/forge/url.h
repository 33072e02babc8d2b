/* URLs, as libcurl reads them: what it would do with one is what counts. */
#ifndef VELA_FORGE_URL_H
#define VELA_FORGE_URL_H

#include <stdbool.h>

#include "base/error.h"

/* Is this an https URL without user, query and fragment? ERROR_USAGE if not; `what` names it. *ret: without slashes at
 * its end; owned. */
int url_check_base(const char *what, const char *url, char **ret, struct error **err);
bool url_is_same_origin(const char *one, const char *other); /* scheme, host and port */
char *url_host(const char *url); /* "api.github.com", "localhost:8443": for messages; owned */

#endif
