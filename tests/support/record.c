/* record.c: appends requests and answers to a file that many test programs share.
 *
 * An exchange is a line with both lengths, then the bytes of the request and of the answer. It is
 * written with one call, so that exchanges of different processes do not mix. */

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "program.h"
#include "record.h"

void record_exchange(struct str request, struct str answer)
{
	const char *path = getenv("RECORD_EXCHANGES");
	struct buf exchange = { 0 };
	int fd;

	if (!path)
		return;
	buf_print(&exchange, "%zu %zu\n", request.length, answer.length);
	buf_str(&exchange, request);
	buf_str(&exchange, answer);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, exchange.at, exchange.length) != (ssize_t)exchange.length)
		fatal("cannot write to %s", path);
	close(fd);
	buf_finish(&exchange);
}
