/* premises.h: where a server of a test's own lives: a port, a directory, and who sweeps it. */

#ifndef PREMISES_H
#define PREMISES_H

#include <stdbool.h>

enum { PREMISES_PATH = 32 };

/* A free port of loopback, below those that outgoing connections take. */
int premises_port(void);

/* A new directory, with a short name: the address of a socket has 107 bytes. */
void premises_make(char directory[PREMISES_PATH]);
void premises_copy(const char *from, const char *to);
void premises_remove(const char *path);

/* Hires a keeper: when the descriptor it gives is closed, be it by the end of this
 * process, the directory is removed. */
int premises_keep(const char *directory);

/* Has every process of the PostgreSQL below ended? */
bool premises_are_free_within(const char *directory, int ms);

long long now_ms(void);
void sleep_ms(int ms);

#endif
