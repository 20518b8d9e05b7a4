/* ingest_wyoming.c - see ingest_wyoming.h. Connections, order and lifetimes; frames are wyoming.c's, words
 * wyoming_answer.c's.
 *
 * A client's memory is freed in libuv's close callback alone. A request is freed when the pipeline has
 * answered it, or when the pipeline was told that nobody waits for it any more.
 */
#include "ingest_wyoming.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "log.h"
#include "phrases.h"
#include "pipeline.h"
#include "satellites.h"
#include "unix_path.h"
#include "wyoming.h"
#include "wyoming_answer.h"

enum {
    READ_CHUNK = 65536,
    LISTEN_BACKLOG = 128,
    TICK_MS = 200,
    LAST_WORDS_MS = 5000, /* a refused client has this long to read why */
    KEEPALIVE_S = 60,     /* a peer that was switched off is noticed after some minutes */
};

struct client {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } io;
    struct ingest_wyoming *ingest;
    struct client *next;
    struct wyoming_reader *reader;
    struct request *request; /* under way */
    char *rest;              /* what came behind it */
    size_t rest_len;
    uint64_t deadline; /* of the request, or of the last words */
    bool serving;      /* in the loop over events: an answer from within does not start it again */
    bool paused;       /* reading is stopped until the rest is served */
    bool ended;        /* it has said its last */
    bool last_words;   /* so have we */
    bool closing;
    uv_shutdown_t shutdown;
};

/* One utterance on its way through the pipeline. */
struct request {
    struct request *next;
    struct ingest_wyoming *ingest;
    struct client *client; /* NULL: answered already, too late */
    bool knows_several;
};

struct ingest_wyoming {
    struct hearthd *daemon;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
    uv_timer_t tick; /* while anything has a deadline */
    bool tcp_open, pipe_open, stopped;
    struct client *clients;
    size_t client_count;
    struct request *requests;
    char chunk[READ_CHUNK];
};

/* ---- leaving ---- */

static void forget_request(struct request *request)
{
    struct request **at = &request->ingest->requests;
    while (*at != request)
        at = &(*at)->next;
    *at = request->next;
    free(request);
}

static void abandon(struct request *request)
{
    pipeline_abandon(request->ingest->daemon->pipeline, request);
    forget_request(request);
}

static void on_client_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;
    wyoming_reader_free(client->reader);
    free(client->rest);
    free(client);
}

static void close_client(struct client *client)
{
    if (client->closing)
        return;
    client->closing = true;
    if (client->request)
        abandon(client->request);
    client->request = NULL;
    struct client **at = &client->ingest->clients;
    while (*at != client)
        at = &(*at)->next;
    *at = client->next;
    client->ingest->client_count--;
    uv_close(&client->io.handle, on_client_closed);
}

/* A client that has said its last is let go when it has all answers. */
static void close_if_served(struct client *client)
{
    bool owed = client->request || client->rest_len || uv_stream_get_write_queue_size(&client->io.stream);
    if (client->ended && !owed)
        close_client(client);
}

/* ---- writing ---- */

struct write {
    uv_write_t request;
    char *bytes;
};

static void on_written(uv_write_t *request, int status)
{
    struct write *write = (struct write *)request;
    struct client *client = request->handle->data;
    free(write->bytes);
    free(write);
    if (status < 0)
        close_client(client);
    else if (!client->closing)
        close_if_served(client);
}

/* Consumes bytes. */
static void send_bytes(struct client *client, char *bytes, size_t len)
{
    bool fits = uv_stream_get_write_queue_size(&client->io.stream) <= WYOMING_BACKLOG_MAX;
    struct write *write = bytes && fits && !client->closing ? malloc(sizeof(*write)) : NULL;
    if (!write) {
        free(bytes);
        if (!fits)
            log_warning("wyoming: a client does not read its answers: dropped");
        close_client(client); /* without an answer it would wait for ever */
        return;
    }
    write->bytes = bytes;
    uv_buf_t buffer = uv_buf_init(bytes, (unsigned)len);
    if (uv_write(&write->request, &client->io.stream, &buffer, 1, on_written) != 0) {
        free(bytes);
        free(write);
        close_client(client);
    }
}

