/* The errors of libyaml in words that say what to look for. */
#ifndef VELA_CONFIG_SYNTAX_H
#define VELA_CONFIG_SYNTAX_H

#include <yaml.h>

#include "config/problem.h"

/* Adds the error that `parser`, which reads `text`, stopped with. */
void syntax_report(const yaml_parser_t *parser, const char *text, struct problems *problems);

#endif
