#include "pool/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/text.h"

static void on_alarm(int number)
{
	(void)number;
}

/* flock() has no time limit and poll() does not know it: a timer interrupts the wait, so that patience and Ctrl-C
 * count. */
static void start_timer(struct sigaction *old)
{
	struct sigaction action = {.sa_handler = on_alarm};
	sigemptyset(&action.sa_mask);
	sigaction(SIGALRM, &action, old);
	struct itimerval every = {{0, 100000}, {0, 100000}};
	setitimer(ITIMER_REAL, &every, NULL);
}

static void stop_timer(const struct sigaction *old)
{
	struct itimerval never = {{0, 0}, {0, 0}};
	setitimer(ITIMER_REAL, &never, NULL);
	sigaction(SIGALRM, old, NULL);
}

/* "branch.shop.pr-12" as people write it: "branch shop/pr-12". */
static char *subject_of(const char *name)
{
	char *subject = string_copy(name);
	char *dot = strchr(subject, '.');
	if (dot)
		*dot = ' ';
	char *next = dot && string_starts_with(subject, "branch ") ? strchr(dot, '.') : NULL;
	if (next)
		*next = '/';
	return subject;
}

static int busy(const char *path, const char *name, struct error **err)
{
	_cleanup_buffer_ struct buffer holder = {0};
	(void)file_read(path, 256, FILE_NO_FOLLOW, &holder, NULL);
	_cleanup_free_ char *who = text_safe(buffer_text(&holder));
	_cleanup_free_ char *subject = subject_of(name);
	error_set(err, ERROR_CONFLICT, "%s is busy%s%s", subject, *who ? ": held by " : "", who);
	return error_hint(err, "wait until that has ended, or end it");
}

/* 0 taken, 1 not in time, -1 error. */
static int wait_for_flock(int fd, int operation, double patience_ms, struct error **err)
{
	if (flock(fd, operation | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return error_errno(err, errno, "cannot lock");
	if (patience_ms <= 0)
		return 1;
	double deadline = clock_monotonic_ms() + patience_ms;
	struct sigaction old;
	start_timer(&old);
	int result = 1;
	for (;;) {
		if (flock(fd, operation) == 0) {
			result = 0;
			break;
		}
		if (errno != EINTR)
			result = error_errno(err, errno, "cannot lock");
		else if (interrupt_check(err) < 0)
			result = -1;
		else if (clock_monotonic_ms() < deadline)
			continue;
		break;
	}
	stop_timer(&old);
	return result;
}

/* A lock on a file that its last holder removed is worth nothing: is ours still the one at `path`? */
static bool is_current(int fd, const char *path)
{
	struct stat ours, there;
	return fstat(fd, &ours) == 0 && stat(path, &there) == 0 && ours.st_ino == there.st_ino &&
	       ours.st_dev == there.st_dev;
}

static double patience_of(const struct pool *pool, double patience_ms)
{
	return pool->patience_ms > 0 && pool->patience_ms < patience_ms ? pool->patience_ms : patience_ms;
}

int lock_acquire(const struct pool *pool, const char *name, enum lock_mode mode, double patience_ms,
		 const char *purpose, struct lock *ret, struct error **err)
{
	_cleanup_free_ char *file = string_format("%s.lock", name);
	_cleanup_free_ char *path = path_join(pool->path, "locks", file, NULL);
	double patience = patience_of(pool, patience_ms);
	for (;;) {
		_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0)
			return error_errno(err, errno, "cannot lock %s", name);
		int outcome = wait_for_flock(fd, mode == LOCK_MODE_EXCLUSIVE ? LOCK_EX : LOCK_SH, patience, err);
		if (outcome < 0) {
			_cleanup_free_ char *subject = subject_of(name);
			return error_wrap(err, "waiting for %s", subject);
		}
		if (outcome > 0)
			return busy(path, name, err);
		if (!is_current(fd, path))
			continue;
		if (mode == LOCK_MODE_EXCLUSIVE && ftruncate(fd, 0) == 0)
			(void)dprintf(fd, "%s (pid %d)", purpose, (int)getpid());
		*ret = (struct lock){TAKE_FD(fd), TAKE_POINTER(path), mode == LOCK_MODE_EXCLUSIVE};
		return 0;
	}
}

void lock_release(struct lock *lock)
{
	if (lock->fd < 0)
		return;
	if (lock->exclusive)
		(void)!ftruncate(lock->fd, 0);
	close_descriptor(&lock->fd);
	free(lock->path);
	*lock = LOCK_NONE;
}

void lock_retire(struct lock *lock)
{
	if (lock->fd >= 0 && lock->exclusive)
		(void)unlink(lock->path);
	lock_release(lock);
}
