#include "config/store.h"

#include "base/quantity.h"
#include "config/value.h"

static bool check_bounds(const struct schema_row *row, uint64_t value, struct buffer *complaint)
{
	if (value >= row->minimum && value <= row->maximum)
		return true;
	_cleanup_free_ char *minimum = value_format_bound(row, row->minimum);
	_cleanup_free_ char *maximum = value_format_bound(row, row->maximum);
	if (row->minimum == row->maximum)
		buffer_addf(complaint, "must be %s", minimum);
	else
		buffer_addf(complaint, "must be between %s and %s", minimum, maximum);
	return false;
}

/* Digits only, and no leading zero: 010 is eight to some readers of YAML and ten to others. */
static bool parse_integer(const char *text, uint64_t *ret)
{
	size_t digits = strspn(text, "0123456789");
	if (digits == 0 || digits > 18 || text[digits] || (digits > 1 && text[0] == '0'))
		return false;
	*ret = strtoull(text, NULL, 10);
	return true;
}

bool store_integer(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	uint64_t value;
	if (!node->plain || !parse_integer(node->text, &value) || !check_bounds(row, value, complaint))
		return false;
	if (row->offset != SCHEMA_NOT_KEPT)
		*(int *)store_field(record, row->offset) = (int)value;
	return true;
}

bool store_boolean(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	(void)complaint;
	bool is_true = string_equal(node->text, "true");
	if (!node->plain || (!is_true && !string_equal(node->text, "false")))
		return false;
	*(bool *)store_field(record, row->offset) = is_true;
	return true;
}

bool store_duration(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	uint64_t milliseconds;
	if (!quantity_parse_duration(node->text, &milliseconds) || !check_bounds(row, milliseconds, complaint))
		return false;
	*(uint64_t *)store_field(record, row->offset) = milliseconds;
	return true;
}

bool store_expiry(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	if (!string_equal(node->text, "never"))
		return store_duration(row, node, record, complaint);
	*(uint64_t *)store_field(record, row->offset) = 0;
	return true;
}

bool store_ports(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	const char *dash = strchr(node->text, '-');
	if (!dash)
		return false;
	_cleanup_free_ char *first_text = string_copy_n(node->text, (size_t)(dash - node->text));
	uint64_t first, last;
	if (!parse_integer(first_text, &first) || !parse_integer(dash + 1, &last))
		return false;
	if (!check_bounds(row, first, complaint) || !check_bounds(row, last, complaint))
		return false;
	if (first > last) {
		buffer_addf(complaint, "must begin with the lower port, not with %d", (int)first);
		return false;
	}
	*(int *)store_field(record, row->offset) = (int)first;
	*(int *)store_field(record, row->second) = (int)last;
	return true;
}

bool store_reserve(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	(void)complaint;
	uint64_t bytes = 0;
	double percent = 0;
	if (!quantity_parse_percent(node->text, &percent) && !quantity_parse_size(node->text, &bytes))
		return false;
	*(uint64_t *)store_field(record, row->offset) = bytes;
	*(double *)store_field(record, row->second) = percent;
	return true;
}

bool store_size(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	uint64_t bytes;
	if (!quantity_parse_size(node->text, &bytes) || !check_bounds(row, bytes, complaint))
		return false;
	*(uint64_t *)store_field(record, row->offset) = bytes;
	return true;
}

bool store_true(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	(void)complaint;
	if (!node->plain || !string_equal(node->text, "true"))
		return false;
	*(bool *)store_field(record, row->offset) = true;
	return true;
}

bool store_is_number(const char *text)
{
	text += *text == '-';
	size_t digits = strspn(text, "0123456789");
	if (digits == 0)
		return false;
	text += digits;
	if (*text != '.')
		return *text == '\0';
	digits = strspn(++text, "0123456789");
	return digits > 0 && text[digits] == '\0';
}

bool store_decimal(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	if (!node->plain || !store_is_number(node->text) || strlen(node->text) > 18)
		return false;
	double value = strtod(node->text, NULL);
	if (value <= 0 || value < (double)row->minimum || value > (double)row->maximum) {
		buffer_addf(complaint, "must be %s %d and at most %d", row->minimum ? "at least" : "more than",
			    (int)row->minimum, (int)row->maximum);
		return false;
	}
	*(double *)store_field(record, row->offset) = value;
	return true;
}

bool store_number(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	if (!store_is_number(node->text) || strlen(node->text) > row->maximum)
		return false;
	return store_text(row, node, record, complaint);
}

bool store_change(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	double percent;
	bool is_percentage = node->text[0] && quantity_parse_percent(node->text, &percent);
	if (!is_percentage && (node->text[0] == '-' || !store_is_number(node->text)))
		return false;
	return store_text(row, node, record, complaint);
}
