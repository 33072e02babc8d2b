/* Any text as what people call a branch: its name is valid, always the same, and its own name. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = memory_allocate(size + 1);
	if (size)
		memcpy(text, data, size);
	_cleanup_free_ char *name = NULL, *same = NULL, *again = NULL;
	_cleanup_error_ struct error *error = NULL;
	if (name_from_text(text, "branch", &name, &error) < 0) {
		require(error->kind == ERROR_USAGE && !name, "a refusal is one of usage, and leaves no name");
		require(!name_is_valid(text), "no valid name is refused");
		return 0;
	}
	require(name_is_valid(name), "the name is valid");
	require(!name_is_valid(text) || string_equal(name, text), "a valid name stays");
	require(name_from_text(text, "branch", &same, NULL) == 0 && string_equal(name, same),
		"the name is always the same");
	require(name_from_text(name, "branch", &again, NULL) == 0 && string_equal(name, again),
		"a name is its own name");
	return 0;
}
