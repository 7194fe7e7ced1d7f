/* token.h: a token taken apart, before anybody believes it. */

#ifndef TOKEN_H
#define TOKEN_H

#include "auth.h"
#include "json.h"
#include "key.h"

struct token {
	enum algorithm algorithm; /* that the header says */
	struct str kid;		  /* of the header; at is NULL for none */
	struct str signed_part;	  /* of the token */
	struct str signature;	  /* decoded */
	struct json *header, *claims;
	unsigned char room[SIGNATURE_MOST]; /* the signature's */
};

/* AUTH_TRUE: it can be judged. To be finished whatever the verdict. */
enum auth_verdict token_read(struct token *token, struct str text);
void token_finish(struct token *token);

#endif
