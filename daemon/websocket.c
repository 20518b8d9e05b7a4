/* websocket.c - see websocket.h: libwebsockets on hearthd's own loop.
 *
 * libwebsockets would resolve names with a call that blocks, so it gets an address; and it has a context,
 * which lives as long as the daemon, and connections in it. A connection that has ended is reported from a
 * timer, not from where it was noticed: that may be inside websocket_connect, and the listener may want to
 * connect again.
 */
#include "websocket.h"

#include <errno.h>
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

enum {
    CONNECT_SECONDS = 15,
    PING_SECONDS = 30,    /* of silence, after which the other side is asked for a sign of life */
    HANGUP_SECONDS = 45,  /* of silence, after which it is given up */
    BUFFER = 65536,       /* read at once */
    MESSAGE_FIRST = 4096, /* room for a message; it doubles */
    FDS_MAX = 16,         /* without a limit, libwebsockets makes a table for every descriptor allowed */
    WHY_MAX = 256,
};

/* A message that waits for the connection to take it. */
struct waiting {
    struct waiting *next;
    size_t len;
    unsigned char bytes[]; /* LWS_PRE bytes for the frame's header, then the text */
};

struct websocket {
    struct websocket_handlers handlers;
    struct lws_context *context;
    struct lws *wsi; /* NULL: neither connected nor connecting */
    struct websocket_url url;
    char path[2 * WEBSOCKET_PATH_MAX];
    uv_getaddrinfo_t resolve;
    bool resolving, open, closing, stopped;
    char why[WHY_MAX]; /* of closing */
    uv_timer_t later;  /* reports the end */
    char *in;          /* the message that is coming in */
    size_t in_len, in_size;
    struct waiting *first, **last;
    size_t waiting_bytes;
};

/* ---- the end of a connection ---- */

static void drop_messages(struct websocket *websocket)
{
    for (struct waiting *message = websocket->first, *next; message; message = next) {
        next = message->next;
        free(message);
    }
    websocket->first = NULL;
    websocket->last = &websocket->first;
    websocket->waiting_bytes = 0;
    websocket->in_len = 0;
}

static void on_later(uv_timer_t *timer)
{
    struct websocket *websocket = timer->data;
    char why[WHY_MAX];
    memcpy(why, websocket->why, sizeof(why));
    websocket->closing = false;
    websocket->why[0] = '\0';
    websocket->handlers.closed(websocket->handlers.data, why);
}

/* The first reason is the true one. */
static void set_reason(struct websocket *websocket, const char *why)
{
    if (!websocket->why[0])
        snprintf(websocket->why, sizeof(websocket->why), "%s", why);
}

static void ended(struct websocket *websocket, const char *why)
{
    websocket->wsi = NULL;
    websocket->open = false;
    drop_messages(websocket);
    set_reason(websocket, why);
    if (!websocket->stopped)
        uv_timer_start(&websocket->later, on_later, 0, 0);
}

