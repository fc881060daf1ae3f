/*
 * Requests that concern the whole session: keep-alive, tcpip-forward and its
 * kin, hostkeys-00@openssh.com, EXT_INFO, PING. RFC 4254 §4 and §7, RFC 8308,
 * OpenSSH PROTOCOL §1.8, §2.4, §2.5.
 *
 * Replies carry no number: they come in the order of the requests, so what is
 * due is a queue.
 */
#include "ssh/session_private.h"

#include <stdlib.h>

#include "base/mem.h"

#define HOST_KEYS_MAX 64
/* So that the request for their proof fits a packet. */
#define HOST_KEYS_BYTES_MAX (32 * 1024)
/* A server may leave requests unanswered and still send data. */
#define ALIVE_REPLIES_MAX 16
#define PING_EXTENSION    "ping@openssh.com"

static struct pending_reply *expect_reply(
	struct session *s, int kind, session_reply_fn *fn, void *arg)
{
	struct pending_reply *p = mem_zalloc(1, sizeof(*p));

	p->kind = kind;
	p->fn = fn;
	p->arg = arg;
	TAILQ_INSERT_TAIL(&s->replies, p, next);
	if (kind == REPLY_ALIVE)
		s->n_alive_replies++;
	return p;
}

static void reply_free(struct pending_reply *p)
{
	free(p->host);
	free(p);
}

void global_sent(struct session *s, uint8_t type)
{
	struct pending_reply *p;

	if (type == MSG_PING) {
		s->ping_seq = packet_out_seq(s->packet);
		return;
	}
	TAILQ_FOREACH (p, &s->replies, next)
		if (!p->is_sent)
			break;
	if (p == NULL)
		return;
	p->is_sent = true;
	p->seq = packet_out_seq(s->packet);
	p->sent_us = s->now_us;
}

static void forget_host_keys(struct session *s)
{
	for (size_t i = 0; i < s->n_host_keys; i++)
		pubkey_free(s->host_keys[i]);
	free(s->host_keys);
	free(s->host_key_pending);
	s->host_keys = NULL;
	s->host_key_pending = NULL;
	s->n_host_keys = 0;
}

void global_done(struct session *s)
{
	struct pending_reply *p;

	while ((p = TAILQ_FIRST(&s->replies)) != NULL) {
		TAILQ_REMOVE(&s->replies, p, next);
		reply_free(p);
	}
	forget_host_keys(s);
}

/* ---- keep-alive ---- */

static void send_ping(struct session *s)
{
	struct buf b = BUF_INIT;

	buf_put_u8(&b, MSG_PING);
	buf_put_u32(&b, 8);
	buf_put_u64(&b, s->now_us);
	session_send_buf(s, &b);
	buf_done(&b);
}

void global_alive(struct session *s)
{
	struct buf b = BUF_INIT;

	if (s->has_ping) {
		send_ping(s);
		return;
	}
	if (s->n_alive_replies == ALIVE_REPLIES_MAX)
		return;
	buf_put_u8(&b, MSG_GLOBAL_REQUEST);
	buf_put_cstring(&b, "keepalive@openssh.com");
	buf_put_bool(&b, true);
	expect_reply(s, REPLY_ALIVE, NULL, NULL);
	session_send_buf(s, &b);
	buf_done(&b);
}

void global_ping_input(struct session *s, struct slice payload)
{
	struct rd r = rd_slice(payload);
	struct buf b = BUF_INIT;
	struct slice data;

	rd_u8(&r);
	data = rd_string(&r);
	if (!rd_ok(&r) || data.len > PACKET_PAYLOAD_MAX - 5) {
		session_protocol_error(s, "malformed PING");
		return;
	}
	buf_put_u8(&b, MSG_PONG);
	buf_put_string(&b, data.p, data.len);
	session_send_buf(s, &b);
	buf_done(&b);
}

void global_pong_input(struct session *s, struct slice payload)
{
	struct rd r = rd_slice(payload);
	uint64_t sent;

	rd_u8(&r);
	rd_u32(&r);
	sent = rd_u64(&r);
	s->probe_limit_us = 0;
	if (rd_end(&r) && sent <= s->now_us)
		session_rtt_sample(s, s->now_us - sent);
}

/* ---- forwards on the server ---- */

