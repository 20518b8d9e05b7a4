/* mqtt.c - see mqtt.h.
 *
 * libmosquitto keeps its own idea of a session: messages that were not acknowledged are sent again after a
 * reconnect. A command must not be: a light that was to go on an hour ago must not go on now. So each attempt
 * gets a fresh client, and what is worth saying again is kept beside it: subscriptions
 * (mqtt_subscriptions.c), and commands that have not left yet (mqtt_outbox.c).
 *
 * mosquitto_connect_async resolves the broker's name before it returns, which may take seconds: that one call
 * runs on a worker thread, and nothing else touches the client meanwhile. From then on the client's socket is
 * polled by the loop.
 */
#include "mqtt.h"

#include <errno.h>
#include <mosquitto.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "mqtt_inbox.h"
#include "mqtt_outbox.h"
#include "mqtt_subscriptions.h"

enum {
    PASSWORD_MAX = 512,
    GREETING_TIMEOUT_MS = 10000,
    TICK_MS = 500, /* keepalive, expiry */
    PAUSE_FIRST_MS = 1000,
    PAUSE_REFUSED_MS = 30000, /* a broker that refuses us will not change its mind soon */
    AT_ONCE_MS = 5000,
    READ_ROUNDS = 32,
    READ_NS = 2000000, /* of the loop's time, at each of its turns */
};

struct mqtt {
    uv_loop_t *loop;
    const struct config *config;
    struct mqtt_handlers handlers;
    char *password;
    char client_id[96], status_topic[160];

    enum mqtt_state state;
    struct mosquitto *client;
    uv_poll_t *poll; /* closed and freed with each connection */
    int poll_events;
    uv_work_t connect_work;
    bool connect_busy;
    int connect_rc, connect_errno;
    uv_timer_t tick;  /* while connected or with commands waiting */
    uv_timer_t pause; /* until the next attempt */
    uint64_t pause_ms;
    uint64_t greeting_deadline, online_since;
    bool refused; /* by the broker's CONNACK */
    bool stopping;
    char trouble[512];

    struct mqtt_subscriptions subscriptions;
    uv_check_t turn; /* sends what this turn of the loop has gathered, and delivers the inbox */
    uv_idle_t awake; /* keeps the loop from sleeping while there is something to do */

    bool held;               /* nobody can take a message now */
    struct mqtt_inbox inbox; /* while it has some, nothing is read */

    struct mqtt_outbox outbox;
};

static void attempt(struct mqtt *mqtt);
static void connection_lost(struct mqtt *mqtt, const char *why);
static void update_poll(struct mqtt *mqtt);

const char *mqtt_state_name(enum mqtt_state state)
{
    switch (state) {
    case MQTT_STOPPED:
        return "stopped";
    case MQTT_CONNECTING:
        return "connecting";
    case MQTT_GREETING:
        return "greeting";
    case MQTT_ONLINE:
        return "online";
    case MQTT_WAITING:
        return "waiting";
    }
    return "?";
}

static void enter_state(struct mqtt *mqtt, enum mqtt_state state)
{
    log_debug("mqtt: %s -> %s", mqtt_state_name(mqtt->state), mqtt_state_name(state));
    mqtt->state = state;
}

enum mqtt_state mqtt_state(const struct mqtt *mqtt)
{
    return mqtt->state;
}

const char *mqtt_trouble(const struct mqtt *mqtt)
{
    return mqtt->trouble;
}

/* ---- publishing ---- */

unsigned mqtt_publish_command(struct mqtt *mqtt, const char *topic, const char *payload, size_t len,
    mqtt_published_cb done, void *data, bool *sent)
{
    *sent = false;
    uint64_t wait = (uint64_t)mqtt->config->publish_timeout * 1000;
    struct mqtt_command *command =
        mqtt_outbox_put(&mqtt->outbox, topic, payload, len, uv_now(mqtt->loop) + wait, done, data);
    if (!command)
        return 0;
    if (mqtt->state == MQTT_ONLINE)
        *sent = mqtt_outbox_hand_over(command, mqtt->client);
    update_poll(mqtt);
    return command->id;
}

