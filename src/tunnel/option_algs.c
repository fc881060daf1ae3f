#include "tunnel/option_algs.h"

#include <string.h>

#include "base/buf.h"
#include "base/match.h"
#include "base/mem.h"
#include "ssh/kexdh.h"
#include "ssh/namelist.h"
#include "ssh/pubkey.h"
#include "ssh/sealer.h"

#define LIST_MAX  4096
#define SHOWN_MAX 90 /* bytes of a list in an error */

static bool cipher_known(struct slice name)
{
	return cipher_alg_find(name) != NULL;
}

static bool mac_known(struct slice name)
{
	return mac_alg_find(name) != NULL;
}

static bool kex_known(struct slice name)
{
	return kexdh_alg_find(name) != NULL;
}

static bool key_known(struct slice name)
{
	return pubkey_sig_alg(name) != NULL;
}

static const struct {
	const char *(*defaults)(void);
	bool (*known)(struct slice name);
} kinds[] = {
	[OPTION_ALGS_CIPHER] = {cipher_alg_default_list, cipher_known},
	[OPTION_ALGS_MAC] = {mac_alg_default_list, mac_known},
	[OPTION_ALGS_KEX] = {kexdh_alg_default_list, kex_known},
	[OPTION_ALGS_KEY] = {pubkey_host_alg_default_list, key_known},
};

static void add(struct buf *list, struct slice name)
{
	struct slice all = {list->data, buf_len(list)};

	if (all.len != 0 && namelist_has(all, name))
		return;
	if (all.len != 0)
		buf_put_u8(list, ',');
	buf_put(list, name.p, name.len);
}

/* Adds those of the defaults that do (or don't) fit `pattern`. */
static void add_fitting(
	struct buf *list, struct slice defaults, struct slice pattern, bool fit)
{
	struct slice name;

	while (namelist_next(&defaults, &name))
		if ((match_list(name, pattern) == MATCH_FOUND) == fit)
			add(list, name);
}

/* The length of as many names as fit into an error. */
static int whole_names(struct slice list)
{
	size_t n = list.len;

	if (n > SHOWN_MAX)
		for (n = SHOWN_MAX; n > 1 && list.p[n] != ','; n--)
			continue;
	return (int)n;
}

static int add_named(struct buf *list, enum option_algs kind,
	struct slice names, struct slice defaults, struct trouble *trouble)
{
	struct slice name;

	while (namelist_next(&names, &name)) {
		if (!match_is_literal(name))
			add_fitting(list, defaults, name, true);
		else if (kinds[kind].known(name))
			add(list, name);
		else
			return trouble_say(trouble, ERR_INVALID,
				"taupe does not do \"%.*s\"; it does: %.*s%s",
				(int)(name.len < 48 ? name.len : 48),
				(const char *)name.p, whole_names(defaults),
				(const char *)defaults.p,
				defaults.len > SHOWN_MAX ? ", …" : "");
	}
	return 0;
}

int option_algs_resolve(enum option_algs kind, const char *text,
	char **ret_list, struct trouble *trouble)
{
	struct slice defaults = slice_of(kinds[kind].defaults()), names;
	char prefix = '\0';
	struct buf list = BUF_INIT;
	int err = 0;

	if (*text != '\0' && strchr("+-^", *text) != NULL)
		prefix = *text++;
	names = slice_of(text);
	if (names.len > LIST_MAX)
		return trouble_say(
			trouble, ERR_INVALID, "the list is too long");
	if (prefix == '+')
		add_fitting(&list, defaults, slice_of("*"), true);
	if (prefix == '-')
		add_fitting(&list, defaults, names, false);
	else
		err = add_named(&list, kind, names, defaults, trouble);
	if (prefix == '^')
		add_fitting(&list, defaults, slice_of("*"), true);
	if (err == 0 && buf_len(&list) == 0)
		err = trouble_say(
			trouble, ERR_INVALID, "the list leaves no algorithm");
	if (err == 0)
		*ret_list = mem_dup(buf_ptr(&list), buf_len(&list));
	buf_done(&list);
	return err;
}
