#include <string.h>

#include "api/fields_server.h"
#include "api/member.h"
#include "api/request.h"
#include "store/option_text.h"
#include "store/store_list.h"

#define SSH_PORT 22

static void put_secret(void *arg, const char *kind, const char *about)
{
	json_t *o = member_object();

	member_text(o, "kind", kind);
	member_text(o, "about", about);
	member_append(arg, o);
}

static void put_jump(
	json_t *o, const struct control *c, const struct store_server *want)
{
	const struct control_server *jump =
		control_server(c, want->jump_server);

	member_text(o, "jump_server", jump != NULL ? jump->want.name : NULL);
	member_id(o, "jump_server_id", want->jump_server);
}

/* A text as it was typed: the engine's own has defaults and wildcards worked
 * in. */
static void put_typed(json_t *o, const char *name,
	const struct string_list *options, const char *option)
{
	const char *value = option_text_last(options, option);
	struct string_list words = {0};

	if (value != NULL)
		option_text_words(value, &words);
	member_text(o, name, words.n != 0 ? words.item[0] : NULL);
	store_list_done(&words);
}

static void put_others(json_t *o, const struct string_list *options)
{
	json_t *list = member_array();

	for (size_t i = 0; i < options->n; i++)
		if (!fields_server_is_named(options->item[i]))
			member_append(list, member_string(options->item[i]));
	member_set(o, "options", list);
}

static void put_options(
	json_t *o, const struct control *c, const struct store_server *want)
{
	static const struct string_list none;
	const struct string_list *typed = &want->options;
	struct options all = {0};

	control_server_options(c, want, &all);
	member_text(o, "proxy_jump", all.proxy_jump);
	member_text(o, "proxy_command", all.proxy_command);
	member_list(o, "identity_files", &all.identity_files);
	member_list(o, "certificate_files", &all.certificate_files);
	member_flag(o, "identities_only", all.identities_only);
	member_text(o, "identity_agent", all.identity_agent);
	put_typed(o, "auth_methods", typed, "PreferredAuthentications");
	member_list(o, "known_hosts",
		option_text_last(typed, "UserKnownHostsFile") != NULL
			? &all.user_known_hosts
			: &none);
	member_text(o, "host_key_policy",
		fields_server_policy((int)all.host_key_policy));
	member_number(o, "keep_alive_s", all.alive_interval_s);
	member_number(o, "keep_alive_count", all.alive_count_max);
	member_number(o, "connect_timeout_s", all.connect_timeout_s);
	member_number(o, "pool", all.pool_max);
	put_typed(o, "ciphers", typed, "Ciphers");
	put_typed(o, "macs", typed, "MACs");
	put_typed(o, "kex_algorithms", typed, "KexAlgorithms");
	put_typed(o, "host_key_algorithms", typed, "HostKeyAlgorithms");
	member_text(
		o, "address_family", fields_server_family(all.address_family));
	options_done(&all);
	put_others(o, typed);
}

static json_t *link_json(const struct stats_link *link)
{
	json_t *o = member_object();

	member_number(o, "no", link->link_no);
	member_flag(o, "ready", link->is_ready);
	member_number(o, "connections", link->connections);
	member_number(o, "rtt_us", link->rtt_us);
	member_time(o, "up_since", link->up_since_ms);
	member_number(o, "bytes_in", link->bytes_in);
	member_number(o, "bytes_out", link->bytes_out);
	return o;
}

static const char *or_null(const char *text)
{
	return *text != '\0' ? text : NULL;
}

static void put_state(json_t *o, const struct control_server *s, enum lang lang)
{
	json_t *links = member_array();

	member_text(o, "state", tunnel_state_name(s->state));
	member_time(o, "since", s->since_ms);
	member_set(o, "error", json_trouble(&s->trouble, 0, lang));
	member_time(o, "next_try_at", s->next_try_at_ms);
	member_number(o, "forwards", s->n_forwards);
	member_number(o, "forwards_wanted", s->n_wanted);
	for (uint32_t i = 0; i < s->n_links && i < STATS_LINKS_MAX; i++)
		member_append(links, link_json(&s->link[i]));
	member_set(o, "links", links);
	member_text(o, "cipher", or_null(s->cipher));
	member_text(o, "kex", or_null(s->kex));
	member_text(o, "host_key", or_null(s->host_key));
	member_text(o, "server_version", or_null(s->server_version));
	member_number(o, "rtt_us", s->rtt_us);
}

json_t *json_server(
	const struct control *c, const struct control_server *s, enum lang lang)
{
	const struct store_server *want = &s->want;
	json_t *o = member_object(), *secrets = member_array();

	member_number(o, "id", want->id);
	member_number(o, "revision", want->revision);
	member_text(o, "name", want->name);
	member_text(o, "host", want->host);
	member_number(o, "port", want->port != 0 ? want->port : SSH_PORT);
	member_text(o, "user", want->user);
	put_jump(o, c, want);
	put_options(o, c, want);
	member_text(o, "keep_secrets", fields_server_keep(want->keep_secrets));
	member_text(o, "note", want->note);
	member_time(o, "created_at", want->created_ms);
	member_time(o, "changed_at", want->changed_ms);
	put_state(o, s, lang);
	control_each_secret(c, want->id, put_secret, secrets);
	member_set(o, "stored_secrets", secrets);
	return o;
}