void mqtt_cancel(struct mqtt *mqtt, unsigned id)
{
    mqtt_outbox_cancel(&mqtt->outbox, id);
}

void mqtt_publish_news(
    struct mqtt *mqtt, const char *topic, const char *payload, size_t len, int qos, bool retain)
{
    if (mqtt->state != MQTT_ONLINE)
        return;
    int rc = mosquitto_publish(mqtt->client, NULL, topic, (int)len, payload, qos, retain);
    if (rc != MOSQ_ERR_SUCCESS)
        log_warning("mqtt: %s not published: %s", topic, mosquitto_strerror(rc));
    update_poll(mqtt);
}

/* ---- subscriptions ---- */

static void send_subscriptions(struct mqtt *mqtt)
{
    mqtt_subscriptions_send(&mqtt->subscriptions, mqtt->client);
    update_poll(mqtt);
}

static void deliver_inbox(struct mqtt *mqtt);

static void on_turn(uv_check_t *check)
{
    struct mqtt *mqtt = check->data;
    uv_check_stop(&mqtt->turn);
    uv_idle_stop(&mqtt->awake);
    deliver_inbox(mqtt);
    if (mqtt->subscriptions.wanted && mqtt->state == MQTT_ONLINE)
        send_subscriptions(mqtt);
}

static void on_awake(uv_idle_t *idle)
{
    (void)idle; /* its being active makes the loop poll without sleeping */
}

/* on_turn comes soon. */
static void want_turn(struct mqtt *mqtt)
{
    if (mqtt->stopping)
        return;
    uv_check_start(&mqtt->turn, on_turn);
    uv_idle_start(&mqtt->awake, on_awake);
}

void mqtt_subscribe(struct mqtt *mqtt, const char *topic, int qos)
{
    if (!mqtt_subscriptions_add(&mqtt->subscriptions, topic, qos)) {
        log_error("mqtt: no memory to subscribe to %s", topic);
        return;
    }
    want_turn(mqtt);
}

void mqtt_unsubscribe(struct mqtt *mqtt, const char *topic)
{
    mqtt_subscriptions_remove(&mqtt->subscriptions, topic);
    if (mqtt->state == MQTT_ONLINE)
        mosquitto_unsubscribe(mqtt->client, NULL, topic);
    update_poll(mqtt);
}

/* ---- messages that wait ---- */

static void deliver_inbox(struct mqtt *mqtt)
{
    struct mqtt_letter *letter;
    for (uint64_t until = uv_hrtime() + READ_NS;
         !mqtt->held && uv_hrtime() < until && (letter = mqtt_inbox_take(&mqtt->inbox));) {
        mqtt->handlers.message(
            mqtt->handlers.data, letter->topic, letter->payload, letter->len, letter->retained);
        free(letter);
    }
    if (!mqtt->held && mqtt->inbox.first)
        want_turn(mqtt);
    update_poll(mqtt);
}

void mqtt_hold(struct mqtt *mqtt)
{
    mqtt->held = true;
    update_poll(mqtt);
}

void mqtt_go_on(struct mqtt *mqtt)
{
    mqtt->held = false;
    want_turn(mqtt);
}

static bool may_read(const struct mqtt *mqtt)
{
    return !mqtt->held && !mqtt->inbox.first;
}

/* ---- libmosquitto's callbacks: only from within its read and write calls, so on the loop thread ---- */

static void on_connack(struct mosquitto *client, void *data, int code)
{
    (void)client;
    struct mqtt *mqtt = data;
    mqtt->refused = code != 0;
    if (code != 0) {
        snprintf(mqtt->trouble, sizeof(mqtt->trouble),
            "the broker at %s:%d refuses the connection: %s (check username, password and client_id)",
            mqtt->config->host, mqtt->config->port, mosquitto_connack_string(code));
        return;
    }
    mqtt->trouble[0] = '\0';
    mqtt->online_since = uv_now(mqtt->loop);
    enter_state(mqtt, MQTT_ONLINE);
}

