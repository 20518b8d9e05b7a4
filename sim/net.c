/* net.c - see net.h. */
#include "sim/net.h"

#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BRIDGE_STATE "zigbee2mqtt/bridge/state"
#define FAULT_TOPIC "hearth-sim/fault/"

static const double slow_s = 8.0;       /* longer than hearthd waits for a confirmation */
static const double report_s = 0.3;     /* from announcing to the first report: subscribers need a moment */
static const double reannounce_s = 0.5; /* after homeassistant/status online; Zigbee2MQTT itself waits 30 s */
static const int loop_ms = 50;

struct sim {
    struct mosquitto *mosq;
    struct home *home;
    const struct sim_options *options;
    double now;         /* seconds, read once a turn */
    double drift_at;    /* when sensors change next */
    double moved_at;    /* when covers moved last */
    double announce_at; /* when everything is announced again; 0: not planned */
    unsigned seed;      /* of the sensors' drift */
    bool announced;     /* since the connection was made */
    bool refused;       /* by the broker */
};

static double clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* ---- what publishers call ---- */

void sim_publish(struct sim *sim, const char *topic, const char *payload, bool retain)
{
    mosquitto_publish(sim->mosq, NULL, topic, (int)strlen(payload), payload, 1, retain);
}

void sim_publish_json(struct sim *sim, const char *topic, const cJSON *payload, bool retain)
{
    char *text = cJSON_PrintUnformatted(payload);
    if (text)
        sim_publish(sim, topic, text, retain);
    cJSON_free(text);
}

void sim_subscribe(struct sim *sim, const char *filter)
{
    mosquitto_subscribe(sim->mosq, NULL, filter, 1);
}

struct thing *sim_thing(struct sim *sim, const char *name)
{
    return home_find(sim->home, name);
}

void sim_report(struct sim *sim, struct thing *thing)
{
    if (thing->fault == FAULT_NONE)
        thing->publisher->report(sim, thing);
    else if (thing->fault == FAULT_SLOW && thing->report_at == 0)
        thing->report_at = sim->now + slow_s;
}

/* ---- announcing ---- */

static void publish_config(const struct thing *thing, struct announced *entity, void *data)
{
    (void)thing;
    struct sim *sim = data;
    char topic[SIM_TOPIC_MAX];
    const char *rest = strchr(entity->topic, '/');
    if (rest) {
        snprintf(topic, sizeof(topic), "%s%s", sim->options->discovery_prefix, rest);
        sim_publish_json(sim, topic, entity->config, true);
    }
    cJSON_Delete(entity->config);
}

static void announce_all(struct sim *sim)
{
    sim_publish(sim, BRIDGE_STATE, "{\"state\":\"online\"}", true);
    for (size_t i = 0; i < sim->home->count; i++) {
        struct thing *thing = &sim->home->things[i];
        home_announce(sim->home, thing, publish_config, sim);
        thing->publisher->subscribe(sim, thing);
        thing->publisher->available(sim, thing, thing->fault != FAULT_OFFLINE);
        if (thing->fault == FAULT_NONE)
            thing->report_at = sim->now + report_s;
    }
    sim->announced = true;
}

static void say_goodbye(struct sim *sim)
{
    for (size_t i = 0; i < sim->home->count; i++)
        sim->home->things[i].publisher->available(sim, &sim->home->things[i], false);
    sim_publish(sim, BRIDGE_STATE, "{\"state\":\"offline\"}", true);
}

/* ---- messages ---- */

static void set_fault(struct sim *sim, const char *name, const char *word)
{
    static const char *const words[] = {"none", "silent", "slow", "offline"};
    struct thing *thing = home_find(sim->home, name);
    for (size_t i = 0; thing && i < sizeof(words) / sizeof(*words); i++) {
        if (strcmp(words[i], word) != 0)
            continue;
        thing->fault = (enum fault)i;
        thing->report_at = 0;
        thing->publisher->available(sim, thing, thing->fault != FAULT_OFFLINE);
        printf("%s: fault %s\n", thing->name, word);
        return;
    }
    fprintf(stderr,
        "hearth-sim: fault \"%s\" for \"%s\": there is no such thing, or it is none of none, silent, slow, "
        "offline\n",
        word, name);
}

