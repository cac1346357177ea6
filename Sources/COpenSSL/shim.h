// OpenSSL's function-like macros as static inline functions: Swift does not import such macros.
// No file-scope static variable belongs here.
#ifndef PUPPETFRONT_COPENSSL_SHIM_H
#define PUPPETFRONT_COPENSSL_SHIM_H
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

static inline long pf_SSL_CTX_set_mode(SSL_CTX *context, long mode) { return SSL_CTX_set_mode(context, mode); }
static inline int pf_SSL_CTX_set_min_proto_version(SSL_CTX *context, int version) { return (int)SSL_CTX_set_min_proto_version(context, version); }
static inline int pf_SSL_CTX_set_max_proto_version(SSL_CTX *context, int version) { return (int)SSL_CTX_set_max_proto_version(context, version); }
static inline void pf_SSL_CTX_set_read_ahead(SSL_CTX *context, int on) { SSL_CTX_set_read_ahead(context, on); }
static inline long pf_SSL_CTX_set_session_cache_mode(SSL_CTX *context, long mode) { return SSL_CTX_set_session_cache_mode(context, mode); }
static inline long pf_SSL_CTX_add1_chain_cert(SSL_CTX *context, X509 *certificate) { return SSL_CTX_add1_chain_cert(context, certificate); }
static inline long pf_SSL_CTX_set1_groups_list(SSL_CTX *context, const char *list) { return SSL_CTX_set1_groups_list(context, (char *)list); }
static inline long pf_SSL_set_tlsext_host_name(SSL *ssl, const char *name) { return SSL_set_tlsext_host_name(ssl, (char *)name); }
static inline int pf_BIO_get_mem(BIO *bio, char **data) { return (int)BIO_get_mem_data(bio, data); }
static inline void pf_BIO_clear_retry_flags(BIO *bio) { BIO_clear_retry_flags(bio); }
static inline void pf_BIO_set_retry_read(BIO *bio) { BIO_set_retry_read(bio); }
static inline void pf_BIO_set_retry_write(BIO *bio) { BIO_set_retry_write(bio); }
static inline int pf_ERR_GET_REASON(unsigned long code) { return ERR_GET_REASON(code); }
static inline int pf_ERR_GET_LIB(unsigned long code) { return ERR_GET_LIB(code); }
static inline EVP_PKEY *pf_EVP_EC_gen(const char *curve) { return EVP_EC_gen(curve); }
static inline EVP_PKEY *pf_EVP_RSA_gen(unsigned int bits) { return EVP_RSA_gen(bits); }
static inline int pf_sk_X509_num(const STACK_OF(X509) *stack) { return sk_X509_num(stack); }
static inline X509 *pf_sk_X509_value(const STACK_OF(X509) *stack, int index) { return sk_X509_value(stack, index); }
static inline const char *pf_OpenSSL_version(void) { return OpenSSL_version(OPENSSL_VERSION); }
static inline void pf_OPENSSL_free(void *memory) { OPENSSL_free(memory); }
static inline int pf_sk_X509_REVOKED_num(const STACK_OF(X509_REVOKED) *stack) { return sk_X509_REVOKED_num(stack); }
static inline X509_REVOKED *pf_sk_X509_REVOKED_value(const STACK_OF(X509_REVOKED) *stack, int index) { return sk_X509_REVOKED_value(stack, index); }
static inline STACK_OF(X509) *pf_sk_X509_new(void) { return sk_X509_new_null(); }
static inline int pf_sk_X509_push(STACK_OF(X509) *stack, X509 *certificate) { return sk_X509_push(stack, certificate); }
// Frees the stack alone, not its elements.
static inline void pf_sk_X509_free(STACK_OF(X509) *stack) { sk_X509_free(stack); }
// What every context of ours leaves out or insists on; SSL_OP_* are function-like macros in OpenSSL 3.
static inline void pf_SSL_CTX_set_strict_options(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
}
// Takes back what pf_SSL_CTX_set_strict_options said of tickets.
static inline void pf_SSL_CTX_allow_tickets(SSL_CTX *context) { SSL_CTX_clear_options(context, SSL_OP_NO_TICKET); }
// 1 where done. OSSL_PARAM wants pointers that may be written to, and writes nothing.
static inline int pf_EVP_MAC_CTX_set_hmac_sha256(EVP_MAC_CTX *mac, const unsigned char *key, size_t count) {
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)key, count),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_CTX_set_params(mac, parameters);
}
// Says in both places that `certificate` is signed with that algorithm, with a signature that is none. 1 where done. OpenSSL has no setter
// for a certificate without a key; the pointers lead into `certificate`, which is the caller's.
static inline int pf_X509_claim_signature(X509 *certificate, int algorithm) {
    const X509_ALGOR *outer = NULL;
    const ASN1_BIT_STRING *signature = NULL;
    const unsigned char none[1] = {0};
    X509_get0_signature(&signature, &outer, certificate);
    int parameters = algorithm == NID_sha512WithRSAEncryption ? V_ASN1_NULL : V_ASN1_UNDEF;
    return signature != NULL && outer != NULL
        && X509_ALGOR_set0((X509_ALGOR *)outer, OBJ_nid2obj(algorithm), parameters, NULL)
        && X509_ALGOR_set0((X509_ALGOR *)X509_get0_tbs_sigalg(certificate), OBJ_nid2obj(algorithm), parameters, NULL)
        && ASN1_BIT_STRING_set((ASN1_BIT_STRING *)signature, (unsigned char *)none, sizeof none);
}
// As RFC 2253 writes names; control bytes and those above 127 are escaped. Negative: failed.
static inline int pf_X509_NAME_print_rfc2253(BIO *bio, const X509_NAME *name) { return X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253); }
#endif
