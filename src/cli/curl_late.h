/*
 * libcurl, loaded by the commands that speak with the daemon and by nothing
 * else: linked, it and what it needs would cost the daemon itself 1.8 MiB.
 *
 * In place of <curl/curl.h>; the functions below are called by their own names
 * once curl_late_load has found them.
 */
#ifndef TAUPE_CLI_CURL_LATE_H
#define TAUPE_CLI_CURL_LATE_H

#include <stdbool.h>

#include <curl/curl.h>

#define CURL_LATE_LIST(X)                                                      \
	X(curl_easy_cleanup)                                                   \
	X(curl_easy_getinfo)                                                   \
	X(curl_easy_init)                                                      \
	X(curl_easy_perform)                                                   \
	X(curl_easy_reset)                                                     \
	X(curl_easy_setopt)                                                    \
	X(curl_global_init)                                                    \
	X(curl_multi_add_handle)                                               \
	X(curl_multi_assign)                                                   \
	X(curl_multi_cleanup)                                                  \
	X(curl_multi_info_read)                                                \
	X(curl_multi_init)                                                     \
	X(curl_multi_remove_handle)                                            \
	X(curl_multi_setopt)                                                   \
	X(curl_multi_socket_action)                                            \
	X(curl_slist_append)                                                   \
	X(curl_slist_free_all)

struct curl_late {
#define CURL_LATE_MEMBER(name) __typeof__(name) *name;
	CURL_LATE_LIST(CURL_LATE_MEMBER)
#undef CURL_LATE_MEMBER
};
extern struct curl_late curl_late;

/* False: it is not installed. Main thread; more than once is fine. */
bool curl_late_load(void);

/* Its headers' own macros only check types. */
#undef curl_easy_getinfo
#undef curl_easy_setopt
#undef curl_multi_setopt

#ifndef CURL_LATE_PLAIN /* only curl_late.c wants the names as they are */
#define curl_easy_cleanup        (*curl_late.curl_easy_cleanup)
#define curl_easy_getinfo        (*curl_late.curl_easy_getinfo)
#define curl_easy_init           (*curl_late.curl_easy_init)
#define curl_easy_perform        (*curl_late.curl_easy_perform)
#define curl_easy_reset          (*curl_late.curl_easy_reset)
#define curl_easy_setopt         (*curl_late.curl_easy_setopt)
#define curl_global_init         (*curl_late.curl_global_init)
#define curl_multi_add_handle    (*curl_late.curl_multi_add_handle)
#define curl_multi_assign        (*curl_late.curl_multi_assign)
#define curl_multi_cleanup       (*curl_late.curl_multi_cleanup)
#define curl_multi_info_read     (*curl_late.curl_multi_info_read)
#define curl_multi_init          (*curl_late.curl_multi_init)
#define curl_multi_remove_handle (*curl_late.curl_multi_remove_handle)
#define curl_multi_setopt        (*curl_late.curl_multi_setopt)
#define curl_multi_socket_action (*curl_late.curl_multi_socket_action)
#define curl_slist_append        (*curl_late.curl_slist_append)
#define curl_slist_free_all      (*curl_late.curl_slist_free_all)
#endif

#endif
