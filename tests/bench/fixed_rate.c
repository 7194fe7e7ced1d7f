/* pace.c: requests at a given rate, whatever the answers take; and how long they took.
 *
 *     pace PORT FROM RATE SECONDS PATH TOKEN|forged
 *
 * FROM is the address to come from. Each request is due at a time of its own, and its
 * duration is counted from then on: what waits because another was slow is slow itself.
 * Where the token is said to be forged, standard input brings a token and each request a
 * signature of random bytes in the place of its own. Prints: how many were answered, how
 * many of each class of status, and the 50th and 99th percentile and the longest, in µs. */

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

enum { WIRES = 32, ROOM = 8192, SIGNATURE = 86 };

struct wire {
	int fd;
	long long due_us; /* of the request under way; 0: none is */
	char in[ROOM];
	size_t length;
};

static struct wire wires[WIRES];
static long long *took;
static size_t answered;
static unsigned long classes[6];
static char token[ROOM];
static int forging;

static long long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "pace: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void open_wire(struct wire *wire, const char *from, int port)
{
	struct sockaddr_in here = { .sin_family = AF_INET }, there = here;

	inet_pton(AF_INET, from, &here.sin_addr);
	there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	there.sin_port = htons((uint16_t)port);
	wire->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (wire->fd < 0 || bind(wire->fd, (struct sockaddr *)&here, sizeof(here)) < 0
	    || connect(wire->fd, (struct sockaddr *)&there, sizeof(there)) < 0)
		give_up("connect");
	fcntl(wire->fd, F_SETFL, O_NONBLOCK);
}

/* Another signature: the last letter of 86 has four bits of it. */
static void forge(void)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char bytes[SIGNATURE];
	char *at = strrchr(token, '.') + 1;

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		give_up("getrandom");
	for (int i = 0; i < SIGNATURE - 1; i++)
		at[i] = letters[bytes[i] % 64];
	at[SIGNATURE - 1] = "AQgw"[bytes[SIGNATURE - 1] % 4];
	at[SIGNATURE] = '\0';
}

static void ask(struct wire *wire, const char *path, long long due_us)
{
	char out[ROOM + 512];
	int length;

	if (forging)
		forge();
	length = snprintf(out, sizeof(out), "GET %s HTTP/1.1\r\nHost: pace\r\nAuthorization: Bearer %s\r\n\r\n",
	                  path, token);
	if (send(wire->fd, out, (size_t)length, MSG_NOSIGNAL) != length)
		give_up("send");
	wire->due_us = due_us;
}

/* Is a whole answer there? Our server always says its Content-Length. */
static int is_whole(struct wire *wire)
{
	char *end = memmem(wire->in, wire->length, "\r\n\r\n", 4), *says;

	if (!end)
		return 0;
	says = memmem(wire->in, (size_t)(end - wire->in), "Content-Length: ", 16);
	return wire->length >= (size_t)(end - wire->in) + 4 + (says ? strtoul(says + 16, NULL, 10) : 0);
}

static void hear(struct wire *wire)
{
	ssize_t got = recv(wire->fd, wire->in + wire->length, sizeof(wire->in) - wire->length, 0);

	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0)
		give_up("recv");
	wire->length += (size_t)got;
	if (!is_whole(wire))
		return;
	took[answered++] = now_us() - wire->due_us;
	classes[wire->in[9] >= '1' && wire->in[9] <= '5' ? wire->in[9] - '0' : 0]++;
	wire->length = 0;
	wire->due_us = 0;
}

static int by_size(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

static struct wire *idle_wire(void)
{
	for (int i = 0; i < WIRES; i++) {
		if (!wires[i].due_us)
			return &wires[i];
	}
	return NULL;
}

static void run(long long rate, long long seconds, const char *path)
{
	long long began = now_us(), asked = 0, total = rate * seconds;

	while ((long long)answered < total && now_us() < began + (seconds + 10) * 1000000) {
		struct pollfd polls[WIRES];
		struct wire *wire;

		while (asked < total && now_us() >= began + asked * 1000000 / rate && (wire = idle_wire())) {
			ask(wire, path, began + asked * 1000000 / rate);
			asked++;
		}
		for (int i = 0; i < WIRES; i++)
			polls[i] = (struct pollfd){ wires[i].fd, POLLIN, 0 };
		if (ppoll(polls, WIRES, &(struct timespec){ 0, 100000 }, NULL) < 0)
			give_up("poll");
		for (int i = 0; i < WIRES; i++) {
			if (polls[i].revents)
				hear(&wires[i]);
		}
	}
}

int main(int argc, char **argv)
{
	long long rate, seconds;

	if (argc != 7) {
		fprintf(stderr, "pace PORT FROM RATE SECONDS PATH TOKEN|forged\n");
		return 2;
	}
	rate = atoll(argv[3]);
	seconds = atoll(argv[4]);
	forging = strcmp(argv[6], "forged") == 0;
	if (forging && (!fgets(token, ROOM - 8, stdin) || !strrchr(token, '.')))
		give_up("no token on standard input");
	if (!forging)
		snprintf(token, sizeof(token), "%s", argv[6]);
	took = calloc((size_t)(rate * seconds) + WIRES, sizeof(*took));
	for (int i = 0; i < WIRES; i++)
		open_wire(&wires[i], argv[2], atoi(argv[1]));
	run(rate, seconds, argv[5]);
	qsort(took, answered, sizeof(*took), by_size);
	printf("%zu %lu %lu %lu %lld %lld %lld\n", answered, classes[2], classes[4], classes[5],
	       answered ? took[answered / 2] : 0, answered ? took[answered * 99 / 100] : 0,
	       answered ? took[answered - 1] : 0);
	return 0;
}
