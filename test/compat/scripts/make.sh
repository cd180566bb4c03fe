# needs: gcc make /usr/include/stdio.h
set -e
i=0
while [ $i -lt 12 ]; do
	printf '#include "all.h"\nint f%d(int x) { int s = 0; for (int k = 0; k < x; k++) s += k * %d; return s; }\n' $i $i >f$i.c
	printf 'int f%d(int);\n' $i >>all.h
	i=$((i+1))
done
{ echo '#include <stdio.h>'; echo '#include "all.h"'; echo 'int main(void) { int s = 0;'
i=0; while [ $i -lt 12 ]; do echo "s += f$i(10);"; i=$((i+1)); done
printf 'printf("%%d\\n", s); return 0; }\n'; } >main.c
cat >Makefile <<'END'
OBJS := $(patsubst %.c,%.o,$(sort $(wildcard *.c)))
CFLAGS := -O2 -Wall
prog: libf.a main.o
	$(CC) -o $@ main.o libf.a
libf.a: $(filter f%.o,$(OBJS))
	ar rcs $@ $^
%.o: %.c all.h
	$(CC) $(CFLAGS) -c -o $@ $<
.PHONY: check clean
check: prog
	./prog
clean:
	rm -f *.o *.a prog
END
make -j4 prog >log
make check | tail -n 1
make -q prog && echo up to date
touch f3.c; make -j4 prog | grep -c 'f3\.o'
make clean >/dev/null; ls *.o 2>/dev/null | wc -l
make -j4 nothing 2>&1 | grep -c 'No rule' || true
