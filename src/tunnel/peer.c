#include "tunnel/peer.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

/* What one line of passwd may take. */
#define LOGIN_ROOM 16384

static char *login_name(void)
{
	struct passwd pw, *found = NULL;
	char room[LOGIN_ROOM];
	const char *name;

	/* Workers ask at the same time. */
	(void)getpwuid_r(getuid(), &pw, room, sizeof(room), &found);
	name = found != NULL ? found->pw_name : getenv("USER");
	return mem_strdup(name != NULL ? name : "root");
}

int peer_init(struct peer *p, const struct server_config *config,
	struct trouble *trouble)
{
	const struct options *o = &config->options;
	const char *alias = o->host_key_alias;
	struct option_tokens tokens;
	int err;

	*p = (struct peer){.config = config, .port = o->port};
	p->name = mem_strdup(config->name);
	p->user = o->user != NULL ? mem_strdup(o->user) : login_name();
	tokens = (struct option_tokens){
		.host = config->host,
		.original_host = config->host,
		.user = p->user,
		.port = p->port,
	};
	if (o->host_name == NULL)
		p->host = mem_strdup(config->host);
	else if ((err = options_expand(
			  o->host_name, &tokens, &p->host, trouble)) != 0)
		return err;
	/* As ssh: an alias is recorded as it is, whatever the port. */
	p->recorded_name = alias != NULL ? known_hosts_name(alias, 22)
					 : known_hosts_name(p->host, p->port);
	return 0;
}

void peer_done(struct peer *p)
{
	free(p->name);
	free(p->host);
	free(p->user);
	free(p->recorded_name);
	buf_done(&p->accepted);
	secret_done(&p->password);
	secret_done(&p->passphrase);
	*p = (struct peer){0};
}

struct option_tokens peer_tokens(const struct peer *p)
{
	return (struct option_tokens){
		.host = p->host,
		.original_host = p->config->host,
		.user = p->user,
		.port = p->port,
	};
}

/* ---- known_hosts ---- */

static char *expanded(const struct peer *p, const char *path)
{
	struct option_tokens tokens = peer_tokens(p);
	struct trouble t;
	char *text;

	if (options_expand(path, &tokens, &text, &t) != 0) {
		log_warn("known_hosts file %s: %s", path,
			trouble_get(&t, "detail"));
		return NULL;
	}
	return text;
}

static void load_list(struct known_hosts *kh, const struct peer *p,
	const struct string_list *files)
{
	struct trouble t;

	for (size_t i = 0; i < files->n; i++) {
		char *path = expanded(p, files->item[i]);

		if (path != NULL && strcmp(path, "none") != 0 &&
			known_hosts_load(kh, path, &t) != 0)
			log_warn("%s: %s", path, trouble_get(&t, "detail"));
		free(path);
	}
}

struct known_hosts *peer_load_known_hosts(const struct peer *p)
{
	struct known_hosts *kh = known_hosts_new();

	load_list(kh, p, &p->config->options.user_known_hosts);
	load_list(kh, p, &p->config->options.global_known_hosts);
	return kh;
}

/* Where new keys go: the first user file, or NULL. */
static char *user_file(const struct peer *p)
{
	const struct string_list *files = &p->config->options.user_known_hosts;

	if (files->n == 0 || strcmp(files->item[0], "none") == 0 ||
		strcmp(files->item[0], "/dev/null") == 0)
		return NULL;
	return expanded(p, files->item[0]);
}

/* ---- judging ---- */

static void describe(const struct peer *p, const struct pubkey *key, int err,
	struct trouble *t)
{
	char fingerprint[PUBKEY_FINGERPRINT_MAX];

	pubkey_fingerprint(key, fingerprint);
	trouble_set(t, err);
	trouble_arg(t, "host", "%s", p->recorded_name);
	trouble_arg(t, "type", "%s", pubkey_label(key));
	trouble_arg(t, "fingerprint", "%s", fingerprint);
}

static void describe_record(
	const struct known_hosts_answer *a, struct trouble *t)
{
	char fingerprint[PUBKEY_FINGERPRINT_MAX] = "?";

	if (a->recorded != NULL)
		pubkey_fingerprint(a->recorded, fingerprint);
	trouble_arg(t, "recorded", "%s", fingerprint);
	trouble_arg(t, "file", "%s", a->path != NULL ? a->path : "?");
	trouble_arg(t, "line", "%u", a->line);
}

static bool accepted_before(const struct peer *p, const struct pubkey *key)
{
	struct slice blob = pubkey_blob(key);

	return buf_len(&p->accepted) == blob.len &&
	       memcmp(buf_ptr(&p->accepted), blob.p, blob.len) == 0;
}

