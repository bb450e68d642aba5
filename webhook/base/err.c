#include "base/err.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

static const char ELLIPSIS[] = "...";

/* Format into text[0..ERR_TEXT_MAX), marking what did not fit. */
static void format(char *text, const char *fmt, va_list args)
{
	int n = vsnprintf(text, ERR_TEXT_MAX, fmt, args);

	if (n >= ERR_TEXT_MAX)
		memcpy(text + utf8_cut(slice_of(text), ERR_TEXT_MAX - sizeof(ELLIPSIS)), ELLIPSIS, sizeof(ELLIPSIS));
}

int err_set(struct err *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	format(err->text, fmt, args);
	va_end(args);
	utf8_tame(err->text, '?'); /* messages quote hostile input */
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
