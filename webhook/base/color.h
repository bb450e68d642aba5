/*
 * color.h - colours on a terminal, and only there.
 *
 *	bool on = color_wanted(COLOR_AUTO, STDOUT_FILENO);
 *	buf_printf(&b, "%srefused%s", color(on, COLOR_RED), color(on, COLOR_OFF));
 *
 * COLOR_AUTO follows https://no-color.org: none where NO_COLOR is set and not empty, where TERM is
 * unset or "dumb", or where the output is not a terminal. Threads: no state.
 */
#ifndef BASE_COLOR_H
#define BASE_COLOR_H

#include <stdbool.h>

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* "auto", "always", "never", NULL: the values of --color in the order of the enum. */
extern const char *const color_words[];

bool color_wanted(enum color_when when, int fd);

enum color { COLOR_OFF, COLOR_BOLD, COLOR_DIM, COLOR_RED, COLOR_GREEN, COLOR_YELLOW, COLOR_CYAN };

/* The escape sequence; "" if colours are off. */
const char *color(bool on, enum color which);

#endif
