/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a program tells its user: one line on standard error, "NAME: sentence". */
#ifndef SAY_H
#define SAY_H

/* The name that lines begin with. Kept, not copied. */
void say_as(const char *program);

/* One line, written at once; no newline at the format's end. Too long a line is cut. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
