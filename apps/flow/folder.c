/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILE_MODE   0644
#define FOLDER_MODE 0755

struct folder_block {
	struct folder_block *next;
	uint32_t n;
	uint8_t bytes[FOLDER_BLOCK - sizeof(struct folder_block *) - sizeof(uint32_t)];
};

#define BLOCK_BYTES sizeof(((struct folder_block *)NULL)->bytes)
#define PARTS	    (FOLDER_WAIT / BLOCK_BYTES + 1) /* the last one fills before it is too many */

void folder_fail(struct folder *f, int code, const char *name)
{
	if (f->code)
		return;
	f->code = code;
	snprintf(f->err.text, sizeof(f->err.text), "cannot write '%.300s/%.40s': %s", f->path, name,
		code == -EEXIST ? "it is there already; give --streams another folder"
				: strerror(-code));
}

static int refuse(struct folder *f, int code, const char *why)
{
	f->code = code;
	snprintf(f->err.text, sizeof(f->err.text), "--streams '%.300s': %s", f->path, why);
	return code;
}

int folder_open(struct folder *f, const char *path)
{
	*f = (struct folder){.path = path, .fd = -1};
	if (mkdir(path, FOLDER_MODE) && errno != EEXIST)
		return refuse(f, -errno, strerror(errno));
	f->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->fd < 0)
		return refuse(f, -errno, strerror(errno));
	if (faccessat(f->fd, "index.json", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return refuse(f, -EEXIST,
			"there are streams in it already (index.json): remove it, or give another "
			"name");
	return 0;
}

/* the files with bytes that wait */

static void leave_list(struct folder *f, struct folder_file *file)
{
	*(file->older ? &file->older->newer : &f->oldest) = file->newer;
	*(file->newer ? &file->newer->older : &f->newest) = file->older;
}

static void enter_list(struct folder *f, struct folder_file *file)
{
	file->newer = NULL;
	file->older = f->newest;
	*(f->newest ? &f->newest->newer : &f->oldest) = file;
	f->newest = file;
}

/* writing */

static void close_slot(struct folder *f, struct folder_slot *slot)
{
	if (!slot->file)
		return;
	if (close(slot->fd))
		folder_fail(f, -errno, slot->file->name);
	slot->file->slot = 0;
	slot->file = NULL;
}

/* Its descriptor, or a negative errno. */
static int open_file(struct folder *f, struct folder_file *file)
{
	const int how = file->made ? O_APPEND : O_CREAT | O_EXCL;

	if (file->slot)
		return f->slots[file->slot - 1].fd;
	const unsigned k = f->next_slot++ % FOLDER_OPEN;
	close_slot(f, &f->slots[k]);
	const int fd =
		openat(f->fd, file->name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | how, FILE_MODE);
	if (fd < 0)
		return -errno;
	f->slots[k] = (struct folder_slot){file, fd};
	file->slot = k + 1;
	file->made = true;
	return fd;
}

/* Takes n bytes off the front; returns the first that are left. */
static struct iovec *skip(struct iovec *v, size_t n)
{
	for (; n && n >= v->iov_len; v++)
		n -= v->iov_len;
	if (n) {
		v->iov_base = (uint8_t *)v->iov_base + n;
		v->iov_len -= n;
	}
	return v;
}

static int write_blocks(int fd, struct folder_block *b)
{
	struct iovec parts[PARTS], *v = parts, *end = parts;

	for (; b; b = b->next)
		*end++ = (struct iovec){b->bytes, b->n};
	while (v < end) {
		const ssize_t done = writev(fd, v, (int)(end - v));
		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0)
			v = skip(v, (size_t)done);
	}
	return 0;
}

static int write_file(struct folder *f, struct folder_file *file)
{
	const int fd = open_file(f, file);
	return fd < 0 ? fd : write_blocks(fd, file->first);
}

