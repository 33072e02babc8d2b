/* Random bytes from the kernel. */
#ifndef VELA_BASE_RANDOM_H
#define VELA_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void random_fill(void *bytes, size_t length); /* at most 256 bytes; aborts where the kernel has none to give */
uint32_t random_number(void);                 /* for names that must not meet */

#endif
