/* subscribers.c: many WebSocket clients that measure when messages arrive.
 *
 *     subscribers PORT PATH [TEXT …]
 *
 * Every client sends each TEXT once it is open. Commands are read from standard input, one per
 * line, and each is answered with one line:
 *
 *     open N       opens N more clients; prints how long that took, in µs
 *     send TEXT    sends TEXT from all clients
 *     stall N      stops reading at the last N clients
 *     settle MS    reads for this time, and resets all counts
 *     wait N US    waits until each reading client has received N messages, for at most US µs;
 *                  prints the total number of messages, and the 50th and 99th percentile and the
 *                  maximum of their times of arrival, in µs
 *     first N US   waits until N messages have arrived; prints the time of day, in µs
 *
 * Pings are answered; every other message from the server is counted. */

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

enum { MAX_CLIENTS = 12000, SCRATCH = 256 * 1024, MAX_SAMPLES = 1 << 22 };

struct client {
	int fd;
	int stalled;
	unsigned received;
	/* Of the current frame. */
	unsigned char head[10];
	unsigned head_length;
	unsigned long long left;
};

static struct client clients[MAX_CLIENTS];
static int count, poller, port;
static const char *path;
static char **texts;
static unsigned *samples; /* arrival of each message, in µs since start_us */
static size_t sample_count;
static long long start_us;
static char scratch[SCRATCH];

static long long now_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static _Noreturn void fatal(const char *what)
{
	fprintf(stderr, "subscribers: %s: %s\n", what, strerror(errno));
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
	if (send(fd, head, head_length, MSG_NOSIGNAL | MSG_MORE) < 0
	    || send(fd, text, length, MSG_NOSIGNAL) < 0)
		fatal("send");
}

static void end_frame(struct client *client)
{
	unsigned opcode = client->head[0] & 15;

	if (opcode == 9)
		send_frame(client->fd, 10, "");
	if (opcode == 8)
		fatal("a connection was closed by the server");
	if (opcode == 1) {
		client->received++;
		if (sample_count < MAX_SAMPLES)
			samples[sample_count++] = (unsigned)(now_us(CLOCK_MONOTONIC) - start_us);
	}
	client->head_length = 0;
}

/* 0: the head is not complete yet. */
static int parse_head(struct client *client)
{
	unsigned char *head = client->head;
	unsigned length = client->head_length < 2  ? 2
	                  : (head[1] & 127) == 126 ? 4
	                  : (head[1] & 127) == 127 ? 10
	                                           : 2;

	if (client->head_length < length)
		return 0;
	client->left = head[1] & 127;
	if (length > 2) {
		client->left = 0;
		for (unsigned i = 2; i < length; i++)
			client->left = client->left << 8 | head[i];
	}
	return 1;
}

