/* notify.c - see notify.h. The watchdog beats from a timer of the loop: a loop that hangs is restarted. */
#include <config.h>

#include "notify.h"

#ifdef HAVE_SYSTEMD

#include <stdbool.h>
#include <systemd/sd-daemon.h>

static uv_timer_t watchdog;
static bool watching;

static void on_beat(uv_timer_t *timer)
{
    (void)timer;
    sd_notify(0, "WATCHDOG=1");
}

void notify_start(uv_loop_t *loop)
{
    uint64_t interval_us = 0;
    if (sd_watchdog_enabled(0, &interval_us) <= 0)
        return;
    uv_timer_init(loop, &watchdog);
    uv_timer_start(&watchdog, on_beat, 0, interval_us / 3000); /* three beats an interval */
    watching = true;
}

void notify_ready(void)
{
    sd_notify(0, "READY=1");
}

void notify_reloading(void)
{
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)(uv_hrtime() / 1000));
}

void notify_status(const char *text)
{
    sd_notifyf(0, "STATUS=%s", text);
}

void notify_stopping(void)
{
    sd_notify(0, "STOPPING=1");
    if (watching)
        uv_close((uv_handle_t *)&watchdog, NULL);
    watching = false;
}

#else

void notify_start(uv_loop_t *loop)
{
    (void)loop;
}

void notify_ready(void)
{
}

void notify_reloading(void)
{
}

void notify_status(const char *text)
{
    (void)text;
}

void notify_stopping(void)
{
}

#endif
