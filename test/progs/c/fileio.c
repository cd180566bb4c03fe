// Files and directories, as a program uses them in its working directory.
#include "check.h"
#include <dirent.h>
#include <sys/file.h>
#include <sys/statfs.h>
#include <sys/uio.h>

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(void)
{
	char b[64];
	struct stat st;
	int fd = open("f", O_RDWR | O_CREAT | O_EXCL, 0640);
	CHECK(fd >= 0);
	FAILS(open("f", O_RDWR | O_CREAT | O_EXCL, 0640), EEXIST);
	EQ(write(fd, "0123456789", 10), 10);
	EQ(lseek(fd, 3, SEEK_SET), 3);
	EQ(read(fd, b, 4), 4);
	CHECK(memcmp(b, "3456", 4) == 0);
	EQ(pread(fd, b, 20, 8), 2);
	EQ(pwrite(fd, "XY", 2, 12), 2);
	EQ(lseek(fd, 0, SEEK_CUR), 7);
	EQ(lseek(fd, 0, SEEK_END), 14);
	EQ(pread(fd, b, 64, 0), 14);
	CHECK(memcmp(b, "0123456789\0\0XY", 14) == 0);
	ok("read write seek");

	struct iovec v[3] = {{b, 2}, {b + 10, 3}, {b + 20, 1}};
	EQ(lseek(fd, 0, SEEK_SET), 0);
	EQ(readv(fd, v, 3), 6);
	CHECK(memcmp(b, "01", 2) == 0 && memcmp(b + 10, "234", 3) == 0 && b[20] == '5');
	struct iovec w[2] = {{"ab", 2}, {"cd", 2}};
	EQ(writev(fd, w, 2), 4);
	EQ(preadv(fd, v, 3, 5), 6);
	CHECK(memcmp(b, "5a", 2) == 0 && memcmp(b + 10, "bcd", 3) == 0 && b[20] == '\0');
	EQ(pwritev(fd, w, 2, 0), 4);
	ok("readv writev");

	CHECK(fstat(fd, &st) == 0);
	EQ(st.st_size, 14);
	EQ(st.st_mode & 0777, 0640);
	CHECK(S_ISREG(st.st_mode));
	CHECK(ftruncate(fd, 5) == 0 && fstat(fd, &st) == 0);
	EQ(st.st_size, 5);
	CHECK(fchmod(fd, 0600) == 0 && fsync(fd) == 0 && fdatasync(fd) == 0);
	CHECK(flock(fd, LOCK_EX) == 0 && flock(fd, LOCK_UN) == 0);
	int fd2 = dup(fd);
	CHECK(fd2 > fd);
	EQ(lseek(fd, 2, SEEK_SET), 2);
	EQ(lseek(fd2, 0, SEEK_CUR), 2);
	CHECK(fcntl(fd2, F_SETFD, FD_CLOEXEC) == 0);
	EQ(fcntl(fd2, F_GETFD), FD_CLOEXEC);
	EQ(fcntl(fd, F_GETFD), 0);
	EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	EQ(dup3(fd, 100, O_CLOEXEC), 100);
	CHECK(close(100) == 0 && close(fd2) == 0 && close(fd) == 0);
	FAILS(close(fd), EBADF);
	FAILS(read(fd, b, 1), EBADF);
	ok("stat truncate dup");

	CHECK(mkdir("d", 0755) == 0);
	FAILS(mkdir("d", 0755), EEXIST);
	CHECK(rename("f", "d/g") == 0);
	FAILS(stat("f", &st), ENOENT);
	CHECK(stat("d/g", &st) == 0 && st.st_size == 5);
	CHECK(symlink("g", "d/link") == 0 && link("d/g", "d/hard") == 0);
	CHECK(lstat("d/link", &st) == 0 && S_ISLNK(st.st_mode));
	CHECK(stat("d/hard", &st) == 0 && st.st_nlink == 2);
	EQ(readlink("d/link", b, sizeof b), 1);
	CHECK(access("d/g", R_OK | W_OK) == 0);
	FAILS(access("d/none", F_OK), ENOENT);
	int dfd = open("d", O_RDONLY | O_DIRECTORY);
	CHECK(dfd >= 0);
	int af = openat(dfd, "at", O_CREAT | O_WRONLY | O_APPEND, 0644);
	CHECK(af >= 0);
	EQ(write(af, "one", 3), 3);
	CHECK(lseek(af, 0, SEEK_SET) == 0);
	EQ(write(af, "two", 3), 3);
	CHECK(fstatat(dfd, "at", &st, 0) == 0 && st.st_size == 6);
	CHECK(close(af) == 0);
	FAILS(open("d/g/x", O_RDONLY), ENOTDIR);
	FAILS(open("d", O_WRONLY), EISDIR);
	FAILS(rmdir("d"), ENOTEMPTY);
	ok("rename link symlink at");

	for (int i = 0; i < 300; i++) {
		char name[32];
		snprintf(name, sizeof name, "d/n%03d", i);
		int n = open(name, O_CREAT | O_WRONLY, 0600);
		CHECK(n >= 0 && close(n) == 0);
	}
	DIR *d = opendir("d");
	CHECK(d);
	char *names[400];
	int n = 0;
	for (struct dirent *e; (e = readdir(d));)
		if (e->d_name[0] != '.')
			names[n++] = strdup(e->d_name);
	CHECK(closedir(d) == 0);
	EQ(n, 304);
	qsort(names, n, sizeof *names, by_name);
	printf("%s %s %s %s ... %s\n", names[0], names[1], names[2], names[3], names[n - 1]);
	for (int i = 0; i < n; i++)
		if (names[i][0] == 'n')
			CHECK(unlinkat(dfd, names[i], 0) == 0);
	CHECK(unlink("d/hard") == 0 && unlink("d/link") == 0);
	ok("readdir unlink");

	FILE *f = fopen("text", "w+");
	CHECK(f);
	for (int i = 0; i < 5000; i++)
		fprintf(f, "line %d %s\n", i, i % 7 ? "x" : "seven");
	rewind(f);
	int lines = 0, sum = 0, k;
	char word[16];
	while (fscanf(f, "line %d %15s\n", &k, word) == 2) {
		lines++;
		sum += k;
	}
	printf("%d lines, sum %d\n", lines, sum);
	CHECK(fclose(f) == 0);
	ok("stdio");

	char tmpl[] = "tmpXXXXXX";
	int t = mkstemp(tmpl);
	CHECK(t >= 0 && unlink(tmpl) == 0);
	EQ(write(t, "gone", 4), 4);
	CHECK(close(t) == 0);
	struct timespec ts[2] = {{1000000000, 5}, {1000000001, 6}};
	CHECK(utimensat(AT_FDCWD, "text", ts, 0) == 0 && stat("text", &st) == 0);
	EQ(st.st_mtim.tv_sec, 1000000001);
	EQ(st.st_mtim.tv_nsec, 6);
	umask(027);
	EQ(umask(022), 027);
	struct statfs sf;
	CHECK(statfs(".", &sf) == 0 && sf.f_bsize > 0);
	CHECK(close(dfd) == 0);
	ok("mkstemp times umask");
	return 0;
}
