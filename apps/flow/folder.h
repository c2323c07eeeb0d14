/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The folder that streams are written to, with as many files as there are directions. What is added
 * waits in memory until there is enough of it to be worth opening its file, whichever files are
 * under way at a time; where the memory for that is used up, whoever has waited longest is written.
 */
#ifndef FOLDER_H
#define FOLDER_H

#include <stdio.h>

#include "digest.h"
#include "pkts_error.h"

#define FOLDER_OPEN   64   /* files that stay open, so that they need not be opened again */
#define FOLDER_BLOCK  4096 /* what waits is kept in blocks, this large with their head */
#define FOLDER_BLOCKS 8192 /* of all files */
#define FOLDER_WAIT   ((size_t)64 << 10) /* bytes of one file that are worth writing */

struct folder_block;

/* A file that grows. All zero but for the name, which stays the caller's, at the start. */
struct folder_file {
	char name[40];
	uint64_t len;
	struct digest *digest;
	struct folder_block *first, *last; /* private, as what follows: what waits */
	size_t waiting;			   /* bytes */
	struct folder_file *older, *newer;
	unsigned slot; /* where it is open, counted from 1 */
	bool made;
};

struct folder_slot {
	struct folder_file *file;
	int fd;
};

struct folder {
	const char *path;
	int fd;
	int code; /* the first failure, a negative errno, and err says which; nothing is written then */
	struct pkts_error err;
	struct folder_block *free;
	unsigned blocks;		     /* made so far */
	struct folder_file *oldest, *newest; /* by the first byte that waits */
	struct folder_slot slots[FOLDER_OPEN];
	unsigned next_slot; /* in turns */
};

/*
 * Opens the folder, which is made if it is not there; its parent has to be. 0; -errno, and f->err:
 * -EEXIST if it has an index, of other streams.
 */
int folder_open(struct folder *f, const char *path);

/* Adds bytes to a file, which is there from the first byte on. Never overwrites one that was there before: that is a failure. */
void folder_add(struct folder *f, struct folder_file *file, const uint8_t *p, size_t n);

/* The file gets no more; sum: the SHA-256 of all its bytes. Without bytes there is no file. */
void folder_finish(struct folder *f, struct folder_file *file, uint8_t sum[DIGEST_LEN]);

/* A new file of the folder; NULL, and f->code, if that cannot be. hidden: nobody else ever sees it. */
FILE *folder_new(struct folder *f, const char *name, bool hidden);

/* Closes a file of folder_new(). */
void folder_close_file(struct folder *f, FILE *file, const char *name);

/* Notes a failure, if it is the first. */
void folder_fail(struct folder *f, int code, const char *name);

/* 0, or the first failure. */
int folder_close(struct folder *f);

#endif