static void forward_request(struct session *s, const char *tcp_name,
	const char *unix_name, const char *path, const char *host,
	uint32_t port, session_reply_fn *reply, void *arg)
{
	struct pending_reply *p;
	struct buf b = BUF_INIT;

	buf_put_u8(&b, MSG_GLOBAL_REQUEST);
	buf_put_cstring(&b, path != NULL ? unix_name : tcp_name);
	buf_put_bool(&b, true);
	buf_put_cstring(&b, path != NULL ? path : host);
	if (path == NULL)
		buf_put_u32(&b, port);
	p = expect_reply(s, REPLY_FORWARD, reply, arg);
	if (path == NULL && port == 0)
		p->host = mem_strdup(host);
	session_send_buf(s, &b);
	buf_done(&b);
}

void session_forward(struct session *s, const char *path, const char *host,
	uint32_t port, session_reply_fn *reply, void *arg)
{
	forward_request(s, "tcpip-forward", "streamlocal-forward@openssh.com",
		path, host, port, reply, arg);
}

void session_cancel_forward(struct session *s, const char *path,
	const char *host, uint32_t port, session_reply_fn *reply, void *arg)
{
	forward_request(s, "cancel-tcpip-forward",
		"cancel-streamlocal-forward@openssh.com", path, host, port,
		reply, arg);
}

static void forward_answered(struct session *s, const struct pending_reply *p,
	bool success, uint32_t port)
{
	if (p->fn != NULL)
		p->fn(p->arg, success, port);
	else if (p->host != NULL && port != 0)
		session_cancel_forward(s, NULL, p->host, port, NULL, NULL);
}

void session_forget(struct session *s, void *arg)
{
	struct pending_reply *p;

	TAILQ_FOREACH (p, &s->replies, next)
		if (p->arg == arg)
			p->fn = NULL;
}

/* ---- host keys that the server has besides ---- */

static bool has_host_key(const struct session *s, const struct pubkey *key)
{
	for (size_t i = 0; i < s->n_host_keys; i++)
		if (pubkey_equal_plain(s->host_keys[i], key))
			return true;
	return false;
}

/* How many there are; 0: none, or more than any server has. */
static size_t parse_host_keys(struct session *s, struct rd *r)
{
	size_t bytes = 0;

	while (r->left != 0) {
		struct slice blob = rd_string(r);
		struct pubkey *key;

		bytes += 4 + blob.len;
		if (s->n_host_keys == HOST_KEYS_MAX || !rd_ok(r) ||
			bytes > HOST_KEYS_BYTES_MAX)
			return 0;
		/* Certificates, and kinds that we don't know, are passed over,
		 * as OpenSSH does. */
		if (pubkey_parse_plain(blob, &key) != 0)
			continue;
		if (has_host_key(s, key)) {
			pubkey_free(key);
			continue;
		}
		s->host_keys = mem_realloc(s->host_keys, s->n_host_keys + 1,
			sizeof(*s->host_keys));
		s->host_keys[s->n_host_keys++] = key;
	}
	return s->n_host_keys;
}

static void host_keys_proven(struct session *s)
{
	s->ops->host_keys(s->arg, (const struct pubkey *const *)s->host_keys,
		s->n_host_keys);
	forget_host_keys(s);
}

static void host_keys_offered(struct session *s, struct rd *r)
{
	struct buf b = BUF_INIT;
	size_t asked = 0;

	/* Once a session: each time costs a look at files, and as many proofs.
	 */
	if (!s->config->update_host_keys || s->host_keys_seen)
		return;
	s->host_keys_seen = true;
	if (parse_host_keys(s, r) == 0) {
		forget_host_keys(s);
		return;
	}
	s->host_key_pending =
		mem_zalloc(s->n_host_keys, sizeof(*s->host_key_pending));
	buf_put_u8(&b, MSG_GLOBAL_REQUEST);
	buf_put_cstring(&b, "hostkeys-prove-00@openssh.com");
	buf_put_bool(&b, true);
	for (size_t i = 0; i < s->n_host_keys; i++) {
		struct slice blob = pubkey_blob(s->host_keys[i]);

		if (!s->ops->host_key_is_new(s->arg, s->host_keys[i]))
			continue;
		s->host_key_pending[i] = true;
		buf_put_string(&b, blob.p, blob.len);
		asked++;
	}
	if (asked != 0) {
		expect_reply(s, REPLY_HOST_KEYS, NULL, NULL);
		session_send_buf(s, &b);
	} else {
		host_keys_proven(s);
	}
	buf_done(&b);
}

static bool proof_is_good(
	struct session *s, const struct pubkey *key, struct slice signature)
{
	struct slice blob = pubkey_blob(key), alg;
	struct rd r = rd_slice(signature);
	struct buf b = BUF_INIT;
	bool good;

