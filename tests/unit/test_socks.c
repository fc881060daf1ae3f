/* tunnel/socks: every protocol, cut anywhere, and every way to be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tunnel/socks.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))
/* A literal with its NULs, and its length. */
#define BYTES(s) (s), sizeof(s) - 1

/* Where the proxy listens. */
static const char *listen_host;
static uint16_t listen_port;

struct outcome {
	enum socks_result result;
	struct socks socks;
	struct buf in, out;
};

static void outcome_done(struct outcome *o)
{
	buf_done(&o->in);
	buf_done(&o->out);
}

/* Feeds `step` bytes at a time (after a first piece of `first`), stopping as
 * soon as the answer is there; the rest then follows as early data. */
static struct outcome feed(const char *p, size_t n, size_t first, size_t step,
	const char *user, const char *password)
{
	struct outcome o = {
		.result = SOCKS_MORE,
		.socks = {.listen_host = listen_host,
			.listen_port = listen_port},
	};

	while (n > 0 && o.result == SOCKS_MORE) {
		size_t piece = first != 0 ? first : step;

		if (piece > n)
			piece = n;
		buf_put(&o.in, p, piece);
		p += piece;
		n -= piece;
		first = 0;
		o.result = socks_input(&o.socks, &o.in, &o.out, user, password);
	}
	buf_put(&o.in, p, n);
	return o;
}

static void assert_same(const struct outcome *a, const struct outcome *b)
{
	assert_int_equal(a->result, b->result);
	assert_int_equal(a->socks.protocol, b->socks.protocol);
	assert_int_equal(buf_len(&a->out), buf_len(&b->out));
	if (buf_len(&a->out) != 0)
		assert_memory_equal(
			buf_ptr(&a->out), buf_ptr(&b->out), buf_len(&a->out));
	if (a->result != SOCKS_CONNECT)
		return;
	assert_string_equal(a->socks.host, b->socks.host);
	assert_int_equal(a->socks.port, b->socks.port);
	assert_int_equal(buf_len(&a->in), buf_len(&b->in));
	if (buf_len(&a->in) != 0)
		assert_memory_equal(
			buf_ptr(&a->in), buf_ptr(&b->in), buf_len(&a->in));
}

/* The outcome of the whole, after a check that no cut changes it. */
static struct outcome run(
	const char *p, size_t n, const char *user, const char *password)
{
	struct outcome whole = feed(p, n, 0, n, user, password);

	for (size_t first = 0; first < n && first < 600; first++) {
		struct outcome cut = feed(p, n, first, n, user, password);

		assert_same(&whole, &cut);
		outcome_done(&cut);
	}
	for (size_t step = 1; step < 4; step++) {
		struct outcome cut = feed(p, n, 0, step, user, password);

		assert_same(&whole, &cut);
		outcome_done(&cut);
	}
	return whole;
}

static void assert_out(const struct outcome *o, const char *p, size_t n)
{
	assert_int_equal(buf_len(&o->out), n);
	if (n != 0)
		assert_memory_equal(buf_ptr(&o->out), p, n);
}

struct connect_row {
	const char *bytes;
	size_t n;
	const char *user, *password;
	enum socks_protocol protocol;
	const char *host;
	uint16_t port;
	const char *out;
	size_t out_n;
};

#define HTTP_CONNECT_HEAD                                                      \
	"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n"

