#include "base/random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void random_fill(void *bytes, size_t length)
{
	ssize_t n;
	do
		n = getrandom(bytes, length, 0);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)length)
		abort(); /* up to 256 bytes come whole once the kernel's pool is filled */
}

uint32_t random_number(void)
{
	uint32_t number;
	random_fill(&number, sizeof(number));
	return number;
}
