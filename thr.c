#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
static void*f(void*a){volatile long x=0;for(long i=0;i<60000000;i++)x+=i; for(int i=0;i<20000;i++) sched_yield(); return 0;}
int main(){pthread_t t[4];for(int i=0;i<4;i++)pthread_create(t+i,0,f,0);for(int i=0;i<4;i++)pthread_join(t[i],0);for(int i=0;i<200;i++){char*p=malloc(1<<20);memset(p,1,1<<20);free(p);}return 0;}
