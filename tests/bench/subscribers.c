/* subscribers.c: many WebSockets that listen, and tell how what they hear arrives.
 *
 *     listeners PORT PATH [TEXT …]
 *
 * Each TEXT is said by every socket once it is open. It does what standard input says, a
 * line each, and answers each with a line:
 *
 *     open N       N more sockets; answers with how long that took, in µs
 *     say TEXT     each says it
 *     deaf N       the last N read no more
 *     settle MS    reads for so long, and forgets what was heard
 *     await N US   until each that reads has heard N texts, or US have gone: how many texts came
 *                  in all, and the 50th, 99th percentile and longest of when, in µs
 *     first N US   until the first has heard N texts: when that was, on the wall clock in µs
 *
 * Pings are answered; everything else the server sends is a text and counts. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 12000, SCRATCH = 256 * 1024, SAMPLES = 1 << 22 };

struct listener {
	int fd;
	int deaf;
	unsigned heard;
	/* Of the frame that is being read. */
	unsigned char head[10];
	unsigned head_length;
	unsigned long long left;
};

static struct listener listeners[MOST];
static int count, poller, port;
static const char *path;
static char **texts;
static unsigned *samples; /* when each text came, since the beginning */
static size_t sample_count;
static long long began_us;
static char scratch[SCRATCH];

static long long now_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "listeners: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void send_frame(int fd, unsigned char opcode, const char *text)
{
	size_t length = strlen(text);
	unsigned char head[8] = { 0x80 | opcode, 0x80 }; /* masked with zeroes */
	size_t head_length = 6;

	if (length < 126) {
		head[1] |= (unsigned char)length;
	} else {
		head[1] |= 126;
		head[2] = (unsigned char)(length >> 8);
		head[3] = (unsigned char)length;
		head_length = 8;
	}
	if (send(fd, head, head_length, MSG_NOSIGNAL | MSG_MORE) < 0 || send(fd, text, length, MSG_NOSIGNAL) < 0)
		give_up("send");
}

static void frame_is_over(struct listener *listener)
{
	unsigned opcode = listener->head[0] & 15;

	if (opcode == 9)
		send_frame(listener->fd, 10, "");
	if (opcode == 8)
		give_up("a socket was closed by the server");
	if (opcode == 1) {
		listener->heard++;
		if (sample_count < SAMPLES)
			samples[sample_count++] = (unsigned)(now_us(CLOCK_MONOTONIC) - began_us);
	}
	listener->head_length = 0;
}

/* 0: the head is not whole yet. */
static int head_is_whole(struct listener *listener)
{
	unsigned char *head = listener->head;
	unsigned length = listener->head_length < 2 ? 2 : (head[1] & 127) == 126 ? 4 : (head[1] & 127) == 127 ? 10 : 2;

	if (listener->head_length < length)
		return 0;
	listener->left = head[1] & 127;
	if (length > 2) {
		listener->left = 0;
		for (unsigned i = 2; i < length; i++)
			listener->left = listener->left << 8 | head[i];
	}
	return 1;
}

static void take(struct listener *listener, const char *at, size_t length)
{
	while (length) {
		size_t step = 1;

		if (listener->left) {
			step = length < listener->left ? length : (size_t)listener->left;
			listener->left -= step;
			if (!listener->left)
				frame_is_over(listener);
		} else {
			listener->head[listener->head_length++] = (unsigned char)*at;
			if (head_is_whole(listener) && !listener->left)
				frame_is_over(listener);
		}
		at += step;
		length -= step;
	}
}

static void read_once(int timeout_ms)
{
	struct epoll_event events[512];
	int n = epoll_wait(poller, events, 512, timeout_ms);

	for (int i = 0; i < n; i++) {
		struct listener *listener = events[i].data.ptr;
		ssize_t got = recv(listener->fd, scratch, sizeof(scratch), MSG_DONTWAIT);

		if (got == 0 || (got < 0 && errno != EAGAIN))
			give_up("a socket was lost");
		if (got > 0)
			take(listener, scratch, (size_t)got);
	}
}

