#include "forge/url.h"

#include <curl/curl.h>

#include "base/file.h"
#include "base/text.h"

static void url_free(CURLU **url)
{
	curl_url_cleanup(*url);
}
#define _cleanup_url_ _cleanup_(url_free)

/* "" if the URL has none; owned. */
static char *url_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK)
		return string_copy("");
	char *copy = string_copy(text);
	curl_free(text);
	return copy;
}

int url_check_base(const char *what, const char *url, char **ret, struct error **err)
{
	if (strpbrk(url, "@?#")) /* what may be a secret is not shown */
		return error_set(err, ERROR_USAGE, "%s has to be a URL of host, port and path, and no more", what);
	_cleanup_url_ CURLU *parsed = curl_url();
	_cleanup_free_ char *shown = text_safe(url);
	if (!text_is_printable(url) || curl_url_set(parsed, CURLUPART_URL, url, 0) != CURLUE_OK)
		return error_set(err, ERROR_USAGE, "%s, \"%s\", is no URL", what, shown);
	_cleanup_free_ char *scheme = url_part(parsed, CURLUPART_SCHEME);
	if (!string_equal(scheme, "https"))
		return error_set(err, ERROR_USAGE,
				 "%s, \"%s\", is not https: a token would go over the network in the clear", what,
				 shown);
	*ret = path_without_slash(url);
	return 0;
}

bool url_is_same_origin(const char *one, const char *other)
{
	static const CURLUPart parts[] = {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT};
	_cleanup_url_ CURLU *a = curl_url(), *b = curl_url();
	if (curl_url_set(a, CURLUPART_URL, one, 0) != CURLUE_OK ||
	    curl_url_set(b, CURLUPART_URL, other, 0) != CURLUE_OK)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		_cleanup_free_ char *of_a = url_part(a, parts[i]), *of_b = url_part(b, parts[i]);
		if (strcasecmp(of_a, of_b) != 0)
			return false;
	}
	return true;
}

char *url_host(const char *url)
{
	_cleanup_url_ CURLU *parsed = curl_url();
	if (curl_url_set(parsed, CURLUPART_URL, url, 0) != CURLUE_OK)
		return string_copy("the server");
	_cleanup_free_ char *host = url_part(parsed, CURLUPART_HOST), *port = url_part(parsed, CURLUPART_PORT);
	_cleanup_free_ char *text = string_equal(port, "443") ? string_copy(host) : string_format("%s:%s", host, port);
	return text_safe(text);
}
