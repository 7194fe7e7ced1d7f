/* discovery.h: finds an issuer's key set (OpenID Connect Discovery). */

#ifndef DISCOVERY_H
#define DISCOVERY_H

#include "str.h"

/* The URL of the issuer's discovery document. Freed by the caller. */
char *discovery_url(const char *issuer);

/* The URL of the key set, freed by the caller; NULL, with the reason in *error, if the
 * document is invalid. */
char *discovery_read(struct str text, const char *issuer, const char **error);

#endif
