/*
 * What a person typed, field by field, into records: every kind of value, what
 * is wrong told by its field, and nothing changed by what is wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/fields_forward.h"
#include "api/fields_server.h"
#include "control_world.h"
#include "scratch.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static json_t *parse(const char *text)
{
	json_error_t error;
	json_t *body = json_loads(text, JSON_DECODE_ANY, &error);

	if (body == NULL)
		fail_msg("%s: %s", text, error.text);
	return body;
}

/* What is wrong: "field field …" in the order of the fields. */
static const char *said(const struct control_fields *fields)
{
	static char text[512];

	*text = '\0';
	for (unsigned i = 0; i < fields->n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			"%s%s", i != 0 ? " " : "", fields->item[i].field);
	return text;
}

/* ---- forwards ---- */

struct read {
	struct fields_forward f;
	json_t *body;
	struct control_fields fields;
};

static struct read read_forward(
	struct world *w, const struct store_forward *from, const char *text)
{
	struct read r = {.body = parse(text)};

	fields_forward_init(&r.f, from);
	fields_forward_read(&r.f, w->control, r.body, &r.fields);
	return r;
}

static void read_done(struct read *r)
{
	fields_forward_done(&r->f);
	json_decref(r->body);
}

static void endpoint_is(const struct endpoint *e, const char *text)
{
	char is[ENDPOINT_TEXT];

	endpoint_text(e, is, sizeof(is));
	assert_string_equal(is, text);
}

static void sides_are_read(void **state)
{
	static const struct {
		const char *type, *sides, *listen, *target;
		bool left_out;
	} rows[] = {
		{"local", "\"local\":\"127.0.0.1:3307\",\"remote\":\"db:3306\"",
			"127.0.0.1:3307", "db:3306", false},
		{"local", "\"local\":\"3307\",\"remote\":\"[::1]:3306\"",
			"localhost:3307", "[::1]:3306", true},
		{"local",
			"\"local_port\":3307,\"remote_host\":\"db\","
			"\"remote_port\":3306",
			"localhost:3307", "db:3306", true},
		{"local",
			"\"local_host\":\"*\",\"local_port\":0,"
			"\"remote_path\":\"/run/x\"",
			"*:0", "/run/x", false},
		{"local", "\"local\":\"/tmp/a b\",\"remote\":\"db:1\"",
			"/tmp/a b", "db:1", false},
		{"remote", "\"local\":\"127.0.0.1:3000\",\"remote\":\"*:8080\"",
			"*:8080", "127.0.0.1:3000", false},
		{"remote",
			"\"local\":null,\"remote_host\":\"[::]\","
			"\"remote_port\":1080",
			"[::]:1080", NULL, false},
		{"dynamic", "\"local\":\"127.0.0.1:1080\",\"remote\":null",
			"127.0.0.1:1080", NULL, false},
		{"dynamic",
			"\"local\":\"1.2.3.4:1\",\"local_host\":\"127.0.0.1\","
			"\"local_port\":1081,\"local_path\":null",
			"127.0.0.1:1081", NULL, false},
	};
	struct world *w = *state;
	char text[512];

	world_add_server(w, "vps", 22, NULL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct read r;

		snprintf(text, sizeof(text),
			"{\"name\":\"x\",\"server\":\"vps\",\"type\":\"%s\",%"
			"s}",
			rows[i].type, rows[i].sides);
		r = read_forward(w, NULL, text);
		if (r.fields.n != 0)
			fail_msg("%s: %s", text, said(&r.fields));
		endpoint_is(&r.f.record.spec.listen, rows[i].listen);
		assert_int_equal(
			r.f.record.spec.bind_left_out, rows[i].left_out);
		if (rows[i].target != NULL)
			endpoint_is(&r.f.record.spec.target, rows[i].target);
		else
			assert_null(r.f.record.spec.target.host);
		assert_int_equal(r.f.record.spec.reverse_dynamic,
			rows[i].target == NULL &&
				r.f.record.spec.type == FORWARD_REMOTE);
		read_done(&r);
	}
}

