/* inventory_internal.h - what the parts of the inventory share: inventory.c (devices and their states),
 * inventory_discovery.c (what announces them), inventory_topics.c (subscriptions), inventory_long.c (states
 * that take long to read), inventory_clock.c (states that end by themselves), inventory_doctor.c (what is
 * wrong). Not for others. */
#ifndef HEARTHD_INVENTORY_INTERNAL_H
#define HEARTHD_INVENTORY_INTERNAL_H

#include "hashmap.h"
#include "inventory.h"

/* Bytes of a message; what is shorter is read at once, in less than half a millisecond. */
enum { INVENTORY_READ_HERE_MAX = 8192 };

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
    const struct state_payload *read; /* the payload, for inventory_take_state */
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
    struct intake *intake;   /* the discovery message that is being taken */
    struct hashmap *probed;  /* probes that are over, while their topics are unsubscribed; NULL: none */
    size_t probed_at;
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

struct device *inventory_find(const struct inventory *inventory, int64_t id);
/* A device without a view, in the map; NULL, and logged, if there is no room. */
struct device *inventory_add(struct inventory *inventory, int64_t id);
/* Out of the registry and of all maps, and told. */
void inventory_remove(struct inventory *inventory, struct device *device);
/* Compiles the configuration; the device keeps its old view if the new one cannot be. */
void inventory_compile(
    struct inventory *inventory, struct device *device, const char *domain, const char *config);
/* Replaces a text of a device. False if out of memory. */
bool inventory_set_text(char **member, const char *text);
/* What is written from now on is committed together, a moment later. */
void inventory_open_batch(struct inventory *inventory);
/* Tells those who watch: "discovered", "removed", "state". */
void inventory_tell(struct inventory *inventory, const char *event, const struct device *device);
/* A take_fn: message->read is there. */
void inventory_take_state(
    struct inventory *inventory, struct device *device, const struct state_message *message);

/* The state of a device is another now: to be written, and told. */
void inventory_state_changed(struct inventory *inventory, struct device *device);

/* ---- inventory_discovery.c ---- */

struct intake *inventory_intake_new(struct inventory *inventory); /* NULL if out of memory */
void inventory_intake_stop(struct intake *intake);
void inventory_intake_free(struct intake *intake); /* NULL is allowed */
/* A message on a discovery topic. */
void inventory_take_discovery(
    struct inventory *inventory, const char *topic, const char *payload, size_t len);
/* That of an origin, new if need be; NULL, and logged, if there is no room. Lives as long as the inventory.
 */
struct announcement *inventory_announcement(struct inventory *inventory, const char *origin);
void inventory_free_announcement(void *announcement); /* for hashmap_free */

/* ---- inventory_long.c ---- */

/* Reads the payload on another thread, then delivers it; messages behind it wait (mqtt_hold). */
void inventory_take_long_state(struct inventory *inventory, const struct state_message *message);

/* ---- inventory_topics.c ---- */

/* True if a device listens to the topic. */
bool inventory_listens(const struct inventory *inventory, const char *topic);

/* Gives the device a new view (NULL: none), and moves its subscriptions over. */
void inventory_set_view(
    struct inventory *inventory, struct device *device, struct entity_view *view, const char *problem);
/* Calls take for every device that listens to the message's topic. */
void inventory_deliver(struct inventory *inventory, const struct state_message *message, take_fn take);
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