static const struct connect_row connects[] = {
	{BYTES("\4\1\0\120\300\0\2\1\0"), NULL, NULL, SOCKS_V4, "192.0.2.1", 80,
		"", 0},
	{BYTES("\4\1\0\120\300\0\2\1someone\0"), NULL, NULL, SOCKS_V4,
		"192.0.2.1", 80, "", 0},
	{BYTES("\4\1\1\273\0\0\0\1\0example.org\0"), NULL, NULL, SOCKS_V4A,
		"example.org", 443, "", 0},
	{BYTES("\4\1\1\273\0\0\0\377me\0example.org\0"), NULL, NULL, SOCKS_V4A,
		"example.org", 443, "", 0},
	{BYTES("\5\1\0\5\1\0\1\300\0\2\1\0\120"), NULL, NULL, SOCKS_V5,
		"192.0.2.1", 80, BYTES("\5\0")},
	{BYTES("\5\3\1\2\0\5\1\0\3\13example.org\1\273"), NULL, NULL, SOCKS_V5,
		"example.org", 443, BYTES("\5\0")},
	{BYTES("\5\1\0\5\1\0\4\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1\0\26"), NULL,
		NULL, SOCKS_V5, "2001:db8::1", 22, BYTES("\5\0")},
	/* An IPv6 address given as a name stays what it is. */
	{BYTES("\5\1\0\5\1\0\3\3::1\0\26"), NULL, NULL, SOCKS_V5, "::1", 22,
		BYTES("\5\0")},
	{BYTES("\5\2\0\2\1\2me\6secret\5\1\0\1\177\0\0\1\0\26"), "me", "secret",
		SOCKS_V5, "127.0.0.1", 22, BYTES("\5\2\1\0")},
	{BYTES("\5\1\2\1\2me\0\5\1\0\1\177\0\0\1\0\26"), "me", NULL, SOCKS_V5,
		"127.0.0.1", 22, BYTES("\5\2\1\0")},
	/* Nobody asked, but the client has nothing else to offer. */
	{BYTES("\5\1\2\1\2me\1x\5\1\0\1\177\0\0\1\0\26"), NULL, NULL, SOCKS_V5,
		"127.0.0.1", 22, BYTES("\5\2\1\0")},
	{BYTES(HTTP_CONNECT_HEAD "\r\n"), NULL, NULL, SOCKS_HTTP, "example.org",
		443, "", 0},
	{BYTES("CONNECT [::1]:22 HTTP/1.0\n\n"), NULL, NULL, SOCKS_HTTP, "::1",
		22, "", 0},
	{BYTES(HTTP_CONNECT_HEAD
		 "proxy-authorization:  basic bWU6c2VjcmV0 \r\n\r\n"),
		"me", "secret", SOCKS_HTTP, "example.org", 443, "", 0},
	{BYTES(HTTP_CONNECT_HEAD
		 "Proxy-Authorization: Basic bWU6czplYw==\r\n\r\n"),
		"me", "s:ec", SOCKS_HTTP, "example.org", 443, "", 0},
};

static void connects_with_and_without_early_data(void **state)
{
	static const char early[] = "\0early \r\n\r\ndata\5\1";
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < ROWS(connects); i++) {
		const struct connect_row *row = &connects[i];

		for (size_t extra = 0; extra <= sizeof(early);
			extra += sizeof(early)) {
			struct outcome o;

			buf_clear(&b);
			buf_put(&b, row->bytes, row->n);
			buf_put(&b, early, extra);
			o = run((const char *)buf_ptr(&b), buf_len(&b),
				row->user, row->password);
			assert_int_equal(o.result, SOCKS_CONNECT);
			assert_int_equal(o.socks.protocol, row->protocol);
			assert_string_equal(o.socks.host, row->host);
			assert_int_equal(o.socks.port, row->port);
			assert_out(&o, row->out, row->out_n);
			assert_int_equal(buf_len(&o.in), extra);
			if (extra != 0)
				assert_memory_equal(
					buf_ptr(&o.in), early, extra);
			outcome_done(&o);
		}
	}
	buf_done(&b);
}

#define V4_NO          "\0\133\0\0\0\0\0\0"
#define V5_REPLY(code) "\5" code "\0\1\0\0\0\0\0\0"

