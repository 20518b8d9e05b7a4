/* websocket.h - a WebSocket client on the loop: text messages out, whole text messages in, one connection at
 * a time.
 *
 * Behind it is libwebsockets, where hearthd was built with it (websocket.c); else every attempt fails with a
 * sentence that says so (websocket_none.c). Nothing here blocks: names are resolved on libuv's pool.
 * Callbacks run on the loop thread, never from inside a call of this interface.
 */
#ifndef HEARTHD_WEBSOCKET_H
#define HEARTHD_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "inference/status.h"

enum {
    WEBSOCKET_HOST_MAX = 253,
    WEBSOCKET_PATH_MAX = 180,
    WEBSOCKET_MESSAGE_MAX = 16 << 20, /* bytes of one message; the states of some 20,000 entities */
    WEBSOCKET_QUEUE_MAX = 1 << 20,    /* bytes that wait to be sent */
};

struct websocket_url {
    bool tls;
    char host[WEBSOCKET_HOST_MAX + 1]; /* a name or an address; an IPv6 one without its brackets */
    int port;
    char path[WEBSOCKET_PATH_MAX + 1]; /* begins with a slash, ends without one; "" for the root */
};

/* "http://host:8123", "https://[::1]:8123/behind/a/proxy". The errors name the mend. */
enum san_status websocket_url_parse(const char *text, struct websocket_url *url, struct san_error *err);

struct websocket_handlers {
    void *data;
    void (*opened)(void *data);
    /* NUL-terminated, for the listener to free. */
    void (*message)(void *data, char *text, size_t len);
    /* The connection, or the attempt, is over; why is for people. Exactly once for each websocket_connect. */
    void (*closed)(void *data, const char *why);
};

struct websocket;

/* NULL and *err on failure. ca_file: certificates to trust instead of the system's; NULL or "" for those. */
struct websocket *websocket_new(
    uv_loop_t *loop, const char *ca_file, const struct websocket_handlers *handlers, struct san_error *err);
/* Only while nothing is connected or connecting. leaf is put behind the URL's path: "/api/websocket". */
void websocket_connect(struct websocket *websocket, const struct websocket_url *url, const char *leaf);
/* False: not connected, too much is waiting, or out of memory. */
bool websocket_send(struct websocket *websocket, const char *text, size_t len);
/* Ends the connection or the attempt; closed is called with that reason a little later. */
void websocket_close(struct websocket *websocket, const char *why);

/* Ends everything; closed is not called any more. Before the loop has run out; NULL is allowed, as below. */
void websocket_stop(struct websocket *websocket);
/* After the loop has run out. */
void websocket_free(struct websocket *websocket);

#endif
