/* Names of branches, baselines and projects: safe as a path component, as a DNS-like label and in a URL. */
#ifndef VELA_BASE_NAME_H
#define VELA_BASE_NAME_H

#include <stdbool.h>

#include "base/error.h"

enum { NAME_MAX_LENGTH = 63, NAME_MAX_INPUT = 1024 };

/* 1 to 63 of a-z 0-9 . _ -, beginning with a letter or digit, not ending with a dot, no "..", no ".lock". */
bool name_is_valid(const char *name);

/*
 * The name under which vela keeps what people call `text` (a git branch, say). A valid name is itself; anything else
 * is lowered, squeezed to the alphabet above and given a hash of the original, so that two texts do not share a name.
 * Empty, over-long and non-printable texts are refused (USAGE). `what` names the thing in the message.
 */
int name_from_text(const char *text, const char *what, char **ret, struct error **err);

#endif
