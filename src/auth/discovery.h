/* discovery.h: where an issuer says its keys are. */

#ifndef DISCOVERY_H
#define DISCOVERY_H

#include "str.h"

/* Where the document is, by the issuer's name. Freed by the caller. */
char *discovery_url(const char *issuer);

/* The address of the keys, freed by the caller; NULL, and what is wrong with the
 * document in *fault. */
char *discovery_read(struct str document, const char *issuer, const char **fault);

#endif
