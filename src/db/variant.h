/* variant.h: a statement without the lines whose parameters are absent. */

#ifndef DB_VARIANT_H
#define DB_VARIANT_H

#include <stdbool.h>

#include "sql.h"
#include "statement.h"

enum { MAX_VARIANTS = 256 }; /* prepared statements per connection */

struct variant {
	enum sql statement;
	uint64_t absent;
	int index;                        /* into conn.prepared[]; -1: above the limit, used once */
	char name[16];                    /* of the prepared statement */
	char *text;                       /* with $1, $2 … */
	int count;                        /* number of parameters $n */
	bool in_order;                    /* $1 is the statement's first parameter, and so on */
	unsigned char params[SQL_PARAMS]; /* the statement's parameter for each $n */
};

struct variants {
	struct variant *all[MAX_VARIANTS];
	int count;
	short buckets[2 * MAX_VARIANTS]; /* index into all[] + 1; 0: free */
};

struct variant *variant_find(struct variants *variants, enum sql statement,
                             const char *const *params);
/* The values of $1, $2 …. Copied to `buffer` unless the parameters are in this order already. */
const char *const *variant_values(const struct variant *variant, const char *const *params,
                                  const char *buffer[SQL_PARAMS]);
void variant_release(struct variant *variant); /* frees a variant that is used once */
void variants_finish(struct variants *variants);

#endif
