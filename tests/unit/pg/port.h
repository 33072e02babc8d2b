/* A TCP port for a server that will be started in a moment. Not one the kernel picks: those it gives to clients as
 * well, and one of them could take it meanwhile. */
#ifndef VELA_TESTS_PORT_H
#define VELA_TESTS_PORT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static inline bool port_can_be_bound(int port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool bound = bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	return bound;
}

static inline int free_port(void)
{
	enum { LOWEST = 10000, COUNT = 9000 };
	static unsigned next;
	if (next == 0)
		next = (unsigned)getpid() * 37; /* tests that run at once begin at different places */
	for (;;) {
		int port = LOWEST + (int)(next++ % COUNT);
		if (port_can_be_bound(port))
			return port;
	}
}

#endif