static void command(struct sim *sim, const char *topic, const char *payload)
{
    for (size_t i = 0; i < sim->home->count; i++) {
        struct thing *thing = &sim->home->things[i];
        bool report = false;
        if (thing->fault == FAULT_OFFLINE || !thing->publisher->command(sim, thing, topic, payload, &report))
            continue;
        if (!sim->options->quiet)
            printf("%s: %s %s\n", thing->name, topic, payload);
        if (report)
            sim_report(sim, thing);
    }
}

static void on_message(struct mosquitto *mosq, void *data, const struct mosquitto_message *message)
{
    (void)mosq;
    struct sim *sim = data;
    char payload[SIM_PAYLOAD_MAX + 1];
    if (message->retain || message->payloadlen < 0 || message->payloadlen > SIM_PAYLOAD_MAX)
        return;
    if (message->payloadlen > 0)
        memcpy(payload, message->payload, (size_t)message->payloadlen);
    payload[message->payloadlen] = '\0';

    if (strncmp(message->topic, FAULT_TOPIC, strlen(FAULT_TOPIC)) == 0)
        set_fault(sim, message->topic + strlen(FAULT_TOPIC), payload);
    else if (strcmp(message->topic, "homeassistant/status") == 0)
        sim->announce_at = strcmp(payload, "online") == 0 ? sim->now + reannounce_s : 0;
    else
        command(sim, message->topic, payload);
}

static void on_connect(struct mosquitto *mosq, void *data, int rc)
{
    (void)mosq;
    struct sim *sim = data;
    if (rc != 0) {
        fprintf(stderr, "hearth-sim: the broker refuses: %s\n", mosquitto_connack_string(rc));
        sim->refused = true;
        return;
    }
    sim_subscribe(sim, FAULT_TOPIC "+");
    sim_subscribe(sim, "homeassistant/status");
    announce_all(sim);
    printf("hearth-sim: %zu things announced on %s:%d\n", sim->home->count, sim->options->host,
        sim->options->port);
    fflush(stdout);
}

/* ---- time ---- */

/* Covers and valves travel; each step is reported, as real ones do. */
static void move_things(struct sim *sim)
{
    static const double step_s = 0.2;
    if (sim->now - sim->moved_at < step_s)
        return;
    double step = 100.0 * (sim->now - sim->moved_at) / sim->options->travel_s;
    sim->moved_at = sim->now;
    for (size_t i = 0; i < sim->home->count; i++) {
        struct thing *thing = &sim->home->things[i];
        if (!thing->moving)
            continue;
        double position = state_number(thing, "position");
        if (position < thing->target)
            position = position + step < thing->target ? position + step : thing->target;
        else
            position = position - step > thing->target ? position - step : thing->target;
        position = position == thing->target ? position : (double)(int)position;
        thing->moving = position != thing->target;
        state_set_number(thing, "position", position);
        state_set_text(thing, "state", position > 0 ? "OPEN" : "CLOSE");
        sim_report(sim, thing);
    }
}

/* A small step up or down, towards the middle of a plausible range. */
static void drift(struct sim *sim, struct thing *thing, const char *key, double low, double high, double step)
{
    if (!cJSON_HasObjectItem(thing->state, key))
        return;
    double value = state_number(thing, key);
    double chance = (double)rand_r(&sim->seed) / RAND_MAX;
    value += chance < (high - value) / (high - low) ? step : -step;
    state_set_number(thing, key, (double)(long)(value * 100.0 + 0.5) / 100.0);
}

