/* ca.h: a certificate authority for the length of a test. */

#ifndef CA_H
#define CA_H

#include <openssl/ssl.h>
#include <openssl/x509.h>

struct ca {
	EVP_PKEY *key;
	X509 *certificate;
	char path[64]; /* its certificate as a file, for SSL_CERT_FILE */
};

/* Makes it and sets SSL_CERT_FILE. */
void ca_open(struct ca *ca);
void ca_close(struct ca *ca);

/* A server's side of TLS. `names` as OpenSSL writes them ("DNS:localhost"), valid
 * until `seconds` from now; signed by itself when `ca` is NULL. */
SSL_CTX *ca_server(const struct ca *ca, const char *names, long seconds);

#endif
