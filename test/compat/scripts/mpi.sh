# needs: mpirun mpicc
# outside
set -e
cat >p.c <<'END'
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	int rank, size, n = 1 << 18;
	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank); MPI_Comm_size(MPI_COMM_WORLD, &size);
	double *a = malloc(n * sizeof *a), *b = malloc(n * sizeof *b);
	for (int i = 0; i < n; i++) a[i] = rank + i;
	MPI_Allreduce(a, b, n, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
	long token = 0;
	for (int k = 0; k < 2000; k++) {
		if (rank == 0) { token++; MPI_Send(&token, 1, MPI_LONG, 1, 0, MPI_COMM_WORLD); MPI_Recv(&token, 1, MPI_LONG, 1, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE); }
		else { MPI_Recv(&token, 1, MPI_LONG, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE); token++; MPI_Send(&token, 1, MPI_LONG, 0, 0, MPI_COMM_WORLD); }
	}
	if (rank == 0) printf("%d ranks, sum %.0f, token %ld\n", size, b[7], token);
	MPI_Finalize();
	return 0;
}
END
mpicc -O2 -o p p.c
[ "$(id -u)" != 0 ] || export HYDRA_LAUNCHER=fork
timeout 300 mpirun -n 2 $RUN ./p