static void drift_sensors(struct sim *sim)
{
    if (sim->now < sim->drift_at)
        return;
    sim->drift_at = sim->now + sim->options->drift_s;
    for (size_t i = 0; i < sim->home->count; i++) {
        struct thing *thing = &sim->home->things[i];
        bool is_sensor = cJSON_HasObjectItem(thing->state, "temperature") ||
                         cJSON_HasObjectItem(thing->state, "local_temperature") ||
                         cJSON_HasObjectItem(thing->state, "value");
        if (!is_sensor || thing->fault == FAULT_OFFLINE)
            continue;
        drift(sim, thing, "temperature", 18, 25, 0.05);
        drift(sim, thing, "humidity", 40, 70, 0.3);
        drift(sim, thing, "local_temperature", 16, 23, 0.1);
        drift(sim, thing, "value", 5, 12, 0.1);
        sim_report(sim, thing);
    }
}

static void tick(struct sim *sim)
{
    sim->now = clock_s();
    if (!sim->announced)
        return;
    if (sim->announce_at != 0 && sim->now >= sim->announce_at) {
        sim->announce_at = 0;
        announce_all(sim);
    }
    move_things(sim);
    drift_sensors(sim);
    for (size_t i = 0; i < sim->home->count; i++) {
        struct thing *thing = &sim->home->things[i];
        if (thing->report_at == 0 || sim->now < thing->report_at)
            continue;
        thing->report_at = 0;
        thing->publisher->report(sim, thing);
    }
}

/* ---- the connection ---- */

static void flush_out(struct sim *sim)
{
    double until = clock_s() + 2.0;
    while (mosquitto_want_write(sim->mosq) && clock_s() < until)
        mosquitto_loop(sim->mosq, loop_ms, 100);
    for (int i = 0; i < 4; i++) /* acknowledgements of what was written */
        mosquitto_loop(sim->mosq, loop_ms, 100);
}

static int connect_broker(struct sim *sim)
{
    const struct sim_options *options = sim->options;
    mosquitto_connect_callback_set(sim->mosq, on_connect);
    mosquitto_message_callback_set(sim->mosq, on_message);
    mosquitto_max_inflight_messages_set(sim->mosq, 0);
    mosquitto_int_option(sim->mosq, MOSQ_OPT_TCP_NODELAY, 1); /* else a report waits 40 ms for an acknowledgement */
    mosquitto_will_set(sim->mosq, BRIDGE_STATE, 19, "{\"state\":\"offline\"}", 1, true);
    if (options->username)
        mosquitto_username_pw_set(sim->mosq, options->username, options->password);
    int rc = mosquitto_connect(sim->mosq, options->host, options->port, 30);
    if (rc == MOSQ_ERR_SUCCESS)
        return 0;
    fprintf(stderr, "hearth-sim: no connection to %s:%d: %s\n", options->host, options->port,
        mosquitto_strerror(rc));
    return 1;
}

/* With .once: has everything been said? */
static bool is_done(const struct sim *sim)
{
    if (!sim->options->once || !sim->announced)
        return false;
    for (size_t i = 0; i < sim->home->count; i++) {
        if (sim->home->things[i].report_at != 0)
            return false;
    }
    return true;
}

static int loop(struct sim *sim, const volatile int *stop)
{
    while (!*stop && !sim->refused && !is_done(sim)) {
        int rc = mosquitto_loop(sim->mosq, loop_ms, 100);
        if (rc != MOSQ_ERR_SUCCESS && !*stop) {
            sim->announced = false;
            nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
            mosquitto_reconnect(sim->mosq);
        }
        tick(sim);
    }
    return sim->refused ? 1 : 0;
}

int sim_run(struct home *home, const struct sim_options *options, const volatile int *stop)
{
    struct sim sim = {.home = home, .options = options, .now = clock_s(), .seed = 1};
    sim.moved_at = sim.now;
    sim.drift_at = sim.now + options->drift_s;
    mosquitto_lib_init();
    sim.mosq = mosquitto_new(NULL, true, &sim);
    int rc = sim.mosq ? connect_broker(&sim) : 1;
    if (rc == 0) {
        rc = loop(&sim, stop);
        if (!options->once)
            say_goodbye(&sim);
        flush_out(&sim);
        mosquitto_disconnect(sim.mosq);
    }
    if (sim.mosq)
        mosquitto_destroy(sim.mosq);
    mosquitto_lib_cleanup();
    return rc;
}