static void remember(struct peer *p, const struct pubkey *key)
{
	struct slice blob = pubkey_blob(key);

	buf_clear(&p->accepted);
	buf_put(&p->accepted, blob.p, blob.len);
}

static enum peer_verdict judge_unknown(struct peer *p, const struct pubkey *key,
	struct trouble *t, const char **ret_notice)
{
	describe(p, key, ERR_HOST_KEY_UNKNOWN, t);
	switch (p->config->options.host_key_policy) {
	case HOST_KEY_ASK:
		return PEER_ASK;
	case HOST_KEY_STRICT:
		return PEER_REFUSE;
	case HOST_KEY_ACCEPT_NEW:
	case HOST_KEY_OFF:
		break;
	}
	peer_accept(p, key, t, ret_notice);
	return PEER_ACCEPT;
}

/* As ssh: a host of an unusual port that is not recorded with it may be
 * recorded without. */
static void check(const struct peer *p, const struct known_hosts *kh,
	const struct pubkey *key, struct known_hosts_answer *ret_answer)
{
	struct known_hosts_answer plain;
	char *name;

	known_hosts_check(kh, p->recorded_name, key, ret_answer);
	if (ret_answer->verdict != KNOWN_HOSTS_UNKNOWN || p->port == 22 ||
		p->config->options.host_key_alias != NULL)
		return;
	name = known_hosts_name(p->host, 22);
	known_hosts_check(kh, name, key, &plain);
	free(name);
	if (plain.verdict == KNOWN_HOSTS_MATCH ||
		plain.verdict == KNOWN_HOSTS_REVOKED)
		*ret_answer = plain;
}

enum peer_verdict peer_judge(struct peer *p, const struct known_hosts *kh,
	const struct pubkey *key, struct trouble *t, const char **ret_notice)
{
	struct known_hosts_answer answer;
	const char *why, *name = p->config->options.host_key_alias;

	*ret_notice = NULL;
	check(p, kh, key, &answer);
	switch (answer.verdict) {
	case KNOWN_HOSTS_REVOKED:
		describe(p, key, ERR_HOST_KEY_REVOKED, t);
		describe_record(&answer, t);
		return PEER_REFUSE;
	case KNOWN_HOSTS_MATCH:
		if (!answer.via_authority ||
			pubkey_cert_check_host(key,
				name != NULL ? name : p->host,
				(uint64_t)time(NULL), &why) == 0) {
			remember(p, key);
			return PEER_ACCEPT;
		}
		describe(p, key, ERR_HOST_KEY_INVALID, t);
		trouble_arg(t, "detail", "%s", why);
		return PEER_REFUSE;
	case KNOWN_HOSTS_CHANGED:
		/* Whatever the policy: ssh lets one in where checking is off,
		 * but without forwards. */
		describe(p, key, ERR_HOST_KEY_CHANGED, t);
		describe_record(&answer, t);
		return PEER_REFUSE;
	case KNOWN_HOSTS_UNKNOWN:
		break;
	}
	if (accepted_before(p, key))
		return PEER_ACCEPT;
	return judge_unknown(p, key, t, ret_notice);
}

void peer_accept(struct peer *p, const struct pubkey *key, struct trouble *t,
	const char **ret_notice)
{
	char *path = user_file(p);
	struct trouble why;

	remember(p, key);
	describe(p, key, ERR_HOST_KEY_UNKNOWN, t);
	if (path == NULL) {
		*ret_notice = "notice.host_key_accepted";
	} else if (known_hosts_append(path, p->recorded_name, key,
			   p->config->options.hash_known_hosts, &why) != 0) {
		trouble_arg(t, "path", "%s", path);
		trouble_arg(t, "detail", "%s", trouble_get(&why, "detail"));
		*ret_notice = "notice.host_key_not_recorded";
	} else {
		*ret_notice = "notice.host_key_added";
	}
	free(path);
}

void peer_learn_keys(struct peer *p, const struct pubkey *const *keys, size_t n)
{
	unsigned added, removed;
	struct trouble t;
	char *path = user_file(p);

	if (path == NULL)
		return;
	if (known_hosts_update(path, p->recorded_name, keys, n,
		    p->config->options.hash_known_hosts, &added, &removed,
		    &t) != 0)
		log_warn("%s: %s", path, trouble_get(&t, "detail"));
	else if (added + removed != 0)
		log_info("%s: %u host keys added, %u removed for %s", path,
			added, removed, p->recorded_name);
	free(path);
}
