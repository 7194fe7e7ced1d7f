/* mint.c: the development issuer's key, and the tokens it signs.
 *
 * The key file appears whole or not at all: it is written under another name,
 * readable by its owner only, and linked into place. When somebody else was
 * faster, his key is the one. */

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "key.h"
#include "mint.h"

enum { BITS = 2048, FILE_MOST = 16 * 1024 };

struct mint {
	EVP_PKEY *key;
	struct buf n, e, kid;
};

/* A private key leaves no copy behind. */
static void wipe(struct buf *pem)
{
	if (pem->at)
		OPENSSL_cleanse(pem->at, pem->room);
	buf_finish(pem);
}

static bool make_key(struct buf *pem)
{
	EVP_PKEY *key = EVP_RSA_gen(BITS);
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

/* A key in `path`, unless there is one. False with errno. */
static bool place_key(const char *path)
{
	char *draft = xprint("%s.XXXXXX", path);
	struct buf pem = { 0 };
	int fd = mkostemp(draft, O_CLOEXEC), error;
	bool well = fd >= 0;

	if (well) {
		well = fchmod(fd, 0600) == 0 && make_key(&pem) && write_all(fd, buf_as_str(&pem))
		       && (link(draft, path) == 0 || errno == EEXIST);
		error = errno;
		close(fd);
		unlink(draft);
		errno = error;
	}
	wipe(&pem);
	free(draft);
	return well;
}

/* Its text, or false and a fault. */
static bool read_file(struct buf *pem, const char *path, struct buf *fault)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	ssize_t length;

	if (fd < 0 || fstat(fd, &st) < 0) {
		buf_print(fault, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (!S_ISREG(st.st_mode) || st.st_mode & 077 || st.st_size > FILE_MOST) {
		buf_print(fault, "%s: %s", path,
		          st.st_mode & 077 ? "others may read it; chmod 600" : "it is not a key file");
		close(fd);
		return false;
	}
	length = read(fd, buf_reserve(pem, FILE_MOST), FILE_MOST);
	pem->length = length > 0 ? (size_t)length : 0;
	close(fd);
	return true;
}

static EVP_PKEY *key_of(const struct buf *pem)
{
	BIO *in = BIO_new_mem_buf(pem->at, (int)pem->length);
	/* An empty password: OpenSSL must not ask the terminal for one. */
	EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, NULL, (void *)(uintptr_t) "") : NULL;

	BIO_free(in);
	ERR_clear_error();
	if (key && (!EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_get_bits(key) < BITS)) {
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
}

struct mint *mint_new(const char *path, struct buf *fault)
{
	struct mint *mint = xcalloc(1, sizeof(*mint));
	unsigned char print[PRINT];
	struct buf pem = { 0 };
	bool well;

	if (access(path, F_OK) < 0 && !place_key(path)) {
		buf_print(fault, "%s: %s", path, strerror(errno));
		goto fail;
	}
	well = read_file(&pem, path, fault);
	mint->key = well ? key_of(&pem) : NULL;
	wipe(&pem);
	if (!well)
		goto fail;
	if (!mint->key) {
		buf_print(fault, "%s: it holds no RSA key of %d bits", path, BITS);
		goto fail;
	}
	key_rsa_members(mint->key, &mint->n, &mint->e);
	key_rsa_print(buf_as_str(&mint->n), buf_as_str(&mint->e), print);
	base64url_write(&mint->kid, print, sizeof(print));
	return mint;

fail:
	mint_free(mint);
	return NULL;
}

void mint_free(struct mint *mint)
{
	if (!mint)
		return;
	EVP_PKEY_free(mint->key);
	buf_finish(&mint->n);
	buf_finish(&mint->e);
	buf_finish(&mint->kid);
	free(mint);
}

void mint_jwks(const struct mint *mint, struct buf *out)
{
	buf_text(out, "{\"keys\":[{\"kty\":\"RSA\",\"use\":\"sig\",\"alg\":\"RS256\",\"kid\":");
	buf_json(out, buf_as_str(&mint->kid));
	buf_text(out, ",\"n\":");
	buf_json(out, buf_as_str(&mint->n));
	buf_text(out, ",\"e\":");
	buf_json(out, buf_as_str(&mint->e));
	buf_text(out, "}]}");
}

static void add_text(struct buf *claims, const char *name, const char *value)
{
	if (!value)
		return;
	buf_print(claims, ",\"%s\":", name);
	buf_json(claims, str_of(value));
}

void mint_sign(const struct mint *mint, const struct mint_token *token, struct buf *out)
{
	struct buf header = { 0 }, claims = { 0 };
	unsigned char signature[SIGNATURE_MOST];
	size_t length = sizeof(signature), begin = out->length;
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	buf_text(&header, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":");
	buf_json(&header, buf_as_str(&mint->kid));
	buf_char(&header, '}');
	buf_print(&claims, "{\"iat\":%lld,\"exp\":%lld", token->issued, token->expires);
	add_text(&claims, "iss", token->issuer);
	add_text(&claims, "aud", token->audience);
	add_text(&claims, "sub", token->subject);
	add_text(&claims, "email", token->email);
	if (token->email)
		buf_text(&claims, ",\"email_verified\":true");
	add_text(&claims, "given_name", token->first_name);
	add_text(&claims, "family_name", token->last_name);
	buf_char(&claims, '}');

	base64url_write(out, header.at, header.length);
	buf_char(out, '.');
	base64url_write(out, claims.at, claims.length);
	/* Out of memory is the only way for this to fail. */
	if (!context || EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, mint->key) != 1
	    || EVP_DigestSign(context, signature, &length, (const unsigned char *)out->at + begin,
	                      out->length - begin) != 1)
		abort();
	buf_char(out, '.');
	base64url_write(out, signature, length);
	EVP_MD_CTX_free(context);
	buf_finish(&header);
	buf_finish(&claims);
}
