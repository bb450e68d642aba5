#include "base/color.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const color_words[] = {"auto", "always", "never", NULL};

bool color_wanted(enum color_when when, int fd)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (when != COLOR_AUTO)
		return when == COLOR_ALWAYS;
	return (!no_color || !*no_color) && term && strcmp(term, "dumb") != 0 && isatty(fd);
}

const char *color(bool on, enum color which)
{
	static const char *const sequences[] = {
		[COLOR_OFF] = "\033[0m",  [COLOR_BOLD] = "\033[1m",    [COLOR_DIM] = "\033[2m",   [COLOR_RED] = "\033[31m",
		[COLOR_GREEN] = "\033[32m", [COLOR_YELLOW] = "\033[33m", [COLOR_CYAN] = "\033[36m"};

	return on ? sequences[which] : "";
}
