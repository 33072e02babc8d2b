/* Everything that is wrong with one file, collected so that all of it is told in one run. */
#ifndef VELA_CONFIG_PROBLEM_H
#define VELA_CONFIG_PROBLEM_H

#include "base/buffer.h"
#include "base/error.h"

enum { PROBLEMS_SHOWN = 50 };

struct problem {
	int line, column; /* from 1 */
	char *message;
};

struct problems {
	struct problem items[PROBLEMS_SHOWN]; /* the first ones found; the rest are only counted */
	size_t count;
};

void problems_add(struct problems *problems, int line, int column, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* 0 if there are none, else -1 with one ERROR_CONFIG: "NAME:LINE:COLUMN: MESSAGE", a line each, in the file's order. */
int problems_result(const struct problems *problems, const char *name, struct error **err);

/* How a word of the file is shown in a message: in quotes, harmless, not too long; owned. */
char *problem_quote(const char *word);

void problems_free(struct problems *problems);
#define _cleanup_problems_ _cleanup_(problems_free)

#endif
