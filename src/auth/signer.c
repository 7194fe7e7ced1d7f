/* signer.c: the development issuer's key and the tokens it signs.
 *
 * Tokens are written by libjwt, so that every development token also tests the strict
 * parser of this module against another implementation. Speed does not matter here.
 *
 * The key file is created atomically: written under a temporary name, readable by its
 * owner only, and linked into place. If another process was faster, its key is used. */

#include <errno.h>
#include <fcntl.h>
#include <jwt.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "key.h"
#include "signer.h"

enum { KEY_BITS = 2048, MAX_FILE_BYTES = 16 * 1024 };

struct signer {
	struct buf pem; /* the private key, in the form libjwt expects */
	struct buf n, e, kid;
};

/* Clears the private key from memory. */
static void wipe(struct buf *pem)
{
	if (pem->at)
		OPENSSL_cleanse(pem->at, pem->capacity);
	buf_finish(pem);
}

static bool make_key(struct buf *pem)
{
	EVP_PKEY *key = EVP_RSA_gen(KEY_BITS);
	BIO *out = BIO_new(BIO_s_mem());
	char *text;
	long length = 0;

	if (key && out && PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1)
		length = BIO_get_mem_data(out, &text);
	if (length > 0)
		buf_add(pem, text, (size_t)length);
	BIO_free(out);
	EVP_PKEY_free(key);
	return length > 0;
}

