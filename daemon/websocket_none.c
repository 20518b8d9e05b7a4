/* websocket_none.c - in the place of websocket.c, where hearthd is built without libwebsockets. */
#include "websocket.h"

struct websocket *websocket_new(
    uv_loop_t *loop, const char *ca_file, const struct websocket_handlers *handlers, struct san_error *err)
{
    (void)loop;
    (void)ca_file;
    (void)handlers;
    san_fail(err, SAN_EUNSUPPORTED,
        "this hearthd was built without libwebsockets: install libwebsockets-dev, and configure it again");
    return NULL;
}

void websocket_connect(struct websocket *websocket, const struct websocket_url *url, const char *leaf)
{
    (void)websocket;
    (void)url;
    (void)leaf;
}

bool websocket_send(struct websocket *websocket, const char *text, size_t len)
{
    (void)websocket;
    (void)text;
    (void)len;
    return false;
}

void websocket_close(struct websocket *websocket, const char *why)
{
    (void)websocket;
    (void)why;
}

void websocket_stop(struct websocket *websocket)
{
    (void)websocket;
}

void websocket_free(struct websocket *websocket)
{
    (void)websocket;
}