	alg = rd_string(&r);
	buf_put_cstring(&b, "hostkeys-prove-00@openssh.com");
	buf_put_string(
		&b, buf_ptr(&s->kex.session_id), buf_len(&s->kex.session_id));
	buf_put_string(&b, blob.p, blob.len);
	good = rd_ok(&r) && pubkey_name_fits_alg(pubkey_name(key), alg) &&
	       pubkey_verify(key, alg, signature,
		       (struct slice){buf_ptr(&b), buf_len(&b)}) == 0;
	buf_done(&b);
	return good;
}

static void host_keys_proof(struct session *s, bool success, struct rd *r)
{
	for (size_t i = 0; i < s->n_host_keys; i++) {
		if (!s->host_key_pending[i])
			continue;
		if (!success ||
			!proof_is_good(s, s->host_keys[i], rd_string(r))) {
			/* One lie, and none of it is believed. */
			forget_host_keys(s);
			return;
		}
	}
	host_keys_proven(s);
}

/* ---- what the server asks and answers ---- */

void global_request_input(struct session *s, struct slice payload)
{
	static const uint8_t failure = MSG_REQUEST_FAILURE;
	struct rd r = rd_slice(payload);
	struct slice name;
	bool want_reply;

	rd_u8(&r);
	name = rd_string(&r);
	want_reply = rd_bool(&r);
	if (!rd_ok(&r)) {
		session_protocol_error(s, "malformed GLOBAL_REQUEST");
		return;
	}
	if (slice_is(name, "hostkeys-00@openssh.com"))
		host_keys_offered(s, &r);
	/* keepalive@openssh.com and all that we don't know: any answer will do.
	 */
	if (want_reply)
		session_send(s, &failure, 1);
}

static void take_reply(
	struct session *s, struct pending_reply *p, bool success, struct rd *r)
{
	TAILQ_REMOVE(&s->replies, p, next);
	switch (p->kind) {
	case REPLY_ALIVE:
		s->n_alive_replies--;
		s->probe_limit_us = 0;
		session_rtt_sample(s, s->now_us - p->sent_us);
		break;
	case REPLY_FORWARD:
		forward_answered(
			s, p, success, success && r->left >= 4 ? rd_u32(r) : 0);
		break;
	case REPLY_HOST_KEYS:
		host_keys_proof(s, success, r);
		break;
	}
	reply_free(p);
}

void global_reply_input(struct session *s, struct slice payload)
{
	struct pending_reply *p = TAILQ_FIRST(&s->replies);
	struct rd r = rd_slice(payload);
	bool success = rd_u8(&r) == MSG_REQUEST_SUCCESS;

	if (p == NULL || !p->is_sent)
		session_protocol_error(s, "a reply to no request");
	else
		take_reply(s, p, success, &r);
}

/* Servers that know no global requests say so of each (TinySSH); that is no
 * REQUEST_FAILURE, but an answer all the same. */
void global_unimplemented_input(struct session *s, struct slice payload)
{
	struct rd r = rd_slice(payload);
	struct pending_reply *p;
	uint32_t seq;

	rd_u8(&r);
	seq = rd_u32(&r);
	if (!rd_ok(&r))
		return;
	TAILQ_FOREACH (p, &s->replies, next)
		if (p->is_sent && p->seq == seq)
			break;
	if (p != NULL) {
		take_reply(s, p, false, &r);
	} else if (s->has_ping && seq == s->ping_seq) {
		/* It promised more than it does. */
		s->has_ping = false;
		s->probe_limit_us = 0;
	}
}

static void take_sig_algs(struct session *s, struct slice value)
{
	if (s->auth != NULL) {
		auth_server_sig_algs(s->auth, value);
		return;
	}
	buf_clear(&s->sig_algs);
	buf_put(&s->sig_algs, value.p, value.len);
}

void global_ext_info(struct session *s, struct slice payload)
{
	struct rd r = rd_slice(payload);
	uint32_t n;

	rd_u8(&r);
	n = rd_u32(&r);
	while (n-- != 0 && rd_ok(&r)) {
		struct slice name = rd_string(&r), value = rd_string(&r);

		if (!rd_ok(&r))
			break;
		if (slice_is(name, "server-sig-algs"))
			take_sig_algs(s, value);
		else if (slice_is(name, PING_EXTENSION))
			s->has_ping = slice_is(value, "0");
	}
	if (!rd_ok(&r))
		session_protocol_error(s, "malformed EXT_INFO");
}
