/* watch.h - what happens in hearthd, line by line. */
#ifndef HEARTHCTL_WATCH_H
#define HEARTHCTL_WATCH_H

#include "cli/rpc_client.h"

/* Prints every event until hearthd goes, or nobody reads any more; an enum cli_exit. */
int watch_events(struct cli *cli, struct rpc *rpc);

#endif
