/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

/* struct digest is OpenSSL's context under a name of ours. */
static EVP_MD_CTX *context(struct digest *d)
{
	return (EVP_MD_CTX *)d;
}

/* Looked up once: that takes longer than the sum of a small stream. Lives as long as the program. */
static const EVP_MD *sha256(void)
{
	static EVP_MD *md;

	if (!md)
		md = EVP_MD_fetch(NULL, "SHA256", NULL);
	return md;
}

static int begin(struct digest **d)
{
	EVP_MD_CTX *const c = EVP_MD_CTX_new();

	if (!c || !EVP_DigestInit_ex(c, sha256(), NULL)) {
		EVP_MD_CTX_free(c);
		return -ENOMEM;
	}
	*d = (struct digest *)c;
	return 0;
}

int digest_add(struct digest **d, const uint8_t *p, size_t n)
{
	if (!*d && begin(d))
		return -ENOMEM;
	return EVP_DigestUpdate(context(*d), p, n) ? 0 : -ENOMEM;
}

int digest_end(struct digest **d, uint8_t sum[DIGEST_LEN])
{
	memset(sum, 0, DIGEST_LEN);
	if (!*d && begin(d))
		return -ENOMEM;
	const int ok = EVP_DigestFinal_ex(context(*d), sum, NULL);
	EVP_MD_CTX_free(context(*d));
	*d = NULL;
	return ok ? 0 : -ENOMEM;
}
