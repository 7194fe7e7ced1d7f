/* fixed_rate.c: sends requests at a fixed rate and measures how long the answers take.
 *
 *     fixed_rate PORT FROM RATE SECONDS PATH TOKEN|forged
 *
 * FROM is the source address. Each request is due at a fixed time, from which its duration is
 * counted, so that a slow answer also counts for the requests it delays. With `forged`, a token is
 * read from standard input, and each request has a random signature instead of the token's. Prints
 * the number of answers, the numbers with a 2xx, 4xx and 5xx status, and the 50th and 99th
 * percentile and the maximum of the durations, in µs. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNS = 32, BUFFER_SIZE = 8192, SIGNATURE = 86 };

struct conn {
	int fd;
	long long due_us; /* of the request in flight; 0: idle */
	char in[BUFFER_SIZE];
	size_t length;
};

static struct conn conns[CONNS];
static long long *durations_us;
static size_t answered;
static unsigned long classes[6];
static char token[BUFFER_SIZE];
static int forging;

static long long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static _Noreturn void fatal(const char *what)
{
	fprintf(stderr, "fixed_rate: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void open_conn(struct conn *conn, const char *from, int port)
{
	struct sockaddr_in here = { .sin_family = AF_INET }, there = here;

	inet_pton(AF_INET, from, &here.sin_addr);
	there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	there.sin_port = htons((uint16_t)port);
	conn->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (conn->fd < 0 || bind(conn->fd, (struct sockaddr *)&here, sizeof(here)) < 0
	    || connect(conn->fd, (struct sockaddr *)&there, sizeof(there)) < 0)
		fatal("connect");
	fcntl(conn->fd, F_SETFL, O_NONBLOCK);
}

/* Replaces the signature with a random one. The last of its 86 characters has only two significant
 * bits. */
static void forge(void)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char bytes[SIGNATURE];
	char *at = strrchr(token, '.') + 1;

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		fatal("getrandom");
	for (int i = 0; i < SIGNATURE - 1; i++)
		at[i] = alphabet[bytes[i] % 64];
	at[SIGNATURE - 1] = "AQgw"[bytes[SIGNATURE - 1] % 4];
	at[SIGNATURE] = '\0';
}

static void send_request(struct conn *conn, const char *path, long long due_us)
{
	char out[BUFFER_SIZE + 512];
	int length;

	if (forging)
		forge();
	length = snprintf(out, sizeof(out),
	                  "GET %s HTTP/1.1\r\nHost: fixed-rate\r\nAuthorization: Bearer %s\r\n\r\n",
	                  path, token);
	if (send(conn->fd, out, (size_t)length, MSG_NOSIGNAL) != length)
		fatal("send");
	conn->due_us = due_us;
}

/* Whether the answer is complete. The server always sends a Content-Length. */
static int is_complete(struct conn *conn)
{
	char *end = memmem(conn->in, conn->length, "\r\n\r\n", 4), *length;

	if (!end)
		return 0;
	length = memmem(conn->in, (size_t)(end - conn->in), "Content-Length: ", 16);
	return conn->length
	       >= (size_t)(end - conn->in) + 4 + (length ? strtoul(length + 16, NULL, 10) : 0);
}

static void receive(struct conn *conn)
{
	ssize_t got = recv(conn->fd, conn->in + conn->length, sizeof(conn->in) - conn->length, 0);

	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0)
		fatal("recv");
	conn->length += (size_t)got;
	if (!is_complete(conn))
		return;
	durations_us[answered++] = now_us() - conn->due_us;
	classes[conn->in[9] >= '1' && conn->in[9] <= '5' ? conn->in[9] - '0' : 0]++;
	conn->length = 0;
	conn->due_us = 0;
}

static int compare(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

static struct conn *idle_conn(void)
{
	for (int i = 0; i < CONNS; i++) {
		if (!conns[i].due_us)
			return &conns[i];
	}
	return NULL;
}

static void run(long long rate, long long seconds, const char *path)
{
	long long start = now_us(), sent = 0, total = rate * seconds;

	while ((long long)answered < total && now_us() < start + (seconds + 10) * 1000000) {
		struct pollfd polls[CONNS];
		struct conn *conn;

		while (sent < total && now_us() >= start + sent * 1000000 / rate
		       && (conn = idle_conn())) {
			send_request(conn, path, start + sent * 1000000 / rate);
			sent++;
		}
		for (int i = 0; i < CONNS; i++)
			polls[i] = (struct pollfd){ conns[i].fd, POLLIN, 0 };
		if (ppoll(polls, CONNS, &(struct timespec){ 0, 100000 }, NULL) < 0)
			fatal("poll");
		for (int i = 0; i < CONNS; i++) {
			if (polls[i].revents)
				receive(&conns[i]);
		}
	}
}

int main(int argc, char **argv)
{
	long long rate, seconds;

	if (argc != 7) {
		fprintf(stderr, "fixed_rate PORT FROM RATE SECONDS PATH TOKEN|forged\n");
		return 2;
	}
	rate = atoll(argv[3]);
	seconds = atoll(argv[4]);
	forging = strcmp(argv[6], "forged") == 0;
	if (forging && (!fgets(token, BUFFER_SIZE - 8, stdin) || !strrchr(token, '.')))
		fatal("no token on standard input");
	if (!forging)
		snprintf(token, sizeof(token), "%s", argv[6]);
	durations_us = calloc((size_t)(rate * seconds) + CONNS, sizeof(*durations_us));
	for (int i = 0; i < CONNS; i++)
		open_conn(&conns[i], argv[2], atoi(argv[1]));
	run(rate, seconds, argv[5]);
	qsort(durations_us, answered, sizeof(*durations_us), compare);
	printf("%zu %lu %lu %lu %lld %lld %lld\n", answered, classes[2], classes[4], classes[5],
	       answered ? durations_us[answered / 2] : 0,
	       answered ? durations_us[answered * 99 / 100] : 0,
	       answered ? durations_us[answered - 1] : 0);
	return 0;
}
