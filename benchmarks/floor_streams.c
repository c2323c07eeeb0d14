/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * floor_streams CAPTURE FOLDER SIZES: what no program that extracts streams can do without. Reads the capture
 * once, and writes a file into the new FOLDER for each line of SIZES, which says how many bytes it has.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER ((size_t)64 << 10)

static char buf[BUFFER];

static void die(const char *what)
{
	fprintf(stderr, "floor_streams: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void read_all(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		die(path);
	while ((n = read(fd, buf, BUFFER)) > 0)
		;
	if (n < 0)
		die(path);
	close(fd);
}

static void make(int folder, unsigned number, size_t size)
{
	char name[32];

	snprintf(name, sizeof(name), "%u", number);
	const int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		die(name);
	while (size) {
		const ssize_t n = write(fd, buf, size < BUFFER ? size : BUFFER);
		if (n < 0)
			die(name);
		size -= (size_t)n;
	}
	close(fd);
}

int main(int argc, char **argv)
{
	FILE *const sizes = argc == 4 ? fopen(argv[3], "r") : NULL;
	unsigned number = 0;
	size_t size;

	if (argc != 4) {
		fputs("usage: floor_streams CAPTURE FOLDER SIZES\n", stderr);
		return 2;
	}
	if (!sizes)
		die(argv[3]);
	read_all(argv[1]);
	if (mkdir(argv[2], 0755))
		die(argv[2]);
	const int folder = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		die(argv[2]);
	while (fscanf(sizes, "%zu", &size) == 1)
		make(folder, number++, size);
	return 0;
}
