/* rpc_answer.h - what the methods of the socket have in common: taking parameters, and answering. Internal to
 * rpc_*.c.
 */
#ifndef HEARTHD_RPC_ANSWER_H
#define HEARTHD_RPC_ANSWER_H

#include "rpc.h"

/* Each of these three ends the call, once; result and data are theirs. A notification (a call without id)
 * gets no line. */
void rpc_answer(struct rpc_call *call, cJSON *result);
void rpc_answer_error(struct rpc_call *call, int code, const char *message, cJSON *data);
/* What the caller got wrong is refused, the rest is ours. */
void rpc_answer_status(struct rpc_call *call, const struct san_error *error);

/* Add a member to an object or an array, or free it where that fails. */
void rpc_add(cJSON *object, const char *name, cJSON *member);
void rpc_append(cJSON *array, cJSON *member);
/* Text that was JSON when it was stored; null if it is not any more. */
void rpc_add_json(cJSON *object, const char *name, const char *text);

/* A text parameter, or NULL; a flag, false where it is not there. */
const char *rpc_text_of(const cJSON *params, const char *name);
bool rpc_flag_of(const cJSON *params, const char *name);

/* For the rows of an answer; NULL: out of memory, and the call is answered. Free it with san_arena_free. */
struct san_arena *rpc_open_arena(struct rpc_call *call);

#endif
