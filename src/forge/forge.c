#include "forge/forge.h"

#include <ctype.h>
#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "forge/http.h"
#include "forge/kind.h"
#include "forge/url.h"

enum { TOKEN_MAX = 4096, AUTHORITY_MAX = 4 << 20 };

void forge_free(struct forge *forge)
{
	http_close(forge->http);
	free(forge->api);
	free(forge->repository);
	free(forge->token);
	*forge = (struct forge){0};
}

/* --- which forge, and what of it --- */

static int find_kind(const struct ci_context *ci, const struct forge_settings *settings, enum forge_kind *ret,
		     struct error **err)
{
	const char *name = settings->kind ? settings->kind : ci->forge;
	if (!name) {
		error_set(err, ERROR_USAGE, "it is not known which forge the pull request is on");
		return error_hint(err, "say which: vela report publish FILE --forge github, gitlab or gitea");
	}
	if (forge_kind_find(name, ret))
		return 0;
	_cleanup_free_ char *shown = text_safe(name);
	error_set(err, ERROR_USAGE, "\"%s\" is no forge that vela knows", shown);
	return error_hint(err, "it knows github, gitlab and gitea, which is also Forgejo");
}

static int find_api(const struct forge_kind_info *kind, const char *from_ci, const struct forge_settings *settings,
		    char **ret, struct error **err)
{
	const char *api = settings->api ? settings->api : from_ci ? from_ci : kind->api;
	if (!api) {
		error_set(err, ERROR_USAGE, "it is not known where %s is", kind->title);
		return error_hint(err, "say where: vela report publish FILE --api https://HOST/api/v1");
	}
	_cleanup_free_ char *what = string_format("the address of %s", kind->title);
	return url_check_base(what, api, ret, err);
}

/* How many parts, divided by slashes; 0 if one of them is empty, or nothing that is in a name. */
static size_t count_parts(const char *repository)
{
	size_t count = 0;
	for (const char *part = repository; part; count++) {
		size_t length = strcspn(part, "/");
		if (length == 0 || (length <= 2 && strspn(part, ".") == length))
			return 0;
		part = part[length] ? part + length + 1 : NULL;
	}
	return text_is_printable(repository) ? count : 0;
}

static int find_repository(const struct forge_kind_info *kind, const char *from_ci,
			   const struct forge_settings *settings, char **ret, struct error **err)
{
	const char *repository = settings->repository ? settings->repository : from_ci;
	if (!repository) {
		error_set(err, ERROR_USAGE, "it is not known which repository of %s it is", kind->title);
		return error_hint(err, "say which: vela report publish FILE --repository OWNER/NAME");
	}
	size_t parts = count_parts(repository);
	bool numbered = *repository && repository[strspn(repository, "0123456789")] == '\0';
	if (parts == 2 || (kind->repository_is_one_segment && (parts > 2 || numbered))) {
		*ret = string_copy(repository);
		return 0;
	}
	_cleanup_free_ char *shown = text_safe(repository);
	return error_set(err, ERROR_USAGE, "\"%s\" is no repository of %s: that would be OWNER/NAME", shown,
			 kind->title);
}

/* --- the token --- */

/* Without the line's end, as from a file or a variable. `source` names it: the token itself is in no message. */
static int take_token(const char *source, const char *text, char **ret, struct error **err)
{
	size_t length = strlen(text);
	while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
		length--;
	for (size_t i = 0; i < length; i++)
		if (!isascii(text[i]) || !isgraph((unsigned char)text[i]))
			return error_set(err, ERROR_USAGE, "what is in %s is no token: it has characters that none has",
					 source);
	if (length > 0)
		*ret = string_copy_n(text, length);
	return 0;
}

static int read_token(const char *path, char **ret, struct error **err)
{
	_cleanup_buffer_ struct buffer text = {0};
	struct stat status;
	if (stat(path, &status) < 0)
		return error_errno(err, errno, "cannot read the token in %s", path);
	if (status.st_mode & (S_IRGRP | S_IROTH)) {
		error_set(err, ERROR_REFUSED, "the token in %s can be read by others than its owner", path);
		return error_hint(err, "chmod 600 %s", path);
	}
	if (file_read(path, TOKEN_MAX, FILE_FOLLOW, &text, err) < 0)
		return error_wrap(err, "the token");
	if (take_token(path, buffer_text(&text), ret, err) < 0)
		return -1;
	return *ret ? 0 : error_set(err, ERROR_USAGE, "there is no token in %s", path);
}

static int find_token(const struct forge_kind_info *kind, const struct forge_settings *settings,
		      const char *(*lookup)(void *context, const char *name), void *context, char **ret,
		      struct error **err)
{
	if (settings->token_file)
		return read_token(settings->token_file, ret, err);
	for (size_t i = 0; i < TOKEN_VARIABLES_MAX && kind->token_variables[i] && !*ret; i++) {
		const char *value = lookup(context, kind->token_variables[i]);
		if (value && take_token(kind->token_variables[i], value, ret, err) < 0)
			return -1;
	}
	return 0;
}

int forge_open(const struct ci_context *ci, const struct forge_settings *settings,
	       const char *(*lookup)(void *context, const char *name), void *context, struct forge *ret,
	       struct error **err)
{
	_cleanup_forge_ struct forge forge = {0};
	if (find_kind(ci, settings, &forge.kind, err) < 0)
		return -1;
	const struct forge_kind_info *kind = &forge_kinds[forge.kind];
	bool same = string_equal(ci->forge, kind->name);
	_cleanup_buffer_ struct buffer authority = {0};
	if (find_api(kind, same ? ci->api : NULL, settings, &forge.api, err) < 0 ||
	    find_repository(kind, same ? ci->repository : NULL, settings, &forge.repository, err) < 0 ||
	    find_token(kind, settings, lookup, context, &forge.token, err) < 0)
		return -1;
	if (settings->ca_file && file_read(settings->ca_file, AUTHORITY_MAX, FILE_FOLLOW, &authority, err) < 0)
		return error_wrap(err, "the certificates to be trusted");
	forge.http = http_open(forge.token, settings->ca_file ? buffer_text(&authority) : NULL, kind->accept);
	*ret = forge;
	forge = (struct forge){0};
	return 0;
}
