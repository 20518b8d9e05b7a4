/* session.h - what a session holds, for the two ways of asking it: san.c and call.c. Internal to libsan. */
#ifndef SAN_SESSION_H
#define SAN_SESSION_H

#include "arena.h"
#include "network.h"

struct san_session {
    const struct san_model *model;
    struct san_arena *arena; /* of the current utterance and its result */
    struct san_network *network;
};

#endif
