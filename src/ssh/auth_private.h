/*
 * What auth.c, its methods (auth_pubkey.c, auth_password.c, auth_kbdint.c) and
 * auth_tried.c share; no one else includes it.
 *
 * auth.c owns the conversation: whose turn it is, which method is next, the
 * caps, the end. A method is a row of functions on its own part of struct auth.
 * Whatever a method sends or asks goes through auth_send, auth_ask and
 * auth_agent_sign. Each of these may end the auth instead (a cap is reached),
 * so a method returns right after it.
 */
#ifndef TAUPE_SSH_AUTH_PRIVATE_H
#define TAUPE_SSH_AUTH_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ssh/auth.h"
#include "ssh/privkey.h"

/* RFC 4252 §6; 60 and 61 mean something else in each method. */
enum auth_msg {
	AUTH_MSG_REQUEST = 50,
	AUTH_MSG_FAILURE = 51,
	AUTH_MSG_SUCCESS = 52,
	AUTH_MSG_BANNER = 53,
	AUTH_MSG_METHOD = 60,
	AUTH_MSG_PK_OK = AUTH_MSG_METHOD,
	AUTH_MSG_PASSWD_CHANGEREQ = AUTH_MSG_METHOD,
	AUTH_MSG_INFO_REQUEST = AUTH_MSG_METHOD,
	AUTH_MSG_INFO_RESPONSE = 61,
};

/* Whose turn it is. */
enum auth_state {
	AUTH_STATE_NEW,
	AUTH_STATE_SERVER, /* a request is out */
	AUTH_STATE_PERSON, /* ops.ask was called */
	AUTH_STATE_AGENT,  /* ops.agent_sign was called */
	AUTH_STATE_OVER,
	AUTH_STATE_COUNT
};

enum auth_method_id {
	AUTH_PUBKEY,
	AUTH_KBDINT,
	AUTH_PASSWORD,
	AUTH_METHOD_COUNT
};

struct auth_method {
	const char *name;
	/* Sends a request or asks for what it needs. False, and nothing was
	 * done: it has nothing left to try. */
	bool (*start)(struct auth *a);
	/* AUTH_MSG_METHOD; `r` stands after the type byte. */
	int (*input)(struct auth *a, struct rd *r);
	/* The request that is out got FAILURE, with partial success or not. */
	void (*failed)(struct auth *a, bool partial);
	/* Some method had a partial success: all may be wanted once more. */
	void (*reset)(struct auth *a);
	/* PROMPT_FIELDS_MAX answers; those not given are unset. */
	void (*answer)(struct auth *a, const struct secret *answers);
};

extern const struct auth_method *const auth_methods[]; /* by their id */
extern const struct auth_method auth_pubkey_method;
extern const struct auth_method auth_kbdint_method;
extern const struct auth_method auth_password_method;

struct auth_pubkey {
	size_t at;                 /* the key that is being tried */
	bool *accepted;            /* n_keys: it brought a partial success */
	const struct pubkey *key;  /* its public half: the config's or priv's */
	struct privkey *priv;      /* loaded, or NULL */
	unsigned asked;            /* for its passphrase */
	unsigned alg_no;           /* which of its algorithms */
	const char *alg, *sig_alg; /* in the request, in the signature */
	bool query;         /* the request that is out is without a signature */
	struct buf request; /* session id and request, waiting for the agent */
};

struct auth_password {
	bool known_used; /* config.password was sent */
	bool exhausted;
	unsigned asked;
	struct secret sent;    /* PASSWD_CHANGEREQ wants it again */
	struct prompt *change; /* while a new password is asked or sent */
};

struct auth_kbdint {
	bool known_used; /* config.password was sent */
	bool exhausted;
	unsigned requests;
	unsigned rounds;   /* INFO_REQUESTs within this request */
	bool answered;     /* a person gave an answer within it */
	bool retry;        /* … and within the one before */
	unsigned n_fields; /* of the prompt being answered */
	bool is_password;  /* … which asks for just that */
};

struct auth_tried {
	bool method[AUTH_METHOD_COUNT];
	struct buf keys;
	unsigned more_keys; /* that had no room */
};

struct auth {
	struct auth_config config;
	struct auth_ops ops;
	void *arg;
	enum auth_state state;
	enum auth_method_id method; /* AUTH_METHOD_COUNT: the none probe */
	struct auth_tried tried;
	char *about;      /* user@host */
	char *session_id; /* bytes */
	size_t session_id_len;
	char *sig_algs; /* server-sig-algs, or NULL */
	char *offered;  /* methods that can continue */
	unsigned tries, prompts, banners;
	char *unasked; /* what a question would have been about, or NULL */
	struct {
		enum prompt_kind kind;
		char *about;
		struct secret secret; /* unset: nothing */
	} learned;                    /* by the request that is out */
	struct auth_pubkey pubkey;
	struct auth_password password;
	struct auth_kbdint kbdint;
};

/* Starts a USERAUTH_REQUEST for `method`. */
void auth_put_request(struct auth *a, struct buf *b, const char *method);
/* Sends, then wipes and frees `b`'s content. */
void auth_send(struct auth *a, struct buf *b);
/* Takes `p`. Only when config.may_ask. */
void auth_ask(struct auth *a, struct prompt *p);
void auth_agent_sign(struct auth *a, struct slice key_blob,
	struct slice to_sign, const char *alg);
/* A question could not be asked. */
void auth_note_unasked(struct auth *a, const char *about);
/* The next request carries `secret`, which a person gave. */
void auth_note_learned(struct auth *a, enum prompt_kind kind, const char *about,
	const struct secret *secret);
/* … and was not accepted. */
void auth_forget_learned(struct auth *a);
/* The method gave up its turn: goes on with whatever is next. */
void auth_next(struct auth *a);

/* auth_pubkey.c */
void auth_pubkey_init(struct auth *a);
void auth_pubkey_done(struct auth *a);
void auth_pubkey_agent_signed(struct auth *a, struct slice signature);
/* auth_password.c */
void auth_password_done(struct auth *a);
/* auth_tried.c: remembers a method, and a key with why it was not signed with
 * (err 0: it was, or the server did not want it). */
void auth_tried_done(struct auth *a);
void auth_tried_method(struct auth *a, enum auth_method_id id);
void auth_tried_key(struct auth *a, const struct auth_key *k, int err);
void auth_tried_put(const struct auth *a, struct buf *b);

#endif
