/* Comparing with a file below tests/golden, from the top of the repository. VELA_UPDATE_GOLDEN=1 writes the files. */
#ifndef VELA_TESTS_REPORT_GOLDEN_H
#define VELA_TESTS_REPORT_GOLDEN_H

#include "base/file.h"

static inline void assert_golden(const char *name, const struct buffer *actual)
{
	_cleanup_free_ char *path = path_join("tests/golden", name, NULL);
	if (getenv("VELA_UPDATE_GOLDEN"))
		assert_int_equal(file_replace(path, buffer_text(actual), actual->length, 0644, FILE_VOLATILE, NULL), 0);
	_cleanup_buffer_ struct buffer expected = {0};
	struct error *error = NULL;
	if (file_read(path, 1 << 20, FILE_FOLLOW, &expected, &error) < 0)
		fail_msg("%s", error->message);
	if (expected.length != actual->length ||
	    memcmp(buffer_text(&expected), buffer_text(actual), actual->length) != 0)
		fail_msg("%s differs from what was rendered:\n%s", path, buffer_text(actual));
}

#endif