static void on_message(struct mosquitto *client, void *data, const struct mosquitto_message *message)
{
    (void)client;
    struct mqtt *mqtt = data;
    size_t len = message->payloadlen > 0 ? (size_t)message->payloadlen : 0;
    if (may_read(mqtt))
        mqtt->handlers.message(mqtt->handlers.data, message->topic, message->payload, len, message->retain);
    else if (!mqtt_inbox_put(&mqtt->inbox, message->topic, message->payload, len, message->retain))
        log_error("mqtt: no memory for a message on %s", message->topic);
}

static void on_puback(struct mosquitto *client, void *data, int mid)
{
    (void)client;
    struct mqtt *mqtt = data;
    mqtt_outbox_acked(&mqtt->outbox, mid);
}

static void on_suback(struct mosquitto *client, void *data, int mid, int count, const int *granted)
{
    (void)client;
    (void)data;
    (void)mid;
    for (int i = 0; i < count; i++)
        if (granted[i] >= 0x80)
            log_warning("mqtt: the broker refuses a subscription: check its access lists for this user");
}

/* ---- connection ---- */

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle);
}

static void stop_poll(struct mqtt *mqtt)
{
    if (!mqtt->poll)
        return;
    uv_poll_stop(mqtt->poll);
    uv_close((uv_handle_t *)mqtt->poll, on_poll_closed);
    mqtt->poll = NULL;
    mqtt->poll_events = 0;
}

static void drop_client(struct mqtt *mqtt)
{
    stop_poll(mqtt);
    if (mqtt->client)
        mosquitto_destroy(mqtt->client);
    mqtt->client = NULL;
}

static void on_pause_over(uv_timer_t *timer)
{
    attempt(timer->data);
}

/* Waits, between half of and the whole of a time that doubles, so that a house of hearths does not knock in
 * step. */
static void retry_later(struct mqtt *mqtt)
{
    uint64_t most = (uint64_t)mqtt->config->reconnect_max * 1000;
    uint64_t pause = mqtt->refused && mqtt->pause_ms < PAUSE_REFUSED_MS ? PAUSE_REFUSED_MS : mqtt->pause_ms;
    if (pause > most)
        pause = most;
    mqtt->pause_ms = mqtt->pause_ms * 2 > most ? most : mqtt->pause_ms * 2;
    enter_state(mqtt, MQTT_WAITING);
    uint64_t jittered = pause / 2 + (uint64_t)rand() % (pause / 2 + 1);
    log_debug("mqtt: next attempt in %llu ms", (unsigned long long)jittered);
    uv_timer_start(&mqtt->pause, on_pause_over, jittered, 0);
}

static void connection_lost(struct mqtt *mqtt, const char *why)
{
    bool was_online = mqtt->state == MQTT_ONLINE;
    bool at_once = was_online && uv_now(mqtt->loop) - mqtt->online_since < AT_ONCE_MS;
    if (at_once) /* a broker has one client of each name, and sends the other away */
        snprintf(mqtt->trouble, sizeof(mqtt->trouble),
            "the broker at %s:%d ended the connection at once: %s (does another hearth call itself %s, too? "
            "give each a [hearth] node of its own)",
            mqtt->config->host, mqtt->config->port, why, mqtt->client_id);
    else if (was_online)
        snprintf(mqtt->trouble, sizeof(mqtt->trouble), "the connection to the broker at %s:%d broke: %s",
            mqtt->config->host, mqtt->config->port, why);
    else if (!mqtt->refused)
        snprintf(mqtt->trouble, sizeof(mqtt->trouble), "no broker at %s:%d: %s", mqtt->config->host,
            mqtt->config->port, why);
    log_warning("mqtt: %s", mqtt->trouble);
    drop_client(mqtt);
    retry_later(mqtt);
    mqtt_outbox_lost(&mqtt->outbox);
    if (was_online)
        mqtt->handlers.changed(mqtt->handlers.data, false, mqtt->trouble);
}

/* Everything that a new connection begins with. */
static void greet(struct mqtt *mqtt)
{
    log_info("mqtt: connected to %s:%d as %s", mqtt->config->host, mqtt->config->port, mqtt->client_id);
    mqtt->pause_ms = PAUSE_FIRST_MS;
    mqtt_subscriptions_want_all(&mqtt->subscriptions);
    send_subscriptions(mqtt);
    mqtt_publish_news(mqtt, mqtt->status_topic, "online", 6, 1, true);
    mqtt_outbox_hand_over_waiting(&mqtt->outbox, mqtt->client);
    mqtt->handlers.changed(mqtt->handlers.data, true, "");
}

