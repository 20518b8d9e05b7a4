/* inventory_internal.h - what the parts of the inventory share: inventory.c (devices and what announces
 * them), inventory_topics.c (subscriptions), inventory_clock.c (states that end by themselves),
 * inventory_doctor.c (what is wrong). Not for others. */
#ifndef HEARTHD_INVENTORY_INTERNAL_H
#define HEARTHD_INVENTORY_INTERNAL_H

#include "hashmap.h"
#include "inventory.h"

struct device {
    int64_t id;
    char *entity_id, *name;
    char *device_name; /* of its announcement; "" if it has none */
    char *unique_key;  /* NULL: from the registry, not announced since the start */
    char *source;      /* of its announcement: "topic:<topic>#<component>" */
    struct announcement *by;
    struct entity_view *view;
    const char *problem; /* of the view, lives with it */
    char *discovery_problem;
    char *retained_command; /* a command topic of it that had a retained message; NULL: none was ever seen */
    bool has_retained_command; /* when the broker was last asked */
    struct home_state state;
    bool dirty;                  /* the registry does not have this state yet */
    uint64_t expires_at, off_at; /* uv_now; 0: never */
};

/* One message, for as long as it is applied. */
struct state_message {
    const char *topic, *payload;
    size_t len;
    bool retained;
};

typedef void (*take_fn)(
    struct inventory *inventory, struct device *device, const struct state_message *message);

/* A set of devices; of a topic: those that listen to it. */
struct listeners {
    struct device **device;
    size_t count;
    char *last; /* of a topic: its last message, NUL-terminated, if it is short; else NULL */
};

/* What one discovery topic, or one file of devices.d, has announced. */
struct announcement {
    uint64_t hash; /* of the payload */
    struct listeners announced;
    char *trouble; /* what was refused of it, or is of no use; NULL: nothing */
};

struct inventory {
    struct hearthd *daemon;
    struct hashmap *devices, *announcements;
    struct hashmap *topics;  /* listeners by topic, */
    struct hashmap *filters; /* and by topic with wildcards */
    struct hashmap *probes;  /* listeners by command topic, while they are looked into */
    struct hashmap *told;    /* troubles that are in the log already; values mean nothing */
    struct san_arena *scratch;
    uv_timer_t batch_timer, flush_timer, birth_timer, probe_timer, clock_timer;
    uint64_t clock_due; /* of clock_timer; 0: it does not run */
    size_t flushed;     /* cursor of the devices whose states are written */
    bool batch_open, stopped;
    void (*changed)(void *data, int64_t id);
    void *changed_data;
};

/* ---- lists of devices ---- */

/* Adds a borrowed device, once. False if out of memory. */
bool device_list_add(struct listeners *list, struct device *device);
/* Takes the device out, if it is there. */
void device_list_drop(struct listeners *list, const struct device *device);
void inventory_free_listeners(void *listeners); /* for hashmap_free */

/* ---- inventory.c ---- */

/* The state of a device is another now: to be written, and told. */
void inventory_state_changed(struct inventory *inventory, struct device *device);

/* ---- inventory_topics.c ---- */

/* Gives the device a new view (NULL: none), and moves its subscriptions over. */
void inventory_set_view(
    struct inventory *inventory, struct device *device, struct entity_view *view, const char *problem);
/* Calls take for every device that listens to the message's topic; false if nobody does. */
bool inventory_deliver(struct inventory *inventory, const struct state_message *message, take_fn take);
/* Gives a device that has begun to listen what its topics said last, as far as that is remembered: a bridge's
 * availability, to which thousands listen, is not asked for again for each of them. */
void inventory_replay(struct inventory *inventory, struct device *device, take_fn take);
/* Looks whether anything retained lies on the command topics of all devices: such a message is carried out
 * again by the device at each of its reconnects. Those of a new view are looked into by inventory_set_view.
 */
void inventory_probe_all(struct inventory *inventory);
/* Takes a message on a topic that is looked into; false if it is not. */
bool inventory_take_probe(struct inventory *inventory, const char *topic, size_t len, bool retained);

/* ---- inventory_clock.c ---- */

/* The device's state was reported now: its time begins anew. */
void inventory_restart_clock(struct inventory *inventory, struct device *device);

#endif
