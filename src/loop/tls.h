/* tls.h: the client side of TLS, with the peer's certificate and name verified. */

#ifndef TLS_H
#define TLS_H

#include <openssl/ssl.h>

struct url;

SSL_CTX *tls_new(void);
void tls_free(SSL_CTX *tls);

/* For one connection; the certificate must be this host's. Why it was not taken
 * is then in *refused, which must last as long as the connection. */
SSL *tls_connection(SSL_CTX *tls, const struct url *url, const char **refused);

#endif