static void refusals(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *user, *out;
		size_t out_n;
	} rows[] = {
		/* SOCKS4: BIND, an odd command, port 0, a login wanted */
		{BYTES("\4\2\0\120\300\0\2\1\0"), NULL, BYTES(V4_NO)},
		{BYTES("\4\11\0\120\300\0\2\1\0"), NULL, BYTES(V4_NO)},
		{BYTES("\4\1\0\0\300\0\2\1\0"), NULL, BYTES(V4_NO)},
		{BYTES("\4\1\0\120\300\0\2\1me\0"), "me", BYTES(V4_NO)},
		/* 4a: an empty name, one with control characters */
		{BYTES("\4\1\0\120\0\0\0\1\0\0"), NULL, BYTES(V4_NO)},
		{BYTES("\4\1\0\120\0\0\0\1\0a\nb\0"), NULL, BYTES(V4_NO)},
		/* SOCKS5: no method, none that fits */
		{BYTES("\5\0"), NULL, BYTES("\5\377")},
		{BYTES("\5\1\1"), NULL, BYTES("\5\377")},
		{BYTES("\5\2\0\1"), "me", BYTES("\5\377")},
		/* a wrong login, a wrong version of it */
		{BYTES("\5\1\2\1\2me\1x"), "me", BYTES("\5\2\1\1")},
		{BYTES("\5\1\2\1\2mx\6secret"), "me", BYTES("\5\2\1\1")},
		{BYTES("\5\1\2\1\0\0"), "me", BYTES("\5\2\1\1")},
		{BYTES("\5\1\2\5\2me\6secret"), "me", BYTES("\5\2\1\1")},
		/* a request of another version */
		{BYTES("\5\1\0\4"), NULL, BYTES("\5\0" V5_REPLY("\1"))},
		/* BIND, UDP ASSOCIATE, nonsense */
		{BYTES("\5\1\0\5\2\0\1\177\0\0\1\0\26"), NULL,
			BYTES("\5\0" V5_REPLY("\7"))},
		{BYTES("\5\1\0\5\3\0\1\177\0\0\1\0\26"), NULL,
			BYTES("\5\0" V5_REPLY("\7"))},
		{BYTES("\5\1\0\5\0\0\3\1a\0\26"), NULL,
			BYTES("\5\0" V5_REPLY("\7"))},
		/* an address type of its own */
		{BYTES("\5\1\0\5\1\0\2"), NULL, BYTES("\5\0" V5_REPLY("\10"))},
		/* an empty name, control characters in one, a NUL, port 0 */
		{BYTES("\5\1\0\5\1\0\3\0\0\26"), NULL,
			BYTES("\5\0" V5_REPLY("\1"))},
		{BYTES("\5\1\0\5\1\0\3\3a\rb\0\26"), NULL,
			BYTES("\5\0" V5_REPLY("\1"))},
		{BYTES("\5\1\0\5\1\0\3\3a\0b\0\26"), NULL,
			BYTES("\5\0" V5_REPLY("\1"))},
		{BYTES("\5\1\0\5\1\0\3\3a b\0\26"), NULL,
			BYTES("\5\0" V5_REPLY("\1"))},
		{BYTES("\5\1\0\5\1\0\1\177\0\0\1\0\0"), NULL,
			BYTES("\5\0" V5_REPLY("\1"))},
		/* none of the protocols: TLS, zeros, something binary */
		{BYTES("\26\3\1\2\0"), NULL, "", 0},
		{BYTES("\0"), NULL, "", 0},
		{BYTES("\6\1\0"), NULL, "", 0},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct outcome o =
			run(rows[i].bytes, rows[i].n, rows[i].user, "secret");

		assert_int_equal(o.result, SOCKS_END);
		assert_out(&o, rows[i].out, rows[i].out_n);
		outcome_done(&o);
	}
}

