#include "base/lazy.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

void *lazy_find(const char *library, const char *name)
{
	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL); /* loaded once, counted after */
	void *function = handle ? dlsym(handle, name) : NULL;
	if (!function) {
		_cleanup_free_ char *message =
			string_format("vela: cannot use the library %s: %s\n", library, dlerror());
		(void)descriptor_write(STDERR_FILENO, message, strlen(message));
		abort();
	}
	return function;
}
