/* notify.h - tells systemd that hearthd is ready, alive, stopping (sd_notify(3)). Without libsystemd, or
 * outside of systemd: nothing. */
#ifndef HEARTHD_NOTIFY_H
#define HEARTHD_NOTIFY_H

#include <uv.h>

/* Starts the watchdog, if systemd wants one. */
void notify_start(uv_loop_t *loop);
void notify_ready(void);
void notify_reloading(void);
/* One line for `systemctl status`. */
void notify_status(const char *text);
/* Also stops the watchdog. Before the loop has run out. */
void notify_stopping(void);

#endif
