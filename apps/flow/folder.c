/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MODE   0644
#define FOLDER_MODE 0755

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

static int write_all(int fd, const uint8_t *p, size_t n)
{
	while (n) {
		const ssize_t done = write(fd, p, n);
		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
	return 0;
}

static void flush(struct folder *f, struct folder_slot *slot)
{
	const int code = f->code ? 0 : write_all(slot->fd, slot->buf, slot->n);

	slot->n = 0;
	if (code)
		folder_fail(f, code, slot->file->name);
}

static void give_up_slot(struct folder *f, struct folder_slot *slot)
{
	if (!slot->file)
		return;
	flush(f, slot);
	if (close(slot->fd) && !f->code)
		folder_fail(f, -errno, slot->file->name);
	slot->file->slot = 0;
	slot->file = NULL;
}

/* A free slot, or the one that nobody has used for longest. */
static struct folder_slot *take_slot(struct folder *f)
{
	struct folder_slot *slot = f->slots;

	for (unsigned i = 0; i < FOLDER_OPEN; i++) {
		if (!f->slots[i].file)
			slot = &f->slots[i];
		if (!f->slots[i].file)
			break;
		if (f->slots[i].used < slot->used)
			slot = &f->slots[i];
	}
	give_up_slot(f, slot);
	if (!slot->buf)
		slot->buf = malloc(FOLDER_BUFFER);
	return slot->buf ? slot : NULL;
}

static struct folder_slot *open_slot(struct folder *f, struct folder_file *file)
{
	struct folder_slot *const slot = take_slot(f);
	const int how = file->made ? O_APPEND : O_CREAT | O_EXCL;
	const int fd = !slot ? -1
			     : openat(f->fd, file->name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | how,
				       FILE_MODE);

	if (fd < 0) {
		folder_fail(f, slot ? -errno : -ENOMEM, file->name);
		return NULL;
	}
	file->made = true;
	file->slot = (unsigned)(slot - f->slots) + 1;
	slot->file = file;
	slot->fd = fd;
	slot->n = 0;
	return slot;
}

static void add_to_slot(struct folder *f, struct folder_slot *slot, const uint8_t *p, size_t n)
{
	slot->used = ++f->calls;
	while (n) {
		const size_t part = n < FOLDER_BUFFER - slot->n ? n : FOLDER_BUFFER - slot->n;
		memcpy(slot->buf + slot->n, p, part);
		slot->n += part;
		p += part;
		n -= part;
		if (slot->n == FOLDER_BUFFER)
			flush(f, slot);
	}
}

void folder_add(struct folder *f, struct folder_file *file, const uint8_t *p, size_t n)
{
	if (f->code || n == 0)
		return;
	struct folder_slot *const slot =
		file->slot ? &f->slots[file->slot - 1] : open_slot(f, file);
	if (!slot)
		return;
	add_to_slot(f, slot, p, n);
	file->len += n;
	if (digest_add(&file->digest, p, n))
		folder_fail(f, -ENOMEM, file->name);
}

void folder_finish(struct folder *f, struct folder_file *file, uint8_t sum[DIGEST_LEN])
{
	if (file->slot)
		give_up_slot(f, &f->slots[file->slot - 1]);
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
	for (unsigned i = 0; i < FOLDER_OPEN; i++) {
		give_up_slot(f, &f->slots[i]);
		free(f->slots[i].buf);
		f->slots[i].buf = NULL;
	}
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	return f->code;
}