static bool write_all(int fd, struct str text)
{
	while (text.length) {
		ssize_t written = write(fd, text.at, text.length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		text.at += written;
		text.length -= (size_t)written;
	}
	return fsync(fd) == 0;
}

/* Creates a key in `path` unless there is one. False: see errno. */
static bool create_key_file(const char *path)
{
	char *temporary = xprint("%s.XXXXXX", path);
	struct buf pem = { 0 };
	int fd = mkostemp(temporary, O_CLOEXEC), error;
	bool ok = fd >= 0;

	if (ok) {
		ok = fchmod(fd, 0600) == 0 && make_key(&pem) && write_all(fd, buf_as_str(&pem))
		     && (link(temporary, path) == 0 || errno == EEXIST);
		error = errno;
		close(fd);
		unlink(temporary);
		errno = error;
	}
	wipe(&pem);
	free(temporary);
	return ok;
}

/* Reads a key file; false, with a line in `error`, on failure. */
static bool read_key_file(struct buf *pem, const char *path, struct buf *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	ssize_t length;

	if (fd < 0 || fstat(fd, &st) < 0) {
		buf_print(error, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (!S_ISREG(st.st_mode) || st.st_mode & 077 || st.st_size > MAX_FILE_BYTES) {
		buf_print(error, "%s: %s", path,
		          st.st_mode & 077 ? "other users may read it; run chmod 600"
		                           : "it is not a key file");
		close(fd);
		return false;
	}
	length = read(fd, buf_reserve(pem, MAX_FILE_BYTES), MAX_FILE_BYTES);
	pem->length = length > 0 ? (size_t)length : 0;
	close(fd);
	return true;
}

static EVP_PKEY *parse_key(const struct buf *pem)
{
	BIO *in = BIO_new_mem_buf(pem->at, (int)pem->length);
	/* An empty password, so that OpenSSL does not prompt for one on the terminal. */
	EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, NULL, (void *)(uintptr_t) "") : NULL;

	BIO_free(in);
	ERR_clear_error();
	if (key && (!EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_get_bits(key) < KEY_BITS)) {
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
}

struct signer *signer_new(const char *path, struct buf *error)
{
	struct signer *signer = xcalloc(1, sizeof(*signer));
	unsigned char thumbprint[THUMBPRINT_BYTES];
	EVP_PKEY *key;

	if (access(path, F_OK) < 0 && !create_key_file(path)) {
		buf_print(error, "%s: %s", path, strerror(errno));
		goto fail;
	}
	if (!read_key_file(&signer->pem, path, error))
		goto fail;
	key = parse_key(&signer->pem);
	if (!key) {
		buf_print(error, "%s: no RSA key of at least %d bits", path, KEY_BITS);
		goto fail;
	}
	key_rsa_params(key, &signer->n, &signer->e);
	key_rsa_thumbprint(buf_as_str(&signer->n), buf_as_str(&signer->e), thumbprint);
	base64url_encode(&signer->kid, thumbprint, sizeof(thumbprint));
	buf_cstr(&signer->kid);
	EVP_PKEY_free(key);
	return signer;

fail:
	signer_free(signer);
	return NULL;
}

void signer_free(struct signer *signer)
{
	if (!signer)
		return;
	wipe(&signer->pem);
	buf_finish(&signer->n);
	buf_finish(&signer->e);
	buf_finish(&signer->kid);
	free(signer);
}

void signer_jwks(const struct signer *signer, struct buf *out)
{
	buf_text(out, "{\"keys\":[{\"kty\":\"RSA\",\"use\":\"sig\",\"alg\":\"RS256\",\"kid\":");
	buf_json(out, buf_as_str(&signer->kid));
	buf_text(out, ",\"n\":");
	buf_json(out, buf_as_str(&signer->n));
	buf_text(out, ",\"e\":");
	buf_json(out, buf_as_str(&signer->e));
	buf_text(out, "}]}");
}

/* The public key as PEM, the form in which it is usually distributed. */
static bool write_public_pem(const struct signer *signer, struct buf *pem)
{
	EVP_PKEY *key = parse_key(&signer->pem);
	BIO *out = BIO_new(BIO_s_mem());
	char *text;
	long length = 0;

	if (key && out && PEM_write_bio_PUBKEY(out, key) == 1)
		length = BIO_get_mem_data(out, &text);
	if (length > 0)
		buf_add(pem, text, (size_t)length);
	BIO_free(out);
	EVP_PKEY_free(key);
	return length > 0;
}

static bool set_algorithm(const struct signer *signer, jwt_t *jwt, enum signature_kind signature)
{
	struct buf pem = { 0 };
	bool ok;

	if (signature == SIGNATURE_ALG_NONE)
		return jwt_set_alg(jwt, JWT_ALG_NONE, NULL, 0) == 0;
	if (signature != SIGNATURE_HMAC)
		return jwt_set_alg(jwt, JWT_ALG_RS256, (const unsigned char *)signer->pem.at,
		                   (int)signer->pem.length)
		       == 0;
	ok = write_public_pem(signer, &pem)
	     && jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)pem.at, (int)pem.length)
	                == 0;
	buf_finish(&pem);
	return ok;
}

/* Damages the signature. */
static void damage_signature(char *token, enum signature_kind signature)
{
	char *dot = strrchr(token, '.');

	if (signature == SIGNATURE_MISSING)
		*dot = '\0';
	else if (signature == SIGNATURE_TAMPERED)
		dot[1] = dot[1] == 'A' ? 'B' : 'A';
}

static bool add_claims(jwt_t *jwt, const struct signer_token *token)
{
	const struct {
		const char *name, *value;
	} texts[] = {
		{ "iss", token->issuer },
		{ "aud", token->audience },
		{ "sub", token->subject },
		{ "email", token->email },
		{ "given_name", token->first_name },
		{ "family_name", token->last_name },
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (texts[i].value && jwt_add_grant(jwt, texts[i].name, texts[i].value) != 0)
			return false;
	return (!token->email || jwt_add_grant_bool(jwt, "email_verified", 1) == 0)
	       && (!token->anonymous
	           || jwt_add_grants_json(jwt,
	                                  "{\"firebase\":{\"sign_in_provider\":\"anonymous\"}}")
	                      == 0)
	       && jwt_add_grant_int(jwt, "iat", token->issued) == 0
	       && (!token->not_before || jwt_add_grant_int(jwt, "nbf", token->not_before) == 0)
	       && jwt_add_grant_int(jwt, "exp", token->expires) == 0;
}

bool signer_sign(const struct signer *signer, const struct signer_token *token, struct buf *out)
{
	const char *kid = token->kid ? token->kid : signer->kid.at;
	jwt_t *jwt = NULL;
	char *text = NULL;

	if (jwt_new(&jwt) == 0 && add_claims(jwt, token)
	    && (!*kid || jwt_add_header(jwt, "kid", kid) == 0)
	    && set_algorithm(signer, jwt, token->signature))
		text = jwt_encode_str(jwt);
	if (text) {
		damage_signature(text, token->signature);
		buf_text(out, text);
	}
	free(text);
	jwt_free(jwt);
	ERR_clear_error();
	return text != NULL;
}
