/* version.c - the order of versions */
#include "analyzers/software/version.h"

static bool is_digit(struct fw_view v, size_t i)
{
	return i < v.len && v.data[i] >= '0' && v.data[i] <= '9';
}

/* Rank of a character outside a number; the end is 0. */
static int rank(struct fw_view v, size_t i)
{
	if (i >= v.len || is_digit(v, i))
		return 0;
	uint8_t ch = v.data[i];

	if (ch == '~')
		return -1;
	if ((ch | 0x20) >= 'a' && (ch | 0x20) <= 'z')
		return ch;
	return ch + 256;
}

/* Compares two numbers, which begin at *i and *k, and steps over them. */
static int compare_numbers(struct fw_view a, size_t *i, struct fw_view b,
			   size_t *k)
{
	int first = 0;

	while (*i < a.len && a.data[*i] == '0')
		++*i;
	while (*k < b.len && b.data[*k] == '0')
		++*k;
	for (; is_digit(a, *i) && is_digit(b, *k); ++*i, ++*k)
		if (first == 0)
			first = a.data[*i] - b.data[*k];
	if (is_digit(a, *i))
		return 1;
	if (is_digit(b, *k))
		return -1;
	return first;
}

int version_compare(struct fw_view a, struct fw_view b)
{
	size_t i = 0, k = 0;

	while (i < a.len || k < b.len) {
		while ((i < a.len && !is_digit(a, i)) ||
		       (k < b.len && !is_digit(b, k))) {
			int order = rank(a, i) - rank(b, k);

			if (order != 0)
				return order;
			i++;
			k++;
		}
		int order = compare_numbers(a, &i, b, &k);

		if (order != 0)
			return order;
	}
	return 0;
}
