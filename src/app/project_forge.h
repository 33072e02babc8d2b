/* The forge that pool.yml names for a project. */
#ifndef VELA_APP_PROJECT_FORGE_H
#define VELA_APP_PROJECT_FORGE_H

#include "config/policy.h"
#include "forge/forge.h"

/* As forge_open(): reads the files that it names, as the effective user, and asks the forge nothing. */
int project_forge_open(const struct policy_project *project, struct forge *ret, struct error **err);

#endif
