/* Connection URLs, judged by libpq: what it would take as a password is one, however it is written. */
#ifndef VELA_CONFIG_URL_H
#define VELA_CONFIG_URL_H

enum url_verdict { URL_IS_GOOD, URL_IS_INVALID, URL_HAS_PASSWORD };

enum url_verdict url_check(const char *url);

#endif
