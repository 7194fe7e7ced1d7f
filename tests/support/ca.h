/* ca.h: a temporary certificate authority for tests. */

#ifndef CA_H
#define CA_H

#include <openssl/ssl.h>
#include <openssl/x509.h>

struct ca {
	EVP_PKEY *key;
	X509 *certificate;
	char path[64]; /* file with its certificate, for SSL_CERT_FILE */
};

/* Creates the authority and sets SSL_CERT_FILE. */
void ca_open(struct ca *ca);
void ca_close(struct ca *ca);

/* A TLS context for a server with a new certificate. `names` has OpenSSL's syntax
 * ("DNS:localhost"); it expires in `seconds`; it is self-signed if `ca` is NULL. */
SSL_CTX *ca_server(const struct ca *ca, const char *names, long seconds);

#endif
