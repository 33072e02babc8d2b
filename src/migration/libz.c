/* zlib, loaded when it is first called: see base/lazy.h. */
#include <zlib.h>

#include "base/lazy.h"

#define LIBZ "libz.so.1" /* its name since ever */

LAZY_FUNCTION(LIBZ, uLong, crc32, (uLong sum, const Bytef *data, uInt length), (sum, data, length))