static void http_refusals(void **state)
{
	static const struct {
		const char *text, *user, *status, *words;
	} rows[] = {
		{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", NULL, "405 ",
			"This is a taupe SOCKS and HTTP CONNECT proxy"},
		{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", NULL, "405 ",
			"Ceci est un proxy"},
		{"POST http://x/ HTTP/1.1\r\nContent-Length: 9\r\n\r\n", NULL,
			"405 ", "Allow: CONNECT"},
		{"GET / HTTP/1.1\r\n\r\n", "me", "407 ",
			"Proxy-Authenticate: Basic realm=\"taupe\""},
		{"GET / HTTP/1.1\r\n"
		 "Proxy-Authorization: Basic bWU6c2VjcmV0\r\n\r\n",
			"me", "405 ", "Allow: CONNECT"},
		{HTTP_CONNECT_HEAD "\r\n", "me", "407 ", "Basic"},
		{HTTP_CONNECT_HEAD
			"Proxy-Authorization: Basic bWU6c2VjcmV4\r\n\r\n",
			"me", "407 ", "Basic"},
		{HTTP_CONNECT_HEAD "Proxy-Authorization: Basic !!!!\r\n\r\n",
			"me", "407 ", "Basic"},
		/* padding over bits that are set */
		{HTTP_CONNECT_HEAD
			"Proxy-Authorization: Basic bWU6c2VjcmN=\r\n\r\n",
			"me", "407 ", "Basic"},
		{HTTP_CONNECT_HEAD "Proxy-Authorization: Basic \r\n\r\n", "me",
			"407 ", "Basic"},
		{HTTP_CONNECT_HEAD
			"Proxy-Authorization: Digest bWU6c2VjcmV0\r\n\r\n",
			"me", "407 ", "Basic"},
		{HTTP_CONNECT_HEAD "Authorization: Basic bWU6c2VjcmV0\r\n\r\n",
			"me", "407 ", "Basic"},
		{"CONNECT example.org HTTP/1.1\r\n\r\n", NULL, "400 ", "taupe"},
		{"CONNECT :80 HTTP/1.1\r\n\r\n", NULL, "400 ", "taupe"},
		{"CONNECT a: HTTP/1.1\r\n\r\n", NULL, "400 ", "taupe"},
		{"CONNECT a:0 HTTP/1.1\r\n\r\n", NULL, "400 ", "taupe"},
		{"CONNECT a:65536 HTTP/1.1\r\n\r\n", NULL, "400 ", "taupe"},
		{"CONNECT a:1x HTTP/1.1\r\n\r\n", NULL, "400 ", "taupe"},
		{"CONNECT ::1:80 HTTP/1.1\r\n\r\n", NULL, "400 ", "taupe"},
		{"CONNECT []:80 HTTP/1.1\r\n\r\n", NULL, "400 ", "taupe"},
		{"CONNECT http://a:80 HTTP/1.1\r\n\r\n", NULL, "400 ", "taupe"},
		{"CONNECT me@a:80 HTTP/1.1\r\n\r\n", NULL, "400 ", "taupe"},
		{"CONNECT a\001b:80 HTTP/1.1\r\n\r\n", NULL, "400 ", "taupe"},
		{"CONNECT a:80 HTTP/2.0\r\n\r\n", NULL, "400 ", "taupe"},
		{"CONNECT  a:80 HTTP/1.1\r\n\r\n", NULL, "400 ", "taupe"},
		{"CONNECT a:80\r\n\r\n", NULL, "400 ", "taupe"},
		{"SSH-2.0-OpenSSH_9.2\r\n", NULL, "400 ", "taupe"},
		{"EHLO\n", NULL, "400 ", "taupe"},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct outcome o = run(rows[i].text, strlen(rows[i].text),
			rows[i].user, "secret");
		const char *text, *body;

		buf_put_u8(&o.out, '\0');
		text = (const char *)buf_ptr(&o.out);
		assert_int_equal(o.result, SOCKS_END);
		if (strncmp(text, "HTTP/1.1 ", 9) != 0 ||
			strncmp(text + 9, rows[i].status, 4) != 0 ||
			strstr(text, rows[i].words) == NULL)
			fail_msg("%s: %s", rows[i].text, text);
		assert_non_null(strstr(text, "\r\nConnection: close\r\n"));
		body = strstr(text, "\r\n\r\n") + 4;
		assert_int_equal(atol(strstr(text, "Content-Length: ") + 16),
			strlen(body));
		outcome_done(&o);
	}
}

static int listen_nowhere(void **state)
{
	(void)state;
	listen_host = NULL;
	listen_port = 0;
	return 0;
}

