/* pool.yml: what the pool's administrator decides. Trusted; a missing or empty file means the defaults. */
#ifndef VELA_CONFIG_POLICY_H
#define VELA_CONFIG_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct policy_source {
	char *name;
	char *url;            /* postgres://…, without a password; or NULL */
	char *password_file;  /* holds the password and nothing else; or NULL */
	char *data_directory; /* or NULL; exactly one of url and data_directory is given */
};

struct policy_postgres {
	int major;
	char *directory; /* that holds `postgres` */
};

struct policy {
	int first_port, last_port; /* "ports: 25000-25999" */
	uint64_t reserve_bytes;    /* "reserve: 1G": what has to stay free; 0 if given in percent */
	double reserve_percent;    /* "reserve: 5%"; 0 if given in bytes */
	struct policy_source *sources;
	size_t source_count;
	struct policy_postgres *postgres;
	size_t postgres_count;
};

int policy_load(const char *path, struct policy *ret, struct error **err);
int policy_parse(const char *name, const char *text, size_t length, struct policy *ret, struct error **err);
void policy_free(struct policy *policy);
const struct policy_source *policy_find_source(const struct policy *policy, const char *name);
#define _cleanup_policy_ _cleanup_(policy_free)

#endif
