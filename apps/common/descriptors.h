/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Descriptors 0, 1 and 2, which a program may be started without. */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

/*
 * Holds their places, so that no file opened later becomes one of them and gets what is meant for standard
 * output. Reading standard input or writing standard output fails with EBADF as before. To be called first.
 */
void descriptors_hold(void);

#endif
