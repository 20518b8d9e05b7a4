/* ingest_socket.c - see ingest_socket.h. Framing, limits and lifetimes; what a line means is jsonrpc.c's and
 * rpc_methods.c's.
 *
 * A client's memory is freed in libuv's close callback alone. A call that is answered after its client has
 * gone finds client == NULL and drops its line.
 */
#include "ingest_socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "jsonrpc.h"
#include "log.h"
#include "rpc.h"
#include "unix_path.h"

enum { READ_CHUNK = 65536, LISTEN_BACKLOG = 128 };

struct client {
    uv_pipe_t pipe;
    struct ingest_socket *ingest;
    struct client *next;
    struct client_call *calls; /* under way */
    unsigned call_count;
    bool watching;
    bool closing;
    bool held;       /* an answer takes long: nothing more is read before it */
    bool last_words; /* refused: what it still sends is dropped until it goes */
    size_t dropped;
    uv_shutdown_t shutdown;
    char *line; /* what has come of the next line */
    size_t len, size;
};

struct client_call {
    struct rpc_call call;
    struct client *client; /* NULL: gone */
    bool holds;
    struct client_call *next;
};

struct ingest_socket {
    struct hearthd *daemon;
    uv_pipe_t server;
    struct client *clients;
    size_t client_count;
    char path[108];
    char chunk[READ_CHUNK];
    bool stopped;
};

/* ---- leaving ---- */

static void on_client_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;
    free(client->line);
    free(client);
}

static void close_client(struct client *client)
{
    if (client->closing)
        return;
    client->closing = true;
    for (struct client_call *call = client->calls; call; call = call->next)
        call->client = NULL;
    struct client **at = &client->ingest->clients;
    while (*at && *at != client)
        at = &(*at)->next;
    if (*at) {
        *at = client->next;
        client->ingest->client_count--;
    }
    uv_close((uv_handle_t *)&client->pipe, on_client_closed);
}

/* ---- writing ---- */

struct write {
    uv_write_t request;
    char *line;
};

static void on_written(uv_write_t *request, int status)
{
    struct write *write = (struct write *)request;
    struct client *client = request->handle->data;
    free(write->line);
    free(write);
    if (status < 0 && status != UV_ECANCELED)
        close_client(client);
}

/* Consumes line. */
static void send_line(struct client *client, char *line)
{
    struct write *write = line && !client->closing ? malloc(sizeof(*write)) : NULL;
    if (!write) {
        free(line);
        return;
    }
    if (uv_stream_get_write_queue_size((uv_stream_t *)&client->pipe) > SOCKET_BACKLOG_MAX) {
        log_warning("socket: a client does not read its answers: dropped");
        free(line);
        free(write);
        close_client(client);
        return;
    }
    write->line = line;
    uv_buf_t buffer = uv_buf_init(line, (unsigned)strlen(line));
    if (uv_write(&write->request, (uv_stream_t *)&client->pipe, &buffer, 1, on_written) != 0) {
        free(line);
        free(write);
        close_client(client);
    }
}

/* Says why, and that nothing more will come. Closing at once could take the answer with it: the kernel resets
 * a connection that has unread bytes. */
static void refuse_client(struct client *client, int code, const char *why)
{
    client->last_words = true;
    send_line(client, jsonrpc_error(NULL, code, why, NULL));
    if (!client->closing)
        uv_shutdown(&client->shutdown, (uv_stream_t *)&client->pipe, NULL);
}

/* ---- calls ---- */

static void read_on(struct client *client);

static void on_answer(struct rpc_call *rpc, char *line)
{
    struct client_call *call = rpc->owner;
    struct client *client = call->client;
    if (client) {
        struct client_call **at = &client->calls;
        while (*at != call)
            at = &(*at)->next;
        *at = call->next;
        client->call_count--;
        send_line(client, line);
        if (call->holds)
            read_on(client);
    } else {
        free(line);
    }
    cJSON_Delete(rpc->id);
    free(call);
}

static void on_watch(struct rpc_call *rpc)
{
    struct client_call *call = rpc->owner;
    if (call->client)
        call->client->watching = true;
}

