/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* --list: the layers there are, and their fields. */
#ifndef LIST_H
#define LIST_H

/* Lists the layers, or the fields of the one that is named. Returns the program's exit status. */
int list(const char *layer);

#endif
