#include "pool/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"

static char *link_path(const struct pool *pool, int port)
{
	char number[16];
	snprintf(number, sizeof(number), "%d", port);
	return path_join(pool->path, "ports", number, NULL);
}

bool port_is_free(int port)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1; /* as Postgres does: a port in TIME_WAIT can be used */
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	return fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	       bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
}

/* Where to begin looking: spread by name, so that many at once do not all try the same port first. */
static unsigned starting_point(const char *project, const char *name)
{
	unsigned hash = 5381;
	for (const char *c = project; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	for (const char *c = name; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	return hash;
}

int port_reserve(const struct pool *pool, int first, int last, const char *project, const char *name, int *ret,
		 struct error **err)
{
	_cleanup_free_ char *owner = string_format("%s/%s", project, name);
	unsigned count = (unsigned)(last - first + 1);
	unsigned start = starting_point(project, name) % count;
	for (unsigned i = 0; i < count; i++) {
		int port = first + (int)((start + i) % count);
		_cleanup_free_ char *path = link_path(pool, port);
		if (file_exists(path))
			continue;
		if (symlink(owner, path) < 0) {
			if (errno == EEXIST)
				continue;
			return error_errno(err, errno, "cannot reserve port %d", port);
		}
		/* Tried only once it is ours: of two that try the same port at once, each would take the other for a
		 * listener. */
		if (port_is_free(port)) {
			*ret = port;
			return 0;
		}
		(void)unlink(path);
	}
	error_set(err, ERROR_CONFLICT, "all ports from %d to %d are taken", first, last);
	return error_hint(err, "delete branches, run vela gc, or widen `ports` in %s/pool.yml", pool->path);
}

static bool read_link(const char *path, char owner[PATH_MAX])
{
	ssize_t length = readlink(path, owner, PATH_MAX - 1);
	if (length < 0)
		return false;
	owner[length] = '\0';
	return true;
}

void port_release(const struct pool *pool, int port, const char *project, const char *name)
{
	_cleanup_free_ char *path = link_path(pool, port);
	_cleanup_free_ char *owner = string_format("%s/%s", project, name);
	char holder[PATH_MAX];
	if (read_link(path, holder) && string_equal(holder, owner))
		(void)unlink(path);
}

bool port_hand_over(const struct pool *pool, int port, const char *project, const char *from, const char *to)
{
	_cleanup_free_ char *path = link_path(pool, port);
	_cleanup_free_ char *owner = string_format("%s/%s", project, to);
	char holder[PATH_MAX];
	if (from)
		port_release(pool, port, project, from);
	if (symlink(owner, path) == 0)
		return true;
	return errno == EEXIST && read_link(path, holder) && string_equal(holder, owner);
}

void port_each(const struct pool *pool, void (*visit)(void *context, int port, const char *project, const char *name),
	       void *context)
{
	_cleanup_free_ char *directory = path_join(pool->path, "ports", NULL);
	_cleanup_(string_list_free) struct string_list ports = {0};
	if (directory_list(directory, &ports, NULL) < 0)
		return;
	for (size_t i = 0; i < ports.count; i++) {
		_cleanup_free_ char *path = path_join(directory, ports.items[i], NULL);
		char holder[PATH_MAX];
		char *slash = read_link(path, holder) ? strchr(holder, '/') : NULL;
		if (!slash)
			continue;
		*slash = '\0';
		visit(context, (int)strtol(ports.items[i], NULL, 10), holder, slash + 1);
	}
}
