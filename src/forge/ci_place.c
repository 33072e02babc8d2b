/* Where a repository and its pull requests live, from their addresses. */
#include <ctype.h>
#include <strings.h>

#include "base/file.h"
#include "forge/ci_parts.h"

struct address {
	bool https;
	char *host; /* with its port in https; NULL: not an address */
	char *path; /* without slashes around it, and without ".git" */
};

static void address_free(struct address *address)
{
	free(address->host);
	free(address->path);
}
#define _cleanup_address_ _cleanup_(address_free)

static bool is_host(const char *host, bool with_port)
{
	for (const char *c = host; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr(with_port ? "-.:" : "-.", *c))
			return false;
	return *host;
}

static char *trim_path(const char *path)
{
	static const char suffix[] = ".git";
	char *trimmed = path_without_slash(path + strspn(path, "/"));
	if (string_ends_with(trimmed, suffix) && strlen(trimmed) > strlen(suffix))
		trimmed[strlen(trimmed) - strlen(suffix)] = '\0';
	return trimmed;
}

/* "https://USER@HOST:PORT/PATH" and its like, or "USER@HOST:PATH", as ssh has it. */
static struct address parse_address(const char *text)
{
	struct address address = {0};
	const char *scheme = strstr(text, "://");
	const char *start = scheme ? scheme + 3 : text;
	size_t length = strcspn(start, scheme ? "/" : ":/");
	_cleanup_free_ char *authority = string_copy_n(start, length);
	const char *user = strrchr(authority, '@');
	char *host = string_copy(user ? user + 1 : authority);
	address.https = string_starts_with(text, "https://");
	if (!address.https)
		host[strcspn(host, ":")] = '\0';
	if (!start[length] || (!scheme && start[length] != ':') || !is_host(host, address.https)) {
		free(host);
		return (struct address){0};
	}
	address.host = host;
	address.path = trim_path(start + length + 1);
	return address;
}

bool ci_same_repository(const char *address, const char *other)
{
	_cleanup_address_ struct address one = parse_address(address), two = parse_address(other);
	return one.host && two.host && strcasecmp(one.host, two.host) == 0 && strcasecmp(one.path, two.path) == 0;
}

void ci_take_path(const char *text, struct ci_context *ci)
{
	_cleanup_address_ struct address address = text ? parse_address(text) : (struct address){0};
	if (address.host && *address.path)
		string_replace(&ci->path, TAKE_POINTER(address.path));
}

bool ci_is_repository(const struct ci_context *ci, const char *text)
{
	_cleanup_address_ struct address address = text ? parse_address(text) : (struct address){0};
	return ci->path && address.host && strcasecmp(ci->path, address.path) == 0;
}

static void set_place(struct ci_context *ci, const char *forge, const char *host, char *repository)
{
	static const struct {
		const char *forge, *path;
	} apis[] = {{"github", "/api/v3"}, {"gitlab", "/api/v4"}, {"gitea", "/api/v1"}};
	ci->forge = forge;
	string_replace(&ci->path, string_copy(repository));
	string_replace(&ci->repository, repository);
	if (string_equal(forge, "github") && strcasecmp(host, "github.com") == 0) {
		string_replace(&ci->api, string_copy("https://api.github.com"));
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(apis); i++)
		if (string_equal(forge, apis[i].forge))
			string_replace(&ci->api, string_format("https://%s%s", host, apis[i].path));
}

void ci_take_pull_request_address(const char *text, struct ci_context *ci)
{
	static const struct {
		const char *separator, *forge;
	} forms[] = {{"/pull/", "github"}, {"/-/merge_requests/", "gitlab"}, {"/pulls/", "gitea"}};
	_cleanup_address_ struct address address = text ? parse_address(text) : (struct address){0};
	for (size_t i = 0; i < ARRAY_SIZE(forms) && address.host && address.https; i++) {
		const char *found = strstr(address.path, forms[i].separator);
		if (!found || ci_leading_number(found + strlen(forms[i].separator), "") == 0)
			continue;
		set_place(ci, forms[i].forge, address.host,
			  string_copy_n(address.path, (size_t)(found - address.path)));
		return;
	}
}

void ci_take_repository_address(const char *text, const char *forge, struct ci_context *ci)
{
	_cleanup_address_ struct address address = text ? parse_address(text) : (struct address){0};
	if (address.host && forge)
		set_place(ci, forge, address.host, TAKE_POINTER(address.path));
}