static void what_is_wrong_is_told(void **state)
{
	static const struct {
		const char *body, *said;
	} rows[] = {
		{"{}", "type local_port remote_port remote_host name server"},
		{"{\"nmae\":\"x\",\"name\":\"x\",\"server\":\"vps\","
		 "\"type\":\"dynamic\",\"local\":\"1080\"}",
			"nmae"},
		{"{\"name\":1,\"server\":\"vps\",\"type\":\"dynamic\","
		 "\"local\":\"1080\"}",
			"name"},
		{"{\"name\":\"x\",\"server\":\"no\",\"type\":\"dynamic\","
		 "\"local\":\"1080\"}",
			"server"},
		{"{\"name\":\"x\",\"server_id\":-1,\"type\":\"dynamic\","
		 "\"local\":\"1080\"}",
			"server_id"},
		{"{\"name\":\"x\",\"server\":\"vps\",\"type\":\"dynmic\","
		 "\"local\":\"1080\"}",
			"type remote_port remote_host"},
		{"{\"name\":\"x\",\"server\":\"vps\",\"type\":\"dynamic\","
		 "\"local\":\"1080\",\"remote\":\"db:1\"}",
			"remote"},
		{"{\"name\":\"x\",\"server\":\"vps\",\"type\":\"local\","
		 "\"local\":\"::1:80\",\"remote\":\"db\"}",
			"local remote"},
		{"{\"name\":\"x\",\"server\":\"vps\",\"type\":\"local\","
		 "\"local_port\":\"80\",\"remote_host\":5,\"remote_port\":0}",
			"local_port remote_host"},
		{"{\"name\":\"x\",\"server\":\"vps\",\"type\":\"local\","
		 "\"local_port\":65536,\"remote\":\"db:0\"}",
			"local_port remote_port"},
		{"{\"name\":\"x\",\"server\":\"vps\",\"type\":\"local\","
		 "\"local_path\":\"relative\",\"remote\":\"db:1\"}",
			"local_path"},
		{"{\"name\":\"x\",\"server\":\"vps\",\"type\":\"dynamic\","
		 "\"local\":\"1080\",\"autostart\":1,\"tags\":\"a\","
		 "\"idle_disconnect_s\":4294967296,\"auto_off_s\":1.5,"
		 "\"limit_in_bytes_s\":-1,\"position\":\"first\","
		 "\"allow\":\"everybody\",\"socks_password\":7}",
			"autostart tags idle_disconnect_s auto_off_s "
			"limit_in_bytes_s position socks_password allow"},
	};
	struct world *w = *state;

	world_add_server(w, "vps", 22, NULL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct read r = read_forward(w, NULL, rows[i].body);

		if (strcmp(said(&r.fields), rows[i].said) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", rows[i].body,
				said(&r.fields), rows[i].said);
		read_done(&r);
	}
}

static void a_change_leaves_the_rest(void **state)
{
	struct world *w = *state;
	uint32_t server = world_add_server(w, "vps", 22, NULL);
	uint32_t id = world_add_forward(
		w, "db", server, FORWARD_LOCAL, "127.0.0.1:3307:db:3306");
	const struct store_forward *from =
		&control_forward(w->control, id)->want;
	struct read r = read_forward(w, from, "{\"local_port\":3308}");

	assert_int_equal(r.fields.n, 0);
	endpoint_is(&r.f.record.spec.listen, "127.0.0.1:3308");
	endpoint_is(&r.f.record.spec.target, "db:3306");
	assert_string_equal(r.f.record.name, "db");
	assert_false(r.f.has_socks_password);
	read_done(&r);

	r = read_forward(w, from, "{\"type\":\"remote\"}");
	assert_int_equal(r.fields.n, 0);
	endpoint_is(&r.f.record.spec.listen, "db:3306");
	endpoint_is(&r.f.record.spec.target, "127.0.0.1:3307");
	read_done(&r);

	r = read_forward(w, from, "{\"type\":\"dynamic\"}");
	assert_int_equal(r.fields.n, 0);
	assert_null(r.f.record.spec.target.host);
	read_done(&r);

	r = read_forward(w, from,
		"{\"local_path\":\"/tmp/x.sock\",\"tags\":[\"b\",\"a\",\"b\"],"
		"\"note\":\"n\",\"socks_password\":null}");
	assert_int_equal(r.fields.n, 0);
	endpoint_is(&r.f.record.spec.listen, "/tmp/x.sock");
	assert_int_equal(r.f.record.tags.n, 2);
	assert_string_equal(r.f.record.tags.item[0], "a");
	assert_true(r.f.has_socks_password);
	assert_int_equal(r.f.socks_password.len, 0);
	read_done(&r);
}

