/* tls.c: TLS clients that verify the server's certificate and host name.
 *
 * Trusted certificates come from OpenSSL's default location, or from SSL_CERT_FILE and
 * SSL_CERT_DIR; they are read once, when the fetcher is created. */

#include <openssl/x509v3.h>

#include "tls.h"
#include "url.h"

/* Records the first error, which is the cause. libevent drops the connection before it
 * reports the failure, so the error cannot be read from there. */
static int on_verify(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	const char **cert_error = SSL_get_app_data(ssl);

	if (!ok && cert_error && !*cert_error)
		*cert_error = X509_verify_cert_error_string(X509_STORE_CTX_get_error(store));
	return ok;
}

SSL_CTX *tls_new(void)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

	if (!tls)
		return NULL;
	SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, on_verify);
	SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
	if (!SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION)
	    || !SSL_CTX_set_default_verify_paths(tls)) {
		SSL_CTX_free(tls);
		return NULL;
	}
	return tls;
}

void tls_free(SSL_CTX *tls)
{
	SSL_CTX_free(tls);
}

SSL *tls_connection(SSL_CTX *tls, const struct url *url, const char **cert_error)
{
	SSL *ssl = SSL_new(tls);
	int ok;

	if (!ssl)
		return NULL;
	SSL_set_app_data(ssl, cert_error);
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (url->numeric)
		ok = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), url->host);
	else
		ok = SSL_set1_host(ssl, url->host) && SSL_set_tlsext_host_name(ssl, url->host);
	if (!ok) {
		SSL_free(ssl);
		return NULL;
	}
	return ssl;
}