static void the_pac_file_names_this_port(void **state)
{
	static const struct {
		const char *host; /* that it listens on */
		const char *field, *place;
	} rows[] = {
		/* the client's word, where it can be true */
		{"127.0.0.1", "Host: localhost:1080\r\n", "localhost:1080"},
		{"", "Host: 192.0.2.7:1080\r\n", "192.0.2.7:1080"},
		{"", "hOST:\tMy-box_1.example.org:1080 \r\n",
			"My-box_1.example.org:1080"},
		{"::", "Host: [2001:db8::7]:1080\r\n", "[2001:db8::7]:1080"},
		/* else where it listens */
		{"127.0.0.1", "", "127.0.0.1:1080"},
		{"localhost", "", "127.0.0.1:1080"},
		{NULL, "", "127.0.0.1:1080"},
		{"", "Host: example.org\r\n", "127.0.0.1:1080"},
		{"", "Host: example.org:1081\r\n", "127.0.0.1:1080"},
		{"", "Host: example.org:01080\r\n", "127.0.0.1:1080"},
		{"", "Host: example.org:11080\r\n", "127.0.0.1:1080"},
		{"", "Host: :1080\r\n", "127.0.0.1:1080"},
		{"", "Host: 1080\r\n", "127.0.0.1:1080"},
		{"", "Host:\r\n", "127.0.0.1:1080"},
		{"0.0.0.0", "Host: a\";alert(1)//:1080\r\n", "127.0.0.1:1080"},
		{"::", "Host: a; PROXY evil:1080\r\n", "127.0.0.1:1080"},
		{"", "Host: a b:1080\r\n", "127.0.0.1:1080"},
		{"", "Host: \303\251:1080\r\n", "127.0.0.1:1080"},
		{"", "Host: ::1:1080\r\n", "127.0.0.1:1080"},
		{"", "Host: [::1:1080\r\n", "127.0.0.1:1080"},
		{"", "Host: []:1080\r\n", "127.0.0.1:1080"},
		{"", "Host: [1]:1080\r\n", "127.0.0.1:1080"},
		{"", "Host: [fe80::1%25lo]:1080\r\n", "127.0.0.1:1080"},
		{"192.0.2.5", "", "192.0.2.5:1080"},
		{"::1", "Host: x\r\n", "[::1]:1080"},
	};
	static const char *const paths[] = {"/proxy.pac", "/wpad.dat"};

	(void)state;
	listen_port = 1080;
	for (size_t i = 0; i < 2 * ROWS(rows); i++) {
		const char *place = rows[i / 2].place, *text, *body;
		char *request = mem_printf("GET %s HTTP/1.1\r\n%s\r\n",
			paths[i % 2], rows[i / 2].field);
		char *line = mem_printf("\treturn \"SOCKS5 %s; SOCKS %s; PROXY "
					"%s\";\n",
			place, place, place);
		struct outcome o;

		listen_host = rows[i / 2].host;
		/* A login is never asked for. */
		o = run(request, strlen(request), i % 2 != 0 ? "me" : NULL,
			"secret");
		buf_put_u8(&o.out, '\0');
		text = (const char *)buf_ptr(&o.out);
		assert_int_equal(o.result, SOCKS_END);
		if (strncmp(text, "HTTP/1.1 200 OK\r\n", 17) != 0 ||
			strstr(text, line) == NULL)
			fail_msg("%s: %s", request, text);
		assert_non_null(strstr(text, "\r\nContent-Type: application/"
					     "x-ns-proxy-autoconfig\r\n"));
		body = strstr(text, "\r\n\r\n") + 4;
		assert_int_equal(atol(strstr(text, "Content-Length: ") + 16),
			strlen(body));
		outcome_done(&o);
		free(line);
		free(request);
	}
}

static void a_host_may_be_long_but_not_too_long(void **state)
{
	char host[SOCKS_HOST_MAX + 2];

	(void)state;
	listen_port = 65535;
	for (size_t n = SOCKS_HOST_MAX; n <= SOCKS_HOST_MAX + 1; n++) {
		struct outcome o;
		char *request;

		memset(host, 'h', n);
		host[n] = '\0';
		request = mem_printf("GET /proxy.pac HTTP/1.1\r\n"
				     "Host: %s:65535\r\n\r\n",
			host);
		o = run(request, strlen(request), NULL, NULL);
		buf_put_u8(&o.out, '\0');
		assert_int_equal(o.result, SOCKS_END);
		assert_int_equal(
			strstr((const char *)buf_ptr(&o.out), host) != NULL,
			n == SOCKS_HOST_MAX);
		outcome_done(&o);
		free(request);
	}
}

static void a_head_of_the_pac_file_has_no_body(void **state)
{
	static const char get[] = "GET /proxy.pac HTTP/1.0\r\n\r\n",
			  head[] = "HEAD /proxy.pac HTTP/1.0\r\n\r\n";
	struct outcome with, without;
	size_t n;

	(void)state;
	listen_port = 1080;
	with = run(BYTES(get), NULL, NULL);
	without = run(BYTES(head), NULL, NULL);
	n = buf_len(&without.out);
	assert_true(buf_len(&with.out) > n);
	assert_memory_equal(buf_ptr(&with.out), buf_ptr(&without.out), n);
	assert_memory_equal(buf_ptr(&without.out) + n - 4, "\r\n\r\n", 4);
	outcome_done(&with);
	outcome_done(&without);
}

