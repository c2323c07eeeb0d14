/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A fuzzer's function without a fuzzer: PROGRAM [--raw] PATH... runs it on every file of a folder,
 * and on every frame of a capture and every beginning of that frame. With --raw captures are files
 * as others are.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "input.h"
#include "pkts_bits.h"

#define PREFIXES 200 /* beginnings that are tried byte by byte; of more, those of powers of two */

int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct file {
	uint8_t *p;
	size_t n;
};

static unsigned long runs;

static void run(const uint8_t *p, size_t n)
{
	uint8_t *const exact = malloc(n);

	if (n)
		memcpy(exact, p, n);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	runs++;
}

static void run_beginnings(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i = i < PREFIXES ? i + 1 : i * 2)
		run(p, i);
	run(p, n);
}

static struct file read_file(const char *path)
{
	FILE *const f = fopen(path, "rb");
	struct file file = {NULL, 0};
	struct stat st;

	if (!f || fstat(fileno(f), &st) || !S_ISREG(st.st_mode)) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(1);
	}
	file.p = malloc((size_t)st.st_size + 1);
	file.n = fread(file.p, 1, (size_t)st.st_size, f);
	fclose(f);
	return file;
}

static uint8_t link_number(uint32_t link)
{
	uint8_t i = 0;

	while (input_links[i] != link && input_links[i] != 105)
		i++;
	return i;
}

/* Whole; in a short first segment; cut by the capture. */
static void run_frame(uint32_t link, const uint8_t *p, uint32_t n)
{
	static const uint8_t heads[][3] = {{0, 0xff, 0xff}, {0, 0, 13}, {40, 0xff, 0xff}};
	uint8_t *const input = malloc(INPUT_HEAD + n);

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(heads); i++) {
		input[0] = link_number(link);
		memcpy(input + 1, heads[i], 3);
		memcpy(input + INPUT_HEAD, p, n);
		run_beginnings(input, INPUT_HEAD + n);
	}
	free(input);
}

static uint32_t little(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* As many of the bytes that a record says it has as there are behind `at`. */
static uint32_t held(struct file f, size_t at, uint32_t n)
{
	return (uint32_t)PKTS_MIN((size_t)n, f.n - at);
}

/* Little-endian, one section. */
static void run_pcapng(struct file f)
{
	uint32_t links[32] = {0}, n = 0;

	for (size_t at = 0; at + 28 <= f.n && little(f.p + at + 4) >= 12;
		at += little(f.p + at + 4)) {
		const uint8_t *const block = f.p + at;
		if (little(block) == 1 && n < PKTS_ARRAY_LEN(links))
			links[n++] = little(block + 8) & 0xffff;
		if (little(block) == 6)
			run_frame(links[little(block + 8) % 32], block + 28,
				held(f, at + 28, little(block + 20)));
	}
}

static void run_pcap(struct file f)
{
	for (size_t at = 24; at + 16 <= f.n; at += 16 + little(f.p + at + 8))
		run_frame(little(f.p + 20), f.p + at + 16, held(f, at + 16, little(f.p + at + 8)));
}

static void run_file(const char *path, bool raw)
{
	const struct file f = read_file(path);

	if (raw || f.n < 28)
		run_beginnings(f.p, f.n);
	else if (little(f.p) == 0x0a0d0d0a)
		run_pcapng(f);
	else if (little(f.p) == 0xa1b2c3d4 || little(f.p) == 0xa1b23c4d)
		run_pcap(f);
	else
		run_beginnings(f.p, f.n);
	free(f.p);
}

static void run_folder(DIR *folder, const char *path, bool raw)
{
	const struct dirent *entry;
	char name[4096];

	while ((entry = readdir(folder)))
		if (entry->d_name[0] != '.') {
			snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
			run_file(name, raw);
		}
}

int main(int argc, char **argv)
{
	bool raw = false;

	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++) {
		DIR *const folder = opendir(argv[i]);
		if (folder) {
			run_folder(folder, argv[i], raw);
			closedir(folder);
		} else if (strcmp(argv[i], "--raw") == 0) {
			raw = true;
		} else {
			run_file(argv[i], raw);
		}
	}
	printf("%lu runs\n", runs);
	return runs ? 0 : 1;
}
