/* libcurl, loaded when it is first called: see base/lazy.h. */
#include <curl/curl.h>
#include <stdarg.h>

#include "base/lazy.h"

#define LIBCURL "libcurl.so.4"

LAZY_FUNCTION(LIBCURL, CURLcode, curl_global_init, (long flags), (flags))
LAZY_FUNCTION(LIBCURL, CURL *, curl_easy_init, (void), ())
LAZY_PROCEDURE(LIBCURL, curl_easy_cleanup, (CURL * easy), (easy))
LAZY_FUNCTION(LIBCURL, const char *, curl_easy_strerror, (CURLcode code), (code))
LAZY_FUNCTION(LIBCURL, CURLHcode, curl_easy_header,
	      (CURL * easy, const char *name, size_t index, unsigned origin, int request, struct curl_header **header),
	      (easy, name, index, origin, request, header))
LAZY_FUNCTION(LIBCURL, struct curl_slist *, curl_slist_append, (struct curl_slist * list, const char *text),
	      (list, text))
LAZY_PROCEDURE(LIBCURL, curl_slist_free_all, (struct curl_slist * list), (list))
LAZY_PROCEDURE(LIBCURL, curl_free, (void *pointer), (pointer))

LAZY_FUNCTION(LIBCURL, CURLM *, curl_multi_init, (void), ())
LAZY_FUNCTION(LIBCURL, CURLMcode, curl_multi_cleanup, (CURLM * multi), (multi))
LAZY_FUNCTION(LIBCURL, CURLMcode, curl_multi_add_handle, (CURLM * multi, CURL *easy), (multi, easy))
LAZY_FUNCTION(LIBCURL, CURLMcode, curl_multi_remove_handle, (CURLM * multi, CURL *easy), (multi, easy))
LAZY_FUNCTION(LIBCURL, CURLMcode, curl_multi_perform, (CURLM * multi, int *running), (multi, running))
LAZY_FUNCTION(LIBCURL, CURLMcode, curl_multi_poll,
	      (CURLM * multi, struct curl_waitfd *extra, unsigned count, int timeout_ms, int *ready),
	      (multi, extra, count, timeout_ms, ready))
LAZY_FUNCTION(LIBCURL, CURLMsg *, curl_multi_info_read, (CURLM * multi, int *left), (multi, left))
LAZY_FUNCTION(LIBCURL, const char *, curl_multi_strerror, (CURLMcode code), (code))

LAZY_FUNCTION(LIBCURL, CURLU *, curl_url, (void), ())
LAZY_PROCEDURE(LIBCURL, curl_url_cleanup, (CURLU * url), (url))
LAZY_FUNCTION(LIBCURL, CURLUcode, curl_url_set, (CURLU * url, CURLUPart part, const char *text, unsigned flags),
	      (url, part, text, flags))
LAZY_FUNCTION(LIBCURL, CURLUcode, curl_url_get, (CURLU * url, CURLUPart part, char **text, unsigned flags),
	      (url, part, text, flags))

/* Variable arguments cannot be handed on. Of which type they are is in the option's number. (Its name is also that of a
 * macro, hence the parentheses.) */
CURLcode(curl_easy_setopt)(CURL *easy, CURLoption option, ...)
{
	static void *loaded;
	CURLcode (*function)(CURL *, CURLoption, ...);
	*(void **)(&function) = lazy_once(&loaded, LIBCURL, "curl_easy_setopt");
	CURLcode result;
	va_list arguments;
	va_start(arguments, option);
	if (option < CURLOPTTYPE_OBJECTPOINT)
		result = function(easy, option, va_arg(arguments, long));
	else if (option >= CURLOPTTYPE_FUNCTIONPOINT && option < CURLOPTTYPE_OFF_T)
		result = function(easy, option, va_arg(arguments, void (*)(void)));
	else if (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_BLOB)
		result = function(easy, option, va_arg(arguments, curl_off_t));
	else
		result = function(easy, option, va_arg(arguments, void *));
	va_end(arguments);
	return result;
}

/* Whatever is asked for, the answer goes where a pointer says. */
CURLcode(curl_easy_getinfo)(CURL *easy, CURLINFO info, ...)
{
	static void *loaded;
	CURLcode (*function)(CURL *, CURLINFO, ...);
	*(void **)(&function) = lazy_once(&loaded, LIBCURL, "curl_easy_getinfo");
	va_list arguments;
	va_start(arguments, info);
	CURLcode result = function(easy, info, va_arg(arguments, void *));
	va_end(arguments);
	return result;
}
