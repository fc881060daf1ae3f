#include "api/page.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/negotiate.h"
#include "api/request_private.h"
#include "base/file.h"
#include "base/mem.h"

#define INDEX    "/index.html"
#define FILE_MAX (16 * 1024 * 1024)

struct page {
	char *dir; /* or NULL */
};

struct page *page_new(const char *dir)
{
	struct page *p = mem_zalloc(1, sizeof(*p));

	p->dir = dir != NULL ? mem_strdup(dir) : NULL;
	return p;
}

void page_free(struct page *p)
{
	if (p == NULL)
		return;
	free(p->dir);
	free(p);
}

/* ---- out of the program ---- */

static int file_cmp(const void *path, const void *file)
{
	return strcmp(path, ((const struct page_file *)file)->path);
}

static const struct page_file *find(const char *path)
{
	return bsearch(path, page_files, page_files_count, sizeof(*page_files),
		file_cmp);
}

/* What has another content under the same name is asked for each time. */
static void add_headers(struct request *r, const char *etag, bool immutable)
{
	request_add_header(r, MHD_HTTP_HEADER_ETAG, etag);
	request_add_header(r, MHD_HTTP_HEADER_CACHE_CONTROL,
		immutable ? "public, max-age=31536000, immutable" : "no-cache");
	request_add_header(
		r, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING);
}

static bool is_known(struct request *r, const char *etag)
{
	return negotiate_has_etag(
		request_header(r, MHD_HTTP_HEADER_IF_NONE_MATCH), etag);
}

static void serve_file(struct request *r, const struct page_file *f)
{
	bool gz = f->gz != NULL && negotiate_gzip(request_header(
					   r, MHD_HTTP_HEADER_ACCEPT_ENCODING));

	add_headers(r, f->etag, f->immutable);
	if (is_known(r, f->etag)) {
		request_reply_empty(r, MHD_HTTP_NOT_MODIFIED);
		return;
	}
	request_add_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, f->type);
	if (gz)
		request_add_header(r, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	request_reply(r, MHD_HTTP_OK,
		MHD_create_response_from_buffer(gz ? f->gz_len : f->raw_len,
			(void *)(gz ? f->gz : f->raw), MHD_RESPMEM_PERSISTENT));
}

/* ---- out of a folder ---- */

static const char *type_of(const char *path)
{
	static const struct {
		const char *end, *type;
	} types[] = {
		{".html", "text/html; charset=utf-8"},
		{".js", "text/javascript; charset=utf-8"},
		{".css", "text/css; charset=utf-8"},
		{".json", "application/json"},
		{".webmanifest", "application/manifest+json"},
		{".svg", "image/svg+xml"},
		{".png", "image/png"},
		{".ico", "image/x-icon"},
		{".woff2", "font/woff2"},
		{".txt", "text/plain; charset=utf-8"},
	};
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot != NULL && i < sizeof(types) / sizeof(types[0]);
		i++)
		if (strcmp(dot, types[i].end) == 0)
			return types[i].type;
	return "application/octet-stream";
}

static bool serve_from(
	const struct page *p, struct request *r, const char *path)
{
	char *full = mem_printf("%s%s", p->dir, path);
	struct buf text = BUF_INIT;
	bool found = file_read(full, FILE_MAX, &text, NULL) == 0;
	char etag[2 + 16 + 1];
	uint8_t hash[EVP_MAX_MD_SIZE];

	if (found && EVP_Digest(buf_ptr(&text), buf_len(&text), hash, NULL,
			     EVP_sha256(), NULL) == 1) {
		snprintf(etag, sizeof(etag), "\"%02x%02x%02x%02x%02x%02x%02x\"",
			hash[0], hash[1], hash[2], hash[3], hash[4], hash[5],
			hash[6]);
		add_headers(r, etag, false);
		if (is_known(r, etag))
			request_reply_empty(r, MHD_HTTP_NOT_MODIFIED);
		else
			request_reply_text(r, MHD_HTTP_OK, type_of(path),
				buf_ptr(&text), buf_len(&text));
	}
	buf_done(&text);
	free(full);
	return found;
}

/* ---- which ---- */

/* As the target has it: decoded, no "..", no slash within a name. NULL: of
 * hidden files. */
static char *path_of(const struct request *r)
{
	const struct target *t = &r->target;
	struct buf path = BUF_INIT;

	for (size_t i = 0; i < t->n_segments; i++) {
		if (t->segment[i][0] == '.') {
			buf_done(&path);
			return NULL;
		}
		buf_printf(&path, "/%s", t->segment[i]);
	}
	buf_put_u8(&path, '\0');
	return (char *)path.data;
}

static bool is_way(const char *path)
{
	return strchr(strrchr(path, '/') != NULL ? strrchr(path, '/') : "",
		       '.') == NULL;
}

static bool serve(const struct page *p, struct request *r, const char *path)
{
	const struct page_file *f;

	if (p->dir != NULL)
		return serve_from(p, r, path);
	f = find(path);
	if (f != NULL)
		serve_file(r, f);
	return f != NULL;
}

/* A build without the page still says what this is. */
static void serve_none(struct request *r)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s\n%s\n",
		catalog_find(LANG_EN, "api.page_left_out"),
		catalog_find(LANG_FR, "api.page_left_out"));
	request_reply_text(r, MHD_HTTP_OK, "text/plain; charset=utf-8", text,
		strlen(text));
}

void page_serve(const struct page *p, struct request *r)
{
	char *path = path_of(r);

	if (path == NULL ||
		(*path != '\0' && !serve(p, r, path) && !is_way(path)))
		request_reply_error(r, ERR_NOT_FOUND, r->uri);
	else if (r->state != REQUEST_ANSWERED && !serve(p, r, INDEX))
		serve_none(r);
	free(path);
}
