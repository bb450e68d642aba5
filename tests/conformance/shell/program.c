/* A program that notes how it was called: its name and words, each ended by NUL, and a byte 1, appended
 * to the file in $CALLS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	const char *path = getenv("CALLS"), *slash = strrchr(argv[0], '/');
	FILE *calls = path ? fopen(path, "ae") : NULL;

	if (!calls)
		return 1;
	fprintf(calls, "%s%c", slash ? slash + 1 : argv[0], '\0');
	for (int i = 1; i < argc; i++)
		fprintf(calls, "%s%c", argv[i], '\0');
	fputc('\1', calls);
	return fclose(calls) == 0 ? 0 : 1;
}
