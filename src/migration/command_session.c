/* The sessions of a command. */
#include "migration/command_parts.h"

/* The watch has one open transaction: that of the session whose turn it is. */
static void exchange(struct command_trace *trace, struct command_session *session)
{
	struct evidence *evidence = trace->evidence;
	struct command_session other = *session;
	session->holds = evidence->holds;
	session->hold_count = evidence->hold_count;
	session->touched = evidence->touched;
	session->first_statement = evidence->first_statement;
	evidence->holds = other.holds;
	evidence->hold_count = other.hold_count;
	evidence->touched = other.touched;
	evidence->first_statement = other.first_statement;
}

void command_trace_enter(struct command_trace *trace, struct command_session *session)
{
	exchange(trace, session);
	trace->evidence->lock_timeout = session->lock_timeout;
}

void command_trace_leave(struct command_trace *trace, struct command_session *session)
{
	session->lock_timeout = trace->evidence->lock_timeout;
	exchange(trace, session);
}

struct command_session *command_session_find(const struct command_trace *trace, int pid)
{
	for (size_t i = 0; i < trace->session_count; i++)
		if (trace->sessions[i].pid == pid)
			return &trace->sessions[i];
	return NULL;
}

struct command_session *command_session_of(struct command_trace *trace, int pid)
{
	struct command_session *session = command_session_find(trace, pid);
	if (session)
		return session;
	for (const char *at = trace->sampler->left_out; (at = strpbrk(at, "0123456789"));) {
		char *end;
		if (strtol(at, &end, 10) == pid)
			return NULL;
		at = end;
	}
	trace->sessions = memory_resize(trace->sessions, trace->session_count + 1, sizeof(*trace->sessions));
	session = &trace->sessions[trace->session_count++];
	*session = (struct command_session){.pid = pid,
					    .open = SIZE_MAX,
					    .last = SIZE_MAX,
					    .unsettled = SIZE_MAX,
					    .rolled_back = SIZE_MAX,
					    .first_statement = SIZE_MAX};
	return session;
}