static const char *error_text(int rc, int error)
{
    if (rc == MOSQ_ERR_EAI)
        return "nobody knows that name";
    return rc == MOSQ_ERR_ERRNO ? strerror(error) : mosquitto_strerror(rc);
}

/* What a libmosquitto call has led to: a connection that is up, or gone. */
static void after_io(struct mqtt *mqtt, int rc, int error)
{
    if (rc != MOSQ_ERR_SUCCESS) {
        connection_lost(mqtt, error_text(rc, error));
        return;
    }
    update_poll(mqtt);
}

/* Reads what has arrived, some packets at once: what they lead to (subscriptions, above all) leaves in one
 * packet, too. libmosquitto reads one packet a call. */
static int read_packets(struct mqtt *mqtt)
{
    int rc = MOSQ_ERR_SUCCESS, left = 1;
    uint64_t until = uv_hrtime() + READ_NS;
    for (int i = 0; i < READ_ROUNDS && rc == MOSQ_ERR_SUCCESS && left > 0 && may_read(mqtt) &&
                    (i == 0 || uv_hrtime() < until);
         i++) {
        rc = mosquitto_loop_read(mqtt->client, 1);
        int socket = mosquitto_socket(mqtt->client);
        if (socket < 0 || ioctl(socket, FIONREAD, &left) != 0)
            left = 0;
    }
    return rc;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct mqtt *mqtt = poll->data;
    bool greeted = mqtt->state == MQTT_ONLINE;
    int rc = MOSQ_ERR_SUCCESS;
    errno = 0;
    if (status < 0 || events & UV_READABLE)
        rc = read_packets(mqtt);
    if (rc == MOSQ_ERR_SUCCESS && events & UV_WRITABLE)
        rc = mosquitto_loop_write(mqtt->client, READ_ROUNDS);
    int error = errno;
    if (rc == MOSQ_ERR_SUCCESS && !greeted && mqtt->state == MQTT_ONLINE)
        greet(mqtt);
    after_io(mqtt, rc, error);
}

/* Asks the loop for what the client waits for now. */
static void update_poll(struct mqtt *mqtt)
{
    if (!mqtt->poll || !mqtt->client || mosquitto_socket(mqtt->client) < 0)
        return; /* a socket that libmosquitto has closed is noticed by the next tick */
    int events = (may_read(mqtt) ? UV_READABLE : 0) | (mosquitto_want_write(mqtt->client) ? UV_WRITABLE : 0);
    if (events == mqtt->poll_events)
        return;
    mqtt->poll_events = events;
    uv_poll_start(mqtt->poll, events, on_poll);
}

/* Without it a command waits up to 40 ms for the broker's delayed acknowledgement of what was sent before
 * (RFC 896 meets RFC 1122). */
