/* log.h: one JSON line for each thing worth telling.
 *
 * An event has a name, which is searched for, and pairs, which are read:
 *
 *	log_info("http.listening", kv_text("address", address), kv_number("port", port));
 *
 * Lines are gathered and written once per turn, to a descriptor that never
 * blocks; what a full pipe does not take waits in a bounded buffer, and beyond
 * that it is dropped and counted. */

#ifndef LOG_H
#define LOG_H

#include "str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct kv {
	const char *name;
	enum { KV_TEXT, KV_NUMBER, KV_DECIMAL, KV_SKIP } kind;
	struct str text;
	long long number;
	double decimal;
};

static inline struct kv kv_str(const char *name, struct str text)
{
	return (struct kv){ .name = name, .kind = text.at ? KV_TEXT : KV_SKIP, .text = text };
}

static inline struct kv kv_text(const char *name, const char *text)
{
	return kv_str(name, str_of(text));
}

static inline struct kv kv_number(const char *name, long long number)
{
	return (struct kv){ .name = name, .kind = KV_NUMBER, .number = number };
}

static inline struct kv kv_ms(const char *name, long long microseconds)
{
	return (struct kv){ .name = name, .kind = KV_DECIMAL, .decimal = (double)microseconds / 1e3 };
}

#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)

#define log_line(level, event, ...)                                                       \
	do {                                                                              \
		if (log_wants(level))                                                     \
			log_pairs(level, event, (const struct kv[]){ { .kind = KV_SKIP }, ##__VA_ARGS__ }, \
			          sizeof((const struct kv[]){ { .kind = KV_SKIP }, ##__VA_ARGS__ })        \
			                  / sizeof(struct kv));                           \
	} while (0)

bool log_wants(enum log_level level);
void log_pairs(enum log_level level, const char *event, const struct kv *pairs, size_t count);

/* Where lines go (STDOUT_FILENO, STDERR_FILENO) and from which level on. Before
 * this is said, lines of level WARN and above go to standard error. */
void log_open(int fd, enum log_level level);

/* The loop says, at the end of each turn; false while lines wait for a full pipe. */
bool log_flush(void);

/* At the very end: wait for the pipe a moment, then close. */
void log_close(void);

#endif
