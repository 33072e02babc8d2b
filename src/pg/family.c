#include "pg/family.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <time.h>

#include "base/clock.h"
#include "pg/instance.h"

struct search {
	pid_t parent;
	struct family *family;
};

static bool add_child(void *context, pid_t pid, const char *arguments, size_t length)
{
	(void)arguments;
	(void)length;
	struct search *search = context;
	struct process_id id;
	/* Asked again after it was identified: the pid may have changed hands in between. */
	if (process_parent(pid) != search->parent || !process_identify(pid, &id) ||
	    process_parent(pid) != search->parent)
		return true;
	struct family *family = search->family;
	family->members = memory_resize(family->members, family->count + 1, sizeof(*family->members));
	family->members[family->count++] = id;
	return true;
}

void pg_family_children(const struct process_id *postmaster, struct family *ret)
{
	struct search search = {.parent = postmaster->pid, .family = ret};
	if (process_is_alive(postmaster))
		process_each(add_child, &search);
}

void pg_family_signal(const struct family *family, int number)
{
	for (size_t i = 0; i < family->count; i++)
		(void)process_signal(&family->members[i], number);
}

void pg_family_free(struct family *family)
{
	free(family->members);
	*family = (struct family){0};
}

/* The kernel tells only the parent when a process stops, and we are not the parent. It takes microseconds. */
bool pg_family_await_stopped(const struct process_id *id, double timeout_ms)
{
	double deadline = clock_monotonic_ms() + timeout_ms;
	for (long pause_ns = 0; clock_monotonic_ms() < deadline; pause_ns = pause_ns ? pause_ns * 2 : 20000) {
		char state = process_state(id->pid);
		if (state == 'T' || state == 't' || !process_is_alive(id))
			return true;
		if (pause_ns == 0)
			(void)sched_yield();
		else
			(void)nanosleep(&(struct timespec){.tv_nsec = pause_ns < 2000000 ? pause_ns : 2000000}, NULL);
	}
	return false;
}