static void send_text(struct client *client, const char *type, const char *text)
{
    size_t len = 0;
    char *frame = wyoming_text(type, text, &len);
    send_bytes(client, frame, len);
}

static const char *phrase(const struct client *client, const char *key)
{
    return phrases_get(client->ingest->daemon->phrases, "outcomes", key);
}

/* ---- time ---- */

static void answer_late(struct client *client)
{
    log_warning("wyoming: an utterance takes longer than %d s: answered without its end",
        client->ingest->daemon->config->wyoming_timeout);
    client->request->client = NULL;
    client->request = NULL;
    send_text(client, "not-handled", phrase(client, "late"));
}

static void serve_rest(struct client *client);

static void on_tick(uv_timer_t *timer)
{
    struct ingest_wyoming *ingest = timer->data;
    uint64_t now = uv_now(timer->loop);
    bool anything = false;
    for (struct client *client = ingest->clients, *next; client; client = next) {
        next = client->next;
        bool waits = client->request || client->last_words;
        if (waits && client->deadline <= now && client->last_words) {
            close_client(client);
        } else if (waits && client->deadline <= now) {
            answer_late(client);
            serve_rest(client);
        }
        anything = anything || waits;
    }
    if (!anything)
        uv_timer_stop(timer);
}

static void set_deadline(struct client *client, uint64_t ms)
{
    uv_timer_t *tick = &client->ingest->tick;
    client->deadline = uv_now(tick->loop) + ms;
    if (!uv_is_active((uv_handle_t *)tick))
        uv_timer_start(tick, on_tick, TICK_MS, TICK_MS);
}

/* Says why, and that nothing more will come. Closing at once could take the answer with it: the kernel resets
 * a connection that has unread bytes. */
static void refuse_client(struct client *client, char *frame, size_t len)
{
    client->last_words = true;
    client->rest_len = 0;
    set_deadline(client, LAST_WORDS_MS);
    send_bytes(client, frame, len);
    if (!client->closing)
        uv_shutdown(&client->shutdown, &client->io.stream, NULL);
}

/* ---- events ---- */

static void on_reply(void *data, const struct utterance *utterance)
{
    struct request *request = data;
    struct client *client = request->client;
    bool knows_several = request->knows_several;
    forget_request(request);
    if (!client)
        return;
    client->request = NULL;
    size_t len = 0;
    char *frames = wyoming_answer(utterance, client->ingest->daemon->phrases, knows_several, &len);
    send_bytes(client, frames, len);
    if (!client->serving)
        serve_rest(client);
}

static const char *text_in(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text && text[0] ? text : NULL;
}

static void say(struct client *client, const struct utterance_in *in, bool knows_several)
{
    struct ingest_wyoming *ingest = client->ingest;
    struct request *request = calloc(1, sizeof(*request));
    if (!request) {
        send_text(client, "not-handled", phrase(client, "busy"));
        return;
    }
    *request = (struct request){
        .next = ingest->requests, .ingest = ingest, .client = client, .knows_several = knows_several};
    ingest->requests = request;
    client->request = request;
    set_deadline(client, (uint64_t)ingest->daemon->config->wyoming_timeout * 1000);
    struct utterance_in mine = *in;
    mine.reply = on_reply;
    mine.reply_data = request;
    if (pipeline_say(ingest->daemon->pipeline, &mine) == PIPELINE_TAKEN)
        return;
    forget_request(request);
    client->request = NULL;
    send_text(client, "not-handled", phrase(client, "busy"));
}