static void read_frames(struct client *client, const char *at, size_t length)
{
	while (length) {
		size_t step = 1;

		if (client->left) {
			step = length < client->left ? length : (size_t)client->left;
			client->left -= step;
			if (!client->left)
				end_frame(client);
		} else {
			client->head[client->head_length++] = (unsigned char)*at;
			if (parse_head(client) && !client->left)
				end_frame(client);
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
		struct client *client = events[i].data.ptr;
		ssize_t got = recv(client->fd, scratch, sizeof(scratch), MSG_DONTWAIT);

		if (got == 0 || (got < 0 && errno != EAGAIN))
			fatal("a connection was lost");
		if (got > 0)
			read_frames(client, scratch, (size_t)got);
	}
}

static void handshake(struct client *client)
{
	char request[512], answer[2048];
	size_t length = 0;
	int n = snprintf(
		request, sizeof(request),
		"GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection:"
		" Upgrade\r\n"
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		path, port);

	if (send(client->fd, request, (size_t)n, MSG_NOSIGNAL) != n)
		fatal("handshake");
	/* A byte at a time, so that no byte after the head is read. */
	while (length < 4 || memcmp(answer + length - 4, "\r\n\r\n", 4) != 0) {
		if (length == sizeof(answer) || recv(client->fd, answer + length, 1, 0) != 1)
			fatal("handshake");
		length++;
	}
	if (memcmp(answer, "HTTP/1.1 101", 12) != 0)
		fatal("no 101");
}

static void open_more(int more)
{
	struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	long long since = now_us(CLOCK_MONOTONIC);
	int on = 1;

	there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (; more > 0 && count < MAX_CLIENTS; more--) {
		struct client *client = &clients[count++];
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };

		client->fd = socket(AF_INET, SOCK_STREAM, 0);
		setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (client->fd < 0
		    || connect(client->fd, (struct sockaddr *)&there, sizeof(there)) < 0)
			fatal("connect");
		handshake(client);
		for (char **text = texts; *text; text++)
			send_frame(client->fd, 1, *text);
		if (epoll_ctl(poller, EPOLL_CTL_ADD, client->fd, &event) < 0)
			fatal("epoll_ctl");
		/* Reads meanwhile, so that no buffer fills up. */
		if (count % 64 == 0)
			read_once(0);
	}
	printf("%lld\n", now_us(CLOCK_MONOTONIC) - since);
}

static void send_all(char *text)
{
	text[strcspn(text, "\n")] = '\0';
	for (int i = 0; i < count; i++)
		send_frame(clients[i].fd, 1, text);
	printf("sent\n");
}

static void stall(int many)
{
	for (int i = count - 1; i >= 0 && many > 0; i--, many--) {
		int small = 4096;

		clients[i].stalled = 1;
		setsockopt(clients[i].fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
		epoll_ctl(poller, EPOLL_CTL_DEL, clients[i].fd, NULL);
	}
	printf("stalled\n");
}

static void reset(void)
{
	for (int i = 0; i < count; i++)
		clients[i].received = 0;
	sample_count = 0;
	start_us = now_us(CLOCK_MONOTONIC);
}

static void settle(int ms)
{
	long long until = now_us(CLOCK_MONOTONIC) + ms * 1000LL;

	while (now_us(CLOCK_MONOTONIC) < until)
		read_once(5);
	reset();
	printf("settled\n");
}

static int compare(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

static int all_received(unsigned many)
{
	for (int i = 0; i < count; i++) {
		if (!clients[i].stalled && clients[i].received < many)
			return 0;
	}
	return 1;
}

static void wait_for_all(unsigned many, long long us)
{
	while (!all_received(many) && now_us(CLOCK_MONOTONIC) - start_us < us)
		read_once(20);
	qsort(samples, sample_count, sizeof(*samples), compare);
	if (sample_count)
		printf("%zu %u %u %u\n", sample_count, samples[sample_count / 2],
		       samples[sample_count * 99 / 100], samples[sample_count - 1]);
	else
		printf("0 0 0 0\n");
	reset();
}

static void wait_for_first(unsigned many, long long us)
{
	while (sample_count < many && now_us(CLOCK_MONOTONIC) - start_us < us)
		read_once(20);
	printf("%lld\n", now_us(CLOCK_REALTIME));
	reset();
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
	samples = malloc(MAX_SAMPLES * sizeof(*samples));
	if (poller < 0 || !samples)
		fatal("start");
	setvbuf(stdout, NULL, _IOLBF, 0);
	reset();
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "open %d", &n) == 1)
			open_more(n);
		else if (strncmp(line, "send ", 5) == 0)
			send_all(line + 5);
		else if (sscanf(line, "stall %d", &n) == 1)
			stall(n);
		else if (sscanf(line, "settle %d", &n) == 1)
			settle(n);
		else if (sscanf(line, "wait %d %lld", &n, &us) == 2)
			wait_for_all((unsigned)n, us);
		else if (sscanf(line, "first %d %lld", &n, &us) == 2)
			wait_for_first((unsigned)n, us);
	}
	return 0;
}