static void passwords_are_wiped_from_the_body(void **state)
{
	struct read r =
		read_forward(*state, NULL, "{\"socks_password\":\"hunter2\"}");

	assert_true(r.f.has_socks_password);
	assert_string_equal(r.f.socks_password.p, "hunter2");
	assert_string_equal(
		json_string_value(json_object_get(r.body, "socks_password")),
		"");
	read_done(&r);
}

/* ---- servers ---- */

struct server_read {
	struct fields_server f;
	json_t *body;
	struct control_fields fields;
};

static struct server_read read_server(
	struct world *w, const struct store_server *from, const char *text)
{
	struct server_read r = {.body = parse(text)};

	fields_server_init(&r.f, from);
	fields_server_read(&r.f, w->control, r.body, &r.fields);
	return r;
}

static void server_read_done(struct server_read *r)
{
	fields_server_done(&r->f);
	json_decref(r->body);
}

static const char *options_of(const struct store_server *s)
{
	static char text[1024];

	*text = '\0';
	for (size_t i = 0; i < s->options.n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			"%s%s", i != 0 ? "|" : "", s->options.item[i]);
	return text;
}

#define NAMED "\"name\":\"x\",\"host\":\"h\""

static void options_have_fields(void **state)
{
	static const struct {
		const char *body, *options;
	} rows[] = {
		{"{" NAMED "}", ""},
		{"{" NAMED ",\"keep_alive_s\":30,\"keep_alive_count\":0,"
		 "\"connect_timeout_s\":5,\"pool\":2}",
			"ServerAliveInterval=30|ServerAliveCountMax=0|"
			"ConnectTimeout=5|TaupePool=2"},
		{"{" NAMED ",\"keep_alive_s\":null,\"ciphers\":null,"
		 "\"identity_files\":null,\"known_hosts\":[],\"macs\":\"\"}",
			""},
		{"{" NAMED ",\"identity_files\":[\"~/.ssh/a\",\"/k y/b\"]}",
			"IdentityFile=~/.ssh/a|IdentityFile=\"/k y/b\""},
		{"{" NAMED ",\"known_hosts\":[\"/a\",\"/b c\",\"/d\\\"e\"]}",
			"UserKnownHostsFile=/a \"/b c\" \"/d\\\"e\""},
		{"{" NAMED ",\"host_key_policy\":\"strict\","
		 "\"address_family\":\"inet6\",\"identities_only\":true}",
			"StrictHostKeyChecking=yes|AddressFamily=inet6|"
			"IdentitiesOnly=yes"},
		{"{" NAMED ",\"proxy_command\":\"nc -X 5 %h %p\"}",
			"ProxyCommand=nc -X 5 %h %p"},
		{"{" NAMED ",\"options\":[\"RekeyLimit=1G\",\"TaupePool=3\"],"
		 "\"pool\":5}",
			"RekeyLimit=1G|TaupePool=5"},
		{"{" NAMED ",\"auth_methods\":\"publickey\","
		 "\"ciphers\":\"aes128-ctr\"}",
			"PreferredAuthentications=publickey|"
			"Ciphers=aes128-ctr"},
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct server_read r = read_server(w, NULL, rows[i].body);

		if (r.fields.n != 0)
			fail_msg("%s: %s", rows[i].body, said(&r.fields));
		assert_string_equal(options_of(&r.f.record), rows[i].options);
		server_read_done(&r);
	}
}

static void wrong_options_are_told(void **state)
{
	static const struct {
		const char *body, *said;
	} rows[] = {
		{"{}", "name host"},
		{"{" NAMED ",\"port\":65536}", "port"},
		{"{" NAMED ",\"port\":\"22\"}", "port"},
		{"{" NAMED ",\"keep_alive_s\":\"15\"}", "keep_alive_s"},
		{"{" NAMED ",\"keep_alive_s\":9223372036854775807}",
			"keep_alive_s"},
		{"{" NAMED ",\"pool\":0}", "pool"},
		{"{" NAMED ",\"pool\":33}", "pool"},
		{"{" NAMED ",\"host_key_policy\":\"no\"}", "host_key_policy"},
		{"{" NAMED ",\"host_key_policy\":true}", "host_key_policy"},
		{"{" NAMED ",\"ciphers\":\"rot13\"}", "ciphers"},
		{"{" NAMED ",\"identity_files\":\"~/a\"}", "identity_files"},
		{"{" NAMED ",\"identity_files\":[\"\"]}", "identity_files"},
		{"{" NAMED ",\"identity_files\":[\"a\\nProxyCommand=x\"]}",
			"identity_files"},
		{"{" NAMED ",\"proxy_command\":\"a\\nb\"}", "proxy_command"},
		{"{" NAMED ",\"proxy_jump\":\"a b\"}", "proxy_jump"},
		{"{" NAMED ",\"options\":[\"Nonsense=1\"]}", "options"},
		{"{" NAMED ",\"options\":{\"a\":1}}", "options"},
		{"{" NAMED ",\"jump_server\":\"nowhere\"}", "jump_server"},
		{"{" NAMED ",\"jump_server_id\":77}", "jump_server_id"},
		{"{" NAMED ",\"keep_secrets\":\"always\"}", "keep_secrets"},
		{"{" NAMED ",\"password\":5}", "password"},
		{"{" NAMED ",\"state\":\"connected\"}", "state"},
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct server_read r = read_server(w, NULL, rows[i].body);

		if (strcmp(said(&r.fields), rows[i].said) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", rows[i].body,
				said(&r.fields), rows[i].said);
		server_read_done(&r);
	}
}