/* So answers keep the order of the questions, and a question sees what the one before it has changed. */
static void on_hold(struct rpc_call *rpc)
{
    struct client_call *call = rpc->owner;
    if (!call->client)
        return;
    call->holds = call->client->held = true;
    uv_read_stop((uv_stream_t *)&call->client->pipe);
}

static void start_call(struct client *client, const struct jsonrpc_request *request)
{
    struct client_call *call = client->call_count < SOCKET_REQUESTS_MAX ? calloc(1, sizeof(*call)) : NULL;
    if (!call) {
        send_line(client, jsonrpc_error(request->id, JSONRPC_BUSY, "too many requests are under way", NULL));
        return;
    }
    *call =
        (struct client_call){.call = {.owner = call, .done = on_answer, .watch = on_watch, .hold = on_hold},
            .client = client,
            .next = client->calls};
    call->call.id = request->id ? cJSON_Duplicate(request->id, true) : NULL;
    client->calls = call;
    client->call_count++;
    rpc_handle(client->ingest->daemon, &call->call, request);
}

static void take_line(struct client *client, const char *line, size_t len)
{
    if (len && line[len - 1] == '\r')
        len--;
    if (!len)
        return;
    struct jsonrpc_request request;
    if (jsonrpc_parse(line, len, &request))
        start_call(client, &request);
    else
        send_line(client, jsonrpc_error(request.id, request.error, request.message, NULL));
    jsonrpc_request_clear(&request);
}

/* ---- reading ---- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)suggested;
    struct client *client = handle->data;
    *buffer = uv_buf_init(client->ingest->chunk, READ_CHUNK); /* read to its end before the next read */
}

static bool keep(struct client *client, const char *bytes, size_t len)
{
    if (client->len + len > client->size) {
        size_t size = client->len + len + 4096;
        char *bigger = realloc(client->line, size);
        if (!bigger)
            return false;
        client->line = bigger;
        client->size = size;
    }
    memcpy(client->line + client->len, bytes, len);
    client->len += len;
    return true;
}

static void take_bytes(struct client *client, const char *bytes, size_t len)
{
    while (len && !client->closing && !client->last_words) {
        if (client->held) {
            if (!keep(client, bytes, len))
                refuse_client(client, JSONRPC_INTERNAL, "out of memory");
            return;
        }
        const char *newline = memchr(bytes, '\n', len);
        size_t part = newline ? (size_t)(newline - bytes) : len;
        if (client->len + part > JSONRPC_LINE_MAX) {
            refuse_client(client, JSONRPC_INVALID_REQUEST, "the line is longer than 1 MiB");
            return;
        }
        if (newline && !client->len) {
            take_line(client, bytes, part);
        } else if (!keep(client, bytes, part)) {
            refuse_client(client, JSONRPC_INTERNAL, "out of memory");
            return;
        } else if (newline) {
            take_line(client, client->line, client->len);
        }
        if (newline)
            client->len = 0;
        bytes += newline ? part + 1 : part;
        len -= newline ? part + 1 : part;
    }
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
    struct client *client = stream->data;
    if (got < 0 || client->dropped > SOCKET_BACKLOG_MAX)
        close_client(client);
    else if (client->last_words)
        client->dropped += (size_t)got;
    else
        take_bytes(client, buffer->base, (size_t)got);
}

/* The long answer is on its way: takes what has come behind its question, then reads again. */
static void read_on(struct client *client)
{
    char *rest = client->line;
    size_t len = client->len;
    client->held = false;
    client->line = NULL;
    client->len = client->size = 0;
    take_bytes(client, rest, len);
    free(rest);
    if (!client->held && !client->closing)
        uv_read_start((uv_stream_t *)&client->pipe, on_alloc, on_read);
}