static void take_transcript(struct client *client, const struct wyoming_event *event)
{
    struct hearthd *daemon = client->ingest->daemon;
    const struct config *config = daemon->config;
    const cJSON *context = cJSON_GetObjectItemCaseSensitive(event->data, "context");
    const char *satellite = text_in(context, "satellite_id"), *device = text_in(context, "device_id");
    const char *conversation = text_in(context, "conversation_id");
    char room[SATELLITE_ROOM_MAX + 1];
    satellites_room(config->satellites, daemon->registry, (const char *const[]){satellite, device}, 2, room);
    if (!wyoming_speaks(config->wyoming_languages, text_in(event->data, "language"))) {
        send_text(client, "not-recognized", phrase(client, "language"));
        return;
    }
    const char *text = text_in(event->data, "text");
    const struct utterance_in in = {
        .text = text ? text : "",
        .area = room,
        .source = "wyoming",
        .dialogue = satellite ? satellite
                    : device  ? device
                              : conversation,
        .understand_only = config->wyoming_mode == CONFIG_WYOMING_INTENT,
    };
    /* The clients that tell where somebody speaks are those that take several intents. */
    say(client, &in, satellite || device || wyoming_version_at_least(event->version, 1, 9));
}

static void take_describe(struct client *client, const struct wyoming_event *event)
{
    (void)event;
    size_t len = 0;
    char *frame = wyoming_info(client->ingest->daemon->config, &len);
    send_bytes(client, frame, len);
}

static void take_ping(struct client *client, const struct wyoming_event *event)
{
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(event->data, "text");
    cJSON *data = cJSON_CreateObject();
    cJSON *copy = text ? cJSON_Duplicate(text, true) : cJSON_CreateNull();
    if (!cJSON_AddItemToObject(data, "text", copy))
        cJSON_Delete(copy);
    size_t len = 0;
    char *frame = wyoming_frame("pong", data, &len);
    send_bytes(client, frame, len);
}

static void take_event(struct client *client, const struct wyoming_event *event)
{
    static const struct {
        const char *type;
        void (*take)(struct client *client, const struct wyoming_event *event);
    } table[] = {
        {"transcript", take_transcript},
        {"recognize", take_transcript}, /* the protocol's own word for it */
        {"describe", take_describe},
        {"ping", take_ping},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(table[i].type, event->type) != 0)
            continue;
        table[i].take(client, event);
        return;
    }
    log_debug("wyoming: %s is not for us: dropped", event->type);
}

/* ---- reading ---- */

static bool can_serve(const struct client *client)
{
    return !client->request && !client->closing && !client->last_words;
}

/* Serves events until one takes its time, or the bytes end. */
static void serve(struct client *client, const char **bytes, size_t *len)
{
    enum wyoming_step step = WYOMING_EVENT;
    client->serving = true;
    while (step == WYOMING_EVENT && can_serve(client)) {
        step = wyoming_read(client->reader, bytes, len);
        if (step == WYOMING_EVENT)
            take_event(client, wyoming_event(client->reader));
    }
    client->serving = false;
    if (step != WYOMING_BAD)
        return;
    const char *why = wyoming_error(client->reader);
    log_warning("wyoming: a client is refused: %s", why);
    size_t frame_len = 0;
    char *frame = wyoming_text("error", why, &frame_len);
    refuse_client(client, frame, frame_len);
}

static bool keep_rest(struct client *client, const char *bytes, size_t len)
{
    char *bigger = len ? realloc(client->rest, client->rest_len + len) : client->rest;
    if (len && !bigger)
        return false;
    client->rest = bigger;
    if (len)
        memcpy(client->rest + client->rest_len, bytes, len);
    client->rest_len += len;
    return true;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)suggested;
    struct client *client = handle->data;
    *buffer = uv_buf_init(client->ingest->chunk, READ_CHUNK); /* served or kept before the next read */
}

