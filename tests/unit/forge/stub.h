/* The stub of the forges (tests/support/forge.mjs), one for all tests of a program, and what it was asked. */
#ifndef VELA_TESTS_FORGE_STUB_H
#define VELA_TESTS_FORGE_STUB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "base/random.h"
#include "forge/forge.h"
#include "forge/http.h"
#include "tests/unit/outcome.h"

#define STUB_FUNCTION __attribute__((unused)) static
#define STUB_TOKEN "token-of-ci"

/* The token is in no message. */
#define assert_failure(kind, text, call) assert_failure_without(STUB_TOKEN, kind, text, call)

/* Long waits for a busy machine, short pauses for us. */
static const struct http_limits stub_limits = {
	.connect_ms = 30000,
	.request_ms = 30000,
	.total_ms = 60000,
	.pause_ms = 1,
	.stall_s = 30,
	.attempts = 4,
	.body_max = 1 << 20,
};

static char *stub_directory;
static struct process stub_process;
static int stub_stdin = -1; /* closed with us, it ends the stub */

STUB_FUNCTION char *stub_path(const char *name)
{
	return path_join(stub_directory, name, NULL);
}

/* A line that the stub wrote, without its end. */
STUB_FUNCTION char *stub_line(const char *name)
{
	_cleanup_free_ char *path = stub_path(name);
	_cleanup_buffer_ struct buffer text = {0};
	assert_success(file_read(path, 1 << 20, FILE_FOLLOW, &text, err));
	return string_copy_n(buffer_text(&text), strcspn(buffer_text(&text), "\n"));
}

STUB_FUNCTION char *stub_url(const char *suffix)
{
	_cleanup_free_ char *url = stub_line("url");
	return string_format("%s%s", url, suffix);
}

STUB_FUNCTION int stub_start(void **state)
{
	(void)state;
	static const char *const proxies[] = {"https_proxy", "HTTPS_PROXY", "all_proxy",
					      "ALL_PROXY",   "no_proxy",    "NO_PROXY"};
	for (size_t i = 0; i < ARRAY_SIZE(proxies); i++)
		unsetenv(proxies[i]);
	signal(SIGPIPE, SIG_IGN);
	const char *parent = getenv("TMPDIR");
	stub_directory = path_join(parent ? parent : "/tmp", "test_forge.XXXXXX", NULL);
	int in[2], out[2];
	if (!mkdtemp(stub_directory) || pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		return -1;
	char *argv[] = {(char[]){"node"}, (char[]){"tests/support/forge.mjs"}, stub_directory, NULL};
	struct process_spec spec = {
		.argv = argv,
		.in = {STREAM_FD, in[0]},
		.out = {STREAM_FD, out[1]},
		.err = {STREAM_INHERIT, -1},
	};
	if (process_spawn(&spec, &stub_process, NULL) < 0)
		return -1;
	stub_stdin = in[1];
	close(in[0]);
	close(out[1]);
	char c = '\0';
	while (c != '\n' && read(out[0], &c, 1) == 1) /* its first line says that it is ready */
		;
	close(out[0]);
	return c == '\n' ? 0 : -1;
}

STUB_FUNCTION int stub_end(void **state)
{
	(void)state;
	struct process_result result;
	close(stub_stdin);
	int failed = process_wait(&stub_process, 30000, &result, NULL) < 0 || result.timed_out;
	process_free(&stub_process);
	failed |= directory_remove(stub_directory, NULL) < 0;
	free(stub_directory);
	return failed ? -1 : 0;
}

STUB_FUNCTION void stub_write(const char *name, const char *text)
{
	_cleanup_free_ char *path = stub_path(name);
	assert_success(file_replace(path, text, strlen(text), 0600, FILE_VOLATILE, err));
}

/* Everything is forgotten. `setup` is the inside of a JSON object, without apostrophes: they are its quotes. */
STUB_FUNCTION void stub_reset(const char *setup)
{
	_cleanup_free_ char *requests = stub_path("requests.jsonl");
	_cleanup_free_ char *text = string_format("{%s%s'reset': %u}", setup, *setup ? ", " : "", random_number());
	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	stub_write("setup.json", text);
	stub_write("faults.json", "[]");
	assert_success(file_unlink(requests, err));
}

/* A list of faults, with apostrophes as quotes. */
STUB_FUNCTION void stub_faults(const char *faults)
{
	_cleanup_free_ char *text = string_copy(faults);
	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	stub_write("faults.json", text);
}

/* What was asked of a listener with this method (NULL: any): a new array. */
STUB_FUNCTION json_t *stub_requests(const char *listener, const char *method)
{
	_cleanup_free_ char *path = stub_path("requests.jsonl");
	_cleanup_buffer_ struct buffer text = {0};
	json_t *found = json_array();
	if (file_exists(path))
		assert_success(file_read(path, 1 << 24, FILE_FOLLOW, &text, err));
	for (const char *line = buffer_text(&text); *line; line += strcspn(line, "\n") + 1) {
		json_t *request = json_loadb(line, strcspn(line, "\n"), 0, NULL);
		assert_non_null(request);
		const char *asked = json_string_value(json_object_get(request, "method"));
		if (string_equal(json_string_value(json_object_get(request, "listener")), listener) &&
		    (!method || string_equal(asked, method)))
			json_array_append(found, request);
		json_decref(request);
	}
	return found;
}

STUB_FUNCTION size_t stub_count(const char *listener, const char *method)
{
	json_t *found = stub_requests(listener, method);
	size_t count = json_array_size(found);
	json_decref(found);
	return count;
}

/* Waits until so many requests have come. */
STUB_FUNCTION void stub_await(const char *method, size_t count)
{
	double end = clock_monotonic_ms() + 30000;
	while (stub_count("main", method) < count && clock_monotonic_ms() < end)
		(void)poll(NULL, 0, 2);
}

/* A new reference. */
STUB_FUNCTION json_t *stub_state(void)
{
	_cleanup_free_ char *path = stub_path("state.json");
	_cleanup_buffer_ struct buffer text = {0};
	assert_success(file_read(path, 1 << 24, FILE_FOLLOW, &text, err));
	json_t *state = json_loadb(buffer_text(&text), text.length, 0, NULL);
	assert_non_null(state);
	return state;
}

/* --- a forge opened on it --- */

static const char *const stub_apis[] = {
	[FORGE_GITHUB] = "/api/v3", [FORGE_GITLAB] = "/api/v4", [FORGE_GITEA] = "/api/v1"};
static const char *const stub_kinds[] = {[FORGE_GITHUB] = "github", [FORGE_GITLAB] = "gitlab", [FORGE_GITEA] = "gitea"};

STUB_FUNCTION const char *stub_token(void *context, const char *name)
{
	return strstr(name, "_TOKEN") ? context : NULL;
}

/* `token` NULL: none. */
STUB_FUNCTION struct forge stub_forge(enum forge_kind kind, const char *token)
{
	_cleanup_free_ char *api = stub_url(stub_apis[kind]), *ca = stub_path("ca.pem"), *copy = string_copy(token);
	struct forge_settings settings = {
		.kind = stub_kinds[kind], .api = api, .repository = "acme/shop", .ca_file = ca};
	struct ci_context ci = {0};
	struct forge forge;
	assert_success(forge_open(&ci, &settings, stub_token, copy, &forge, err));
	http_limit(forge.http, &stub_limits);
	return forge;
}

#endif
