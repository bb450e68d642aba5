#include "spark/cmdline_line.h"

struct cmdline *cmdlines_at(const struct cmdlines *lines, size_t index)
{
	return &lines->items[index];
}
