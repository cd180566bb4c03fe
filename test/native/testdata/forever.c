/* Computes until somebody ends it. */
int main(void)
{
	for (volatile long i = 0;; i++)
		;
}
