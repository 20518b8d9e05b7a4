/* net.h - the simulation's connection to the broker, and its clock. */
#ifndef HEARTH_SIM_NET_H
#define HEARTH_SIM_NET_H

#include "sim/sim.h"

struct sim_options {
    const char *host; /* name, address, or the path of a Unix socket with port 0 */
    int port;
    const char *username, *password; /* NULL: none */
    const char *discovery_prefix;
    double drift_s;  /* seconds between two changes of the sensors */
    double travel_s; /* seconds that a cover takes from end to end */
    bool once;       /* announce, report, and leave */
    bool quiet;
};

/* Runs until *stop is set, or the announcement is out with .once. 0, or 1 and a message on stderr. */
int sim_run(struct home *home, const struct sim_options *options, const volatile int *stop);

#endif