static void other_requests_are_told_of_the_pac_file(void **state)
{
	static const struct {
		const char *text, *user, *status;
	} rows[] = {
		{"GET / HTTP/1.1\r\nHost: box:1080\r\n\r\n", NULL, "405 "},
		{"GET / HTTP/1.1\r\nHost: box:1080\r\n\r\n", "me", "407 "},
		{"POST /proxy.pac HTTP/1.1\r\nHost: box:1080\r\n\r\n", NULL,
			"405 "},
		{"GET /proxy.pacs HTTP/1.1\r\nHost: box:1080\r\n\r\n", NULL,
			"405 "},
		/* somebody else's, by way of a proxy */
		{"GET http://box/proxy.pac HTTP/1.1\r\nHost: box:1080\r\n"
		 "\r\n",
			NULL, "405 "},
	};

	(void)state;
	for (size_t i = 0; i < 2 * ROWS(rows); i++) {
		struct outcome o;
		const char *text;

		listen_port = i % 2 != 0 ? 1080 : 0;
		o = run(rows[i / 2].text, strlen(rows[i / 2].text),
			rows[i / 2].user, "secret");
		buf_put_u8(&o.out, '\0');
		text = (const char *)buf_ptr(&o.out);
		assert_int_equal(o.result, SOCKS_END);
		assert_memory_equal(text + 9, rows[i / 2].status, 4);
		assert_int_equal(
			strstr(text, "\nhttp://box:1080/proxy.pac\n") != NULL,
			listen_port != 0);
		outcome_done(&o);
	}
}

/* What must not fit is found out when the last byte that may come has come, and
 * what just fits is taken. */
static void lengths_are_capped(void **state)
{
	char name[300];
	struct buf b = BUF_INIT;
	struct outcome o;

	(void)state;
	memset(name, 'a', sizeof(name));
	for (size_t n = 255; n <= 256; n++) {
		buf_clear(&b);
		buf_put(&b, "\4\1\0\120\0\0\0\1\0", 9);
		buf_put(&b, name, n);
		buf_put_u8(&b, 0);
		o = run((char *)buf_ptr(&b), buf_len(&b), NULL, NULL);
		assert_int_equal(
			o.result, n == 255 ? SOCKS_CONNECT : SOCKS_END);
		outcome_done(&o);

		buf_clear(&b);
		buf_put(&b, "\4\1\0\120\177\0\0\1", 8);
		buf_put(&b, name, n);
		buf_put_u8(&b, 0);
		o = run((char *)buf_ptr(&b), buf_len(&b), NULL, NULL);
		assert_int_equal(
			o.result, n == 255 ? SOCKS_CONNECT : SOCKS_END);
		outcome_done(&o);

		buf_clear(&b);
		buf_put(&b, "CONNECT ", 8);
		buf_put(&b, name, n);
		buf_printf(&b, ":80 HTTP/1.1\r\n\r\n");
		o = run((char *)buf_ptr(&b), buf_len(&b), NULL, NULL);
		assert_int_equal(
			o.result, n == 255 ? SOCKS_CONNECT : SOCKS_END);
		outcome_done(&o);
	}
	buf_done(&b);
}

static void endless_heads_are_cut(void **state)
{
	char *line = malloc(SOCKS_REQUEST_MAX);
	struct buf b = BUF_INIT;
	struct outcome o;

	(void)state;
	memset(line, 'a', SOCKS_REQUEST_MAX);
	o = run(line, SOCKS_REQUEST_MAX - 1, NULL, NULL);
	assert_int_equal(o.result, SOCKS_MORE);
	outcome_done(&o);
	o = run(line, SOCKS_REQUEST_MAX, NULL, NULL);
	assert_int_equal(o.result, SOCKS_END);
	assert_memory_equal(buf_ptr(&o.out), "HTTP/1.1 414", 12);
	outcome_done(&o);

	/* The end of the head is the last byte that may come, or one later. */
	for (size_t over = 0; over <= 1; over++) {
		buf_clear(&b);
		buf_printf(&b, HTTP_CONNECT_HEAD "X: ");
		buf_put(&b, line, SOCKS_REQUEST_MAX - buf_len(&b) - 4 + over);
		buf_printf(&b, "\r\n\r\nearly");
		o = run((char *)buf_ptr(&b), buf_len(&b), NULL, NULL);
		assert_int_equal(
			o.result, over == 0 ? SOCKS_CONNECT : SOCKS_END);
		if (over != 0)
			assert_memory_equal(
				buf_ptr(&o.out), "HTTP/1.1 431", 12);
		else
			assert_int_equal(buf_len(&o.in), 5);
		outcome_done(&o);
	}
	buf_done(&b);
	free(line);
}

