#include <stdbool.h>

#include "migration/format_row.h"

/* Compares two runs of digits as numbers, however long, and moves past them. */
static int compare_numbers(const char **a, const char **b)
{
	while (**a == '0')
		(*a)++;
	while (**b == '0')
		(*b)++;
	size_t length = format_count_digits(*a);
	size_t other = format_count_digits(*b);
	int order = length != other ? (length < other ? -1 : 1) : strncmp(*a, *b, length);
	*a += length;
	*b += other;
	return order;
}

int migration_compare_natural(const char *a, const char *b)
{
	const char *left = a, *right = b;
	while (*left && *right) {
		int order;
		if (format_is_digit(*left) && format_is_digit(*right))
			order = compare_numbers(&left, &right);
		else
			order = (unsigned char)*left++ - (unsigned char)*right++;
		if (order != 0)
			return order;
	}
	if (*left || *right)
		return *left ? 1 : -1;
	return strcmp(a, b); /* "01" and "1": any order, but always the same */
}

int format_compare_dotted(const char *a, const char *b)
{
	while (*a || *b) {
		int order = compare_numbers(&a, &b); /* what is missing is 0 */
		if (order != 0)
			return order;
		if ((*a && *a != '.') || (*b && *b != '.')) /* not a version, as a hostile table may have it */
			return strcmp(a, b);
		a += *a == '.';
		b += *b == '.';
	}
	return 0;
}
