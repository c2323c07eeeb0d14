/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* -D: what there is to listen to. */
#ifndef INTERFACES_H
#define INTERFACES_H

/* Writes a line for each interface and DPDK device. Returns the program's exit status. */
int interfaces_list(void);

#endif
