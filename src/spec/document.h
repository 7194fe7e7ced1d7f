/* document.h: the state that the writers of an OpenAPI document share. */

#ifndef DOCUMENT_H
#define DOCUMENT_H

#include "components.h"
#include "schema.h"

struct document {
	struct buf *out;
	enum version version;
	bool has_live; /* event streams are served */
	struct components parameters, responses;
};

#endif