static void send_at_once(int socket)
{
    int on = 1;
    if (setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
        log_debug("mqtt: TCP_NODELAY: %s", strerror(errno));
}

static void start_poll(struct mqtt *mqtt)
{
    send_at_once(mosquitto_socket(mqtt->client));
    mqtt->poll = calloc(1, sizeof(*mqtt->poll));
    int rc = mqtt->poll ? uv_poll_init(mqtt->loop, mqtt->poll, mosquitto_socket(mqtt->client)) : UV_ENOMEM;
    if (rc != 0) {
        free(mqtt->poll);
        mqtt->poll = NULL;
        connection_lost(mqtt, uv_strerror(rc));
        return;
    }
    mqtt->poll->data = mqtt;
    update_poll(mqtt);
}

static void connect_on_worker(uv_work_t *work)
{
    struct mqtt *mqtt = work->data;
    const struct config *config = mqtt->config;
    errno = 0;
    mqtt->connect_rc = mosquitto_connect_async(mqtt->client, config->host, config->port, config->keepalive);
    mqtt->connect_errno = errno;
}

static void after_connect(uv_work_t *work, int status)
{
    struct mqtt *mqtt = work->data;
    mqtt->connect_busy = false;
    if (mqtt->stopping || status == UV_ECANCELED) {
        drop_client(mqtt);
        enter_state(mqtt, MQTT_STOPPED);
        return;
    }
    if (mqtt->connect_rc != MOSQ_ERR_SUCCESS) {
        connection_lost(mqtt, error_text(mqtt->connect_rc, mqtt->connect_errno));
        return;
    }
    enter_state(mqtt, MQTT_GREETING);
    mqtt->greeting_deadline = uv_now(mqtt->loop) + GREETING_TIMEOUT_MS;
    start_poll(mqtt);
}

static int set_up_client(struct mqtt *mqtt)
{
    const struct config *config = mqtt->config;
    mosquitto_connect_callback_set(mqtt->client, on_connack);
    mosquitto_message_callback_set(mqtt->client, on_message);
    mosquitto_publish_callback_set(mqtt->client, on_puback);
    mosquitto_subscribe_callback_set(mqtt->client, on_suback);
    int rc = mosquitto_will_set(mqtt->client, mqtt->status_topic, 7, "offline", 1, true);
    if (rc == MOSQ_ERR_SUCCESS && config->username[0])
        rc = mosquitto_username_pw_set(mqtt->client, config->username, mqtt->password);
    /* Small packets at once: else the second of two commands waits for the acknowledgement of the first, 40
     * ms. */
    if (rc == MOSQ_ERR_SUCCESS)
        rc = mosquitto_int_option(mqtt->client, MOSQ_OPT_TCP_NODELAY, 1);
    if (rc == MOSQ_ERR_SUCCESS && config->ca_file[0])
        rc = mosquitto_tls_set(mqtt->client, config->ca_file, NULL,
            config->cert_file[0] ? config->cert_file : NULL, config->key_file[0] ? config->key_file : NULL,
            NULL);
    return rc;
}

/* libmosquitto does not say which of them it was. */
static bool bad_tls_file(const struct config *config, char why[256])
{
    const char *const files[][2] = {
        {"ca_file", config->ca_file}, {"cert_file", config->cert_file}, {"key_file", config->key_file}};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (files[i][1][0] && access(files[i][1], R_OK) != 0) {
            snprintf(
                why, 256, "[mqtt] %s %.150s cannot be read: %s", files[i][0], files[i][1], strerror(errno));
            return true;
        }
    return false;
}

static void attempt(struct mqtt *mqtt)
{
    mqtt->refused = false;
    mqtt->client = mosquitto_new(mqtt->client_id, true, mqtt);
    int rc = mqtt->client ? set_up_client(mqtt) : MOSQ_ERR_NOMEM;
    enter_state(mqtt, MQTT_CONNECTING);
    if (rc != MOSQ_ERR_SUCCESS) {
        char why[256];
        connection_lost(mqtt, bad_tls_file(mqtt->config, why) ? why : mosquitto_strerror(rc));
        return;
    }
    mqtt->connect_work.data = mqtt;
    rc = uv_queue_work(mqtt->loop, &mqtt->connect_work, connect_on_worker, after_connect);
    mqtt->connect_busy = rc == 0;
    if (rc != 0)
        connection_lost(mqtt, uv_strerror(rc));
}

static void on_tick(uv_timer_t *timer)
{
    struct mqtt *mqtt = timer->data;
    uint64_t now = uv_now(mqtt->loop);
    mqtt_outbox_expire(&mqtt->outbox, now);
    if (mqtt->state == MQTT_GREETING && now > mqtt->greeting_deadline) {
        connection_lost(mqtt, "it took the connection, but does not answer");
        return;
    }
    if (mqtt->state != MQTT_ONLINE)
        return;
    int rc = mosquitto_loop_misc(mqtt->client);
    after_io(mqtt, rc, errno);
}

/* ---- life ---- */

/* The first line of the file, without its newline. */
static char *read_password(const char *path, struct san_error *err)
{
    FILE *file = fopen(path, "re");
    char line[PASSWORD_MAX + 2];
    char *got = file ? fgets(line, sizeof(line), file) : NULL;
    if (file)
        fclose(file);
    if (!got) {
        san_fail(err, SAN_EIO, "[mqtt] password_file %s cannot be read: %s", path,
            file ? "it is empty" : strerror(errno));
        return NULL;
    }
    line[strcspn(line, "\r\n")] = '\0';
    if (strlen(line) > PASSWORD_MAX) {
        san_fail(err, SAN_ELIMIT, "[mqtt] password_file %s: the password is longer than %d bytes", path,
            PASSWORD_MAX);
        return NULL;
    }
    char *password = strdup(line);
    if (!password)
        san_fail(err, SAN_ENOMEM, "out of memory");
    return password;
}

static void init_handles(struct mqtt *mqtt)
{
    uv_timer_init(mqtt->loop, &mqtt->tick);
    uv_timer_init(mqtt->loop, &mqtt->pause);
    uv_check_init(mqtt->loop, &mqtt->turn);
    uv_idle_init(mqtt->loop, &mqtt->awake);
    mqtt->tick.data = mqtt->pause.data = mqtt->turn.data = mqtt->awake.data = mqtt;
}

struct mqtt *mqtt_new(
    uv_loop_t *loop, const struct config *config, const struct mqtt_handlers *handlers, struct san_error *err)
{
    struct mqtt *mqtt = calloc(1, sizeof(*mqtt));
    if (!mqtt || !mqtt_subscriptions_init(&mqtt->subscriptions)) {
        san_fail(err, SAN_ENOMEM, "out of memory");
        goto failed;
    }
    mqtt->loop = loop;
    mqtt->config = config;
    mqtt->handlers = *handlers;
    mqtt->pause_ms = PAUSE_FIRST_MS;
    snprintf(mqtt->status_topic, sizeof(mqtt->status_topic), "hearth/%s/status", config->node);
    if (config->client_id[0])
        snprintf(mqtt->client_id, sizeof(mqtt->client_id), "%s", config->client_id);
    else
        snprintf(mqtt->client_id, sizeof(mqtt->client_id), "hearthd-%s", config->node);
    if (config->password_file[0])
        mqtt->password = read_password(config->password_file, err);
    else
        mqtt->password = strdup(config->password);
    if (!mqtt->password)
        goto failed;
    mosquitto_lib_init();
    init_handles(mqtt);
    return mqtt;
failed:
    if (mqtt)
        mqtt_subscriptions_free(&mqtt->subscriptions);
    free(mqtt);
    return NULL;
}

void mqtt_start(struct mqtt *mqtt)
{
    uv_timer_start(&mqtt->tick, on_tick, TICK_MS, TICK_MS);
    attempt(mqtt);
}

/* A clean DISCONNECT makes the broker forget the will: say offline ourselves. */
static void say_goodbye(struct mqtt *mqtt)
{
    mosquitto_publish(mqtt->client, NULL, mqtt->status_topic, 7, "offline", 1, true);
    mosquitto_disconnect(mqtt->client);
    for (int i = 0; i < READ_ROUNDS && mosquitto_want_write(mqtt->client); i++)
        mosquitto_loop_write(mqtt->client, READ_ROUNDS);
}

void mqtt_stop(struct mqtt *mqtt)
{
    if (mqtt->stopping)
        return;
    mqtt->stopping = true;
    if (mqtt->state == MQTT_ONLINE)
        say_goodbye(mqtt);
    if (mqtt->connect_busy) {
        uv_cancel((uv_req_t *)&mqtt->connect_work);
    } else {
        drop_client(mqtt);
        enter_state(mqtt, MQTT_STOPPED);
    }
    mqtt_outbox_clear(&mqtt->outbox);
    mqtt_inbox_clear(&mqtt->inbox);
    uv_close((uv_handle_t *)&mqtt->tick, NULL);
    uv_close((uv_handle_t *)&mqtt->pause, NULL);
    uv_close((uv_handle_t *)&mqtt->turn, NULL);
    uv_close((uv_handle_t *)&mqtt->awake, NULL);
}

void mqtt_free(struct mqtt *mqtt)
{
    if (!mqtt)
        return;
    mqtt_subscriptions_free(&mqtt->subscriptions);
    free(mqtt->password);
    free(mqtt);
    mosquitto_lib_cleanup();
}