static void take_bytes(struct client *client, const char *bytes, size_t len)
{
    serve(client, &bytes, &len);
    if (client->closing || client->last_words)
        return;
    if (!keep_rest(client, bytes, len)) {
        close_client(client);
        return;
    }
    if (client->rest_len >= WYOMING_REST_MAX && !client->paused) {
        client->paused = true;
        uv_read_stop(&client->io.stream);
    }
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
    struct client *client = stream->data;
    if (got == UV_EOF) {
        client->ended = true;
        close_if_served(client);
    } else if (got < 0) {
        close_client(client);
    } else if (!client->last_words) {
        take_bytes(client, buffer->base, (size_t)got);
    }
}

/* After an answer: what has come meanwhile. */
static void serve_rest(struct client *client)
{
    const char *bytes = client->rest;
    size_t len = client->rest_len;
    if (len)
        serve(client, &bytes, &len);
    if (client->closing || client->last_words)
        return;
    if (len)
        memmove(client->rest, bytes, len);
    client->rest_len = len;
    if (client->paused && len < WYOMING_REST_MAX) {
        client->paused = false;
        uv_read_start(&client->io.stream, on_alloc, on_read);
    }
    close_if_served(client);
}

/* ---- connections ---- */

static struct client *new_client(struct ingest_wyoming *ingest, bool is_tcp)
{
    struct client *client = calloc(1, sizeof(*client));
    struct wyoming_reader *reader = wyoming_reader_new();
    if (!client || !reader) {
        wyoming_reader_free(reader);
        free(client);
        return NULL;
    }
    client->ingest = ingest;
    client->reader = reader;
    if (is_tcp)
        uv_tcp_init(ingest->daemon->loop, &client->io.tcp);
    else
        uv_pipe_init(ingest->daemon->loop, &client->io.pipe, 0);
    client->io.handle.data = client;
    client->next = ingest->clients;
    ingest->clients = client;
    ingest->client_count++;
    return client;
}

static void on_connection(uv_stream_t *server, int status)
{
    struct ingest_wyoming *ingest = server->data;
    size_t most = (size_t)ingest->daemon->config->wyoming_clients;
    bool is_tcp = server->type == UV_TCP;
    struct client *client = status == 0 ? new_client(ingest, is_tcp) : NULL;
    if (!client)
        return;
    if (uv_accept(server, &client->io.stream) != 0 ||
        ingest->client_count > 2 * most || /* even the refused */
        uv_read_start(&client->io.stream, on_alloc, on_read) != 0) {
        close_client(client);
        return;
    }
    if (is_tcp) {
        uv_tcp_nodelay(&client->io.tcp, 1);
        uv_tcp_keepalive(&client->io.tcp, 1, KEEPALIVE_S);
    }
    if (ingest->client_count <= most)
        return;
    log_warning("wyoming: more than %zu clients are connected: one is refused", most);
    size_t len = 0;
    char *frame = wyoming_text("not-handled", phrase(client, "busy"), &len);
    refuse_client(client, frame, len);
}

/* ---- life ---- */

/* Splits "host:port" and "[host]:port"; false if it is neither. */
static bool split_host(const char *text, char *host, size_t size, unsigned *port)
{
    const char *colon = strrchr(text, ':');
    if (!colon || colon == text)
        return false;
    bool bracketed = text[0] == '[' && colon[-1] == ']';
    const char *begin = bracketed ? text + 1 : text, *end = bracketed ? colon - 1 : colon;
    int len = snprintf(host, size, "%.*s", (int)(end - begin), begin);
    char *rest;
    unsigned long number = strtoul(colon + 1, &rest, 10);
    *port = (unsigned)number;
    return len > 0 && (size_t)len < size && colon[1] >= '0' && colon[1] <= '9' && !*rest && number > 0 &&
           number <= 65535;
}