static void a_servers_change_leaves_the_rest(void **state)
{
	struct world *w = *state;
	struct store_server from = {
		.id = 9, .name = mem_strdup("x"), .host = mem_strdup("h")};
	struct server_read r;

	world_option(&from, "RekeyLimit=1G");
	world_option(&from, "serveraliveinterval=20");
	world_option(&from, "IdentityFile=a");
	r = read_server(w, &from, "{\"keep_alive_s\":40}");
	assert_int_equal(r.fields.n, 0);
	assert_string_equal(options_of(&r.f.record),
		"RekeyLimit=1G|IdentityFile=a|ServerAliveInterval=40");
	server_read_done(&r);
	r = read_server(w, &from,
		"{\"options\":[\"HashKnownHosts=yes\"],\"user\":\"me\"}");
	assert_string_equal(options_of(&r.f.record),
		"serveraliveinterval=20|IdentityFile=a|HashKnownHosts=yes");
	server_read_done(&r);
	r = read_server(w, &from,
		"{\"keep_alive_s\":null,\"identity_files\":[],\"options\":[]}");
	assert_string_equal(options_of(&r.f.record), "");
	server_read_done(&r);
	/* What is wrong changes nothing of its own field. */
	r = read_server(w, &from, "{\"keep_alive_s\":-1,\"options\":[\"X\"]}");
	assert_string_equal(options_of(&r.f.record), options_of(&from));
	server_read_done(&r);
	store_server_done(&from);
}

static void every_kind_of_value_is_survived(void **state)
{
	static const char *const values[] = {"null", "true", "-1", "0", "1e300",
		"9223372036854775807", "\"\"", "\"x\"", "[]", "[null]",
		"[[[]]]", "{}", "{\"a\":[1]}"};
	static const char *const names[] = {"name", "type", "server",
		"server_id", "local", "local_host", "local_port", "local_path",
		"remote", "remote_host", "remote_port", "remote_path", "tags",
		"autostart", "lazy", "idle_disconnect_s", "auto_off_s", "allow",
		"limit_in_bytes_s", "limit_out_bytes_s", "socks_user",
		"socks_password", "note", "position", "host", "port", "user",
		"jump_server", "jump_server_id", "password", "passphrase",
		"options", "keep_secrets", "address_family", "auth_methods",
		"certificate_files", "ciphers", "connect_timeout_s",
		"host_key_policy", "identities_only", "identity_agent",
		"identity_files", "known_hosts", "pool", "proxy_command",
		"proxy_jump"};
	char text[128];

	for (size_t i = 0; i < COUNT(names); i++)
		for (size_t k = 0; k < COUNT(values); k++) {
			struct read r;
			struct server_read s;

			snprintf(text, sizeof(text), "{\"%s\":%s}", names[i],
				values[k]);
			r = read_forward(*state, NULL, text);
			assert_int_not_equal(r.fields.n, 0);
			read_done(&r);
			s = read_server(*state, NULL, text);
			assert_int_not_equal(s.fields.n, 0);
			server_read_done(&s);
		}
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(sides_are_read),
		TEST(what_is_wrong_is_told),
		TEST(a_change_leaves_the_rest),
		TEST(passwords_are_wiped_from_the_body),
		TEST(options_have_fields),
		TEST(wrong_options_are_told),
		TEST(a_servers_change_leaves_the_rest),
		TEST(every_kind_of_value_is_survived),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
