#include "base/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

static volatile sig_atomic_t signal_number;
static int event_fd = -1;
static atomic_int deferrals; /* cloning threads ask as well */

static void on_signal(int number)
{
	int saved = errno;
	signal_number = number;
	uint64_t one = 1;
	ssize_t ignored = write(event_fd, &one, sizeof(one));
	(void)ignored;
	errno = saved;
}

void interrupt_install(void)
{
	event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: a blocking call returns EINTR */
	sigemptyset(&action.sa_mask);
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		struct sigaction old;
		/* nohup's decision stands. */
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* inherited as ignored, it would take away how our children ended */
}

int interrupt_check(struct error **err)
{
	if (!signal_number || deferrals > 0)
		return 0;
	return error_set(err, ERROR_INTERRUPTED, "interrupted by %s",
			 signal_number == SIGINT ? "Ctrl-C" : strsignal(signal_number));
}

int interrupt_fd(void)
{
	return deferrals > 0 ? -1 : event_fd;
}

void interrupt_defer_begin(void)
{
	deferrals++;
}

void interrupt_defer_end(void)
{
	deferrals--;
}
