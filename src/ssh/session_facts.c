/* What a session can tell of itself. */
#include "ssh/session_private.h"

bool session_is_ready(const struct session *s)
{
	return s->phase == PHASE_READY;
}

bool session_is_down(const struct session *s)
{
	return s->phase == PHASE_DOWN;
}

bool session_is_rekeying(const struct session *s)
{
	return kex_runs(s);
}

uint32_t session_rtt_us(const struct session *s)
{
	return s->rtt_us;
}

const char *session_server_version(const struct session *s)
{
	return s->version;
}

const char *session_server_said(const struct session *s)
{
	return s->said;
}

const char *session_cipher(const struct session *s)
{
	return s->kex.choice.cipher_out != NULL ? s->kex.choice.cipher_out->name
						: "";
}

const char *session_kex(const struct session *s)
{
	return s->kex.choice.kex != NULL ? kexdh_alg_name(s->kex.choice.kex)
					 : "";
}

const char *session_host_key_alg(const struct session *s)
{
	return s->kex.choice.host_key_alg;
}

size_t session_channels(const struct session *s)
{
	return s->n_channels;
}
