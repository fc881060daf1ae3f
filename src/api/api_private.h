/*
 * What the interface is made of, for the files of this folder.
 */
#ifndef TAUPE_API_API_PRIVATE_H
#define TAUPE_API_API_PRIVATE_H

#include "api/access.h"
#include "api/api.h"
#include "api/login.h"
#include "api/origin.h"

struct api {
	struct api_config config; /* its texts are copies */
	struct access *access;
	struct login login;
	struct stream *stream;
	struct page *page;
	struct entrance *local, *tcp; /* tcp NULL: there is none */
	struct origin origin;         /* of tcp */
	char *url;
	char listen[ENDPOINT_TEXT];
};

#endif
