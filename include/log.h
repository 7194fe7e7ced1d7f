/* log.h: structured logging, one JSON line per event.
 *
 * An event has a name, to search for, and key-value pairs:
 *
 *	log_info("http.listening", kv_text("address", address), kv_number("port", port));
 *
 * Lines are buffered and written once per turn without blocking. If the reader is
 * slow, lines wait in a bounded buffer; when it is full, they are dropped and
 * counted. */

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
	return (struct kv){ .name = name,
		            .kind = KV_DECIMAL,
		            .decimal = (double)microseconds / 1e3 };
}

#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)

#define log_line(level, event, ...)                                                                \
	do {                                                                                       \
		if (log_is_enabled(level))                                                         \
			log_pairs(                                                                 \
				level, event,                                                      \
				(const struct kv[]){ { .kind = KV_SKIP }, ##__VA_ARGS__ },         \
				sizeof((const struct kv[]){ { .kind = KV_SKIP }, ##__VA_ARGS__ })  \
					/ sizeof(struct kv));                                      \
	} while (0)

bool log_is_enabled(enum log_level level);
void log_pairs(enum log_level level, const char *event, const struct kv *pairs, size_t count);

/* Sets the descriptor (STDOUT_FILENO, STDERR_FILENO) and the minimum level. Until
 * then, lines of level WARN and above go to standard error. */
void log_open(int fd, enum log_level level);

/* Called by the loop at the end of each turn. Returns false while lines are still buffered. */
bool log_flush(void);

/* Called at exit: waits up to 2 s for the reader, then closes. */
void log_close(void);

#endif
