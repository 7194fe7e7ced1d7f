/* second.c: libjwt's opinion, in a process of its own, where no json-c is.
 *
 *	second sign RS256 private.pem KID SUBJECT EXPIRES	prints a token
 *	second verify RS256 public.pem TOKEN			says by its exit status
 */

#include <jwt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stand.h"

static char pem[16 * 1024];

static int read_pem(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t length = file ? fread(pem, 1, sizeof(pem) - 1, file) : 0;

	if (file)
		fclose(file);
	return (int)length;
}

static int sign(jwt_alg_t alg, int length, char **argv)
{
	jwt_t *jwt = NULL;
	char *token = NULL;

	if (jwt_new(&jwt) == 0 && jwt_add_header(jwt, "kid", argv[0]) == 0
	    && jwt_add_grant(jwt, "iss", ISSUER) == 0 && jwt_add_grant(jwt, "sub", argv[1]) == 0
	    && jwt_add_grant(jwt, "aud", "api") == 0 && jwt_add_grant_int(jwt, "exp", atol(argv[2])) == 0
	    && jwt_set_alg(jwt, alg, (unsigned char *)pem, length) == 0)
		token = jwt_encode_str(jwt);
	if (token)
		fputs(token, stdout);
	free(token);
	jwt_free(jwt);
	return token ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int verify(jwt_alg_t alg, int length, const char *token)
{
	jwt_t *jwt = NULL;
	int status = EXIT_FAILURE;

	if (jwt_decode(&jwt, token, (unsigned char *)pem, length) == 0 && jwt_get_alg(jwt) == alg)
		status = EXIT_SUCCESS;
	jwt_free(jwt);
	return status;
}

int main(int argc, char **argv)
{
	jwt_alg_t alg = argc > 4 ? jwt_str_alg(argv[2]) : JWT_ALG_INVAL;
	int length = argc > 4 ? read_pem(argv[3]) : 0;

	if (length > 0 && argc == 7 && strcmp(argv[1], "sign") == 0)
		return sign(alg, length, argv + 4);
	if (length > 0 && argc == 5 && strcmp(argv[1], "verify") == 0)
		return verify(alg, length, argv[4]);
	return 2;
}
