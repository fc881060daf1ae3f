/*
 * floor TARGET_PORT [plain]
 *
 * The least that any tunnel must spend: a TCP relay that seals what passes with
 * AES-128-GCM, 32 KiB at a time, and does nothing else. No protocol, no
 * channels, no windows, no framing: one receive, one seal, one send.
 *
 * With "plain" it does not even seal: what the kernel alone takes.
 *
 * Prints its port as JSON. One connection at a time; a thread for each way.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "net.h"

#define PACKET 32768

static bool plain;

struct way {
	int from, to;
};

static void seal(EVP_CIPHER_CTX *ctx, unsigned char *data, int n)
{
	/* A new IV for each packet, as in RFC 5647. The key means nothing:
	 * nobody opens what is sealed here. */
	static const unsigned char iv[12];
	unsigned char tag[16];
	int out;

	if (EVP_EncryptInit_ex(ctx, NULL, NULL, NULL, iv) != 1 ||
		EVP_EncryptUpdate(ctx, data, &out, data, n) != 1 ||
		EVP_EncryptFinal_ex(ctx, data + out, &out) != 1 ||
		EVP_CIPHER_CTX_ctrl(
			ctx, EVP_CTRL_AEAD_GET_TAG, sizeof(tag), tag) != 1)
		net_die("AES-GCM");
}

static void *carry(void *arg)
{
	static const unsigned char key[16];
	struct way *w = arg;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char data[PACKET];
	ssize_t n;

	if (ctx == NULL || EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, key,
				   NULL) != 1)
		net_die("AES-GCM");
	while ((n = recv(w->from, data, sizeof(data), 0)) > 0) {
		if (!plain)
			seal(ctx, data, (int)n);
		if (net_send_all(w->to, data, (size_t)n) < 0)
			break;
	}
	shutdown(w->to, SHUT_WR);
	/* A receiver that is gone must not leave its sender waiting. */
	shutdown(w->from, SHUT_RD);
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

int main(int argc, char **argv)
{
	uint16_t port, target;
	int listener;

	if (argc < 2 || argc > 3)
		return 2;
	plain = argc == 3 && strcmp(argv[2], "plain") == 0;
	target = net_port(argv[1]);
	listener = net_listen(&port);
	printf("{\"port\": %u}\n", port);
	fflush(stdout);
	for (;;) {
		struct way up = {.from = net_accept(listener)};
		struct way down = {.to = up.from};
		pthread_t thread;

		up.to = down.from = net_connect(target);
		if (pthread_create(&thread, NULL, carry, &up) != 0)
			net_die("thread");
		carry(&down);
		/* The source's client has gone, or the sink has answered. */
		shutdown(up.from, SHUT_RDWR);
		pthread_join(thread, NULL);
		close(up.from);
		close(up.to);
	}
}
