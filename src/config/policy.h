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

/* How a project's forge is asked what became of its pull requests. */
struct policy_project {
	char *name;
	char *forge;      /* "github", "gitlab" or "gitea" */
	char *api;        /* without a slash at the end; NULL: the public one of this kind */
	char *repository; /* "acme/shop"; of GitLab also the project's number */
	char *token_file; /* holds the token and nothing else; NULL: asked without one */
	char *ca_file;    /* trusted beside none else; NULL: the system's */
};

struct policy {
	int first_port, last_port; /* "ports: 25000-25999" */
	uint64_t reserve_bytes;    /* "reserve: 1G": what has to stay free; 0 if given in percent */
	double reserve_percent;    /* "reserve: 5%"; 0 if given in bytes */
	struct policy_source *sources;
	size_t source_count;
	struct policy_postgres *postgres;
	size_t postgres_count;
	int most_branches, most_branches_per_project; /* 0: no limit */
	uint64_t longest_lifetime_ms;                 /* 0: no limit */
	uint64_t most_branch_bytes;                   /* that are a branch's own; 0: no limit */
	char **creators;                              /* users who may make branches; end with NULL; NULL: everybody */
	char **settings; /* keys of vela.yml that may be given, "branch.durable", a section for all in it; NULL: all */
	bool forks;      /* pull requests of forks are checked */
	int baseline_keep;         /* newest revisions of a baseline that stay, used or not; 0: all stay */
	uint64_t baseline_keep_ms; /* younger ones stay, used or not */
	struct policy_project *projects;
	size_t project_count;
};

int policy_load(const char *path, struct policy *ret, struct error **err);
int policy_parse(const char *name, const char *text, size_t length, struct policy *ret, struct error **err);
void policy_free(struct policy *policy);
/* NULL if pool.yml says nothing of it. */
const struct policy_project *policy_find_project(const struct policy *policy, const char *name);
const struct policy_source *policy_find_source(const struct policy *policy, const char *name);
#define _cleanup_policy_ _cleanup_(policy_free)

#endif
