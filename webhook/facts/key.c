#include "facts/key.h"

#include "base/number.h"

/* Objects are looked up at every request: no printf(). */
static char *put(char *at, const char *text, size_t len)
{
	memcpy(at, text, len);
	at[len] = '\0';
	return at + len;
}

bool fact_key(char key[FACT_KEY_SIZE], const char *namespace, const char *name)
{
	size_t in = namespace ? strlen(namespace) : 0, named = strlen(name);
	char room[NUMBER_CHARS], *at = key;

	if (in + named + NUMBER_CHARS + 2 > FACT_KEY_SIZE)
		return false;
	if (namespace) {
		const char *digits = number_print((int64_t)in, room);
		at = put(at, digits, strlen(digits));
		*at++ = '/';
		at = put(at, namespace, in);
	} else {
		*at++ = '-';
	}
	*at++ = '/';
	put(at, name, named);
	return true;
}