static void give_up(struct websocket *websocket, const char *why)
{
    set_reason(websocket, why);
    if (websocket->closing)
        return;
    websocket->closing = true;
    if (websocket->wsi)
        lws_set_timeout(websocket->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

/* ---- messages in ---- */

static bool make_room(struct websocket *websocket, size_t more)
{
    size_t wanted = websocket->in_len + more + 1,
           size = websocket->in_size ? websocket->in_size : MESSAGE_FIRST;
    if (wanted <= websocket->in_size)
        return true;
    while (size < wanted)
        size *= 2;
    char *bigger = realloc(websocket->in, size);
    if (!bigger)
        return false;
    websocket->in = bigger;
    websocket->in_size = size;
    return true;
}

/* Gives the message away: it may be megabytes, and long in use. */
static void hand_over(struct websocket *websocket)
{
    char *text = websocket->in;
    size_t len = websocket->in_len;
    text[len] = '\0';
    websocket->in = NULL;
    websocket->in_len = websocket->in_size = 0;
    websocket->handlers.message(websocket->handlers.data, text, len);
}

static void receive(struct websocket *websocket, const char *bytes, size_t len)
{
    if (websocket->closing || websocket->stopped)
        return;
    if (lws_frame_is_binary(websocket->wsi)) {
        give_up(websocket, "it sends bytes where text is due");
        return;
    }
    if (len > WEBSOCKET_MESSAGE_MAX - websocket->in_len) {
        give_up(websocket, "it sends a message of more than 16 MiB");
        return;
    }
    if (!make_room(websocket, len)) {
        give_up(websocket, "out of memory");
        return;
    }
    memcpy(websocket->in + websocket->in_len, bytes, len);
    websocket->in_len += len;
    if (!lws_is_final_fragment(websocket->wsi) || lws_remaining_packet_payload(websocket->wsi))
        return;
    hand_over(websocket);
}

/* ---- messages out ---- */

/* One at a time, as libwebsockets wants it; false: the connection is of no use any more. */
static bool write_next(struct websocket *websocket)
{
    struct waiting *message = websocket->first;
    if (!message)
        return true;
    int wrote = lws_write(websocket->wsi, message->bytes + LWS_PRE, message->len, LWS_WRITE_TEXT);
    websocket->first = message->next;
    if (!websocket->first)
        websocket->last = &websocket->first;
    websocket->waiting_bytes -= message->len;
    bool ok = wrote == (int)message->len;
    free(message);
    if (ok && websocket->first)
        lws_callback_on_writable(websocket->wsi);
    return ok;
}

bool websocket_send(struct websocket *websocket, const char *text, size_t len)
{
    if (!websocket->open || websocket->closing || len > WEBSOCKET_QUEUE_MAX - websocket->waiting_bytes)
        return false;
    struct waiting *message = malloc(sizeof(*message) + LWS_PRE + len);
    if (!message)
        return false;
    message->next = NULL;
    message->len = len;
    memcpy(message->bytes + LWS_PRE, text, len);
    *websocket->last = message;
    websocket->last = &message->next;
    websocket->waiting_bytes += len;
    lws_callback_on_writable(websocket->wsi);
    return true;
}

/* ---- libwebsockets' callbacks ---- */

/* Why the certificate of the connection being made was refused: libwebsockets tells that to its log alone,
 * which is one for the whole process. */
static char tls_problem[WHY_MAX];

static void on_log(int level, const char *line)
{
    static const char mark[] = "SSL error: ";
    const char *problem = strstr(line, mark);
    (void)level;
    log_debug("libwebsockets: %.*s", (int)strcspn(line, "\n"), line);
    if (!problem)
        return;
    problem += sizeof(mark) - 1;
    snprintf(tls_problem, sizeof(tls_problem), "%.*s", (int)strcspn(problem, "(\n"), problem);
    for (size_t len = strlen(tls_problem); len && tls_problem[len - 1] == ' '; len--)
        tls_problem[len - 1] = '\0';
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    (void)user;
    struct websocket *websocket = lws_context_user(lws_get_context(wsi));
    if (!websocket || wsi != websocket->wsi)
        return 0;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        websocket->open = true;
        if (!websocket->closing)
            websocket->handlers.opened(websocket->handlers.data);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        receive(websocket, in, len);
        return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return websocket->closing || write_next(websocket) ? 0 : -1;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: {
        char why[WHY_MAX];
        snprintf(why, sizeof(why), "%.*s", (int)(in ? len : 0), in ? (const char *)in : "");
        if (tls_problem[0])
            snprintf(why, sizeof(why), "its certificate is not trusted (%.128s)", tls_problem);
        tls_problem[0] = '\0';
        ended(websocket, why[0] ? why : "it cannot be reached");
        return 0;
    }
    case LWS_CALLBACK_CLIENT_CLOSED:
        ended(websocket, "it closed the connection");
        return 0;
    case LWS_CALLBACK_WSI_DESTROY: /* all that is said of a handshake that was never answered */
        ended(websocket, "it does not answer");
        return 0;
    default:
        return 0;
    }
}

/* ---- connecting ---- */

static void connect_to(struct websocket *websocket, const char *address)
{
    static const lws_retry_bo_t patience = {
        .secs_since_valid_ping = PING_SECONDS, .secs_since_valid_hangup = HANGUP_SECONDS};
    char host[WEBSOCKET_HOST_MAX + 16];
    const struct websocket_url *url = &websocket->url;
    bool usual = url->port == (url->tls ? 443 : 80);
    const char *open = strchr(url->host, ':') ? "[" : "", *close = open[0] ? "]" : "";
    if (usual)
        snprintf(host, sizeof(host), "%s%s%s", open, url->host, close);
    else
        snprintf(host, sizeof(host), "%s%s%s:%d", open, url->host, close, url->port);
    const struct lws_client_connect_info info = {
        .context = websocket->context,
        .address = address,
        .port = url->port,
        .ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT | (url->tls ? LCCSCF_USE_SSL : 0),
        .path = websocket->path,
        .host = host,
        .ietf_version_or_minus_one = -1,
        .local_protocol_name = "hearth",
        .alpn = "http/1.1",
        .retry_and_idle_policy = &patience,
        .pwsi = &websocket->wsi,
    };
    if (!lws_client_connect_via_info(&info) && !uv_is_active((uv_handle_t *)&websocket->later))
        ended(websocket, "it cannot be reached");
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct websocket *websocket = request->data;
    char address[64] = "", why[WHY_MAX];
    websocket->resolving = false;
    if (status == 0 && found->ai_family == AF_INET)
        uv_ip4_name((struct sockaddr_in *)found->ai_addr, address, sizeof(address));
    else if (status == 0)
        uv_ip6_name((struct sockaddr_in6 *)found->ai_addr, address, sizeof(address));
    uv_freeaddrinfo(found);
    if (websocket->stopped)
        return;
    snprintf(why, sizeof(why), "%.120s: %s", websocket->url.host, status ? uv_strerror(status) : "");
    if (status || websocket->closing)
        ended(websocket, why);
    else
        connect_to(websocket, address);
}

void websocket_connect(struct websocket *websocket, const struct websocket_url *url, const char *leaf)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    websocket->url = *url;
    websocket->closing = false;
    websocket->why[0] = '\0';
    snprintf(websocket->path, sizeof(websocket->path), "%s%s", url->path, leaf);
    websocket->resolve.data = websocket;
    int rc = uv_getaddrinfo(websocket->later.loop, &websocket->resolve, on_resolved, url->host, NULL, &hints);
    websocket->resolving = rc == 0;
    if (rc)
        ended(websocket, uv_strerror(rc));
}

