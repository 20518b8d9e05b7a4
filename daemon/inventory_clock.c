/* inventory_clock.c - states that end by themselves: sensors that have not reported for too long
 * (expire_after), motion that is over (off_delay). One timer, for whatever comes first. See
 * inventory_internal.h. */
#include "inventory_internal.h"

static void tick(uv_timer_t *timer);

static void wake_at(struct inventory *inventory, uint64_t due)
{
    uint64_t now = uv_now(inventory->daemon->loop);
    if (!due || inventory->stopped || (inventory->clock_due && inventory->clock_due <= due))
        return;
    inventory->clock_due = due;
    uv_timer_start(&inventory->clock_timer, tick, due > now ? due - now : 0, 0);
}

/* Does what is due; returns when something will be, or 0. */
static uint64_t run_clock(struct inventory *inventory, struct device *device, uint64_t now)
{
    bool changed = false;
    if (device->off_at && device->off_at <= now) {
        device->off_at = 0;
        changed = state_end_delay(device->view, &device->state);
    }
    if (device->expires_at && device->expires_at <= now) {
        device->expires_at = 0;
        changed = state_expire(device->view, &device->state) || changed;
    }
    if (changed)
        inventory_state_changed(inventory, device);
    if (!device->off_at || !device->expires_at)
        return device->off_at ? device->off_at : device->expires_at;
    return device->off_at < device->expires_at ? device->off_at : device->expires_at;
}

static void tick(uv_timer_t *timer)
{
    struct inventory *inventory = timer->data;
    uint64_t now = uv_now(inventory->daemon->loop), first = 0;
    size_t cursor = 0;
    void *value;
    inventory->clock_due = 0;
    while (hashmap_next(inventory->devices, &cursor, NULL, &value)) {
        struct device *device = value;
        uint64_t due = device->view ? run_clock(inventory, device, now) : 0;
        if (due && (!first || due < first))
            first = due;
    }
    wake_at(inventory, first);
}

void inventory_restart_clock(struct inventory *inventory, struct device *device)
{
    uint64_t now = uv_now(inventory->daemon->loop);
    double expire = entity_view_expire_after(device->view), off = entity_view_off_delay(device->view);
    device->expires_at = expire > 0 ? now + (uint64_t)(expire * 1000) : 0;
    device->off_at = off > 0 ? now + (uint64_t)(off * 1000) : 0;
    wake_at(inventory, device->expires_at);
    wake_at(inventory, device->off_at);
}
