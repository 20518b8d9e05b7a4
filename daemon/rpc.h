/* rpc.h - the methods of the local socket (docs/rpc.md), without the socket. */
#ifndef HEARTHD_RPC_H
#define HEARTHD_RPC_H

#include "hearthd.h"
#include "jsonrpc.h"

/* One request on its way; its owner embeds it. */
struct rpc_call {
    cJSON *id; /* owned; NULL in a notification */
    void *owner;
    /* Called exactly once, now or later, with the answer's line for free(); NULL if there is none to send. */
    void (*done)(struct rpc_call *call, char *line);
    /* From now on this call's connection gets events. */
    void (*watch)(struct rpc_call *call);
    /* This answer takes long, and done is called later: what its connection asks next waits for it. */
    void (*hold)(struct rpc_call *call);
};

/* Finds the method, checks the parameters, runs it. The request may be cleared afterwards. */
void rpc_handle(struct hearthd *daemon, struct rpc_call *call, const struct jsonrpc_request *request);

#endif
