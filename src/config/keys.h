/* Which keys a vela.yml gives, and where: a default is no wish. */
#ifndef VELA_CONFIG_KEYS_H
#define VELA_CONFIG_KEYS_H

#include "config/config.h"
#include "config/row.h"
#include "config/tree.h"

/* Adds them to `config`; the text is known to be valid. */
void config_keys_collect(const char *text, size_t length, struct config *config);

#endif
