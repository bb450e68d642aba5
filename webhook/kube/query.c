#include "kube/query.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

int kube_query_escape(char *to, size_t size, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	size_t len = 0;

	to[0] = '\0';
	for (; *text; text++) {
		if (len + 4 >= size)
			return -1;
		bool safe = strchr(plain, *text) != NULL;
		len += (size_t)snprintf(to + len, size - len, safe ? "%c" : "%%%02X", (unsigned char)*text);
	}
	return 0;
}
