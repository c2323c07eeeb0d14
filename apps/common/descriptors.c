/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "descriptors.h"

#include <fcntl.h>
#include <unistd.h>

void descriptors_hold(void)
{
	static const int wrong_way[] = {
		[STDIN_FILENO] = O_WRONLY, [STDOUT_FILENO] = O_RDONLY, [STDERR_FILENO] = O_RDONLY};

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", wrong_way[fd]) != fd)
			_exit(1); /* nobody can be told why */
}