void websocket_close(struct websocket *websocket, const char *why)
{
    give_up(websocket, why);
}

/* ---- life ---- */

/* libwebsockets would take the system's certificates for a file that it cannot read. */
static enum san_status check_ca_file(const char *path, struct san_error *err)
{
    char line[256];
    FILE *file = fopen(path, "re");
    bool found = false;
    if (!file)
        return san_fail(err, SAN_EIO, "[home_assistant] ca_file %s: %s", path, strerror(errno));
    while (!found && fgets(line, sizeof(line), file))
        found = strncmp(line, "-----BEGIN ", strlen("-----BEGIN ")) == 0 && strstr(line, "CERTIFICATE");
    fclose(file);
    return found ? SAN_OK
                 : san_fail(err, SAN_EFORMAT,
                       "[home_assistant] ca_file %s holds no certificate: it must be PEM text", path);
}

struct websocket *websocket_new(
    uv_loop_t *loop, const char *ca_file, const struct websocket_handlers *handlers, struct san_error *err)
{
    static const struct lws_protocols protocols[] = {
        {.name = "hearth", .callback = on_event}, {.name = NULL}};
    if (ca_file && ca_file[0] && check_ca_file(ca_file, err) != SAN_OK)
        return NULL;
    struct websocket *websocket = calloc(1, sizeof(*websocket));
    if (!websocket) {
        san_fail(err, SAN_ENOMEM, "out of memory");
        return NULL;
    }
    void *loops[] = {loop};
    websocket->handlers = *handlers;
    drop_messages(websocket);
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .gid = -1,
        .uid = -1,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
        .user = websocket,
        .foreign_loops = loops,
        .client_ssl_ca_filepath = ca_file && ca_file[0] ? ca_file : NULL,
        .connect_timeout_secs = CONNECT_SECONDS,
        .timeout_secs = CONNECT_SECONDS,
        .fd_limit_per_thread = FDS_MAX,
        .pt_serv_buf_size = BUFFER,
    };
    lws_set_log_level(LLL_ERR | LLL_WARN, on_log);
    websocket->context = lws_create_context(&info);
    if (!websocket->context) {
        free(websocket);
        san_fail(
            err, SAN_EUNSUPPORTED, "libwebsockets cannot be started: is libwebsockets-evlib-uv installed?");
        return NULL;
    }
    uv_timer_init(loop, &websocket->later);
    websocket->later.data = websocket;
    return websocket;
}

void websocket_stop(struct websocket *websocket)
{
    if (!websocket || websocket->stopped)
        return;
    websocket->stopped = true;
    if (websocket->resolving)
        uv_cancel((uv_req_t *)&websocket->resolve);
    uv_close((uv_handle_t *)&websocket->later, NULL);
    lws_context_destroy(websocket->context);
}

void websocket_free(struct websocket *websocket)
{
    if (!websocket)
        return;
    lws_context_destroy(websocket->context); /* the first time, its handles were only told to close */
    drop_messages(websocket);
    free(websocket->in);
    free(websocket);
}
