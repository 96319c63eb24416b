#pragma once
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// What Swift cannot import, because it is a macro or takes variable arguments.

static inline long tributary_bio_memory(BIO *bio, char **bytes) { return BIO_get_mem_data(bio, bytes); }

static inline int tributary_general_name_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }

static inline GENERAL_NAME *tributary_general_name(const GENERAL_NAMES *names, int index) {
    return sk_GENERAL_NAME_value(names, index);
}

// RFC 2253 text, with UTF-8 left readable.
static inline unsigned long tributary_name_flags(void) { return XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB; }

static inline EVP_PKEY *tributary_generate_key(const char *type, const char *group, size_t bits) {
    if (group) return EVP_PKEY_Q_keygen(NULL, NULL, type, group);
    if (bits) return EVP_PKEY_Q_keygen(NULL, NULL, type, bits);
    return EVP_PKEY_Q_keygen(NULL, NULL, type);
}

// HKDF with SHA-256 (RFC 5869), extract and expand.
static inline int tributary_hkdf_sha256(
    const unsigned char *key, size_t key_length, const unsigned char *salt, size_t salt_length,
    const unsigned char *info, size_t info_length, unsigned char *out, size_t out_length
) {
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)key, key_length),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt, salt_length),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, info_length),
        OSSL_PARAM_construct_end(),
    };
    int ok = context && EVP_KDF_derive(context, out, out_length, parameters) == 1;
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    return ok;
}

// HMAC (RFC 2104); returns the length of the code, or 0.
static inline size_t tributary_hmac(
    const char *digest, const unsigned char *key, size_t key_length, const unsigned char *bytes, size_t length,
    unsigned char *out, size_t out_size
) {
    size_t written = 0;
    if (!EVP_Q_mac(NULL, "HMAC", NULL, digest, NULL, key, key_length, bytes, length, out, out_size, &written)) return 0;
    return written;
}

static inline int tributary_add_extension(X509 *certificate, X509 *issuer, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    int ok = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return ok;
}

static inline int tributary_request_add_extension(X509_REQ *request, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, NULL, NULL, request, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    STACK_OF(X509_EXTENSION) *extensions = extension ? sk_X509_EXTENSION_new_null() : NULL;
    int ok = extensions && sk_X509_EXTENSION_push(extensions, extension) > 0
        && X509_REQ_add_extensions(request, extensions) == 1;
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    return ok;
}

static inline int tributary_chain_count(const STACK_OF(X509) *chain) { return chain ? sk_X509_num(chain) : 0; }

static inline X509 *tributary_chain_item(const STACK_OF(X509) *chain, int index) { return sk_X509_value(chain, index); }

static inline void tributary_chain_free(STACK_OF(X509) *chain) { sk_X509_pop_free(chain, X509_free); }

// Opens a PKCS #12 bundle (RFC 7292): 1 when it is open, 0 when it is none, -1 when the passphrase does not fit, -2 when
// what is inside cannot be read. Old exports are protected by RC2, which only the legacy provider knows; it is loaded
// into a library context of its own, so that nothing else can use what it offers.
static inline int tributary_pkcs12_open(
    const unsigned char *bytes, long length, const char *passphrase, EVP_PKEY **key, X509 **certificate,
    STACK_OF(X509) **chain, OSSL_LIB_CTX **context
) {
    *context = OSSL_LIB_CTX_new();
    if (!*context) return -2;
    OSSL_PROVIDER_load(*context, "default");
    OSSL_PROVIDER_load(*context, "legacy");
    PKCS12 *bundle = PKCS12_init_ex(NID_pkcs7_data, *context, NULL);
    const unsigned char *place = bytes;
    if (!bundle || !d2i_PKCS12(&bundle, &place, length)) {
        PKCS12_free(bundle);
        return 0;
    }
    // Without a passphrase there are two ways to write none.
    int fits = PKCS12_verify_mac(bundle, passphrase ? passphrase : "", passphrase ? -1 : 0);
    if (!fits && !passphrase) fits = PKCS12_verify_mac(bundle, NULL, 0);
    int opened = fits ? PKCS12_parse(bundle, passphrase ? passphrase : "", key, certificate, chain) : 0;
    PKCS12_free(bundle);
    return opened ? 1 : fits ? -2 : -1;
}

// Makes a PKCS #12 bundle, as certificate tools export them.
static inline int tributary_pkcs12_write(
    BIO *bio, const char *passphrase, EVP_PKEY *key, X509 *certificate, X509 *issuer
) {
    STACK_OF(X509) *chain = NULL;
    if (issuer) {
        chain = sk_X509_new_null();
        if (!chain || !sk_X509_push(chain, issuer)) return 0;
    }
    PKCS12 *bundle = PKCS12_create(passphrase, NULL, key, certificate, chain, 0, 0, 0, 0, 0);
    int written = bundle && i2d_PKCS12_bio(bio, bundle) == 1;
    PKCS12_free(bundle);
    sk_X509_free(chain);
    return written;
}