static void handshake(struct listener *listener)
{
	char request[512], answer[2048];
	size_t length = 0;
	int n = snprintf(request, sizeof(request),
	                 "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	                 "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", path, port);

	if (send(listener->fd, request, (size_t)n, MSG_NOSIGNAL) != n)
		give_up("handshake");
	/* A byte at a time, so that nothing behind it is taken. */
	while (length < 4 || memcmp(answer + length - 4, "\r\n\r\n", 4) != 0) {
		if (length == sizeof(answer) || recv(listener->fd, answer + length, 1, 0) != 1)
			give_up("handshake");
		length++;
	}
	if (memcmp(answer, "HTTP/1.1 101", 12) != 0)
		give_up("no 101");
}

static void open_more(int more)
{
	struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	long long since = now_us(CLOCK_MONOTONIC);
	int on = 1;

	there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (; more > 0 && count < MOST; more--) {
		struct listener *listener = &listeners[count++];
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = listener };

		listener->fd = socket(AF_INET, SOCK_STREAM, 0);
		setsockopt(listener->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (listener->fd < 0 || connect(listener->fd, (struct sockaddr *)&there, sizeof(there)) < 0)
			give_up("connect");
		handshake(listener);
		for (char **text = texts; *text; text++)
			send_frame(listener->fd, 1, *text);
		if (epoll_ctl(poller, EPOLL_CTL_ADD, listener->fd, &event) < 0)
			give_up("epoll_ctl");
		/* What came meanwhile, so that nobody's buffer fills. */
		if (count % 64 == 0)
			read_once(0);
	}
	printf("%lld\n", now_us(CLOCK_MONOTONIC) - since);
}

static void say(char *text)
{
	text[strcspn(text, "\n")] = '\0';
	for (int i = 0; i < count; i++)
		send_frame(listeners[i].fd, 1, text);
	printf("said\n");
}

static void deafen(int many)
{
	for (int i = count - 1; i >= 0 && many > 0; i--, many--) {
		int small = 4096;

		listeners[i].deaf = 1;
		setsockopt(listeners[i].fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
		epoll_ctl(poller, EPOLL_CTL_DEL, listeners[i].fd, NULL);
	}
	printf("deaf\n");
}

static void forget(void)
{
	for (int i = 0; i < count; i++)
		listeners[i].heard = 0;
	sample_count = 0;
	began_us = now_us(CLOCK_MONOTONIC);
}

static void settle(int ms)
{
	long long until = now_us(CLOCK_MONOTONIC) + ms * 1000LL;

	while (now_us(CLOCK_MONOTONIC) < until)
		read_once(5);
	forget();
	printf("settled\n");
}

static int by_size(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

static int all_have(unsigned many)
{
	for (int i = 0; i < count; i++) {
		if (!listeners[i].deaf && listeners[i].heard < many)
			return 0;
	}
	return 1;
}

static void await(unsigned many, long long us)
{
	while (!all_have(many) && now_us(CLOCK_MONOTONIC) - began_us < us)
		read_once(20);
	qsort(samples, sample_count, sizeof(*samples), by_size);
	if (sample_count)
		printf("%zu %u %u %u\n", sample_count, samples[sample_count / 2], samples[sample_count * 99 / 100],
		       samples[sample_count - 1]);
	else
		printf("0 0 0 0\n");
	forget();
}

static void await_first(unsigned many, long long us)
{
	while (sample_count < many && now_us(CLOCK_MONOTONIC) - began_us < us)
		read_once(20);
	printf("%lld\n", now_us(CLOCK_REALTIME));
	forget();
}

int main(int argc, char **argv)
{
	char line[4096];
	int n;
	long long us;

	if (argc < 3)
		return 2;
	port = atoi(argv[1]);
	path = argv[2];
	texts = argv + 3;
	poller = epoll_create1(0);
	samples = malloc(SAMPLES * sizeof(*samples));
	if (poller < 0 || !samples)
		give_up("start");
	setvbuf(stdout, NULL, _IOLBF, 0);
	forget();
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "open %d", &n) == 1)
			open_more(n);
		else if (strncmp(line, "say ", 4) == 0)
			say(line + 4);
		else if (sscanf(line, "deaf %d", &n) == 1)
			deafen(n);
		else if (sscanf(line, "settle %d", &n) == 1)
			settle(n);
		else if (sscanf(line, "await %d %lld", &n, &us) == 2)
			await((unsigned)n, us);
		else if (sscanf(line, "first %d %lld", &n, &us) == 2)
			await_first((unsigned)n, us);
	}
	return 0;
}
