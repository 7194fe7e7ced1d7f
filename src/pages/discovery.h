/* discovery.h: /.well-known: the security contact, the API catalog, and the token issuer. */

#ifndef PAGES_DISCOVERY_H
#define PAGES_DISCOVERY_H

#include "state.h"

void security_txt_run(struct request *request);
void api_catalog_run(struct request *request);
/* Redirects to the discovery document of the first configured issuer. */
void openid_configuration_run(struct request *request);

bool security_contact_check(const char *contact, struct buf *errors);

#endif
