/*
 * TCP ports of branches. A port is reserved by a symbolic link ports/PORT -> PROJECT/NAME, whose creation is atomic:
 * two branches never share one, without a lock.
 */
#ifndef VELA_POOL_PORT_H
#define VELA_POOL_PORT_H

#include "pool/pool.h"

/* Reserves a port of the range for PROJECT/NAME, skipping those on which another program listens. ERROR_CONFLICT if all
 * are taken. */
int port_reserve(const struct pool *pool, int first, int last, const char *project, const char *name, int *ret,
		 struct error **err);
/* Gives the port back if it is reserved for PROJECT/NAME. */
void port_release(const struct pool *pool, int port, const char *project, const char *name);
/* The reservation of PROJECT/FROM (NULL: of nobody) becomes PROJECT/TO's. False if somebody else has it. */
bool port_hand_over(const struct pool *pool, int port, const char *project, const char *from, const char *to);
bool port_is_free(int port); /* nobody listens on 127.0.0.1:port */
/* Every reservation; for cleaning up. */
void port_each(const struct pool *pool, void (*visit)(void *context, int port, const char *project, const char *name),
	       void *context);

#endif
