#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char ELLIPSIS[] = "...";

/* Format into text[0..ERR_TEXT_MAX), marking what did not fit. */
static void format(char *text, const char *fmt, va_list args)
{
	int n = vsnprintf(text, ERR_TEXT_MAX, fmt, args);

	if (n >= ERR_TEXT_MAX)
		memcpy(text + ERR_TEXT_MAX - sizeof(ELLIPSIS), ELLIPSIS, sizeof(ELLIPSIS));
}

/* Messages quote hostile input: keep them on one line and out of the
 * terminal's escape sequences. */
static void tame(char *text)
{
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
}

int err_set(struct err *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	format(err->text, fmt, args);
	va_end(args);
	tame(err->text);
	return -1;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	char context[ERR_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	format(context, fmt, args);
	va_end(args);

	struct err inner = *err;
	return err_set(err, "%s: %s", context, inner.text);
}
