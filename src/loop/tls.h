/* tls.h: TLS clients that verify the server's certificate and host name. */

#ifndef TLS_H
#define TLS_H

#include <openssl/ssl.h>

struct url;

SSL_CTX *tls_new(void);
void tls_free(SSL_CTX *tls);

/* Creates one connection. The certificate must be valid for the URL's host; if it is not,
 * *cert_error is set to the reason. `cert_error` must outlive the connection. */
SSL *tls_connection(SSL_CTX *tls, const struct url *url, const char **cert_error);

#endif