enum san_status wyoming_uri_parse(const char *uri, struct sockaddr_storage *address, struct san_error *err)
{
    char host[64];
    unsigned port;
    if (strncmp(uri, "tcp://", 6) != 0 || !split_host(uri + 6, host, sizeof(host), &port))
        return san_fail(
            err, SAN_EINVAL, "[wyoming] uri is \"%s\": give tcp://address:port, as tcp://0.0.0.0:10750", uri);
    const char *numeric = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
    if (uv_ip4_addr(numeric, (int)port, (struct sockaddr_in *)address) == 0 ||
        uv_ip6_addr(numeric, (int)port, (struct sockaddr_in6 *)address) == 0)
        return SAN_OK;
    return san_fail(err, SAN_EINVAL,
        "[wyoming] uri is \"%s\": give an address of this machine in numbers; 0.0.0.0 is all of them", uri);
}

static enum san_status open_tcp(struct ingest_wyoming *ingest, const char *uri, struct san_error *err)
{
    struct sockaddr_storage address;
    if (wyoming_uri_parse(uri, &address, err) != SAN_OK)
        return err->status;
    uv_tcp_init(ingest->daemon->loop, &ingest->tcp);
    ingest->tcp_open = true;
    ingest->tcp.data = ingest;
    int rc = uv_tcp_bind(&ingest->tcp, (struct sockaddr *)&address, 0);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&ingest->tcp, LISTEN_BACKLOG, on_connection);
    return rc == 0 ? SAN_OK : san_fail(err, SAN_EIO, "[wyoming] uri %s: %s", uri, uv_strerror(rc));
}

static enum san_status open_pipe(struct ingest_wyoming *ingest, const char *path, struct san_error *err)
{
    if (unix_path_clear(path, "[wyoming] unix", err) != SAN_OK)
        return err->status;
    uv_pipe_init(ingest->daemon->loop, &ingest->pipe, 0);
    ingest->pipe_open = true;
    ingest->pipe.data = ingest;
    int rc = unix_path_bind(&ingest->pipe, path);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&ingest->pipe, LISTEN_BACKLOG, on_connection);
    return rc == 0 ? SAN_OK : san_fail(err, SAN_EIO, "[wyoming] unix %s: %s", path, uv_strerror(rc));
}

struct ingest_wyoming *ingest_wyoming_open(struct hearthd *daemon, struct san_error *err)
{
    const struct config *config = daemon->config;
    struct ingest_wyoming *ingest = calloc(1, sizeof(*ingest));
    if (!ingest) {
        san_fail(err, SAN_ENOMEM, "out of memory");
        return NULL;
    }
    ingest->daemon = daemon;
    uv_timer_init(daemon->loop, &ingest->tick);
    ingest->tick.data = ingest;
    enum san_status status = SAN_OK;
    if (config->wyoming_uri[0])
        status = open_tcp(ingest, config->wyoming_uri, err);
    if (status == SAN_OK && config->wyoming_unix[0])
        status = open_pipe(ingest, config->wyoming_unix, err);
    if (status == SAN_OK) {
        log_info("wyoming: listening on %s %s", config->wyoming_uri, config->wyoming_unix);
        return ingest;
    }
    ingest_wyoming_stop(ingest);
    uv_run(daemon->loop, UV_RUN_NOWAIT); /* lets the handles close */
    ingest_wyoming_free(ingest);
    return NULL;
}

void ingest_wyoming_stop(struct ingest_wyoming *ingest)
{
    if (!ingest || ingest->stopped)
        return;
    ingest->stopped = true;
    while (ingest->clients)
        close_client(ingest->clients);
    while (ingest->requests)
        abandon(ingest->requests);
    uv_close((uv_handle_t *)&ingest->tick, NULL);
    if (ingest->tcp_open)
        uv_close((uv_handle_t *)&ingest->tcp, NULL);
    if (ingest->pipe_open)
        uv_close((uv_handle_t *)&ingest->pipe, NULL); /* removes the file, too */
}

void ingest_wyoming_free(struct ingest_wyoming *ingest)
{
    free(ingest);
}