static void on_connection(uv_stream_t *server, int status)
{
    struct ingest_socket *ingest = server->data;
    struct client *client = status == 0 ? calloc(1, sizeof(*client)) : NULL;
    if (!client)
        return;
    client->ingest = ingest;
    uv_pipe_init(server->loop, &client->pipe, 0);
    client->pipe.data = client;
    client->next = ingest->clients;
    ingest->clients = client;
    ingest->client_count++;
    if (uv_accept(server, (uv_stream_t *)&client->pipe) != 0)
        close_client(client);
    else if (ingest->client_count > 2 * SOCKET_CLIENTS_MAX || /* even the refused are too many */
             uv_read_start((uv_stream_t *)&client->pipe, on_alloc, on_read) != 0)
        close_client(client);
    else if (ingest->client_count > SOCKET_CLIENTS_MAX)
        refuse_client(client, JSONRPC_BUSY, "too many clients are connected");
}

/* ---- events ---- */

static void announce(void *data, cJSON *params)
{
    struct ingest_socket *ingest = data;
    bool anyone = false;
    for (const struct client *client = ingest->clients; client; client = client->next)
        anyone = anyone || client->watching;
    if (!anyone) {
        cJSON_Delete(params);
        return;
    }
    char *line = jsonrpc_notification("event", params);
    for (struct client *client = ingest->clients, *next; line && client; client = next) {
        next = client->next;
        if (client->watching)
            send_line(client, strdup(line));
    }
    free(line);
}

/* ---- life ---- */

enum san_status ingest_socket_path(const char *configured, char *path, size_t size, struct san_error *err)
{
    const char *runtime = getenv("RUNTIME_DIRECTORY"), *user = getenv("XDG_RUNTIME_DIR");
    int len;
    if (configured[0])
        len = snprintf(path, size, "%s", configured);
    else if (runtime && runtime[0])
        len = snprintf(path, size, "%.*s/hearthd.sock", (int)strcspn(runtime, ":"), runtime);
    else if (user && user[0])
        len = snprintf(path, size, "%s/hearth/hearthd.sock", user);
    else
        return san_fail(err, SAN_EINVAL,
            "no place for the socket: neither RUNTIME_DIRECTORY nor XDG_RUNTIME_DIR is set; set [hearth] "
            "socket");
    if (len >= (int)sizeof(((struct sockaddr_un *)0)->sun_path) || (size_t)len >= size)
        return san_fail(err, SAN_ELIMIT, "the socket's path is longer than 107 bytes: %s", path);
    if (!configured[0] && !(runtime && runtime[0])) {
        char dir[128];
        snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(path, '/') - path), path);
        mkdir(dir, 0700); /* there already, or bind says what is wrong */
    }
    return SAN_OK;
}

static int listen_on(struct ingest_socket *ingest)
{
    int rc = unix_path_bind(&ingest->server, ingest->path);
    return rc == 0 ? uv_listen((uv_stream_t *)&ingest->server, LISTEN_BACKLOG, on_connection) : rc;
}

struct ingest_socket *ingest_socket_open(struct hearthd *daemon, const char *path, struct san_error *err)
{
    if (unix_path_clear(path, "[hearth] socket", err) != SAN_OK)
        return NULL;
    struct ingest_socket *ingest = calloc(1, sizeof(*ingest));
    if (!ingest) {
        san_fail(err, SAN_ENOMEM, "out of memory");
        return NULL;
    }
    ingest->daemon = daemon;
    snprintf(ingest->path, sizeof(ingest->path), "%s", path);
    uv_pipe_init(daemon->loop, &ingest->server, 0);
    ingest->server.data = ingest;
    int rc = listen_on(ingest);
    if (rc != 0)
        san_fail(err, SAN_EIO,
            "socket %s: %s: is its folder there, and may this user write in it? ([hearth] socket names it)",
            path, uv_strerror(rc));
    daemon->announce = announce;
    daemon->announce_data = ingest;
    if (rc == 0)
        return ingest;
    ingest_socket_stop(ingest);
    uv_run(daemon->loop, UV_RUN_NOWAIT); /* lets the handle close */
    ingest_socket_free(ingest);
    return NULL;
}

void ingest_socket_stop(struct ingest_socket *ingest)
{
    if (!ingest || ingest->stopped)
        return;
    ingest->stopped = true;
    ingest->daemon->announce = NULL;
    while (ingest->clients)
        close_client(ingest->clients);
    uv_close((uv_handle_t *)&ingest->server, NULL); /* removes the file, too */
}

void ingest_socket_free(struct ingest_socket *ingest)
{
    free(ingest);
}
