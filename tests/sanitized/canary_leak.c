/* Memory that nobody knows any more: LeakSanitizer must say so. */
#include <stdlib.h>

int main(void)
{
	char *volatile lost = malloc(7);

	lost = NULL;
	return lost != NULL;
}
