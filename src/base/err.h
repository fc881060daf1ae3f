/*
 * Every error that taupe can name.
 *
 * Functions return 0, or -ERR_X. The second column is the stable code that
 * the API, `--json` and the logs show; people read the catalogues' sentence
 * (`error.<code>` and `offer.<code>` in lang/, see trouble.h). The third is the
 * HTTP status under which the API reports it.
 */
#ifndef TAUPE_BASE_ERR_H
#define TAUPE_BASE_ERR_H

#define ERR_LIST(X)                                                            \
	X(OK, "ok", 200)                                                       \
	/* the local side */                                                   \
	X(PORT_IN_USE, "port_in_use", 409)                                     \
	X(PORT_NOT_PERMITTED, "port_not_permitted", 403)                       \
	X(LISTEN_FAILED, "listen_failed", 502)                                 \
	X(LOCAL_REFUSED, "local_refused", 502)                                 \
	/* reaching the SSH server */                                          \
	X(DNS_FAILED, "dns_failed", 502)                                       \
	X(HOST_UNREACHABLE, "host_unreachable", 502)                           \
	X(CONNECT_REFUSED, "connect_refused", 502)                             \
	X(CONNECT_TIMEOUT, "connect_timeout", 504)                             \
	X(PROXY_FAILED, "proxy_failed", 502)                                   \
	/* speaking with it */                                                 \
	X(PROTOCOL, "protocol_error", 502)                                     \
	X(MAC, "integrity_failed", 502)                                        \
	X(NO_COMMON_ALGORITHM, "no_common_algorithm", 502)                     \
	X(HOST_KEY_UNKNOWN, "host_key_unknown", 409)                           \
	X(HOST_KEY_CHANGED, "host_key_changed", 409)                           \
	X(HOST_KEY_REVOKED, "host_key_revoked", 409)                           \
	X(HOST_KEY_INVALID, "host_key_invalid", 502)                           \
	X(AUTH_FAILED, "auth_failed", 401)                                     \
	X(NEED_INPUT, "need_input", 409)                                       \
	X(DISCONNECTED, "disconnected_by_server", 502)                         \
	X(LINK_LOST, "link_lost", 502)                                         \
	/* what it would not do */                                             \
	X(REMOTE_LISTEN_REFUSED, "remote_listen_refused", 502)                 \
	X(TARGET_REFUSED, "target_refused", 502)                               \
	X(TARGET_UNREACHABLE, "target_unreachable", 502)                       \
	X(TARGET_PROHIBITED, "target_prohibited", 403)                         \
	X(TARGET_FAILED, "target_failed", 502)                                 \
	/* keys and files */                                                   \
	X(KEY_FORMAT, "key_format", 422)                                       \
	X(KEY_PERMISSIONS, "key_permissions", 403)                             \
	X(KEY_PASSPHRASE, "key_passphrase", 401)                               \
	X(KEY_UNSUPPORTED, "key_unsupported", 422)                             \
	X(SIGNATURE, "bad_signature", 502)                                     \
	X(AGENT, "agent_failed", 502)                                          \
	X(FILE, "file_error", 500)                                             \
	/* the daemon */                                                       \
	X(STORE, "store_failed", 507)                                          \
	X(STORE_NEWER, "store_newer", 500)                                     \
	X(STORE_DAMAGED, "store_damaged", 500)                                 \
	X(DAEMON_RUNNING, "daemon_running", 409)                               \
	X(DAEMON_ABSENT, "daemon_absent", 503)                                 \
	X(CONFLICT, "name_taken", 409)                                         \
	X(RUNNING, "still_running", 409)                                       \
	X(IN_USE, "still_in_use", 409)                                         \
	X(PRECONDITION, "changed_meanwhile", 412)                              \
	X(UNAUTHORIZED, "not_logged_in", 401)                                  \
	X(FORBIDDEN, "not_allowed", 403)                                       \
	X(TOO_LARGE, "too_large", 413)                                         \
	X(METHOD, "method_not_allowed", 405)                                   \
	X(MEDIA, "unsupported_media_type", 415)                                \
	X(VAULT_LOCKED, "secrets_locked", 409)                                 \
	/* general */                                                          \
	X(INVALID, "invalid_argument", 422)                                    \
	X(NOT_FOUND, "not_found", 404)                                         \
	X(LIMIT, "limit_reached", 429)                                         \
	X(AGAIN, "try_again", 503)                                             \
	X(TIMEOUT, "timeout", 504)                                             \
	X(CANCELLED, "cancelled", 409)                                         \
	X(CRYPTO, "crypto_failed", 500)                                        \
	X(SYSTEM, "system_error", 500)                                         \
	X(INTERNAL, "internal_error", 500)

enum err {
#define ERR_ENUM(sym, name, http) ERR_##sym,
	ERR_LIST(ERR_ENUM) ERR_COUNT
#undef ERR_ENUM
};

#define WARN_UNUSED __attribute__((warn_unused_result))

/* The stable name of `code` ("port_in_use"). Takes ERR_X or -ERR_X; never
 * NULL. */
const char *err_name(int code);

/* The HTTP status of `code`. Takes ERR_X or -ERR_X. */
int err_http(int code);

#endif
