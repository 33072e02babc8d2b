/* Runs a fuzz target over the files of directories: so a corpus is a test without the fuzzer. */
#include <stdint.h>
#include <stdio.h>

#include "base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_INPUT = 1 << 24 };

static int replay(const char *directory, size_t *count, struct error **err)
{
	struct string_list names __attribute__((cleanup(string_list_free))) = {0};
	if (directory_list(directory, &names, err) < 0)
		return -1;
	if (names.count == 0)
		return error_set(err, ERROR_USAGE, "%s has no files", directory);
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *path = path_join(directory, names.items[i], NULL);
		_cleanup_buffer_ struct buffer input = {0};
		if (file_read(path, MAX_INPUT, FILE_NO_FOLLOW, &input, err) < 0)
			return -1;
		/* A copy of exactly that size, so that reading past its end is noticed. */
		_cleanup_free_ uint8_t *data = memory_allocate(input.length);
		memcpy(data, buffer_text(&input), input.length);
		LLVMFuzzerTestOneInput(data, input.length);
		(*count)++;
	}
	return 0;
}

int main(int argc, char **argv)
{
	size_t count = 0;
	if (argc < 2) {
		fprintf(stderr, "usage: %s DIRECTORY…\n", argv[0]);
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		_cleanup_error_ struct error *error = NULL;
		if (replay(argv[i], &count, &error) < 0) {
			fprintf(stderr, "%s\n", error->message);
			return 1;
		}
	}
	printf("%zu inputs\n", count);
	return 0;
}
