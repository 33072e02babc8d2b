/*
 * Libraries that are loaded when the first of their functions is called. Most commands need neither libpq nor libgit2,
 * and loading these (with the thirty libraries they lean on: LDAP, Kerberos, TLS, SSH) takes longer than all else such
 * a command does.
 *
 * A row LAZY_FUNCTION defines the library's function of that name for the rest of vela, so callers use its header as
 * ever, from any thread: two that come first at the same time find the same.
 */
#ifndef VELA_BASE_LAZY_H
#define VELA_BASE_LAZY_H

/* The function `name` of `library` (a soname). Aborts where there is none: the package that has vela depends on the
 * library, and without it there is no way on, as without memory. */
void *lazy_find(const char *library, const char *name);

static inline void *lazy_once(void **found, const char *library, const char *name)
{
	void *function = __atomic_load_n(found, __ATOMIC_ACQUIRE);
	if (!function)
		__atomic_store_n(found, function = lazy_find(library, name), __ATOMIC_RELEASE);
	return function;
}

#define LAZY_FUNCTION(library, type, name, parameters, arguments)                                                      \
	type name parameters                                                                                           \
	{                                                                                                              \
		static void *loaded;                                                                                   \
		type(*function) parameters;                                                                            \
		*(void **)(&function) = lazy_once(&loaded, library, #name);                                            \
		return function arguments;                                                                             \
	}
#define LAZY_PROCEDURE(library, name, parameters, arguments)                                                           \
	void name parameters                                                                                           \
	{                                                                                                              \
		static void *loaded;                                                                                   \
		void(*function) parameters;                                                                            \
		*(void **)(&function) = lazy_once(&loaded, library, #name);                                            \
		function arguments;                                                                                    \
	}

#endif
