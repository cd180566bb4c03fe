// Counts what comes on standard input, by read and by stdio, and copies its first line.
#include "check.h"
#include <ctype.h>

int main(void)
{
	char line[256];
	CHECK(fgets(line, sizeof line, stdin));
	printf("first: %s", line);
	long bytes = strlen(line), words = 0, lines = 1;
	unsigned sum = 0;
	int c, in = 0;
	while ((c = getchar()) != EOF) {
		bytes++;
		sum = sum * 31 + c;
		lines += c == '\n';
		if (!isspace(c) && !in)
			words++;
		in = !isspace(c);
	}
	printf("%ld bytes, %ld words after the first line, %ld lines, sum %u\n", bytes, words, lines, sum);
	CHECK(feof(stdin) && !ferror(stdin));
	char b;
	EQ(read(0, &b, 1), 0);
	fprintf(stderr, "this goes to standard error\n");
	ok("stdin");
	return 0;
}