static void every_prefix_wants_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(connects); i++)
		for (size_t n = 1; n < connects[i].n; n++) {
			struct outcome o = run(connects[i].bytes, n,
				connects[i].user, connects[i].password);

			assert_int_equal(o.result, SOCKS_MORE);
			outcome_done(&o);
		}
}

static void replies_carry_the_reason(void **state)
{
	static const struct {
		int err;
		uint8_t v5;
		const char *http;
	} rows[] = {
		{ERR_OK, 0, "HTTP/1.1 200 "},
		{ERR_TARGET_REFUSED, 5, "HTTP/1.1 502 "},
		{ERR_TARGET_UNREACHABLE, 4, "HTTP/1.1 502 "},
		{ERR_DNS_FAILED, 4, "HTTP/1.1 502 "},
		{ERR_TARGET_PROHIBITED, 2, "HTTP/1.1 403 "},
		{ERR_LINK_LOST, 3, "HTTP/1.1 502 "},
		{ERR_TIMEOUT, 6, "HTTP/1.1 504 "},
		{ERR_CONNECT_TIMEOUT, 6, "HTTP/1.1 504 "},
		{ERR_TARGET_FAILED, 1, "HTTP/1.1 502 "},
		{ERR_LIMIT, 1, "HTTP/1.1 502 "},
	};
	struct socks s = {.host = "example.org", .port = 443};
	struct buf out = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < ROWS(rows) * 2; i++) {
		int err = rows[i / 2].err * (i % 2 != 0 ? -1 : 1);

		buf_clear(&out);
		s.protocol = SOCKS_V5;
		socks_reply(&s, err, &out);
		assert_int_equal(buf_len(&out), 10);
		assert_int_equal(buf_ptr(&out)[1], rows[i / 2].v5);
		buf_clear(&out);
		s.protocol = i % 2 != 0 ? SOCKS_V4 : SOCKS_V4A;
		socks_reply(&s, err, &out);
		assert_int_equal(buf_len(&out), 8);
		assert_int_equal(buf_ptr(&out)[1], err == 0 ? 0x5a : 0x5b);
		buf_clear(&out);
		s.protocol = SOCKS_HTTP;
		socks_reply(&s, err, &out);
		buf_put_u8(&out, '\0');
		assert_memory_equal(buf_ptr(&out), rows[i / 2].http,
			strlen(rows[i / 2].http));
		if (err != 0)
			assert_non_null(strstr((char *)buf_ptr(&out),
				"taupe: example.org port 443: "));
	}
	buf_done(&out);
}

static void protocols_have_names(void **state)
{
	(void)state;
	assert_string_equal(socks_protocol_name(SOCKS_V4), "socks4");
	assert_string_equal(socks_protocol_name(SOCKS_V4A), "socks4a");
	assert_string_equal(socks_protocol_name(SOCKS_V5), "socks5");
	assert_string_equal(socks_protocol_name(SOCKS_HTTP), "http");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define PAC(test) cmocka_unit_test_teardown(test, listen_nowhere)
		cmocka_unit_test(connects_with_and_without_early_data),
		cmocka_unit_test(refusals),
		cmocka_unit_test(http_refusals),
		PAC(the_pac_file_names_this_port),
		PAC(a_host_may_be_long_but_not_too_long),
		PAC(a_head_of_the_pac_file_has_no_body),
		PAC(other_requests_are_told_of_the_pac_file),
		cmocka_unit_test(lengths_are_capped),
		cmocka_unit_test(endless_heads_are_cut),
		cmocka_unit_test(every_prefix_wants_more),
		cmocka_unit_test(replies_carry_the_reason),
		cmocka_unit_test(protocols_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
