/* libcrypto, loaded when it is first called: see base/lazy.h. */
#include <openssl/evp.h>

#include "base/lazy.h"

#define LIBCRYPTO "libcrypto.so.3" /* its name since OpenSSL 3 */

LAZY_FUNCTION(LIBCRYPTO, const EVP_MD *, EVP_sha1, (void), ())
LAZY_FUNCTION(LIBCRYPTO, const EVP_MD *, EVP_sha256, (void), ())
LAZY_FUNCTION(LIBCRYPTO, const EVP_MD *, EVP_sha384, (void), ())
LAZY_FUNCTION(LIBCRYPTO, int, EVP_Digest,
	      (const void *data, size_t count, unsigned char *digest, unsigned int *size, const EVP_MD *type,
	       ENGINE *engine),
	      (data, count, digest, size, type, engine))
