/*
 * The schema tables of vela.yml and pool.yml: one row a key. Validation, JSON Schema and the reference come from them.
 */
#ifndef VELA_CONFIG_SCHEMA_H
#define VELA_CONFIG_SCHEMA_H

#include "base/buffer.h"

enum schema_file { SCHEMA_VELA_YML, SCHEMA_POOL_YML };

/* JSON Schema (2020-12) of one of the files, indented. */
void schema_write_json(enum schema_file file, struct buffer *out);
/* docs/config.md, both files. */
void schema_write_markdown(struct buffer *out);

#endif
