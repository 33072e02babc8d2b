/* Loadable libraries of a server on this host. */
#ifndef VELA_PG_LIBRARY_H
#define VELA_PG_LIBRARY_H

#include <stdbool.h>

#include "base/memory.h"

/* The directories where the server of `binaries` may have its libraries ($libdir). */
void pg_library_directories(const char *binaries, struct string_list *ret);
/* Whether `name` ("$libdir/vector", "pg_cron", "/opt/x.so") is in one of them. */
bool pg_library_exists(const struct string_list *directories, const char *name);
/* Sorts a shared_preload_libraries list: what is on this host and does not dial other servers by itself, and the rest.
 * Owned; NULL if nothing. */
void pg_library_preload(const char *binaries, const char *wanted, char **ret_kept, char **ret_left_out);

#endif
