/* Uses more memory than a machine has below 4 GiB, and finds in it what it wrote. */
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	const long n = 2600l << 20, step = 64 << 10;
	char *p = malloc(n);
	for (long i = 0; i < n; i += step)
		*(long *)(p + i) = i;
	for (long i = 0; i < n; i += step)
		if (*(long *)(p + i) != i)
			return 1;
	puts("all there");
	return 0;
}
