/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A strict reader of JSON (RFC 8259), to tell whether what we write is JSON, and to find members in
 * it. */
#ifndef TEST_JSON_H
#define TEST_JSON_H

#include <stdbool.h>
#include <stddef.h>

/* NULL if text is one JSON value and nothing else, in valid UTF-8; else where it goes wrong. */
const char *json_error(const char *text, size_t n);

/* How often the object that starts at text has a member of that name, not counting objects inside
 * it. */
unsigned json_members(const char *text, size_t n, const char *name);

#endif
