/* token.h: parses a token; its contents are not verified yet. */

#ifndef TOKEN_H
#define TOKEN_H

#include "auth.h"
#include "json.h"
#include "key.h"

struct token {
	enum algorithm algorithm; /* `alg` of the header */
	struct str kid;           /* of the header; .at is NULL: none */
	struct str signed_part;   /* header and claims, as sent */
	struct str signature;     /* decoded */
	struct json *header, *claims;
	unsigned char signature_bytes[MAX_SIGNATURE_BYTES];
};

/* AUTH_OK: well-formed. Call token_finish() whatever the result. */
enum auth_result token_read(struct token *token, struct str text);
void token_finish(struct token *token);

#endif
