/* ha_message.h - one message of Home Assistant's WebSocket API, either way. */
#ifndef HEARTHD_HA_MESSAGE_H
#define HEARTHD_HA_MESSAGE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "inference/status.h"

enum { HA_DEPTH_MAX = 64 }; /* attributes of entities nest, but not endlessly */

enum ha_message_type {
    HA_AUTH_REQUIRED,
    HA_AUTH_OK,
    HA_AUTH_INVALID,
    HA_RESULT,
    HA_EVENT,
    HA_OTHER, /* a pong, or of a newer version */
};

struct ha_message {
    enum ha_message_type type;
    unsigned id;          /* of a result or an event: of the request that it belongs to */
    bool success;         /* of a result */
    const char *text;     /* why not, or of auth_invalid; else "" */
    const cJSON *content; /* a result's result or an event's event; NULL if there is none */
    cJSON *root;          /* owned; what the others point into */
};

/* Errors say what is wrong with the message. The caller clears a message that was parsed. */
enum san_status ha_message_parse(
    const char *text, size_t len, struct ha_message *message, struct san_error *err);
void ha_message_clear(struct ha_message *message);

/* {"id", "type", ...fields} as text for free(); fields (may be NULL) is consumed. NULL if out of memory. */
char *ha_request(unsigned id, const char *type, cJSON *fields);
/* {"type": "auth", "access_token"} likewise. */
char *ha_auth_request(const char *token);

#endif
