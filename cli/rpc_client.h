/* rpc_client.h - a connection to hearthd's socket (docs/rpc.md): one request a line, one answer a line. */
#ifndef HEARTHCTL_RPC_CLIENT_H
#define HEARTHCTL_RPC_CLIENT_H

#include <cjson/cJSON.h>

#include "cli/cli.h"

struct rpc;

/* Connects; NULL and a message on stderr that says how to start hearthd. */
struct rpc *rpc_open(const struct cli *cli);
void rpc_close(struct rpc *rpc); /* NULL is allowed */

/* Sends one request and waits for its answer; params is consumed, NULL for none. CLI_OK and *result (for the
 * caller to delete), else the error is on stderr and the status is CLI_FAILED or, where hearthd has gone,
 * CLI_UNREACHABLE. */
int rpc_call(struct rpc *rpc, const char *method, cJSON *params, cJSON **result);
/* The next message of any kind, for `watch`; waits as long as it takes. NULL when hearthd has gone. */
cJSON *rpc_next(struct rpc *rpc);

/* Open, call, close. */
int rpc_once(const struct cli *cli, const char *method, cJSON *params, cJSON **result);

#endif
