/* doctor.h - what is wrong with this home and its daemon, and the mend. */
#ifndef HEARTHD_DOCTOR_H
#define HEARTHD_DOCTOR_H

#include "rpc.h"

/* Answers the method doctor (docs/rpc.md) with {"checks","devices","hidden","announcements"}, later. */
void doctor_examine(struct hearthd *daemon, struct rpc_call *call);

#endif
