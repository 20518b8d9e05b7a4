/* rpc_home.h - the methods about the home: devices, rooms, aliases, satellites, import and export. What each
 * takes and answers is in docs/rpc.md; each ends by answering the call. Internal to rpc_methods.c, whose
 * table they stand in.
 */
#ifndef HEARTHD_RPC_HOME_H
#define HEARTHD_RPC_HOME_H

#include "rpc.h"

void rpc_method_devices(struct hearthd *daemon, struct rpc_call *call, const cJSON *params);
void rpc_method_areas(struct hearthd *daemon, struct rpc_call *call, const cJSON *params);
void rpc_method_areas_suggest(struct hearthd *daemon, struct rpc_call *call, const cJSON *params);
void rpc_method_area_set(struct hearthd *daemon, struct rpc_call *call, const cJSON *params);
void rpc_method_area_put(struct hearthd *daemon, struct rpc_call *call, const cJSON *params);
void rpc_method_alias_add(struct hearthd *daemon, struct rpc_call *call, const cJSON *params);
void rpc_method_alias_remove(struct hearthd *daemon, struct rpc_call *call, const cJSON *params);
void rpc_method_alias_suggest(struct hearthd *daemon, struct rpc_call *call, const cJSON *params);
void rpc_method_expose(struct hearthd *daemon, struct rpc_call *call, const cJSON *params);
void rpc_method_forget(struct hearthd *daemon, struct rpc_call *call, const cJSON *params);
void rpc_method_satellites(struct hearthd *daemon, struct rpc_call *call, const cJSON *params);
void rpc_method_satellite_set(struct hearthd *daemon, struct rpc_call *call, const cJSON *params);
void rpc_method_satellite_remove(struct hearthd *daemon, struct rpc_call *call, const cJSON *params);
void rpc_method_import(struct hearthd *daemon, struct rpc_call *call, const cJSON *params);
void rpc_method_ha_import(struct hearthd *daemon, struct rpc_call *call, const cJSON *params);
void rpc_method_export(struct hearthd *daemon, struct rpc_call *call, const cJSON *params);

/* Ends a call that changed the home; if that failed for want of such a thing, the nearest names are told. */
void rpc_answer_change(struct hearthd *daemon, struct rpc_call *call, enum san_status status,
    const struct san_error *error, const char *kind, const char *text);

#endif
