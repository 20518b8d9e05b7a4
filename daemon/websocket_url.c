/* websocket_url.c - the address of a WebSocket, as people write it: see websocket.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "websocket.h"

static enum san_status bad(const char *text, const char *why, struct san_error *err)
{
    return san_fail(err, SAN_EINVAL, "\"%.80s\": %s; give it as http://homeassistant.local:8123", text, why);
}

static bool is_plain(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7f)
            return false;
    return true;
}

/* Takes the host off *at; false if there is none that could be one. */
static bool take_host(const char **at, char host[WEBSOCKET_HOST_MAX + 1])
{
    bool bracket = **at == '[';
    const char *start = *at + bracket;
    size_t len = strcspn(start, bracket ? "]/?#@" : ":/?#@");
    if (!len || len > WEBSOCKET_HOST_MAX || (bracket && start[len] != ']'))
        return false;
    memcpy(host, start, len);
    host[len] = '\0';
    *at = start + len + bracket;
    return true;
}

/* Takes ":8123" off *at, if it is there. */
static bool take_port(const char **at, int *port)
{
    if (**at != ':')
        return true;
    char *end;
    const char *digits = *at + 1;
    unsigned long number = strtoul(digits, &end, 10);
    if (*digits < '0' || *digits > '9' || end - digits > 5 || number < 1 || number > 65535)
        return false;
    *port = (int)number;
    *at = end;
    return true;
}

enum san_status websocket_url_parse(const char *text, struct websocket_url *url, struct san_error *err)
{
    *url = (struct websocket_url){.tls = strncmp(text, "https://", 8) == 0};
    if (!url->tls && strncmp(text, "http://", 7) != 0)
        return bad(text, "it begins neither with http:// nor with https://", err);
    if (!is_plain(text))
        return bad(text, "a blank or a letter that no address has", err);
    const char *at = text + (url->tls ? 8 : 7);
    url->port = url->tls ? 443 : 80;
    if (!take_host(&at, url->host))
        return bad(text, "no host, or one that is too long", err);
    if (!take_port(&at, &url->port))
        return bad(text, "the port is not 1 to 65535", err);
    if (*at && *at != '/')
        return bad(text, "a user, a query or a fragment has no place here", err);
    if (strpbrk(at, "?#@"))
        return bad(text, "a user, a query or a fragment has no place here", err);
    size_t len = strlen(at);
    while (len && at[len - 1] == '/')
        len--;
    if (len > WEBSOCKET_PATH_MAX)
        return bad(text, "the path is too long", err);
    memcpy(url->path, at, len);
    return SAN_OK;
}