/* All that waits, or nothing of it after a failure. */
static void flush(struct folder *f, struct folder_file *file)
{
	if (!file->first)
		return;
	const int code = f->code ? 0 : write_file(f, file);
	if (code)
		folder_fail(f, code, file->name);
	leave_list(f, file);
	file->last->next = f->free;
	f->free = file->first;
	file->first = file->last = NULL;
	file->waiting = 0;
}

/* waiting */

static struct folder_block *new_block(struct folder *f)
{
	struct folder_block *const b =
		f->blocks < FOLDER_BLOCKS ? malloc(sizeof(struct folder_block)) : NULL;

	f->blocks += b != NULL;
	return b;
}

/* One that is free, or new, or of the file that has waited longest. */
static struct folder_block *take_block(struct folder *f)
{
	struct folder_block *b = f->free ? NULL : new_block(f);

	if (b)
		return b;
	if (!f->free && f->oldest)
		flush(f, f->oldest);
	b = f->free;
	if (b)
		f->free = b->next;
	return b;
}

static bool add_block(struct folder *f, struct folder_file *file)
{
	struct folder_block *const b = take_block(f);

	if (!b)
		return false;
	b->next = NULL;
	b->n = 0;
	if (!file->first)
		enter_list(f, file);
	*(file->first ? &file->last->next : &file->first) = b;
	file->last = b;
	return true;
}

static bool has_room(const struct folder_file *file)
{
	return file->last && file->last->n < BLOCK_BYTES;
}

/* As much as its last block has room for; 0, and a failure: there is no memory. */
static size_t add_part(struct folder *f, struct folder_file *file, const uint8_t *p, size_t n)
{
	if (!has_room(file) && !add_block(f, file)) {
		folder_fail(f, -ENOMEM, file->name);
		return 0;
	}
	struct folder_block *const b = file->last;
	const size_t room = BLOCK_BYTES - b->n, part = n < room ? n : room;
	memcpy(b->bytes + b->n, p, part);
	b->n += (uint32_t)part;
	file->waiting += part;
	if (file->waiting >= FOLDER_WAIT)
		flush(f, file);
	return part;
}

void folder_add(struct folder *f, struct folder_file *file, const uint8_t *p, size_t n)
{
	if (f->code || n == 0)
		return;
	const int fd = file->made ? 0 : open_file(f, file);
	if (fd < 0) {
		folder_fail(f, fd, file->name);
		return;
	}
	file->len += n;
	if (digest_add(&file->digest, p, n))
		folder_fail(f, -ENOMEM, file->name);
	for (size_t part; n && !f->code; n -= part) {
		part = add_part(f, file, p, n);
		p += part;
	}
}

void folder_finish(struct folder *f, struct folder_file *file, uint8_t sum[DIGEST_LEN])
{
	flush(f, file);
	if (file->slot)
		close_slot(f, &f->slots[file->slot - 1]);
	if (digest_end(&file->digest, sum))
		folder_fail(f, -ENOMEM, file->name);
}

FILE *folder_new(struct folder *f, const char *name, bool hidden)
{
	const int fd =
		openat(f->fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	FILE *const file = fd < 0 ? NULL : fdopen(fd, "w+");

	if (!file) {
		folder_fail(f, -errno, name);
		if (fd >= 0)
			close(fd);
	} else if (hidden) {
		unlinkat(f->fd, name, 0);
	}
	return file;
}

void folder_close_file(struct folder *f, FILE *file, const char *name)
{
	if (!file)
		return;
	const bool bad = ferror(file);
	errno = EIO;
	if (fclose(file) || bad)
		folder_fail(f, -errno, name);
}

int folder_close(struct folder *f)
{
	while (f->oldest)
		flush(f, f->oldest);
	for (unsigned i = 0; i < FOLDER_OPEN; i++)
		close_slot(f, &f->slots[i]);
	while (f->free) {
		struct folder_block *const b = f->free;
		f->free = b->next;
		free(b);
	}
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	return f->code;
}
