/* samples.h: sample requests, valid and invalid, and the expected statuses. */

#ifndef SAMPLES_H
#define SAMPLES_H

#include "str.h"

struct sample {
	const char *name;
	struct str bytes;
	const char *statuses; /* "200 404"; "" if the client disconnects within the request */
};

extern const struct sample samples[];
extern const size_t sample_count;

/* Samples too long to write as literals; created on first use. */
const struct sample *long_samples(size_t *count);

#endif
