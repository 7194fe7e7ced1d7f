/* log.c: writes log lines as JSON: time, level, event, key-value pairs.
 *
 * Lines are buffered and written once per turn, without ever blocking. A pipe or
 * terminal is reopened with O_NONBLOCK, because a flag set on the inherited descriptor
 * would affect the parent process too. A pipe of another user cannot be reopened, so it
 * is polled before each write of at most PIPE_BUF bytes. Sockets are written to with
 * MSG_DONTWAIT. Files do not block.
 *
 * Failures: lines that do not fit into the buffer (LOG_BUFFER_MAX) or cannot be written are
 * dropped and counted. The next line that fits is preceded by `log.dropped` with the
 * number of lines lost. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "metrics.h"

enum { LOG_BUFFER_MAX = 1 << 20, LOG_TEXT_MAX = 16 * 1024 };

static struct {
	struct buf lines;
	size_t written; /* prefix of `lines` that is already written */
	enum log_level level;
	int fd;
	bool owned, is_socket;
	bool may_block; /* a pipe or terminal that could not be reopened */
	unsigned long long dropped, reported;
} out = { .level = LOG_WARN, .fd = STDERR_FILENO };

static const char *const level_names[] = { "DEBUG", "INFO", "WARN", "ERROR" };

static int reopen(int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_APPEND | O_CLOEXEC | O_NOCTTY);
}

void log_open(int fd, enum log_level level)
{
	struct stat st;

	if (out.owned)
		close(out.fd);
	out.level = level;
	out.fd = fd;
	out.owned = out.is_socket = out.may_block = false;
	if (fstat(fd, &st) < 0)
		return;
	out.is_socket = S_ISSOCK(st.st_mode);
	if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
		int reopened = reopen(fd);

		out.owned = reopened >= 0;
		out.may_block = reopened < 0;
		out.fd = reopened >= 0 ? reopened : fd;
	}
}

bool log_is_enabled(enum log_level level)
{
	return level >= out.level;
}

static void line_begin(enum log_level level, const char *event)
{
	char stamp[CLOCK_STAMP_SIZE];

	clock_stamp(stamp, clock_wall_ms());
	buf_text(&out.lines, "{\"timestamp\":\"");
	buf_add(&out.lines, stamp, CLOCK_STAMP_SIZE - 1);
	buf_text(&out.lines, "\",\"level\":\"");
	buf_text(&out.lines, level_names[level]);
	buf_text(&out.lines, "\",\"message\":\"");
	buf_text(&out.lines, event);
	buf_char(&out.lines, '"');
}

static void append_pair(const struct kv *kv)
{
	if (kv->kind == KV_SKIP)
		return;
	buf_text(&out.lines, ",\"");
	buf_text(&out.lines, kv->name);
	buf_text(&out.lines, "\":");
	if (kv->kind == KV_TEXT) {
		struct str text = kv->text;

		if (text.length > LOG_TEXT_MAX)
			text.length = LOG_TEXT_MAX;
		buf_json(&out.lines, text);
	} else if (kv->kind == KV_NUMBER) {
		buf_number(&out.lines, kv->number);
	} else {
		/* Three decimals, without the cost of printf: every request logs one. */
		long long thousandths =
			(long long)(kv->decimal * 1e3 + (kv->decimal < 0 ? -0.5 : 0.5));
		long long rest = thousandths < 0 ? -(thousandths % 1000) : thousandths % 1000;

		if (thousandths < 0 && thousandths > -1000)
			buf_char(&out.lines, '-');
		buf_number(&out.lines, thousandths / 1000);
		buf_add(&out.lines,
		        (char[4]){ '.', (char)('0' + rest / 100), (char)('0' + rest / 10 % 10),
		                   (char)('0' + rest % 10) },
		        4);
	}
}

void log_pairs(enum log_level level, const char *event, const struct kv *pairs, size_t count)
{
	if (out.lines.length > LOG_BUFFER_MAX) {
		out.dropped++;
		metrics_count(METRIC_LOG_DROPPED, 1);
		return;
	}
	if (out.reported != out.dropped) {
		line_begin(LOG_WARN, "log.dropped");
		append_pair(&(struct kv){ .name = "lines",
		                          .kind = KV_NUMBER,
		                          .number = (long long)(out.dropped - out.reported) });
		buf_text(&out.lines, "}\n");
		out.reported = out.dropped;
	}
	line_begin(level, event);
	for (size_t i = 0; i < count; i++)
		append_pair(&pairs[i]);
	buf_text(&out.lines, "}\n");
}

static ssize_t write_some(const char *at, size_t length)
{
	if (out.is_socket)
		return send(out.fd, at, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (out.may_block) {
		/* A pipe that polls as writable accepts up to PIPE_BUF bytes without blocking. */
		length = length < PIPE_BUF ? length : PIPE_BUF;
		if (poll(&(struct pollfd){ .fd = out.fd, .events = POLLOUT }, 1, 0) == 0) {
			errno = EAGAIN;
			return -1;
		}
	}
	return write(out.fd, at, length);
}

/* The reader has closed the pipe, or the disk is full. */
static void count_lost(const char *at, size_t length)
{
	struct str rest = { at, length }, line;

	while (str_cut(&rest, '\n', &line)) {
		out.dropped++;
		metrics_count(METRIC_LOG_DROPPED, 1);
	}
}

bool log_flush(void)
{
	while (out.written < out.lines.length) {
		const char *at = out.lines.at + out.written;
		size_t length = out.lines.length - out.written;
		ssize_t n = write_some(at, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			/* Move the rest to the front: the bound applies to unwritten bytes. */
			memmove(out.lines.at, at, length);
			out.lines.length = length;
			out.written = 0;
			return false;
		}
		if (n <= 0) {
			count_lost(at, length);
			break;
		}
		out.written += (size_t)n;
	}
	out.written = 0;
	buf_clear(&out.lines);
	return true;
}

void log_close(void)
{
	for (int i = 0; i < 20 && !log_flush(); i++)
		poll(&(struct pollfd){ .fd = out.fd, .events = POLLOUT }, 1, 100);
	if (out.owned)
		close(out.fd);
	out.owned = out.is_socket = out.may_block = false;
	out.fd = STDERR_FILENO;
	buf_finish(&out.lines);
	out.written = 0;
}
