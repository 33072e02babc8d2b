/* Publishing from the command line: what its options say, and what is told of how it went. */
#ifndef VELA_CMD_REPORT_H
#define VELA_CMD_REPORT_H

#include "app/publish.h"
#include "cmd/command.h"

/* Of every command that publishes. */
#define PUBLISH_OPTIONS                                                                                                \
	{"token-file", 0, "FILE", "read the forge's token from FILE (default: the usual variables, as GITHUB_TOKEN)"}, \
	{                                                                                                              \
		"ca-file", 0, "FILE", "trust the certificates in FILE (PEM) instead of the system's"                   \
	}

struct publish_request publish_request_of(const struct invocation *invocation);
/* On stderr: where the comment is, or why something is not published. */
void publish_tell(const struct invocation *invocation, const struct publish_result *result);

#endif
