#include "base/number.h"

int number_parse(struct slice text, int64_t max, int64_t *ret)
{
	int64_t value = 0;

	if (text.len == 0)
		return -1;
	for (size_t i = 0; i < text.len; i++) {
		int digit = text.ptr[i] - '0';
		if (digit < 0 || digit > 9 || digit > max || value > (max - digit) / 10)
			return -1;
		value = value * 10 + digit;
	}
	*ret = value;
	return 0;
}

char *number_print_unsigned(uint64_t number, char room[NUMBER_CHARS])
{
	char *at = room + NUMBER_CHARS - 1;

	*at = '\0';
	do
		*--at = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	return at;
}

char *number_print(int64_t number, char room[NUMBER_CHARS])
{
	char *at = number_print_unsigned(number < 0 ? -(uint64_t)number : (uint64_t)number, room);

	if (number < 0)
		*--at = '-';
	return at;
}
