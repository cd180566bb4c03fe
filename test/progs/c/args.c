// Arguments and environment arrive exactly, in order, and empty ones too.
#include "check.h"

extern char **environ;

int main(int argc, char **argv)
{
	printf("argc %d\n", argc);
	for (int i = 1; i < argc; i++)
		printf("argv[%d] <%s>\n", i, argv[i]);
	CHECK(argv[argc] == NULL);
	for (char **e = environ; *e; e++)
		if (strncmp(*e, "CASE_", 5) == 0)
			printf("env <%s>\n", *e);
	CHECK(getenv("CASE_MISSING") == NULL);
	CHECK(setenv("CASE_NEW", "new", 1) == 0);
	CHECK(strcmp(getenv("CASE_NEW"), "new") == 0);
	CHECK(unsetenv("CASE_NEW") == 0 && getenv("CASE_NEW") == NULL);
	ok("args");
	return 0;
}
