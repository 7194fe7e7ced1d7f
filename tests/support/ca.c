/* ca.c: a temporary certificate authority for tests. */

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ca.h"

static void add_extension(X509 *certificate, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
}

static X509 *certificate_new(EVP_PKEY *key, const char *name, long seconds)
{
	static long serial;
	X509 *certificate = X509_new();
	X509_NAME *subject = X509_get_subject_name(certificate);

	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
	X509_gmtime_adj(X509_getm_notAfter(certificate), seconds);
	X509_set_pubkey(certificate, key);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1,
	                           0);
	return certificate;
}

void ca_open(struct ca *ca)
{
	FILE *file;
	int fd;

	ca->key = EVP_EC_gen("P-256");
	ca->certificate = certificate_new(ca->key, "test authority", 86400);
	X509_set_issuer_name(ca->certificate, X509_get_subject_name(ca->certificate));
	add_extension(ca->certificate, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(ca->certificate, NID_key_usage, "critical,keyCertSign");
	X509_sign(ca->certificate, ca->key, EVP_sha256());

	snprintf(ca->path, sizeof(ca->path), "/tmp/test-ca-XXXXXX");
	fd = mkstemp(ca->path);
	file = fdopen(fd, "w");
	PEM_write_X509(file, ca->certificate);
	fclose(file);
	setenv("SSL_CERT_FILE", ca->path, 1);
}

void ca_close(struct ca *ca)
{
	unlink(ca->path);
	X509_free(ca->certificate);
	EVP_PKEY_free(ca->key);
}

SSL_CTX *ca_server(const struct ca *ca, const char *names, long seconds)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = certificate_new(key, "test server", seconds);

	X509_set_issuer_name(certificate,
	                     X509_get_subject_name(ca ? ca->certificate : certificate));
	add_extension(certificate, NID_subject_alt_name, names);
	X509_sign(certificate, ca ? ca->key : key, EVP_sha256());
	SSL_CTX_use_certificate(tls, certificate);
	SSL_CTX_use_PrivateKey(tls, key);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return tls;
}
