/* rpc_client.c - see rpc_client.h. */
#include "cli/rpc_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    ANSWER_MAX = 64 << 20, /* an export of a very large home */
    ANSWER_MS = 120000,    /* an utterance may wait for several slow devices */
    PATHS_MAX = 3,
    PATH_ROOM = 512, /* more than a socket may have, so that one that is too long is told in full */
};

struct rpc {
    int fd;
    char *buffer;
    size_t used, size;
    int next_id;
};

/* ---- connecting ---- */

static int connect_path(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        int saved = errno;
        struct stat found;
        close(fd);
        errno = stat(path, &found) == 0 && !S_ISSOCK(found.st_mode) ? ENOTSOCK : saved;
        return -1;
    }
    return fd;
}

/* Where hearthd may be listening, best first. */
static size_t socket_paths(const struct cli *cli, char paths[static PATHS_MAX][PATH_ROOM])
{
    size_t count = 0;
    const char *given = cli->socket ? cli->socket : getenv("HEARTH_SOCKET");
    if (given) {
        snprintf(paths[count++], sizeof(*paths), "%s", given);
        return count;
    }
    const char *dir = getenv("RUNTIME_DIRECTORY");
    if (dir)
        snprintf(paths[count++], sizeof(*paths), "%s/hearthd.sock", dir);
    dir = getenv("XDG_RUNTIME_DIR");
    if (dir)
        snprintf(paths[count++], sizeof(*paths), "%s/hearth/hearthd.sock", dir);
    snprintf(paths[count++], sizeof(*paths), "/run/hearth/hearthd.sock");
    return count;
}

static const char *reason(int error)
{
    return error == ENOTSOCK       ? "is no socket"
           : error == ENAMETOOLONG ? "is longer than the 107 bytes of a socket's path"
                                   : strerror(error);
}

static void explain_unreachable(
    char paths[static PATHS_MAX][PATH_ROOM], const int errors[static PATHS_MAX], size_t count)
{
    fprintf(stderr, "hearthctl: hearthd is not reachable.\n");
    bool forbidden = false;
    for (size_t i = 0; i < count; i++) {
        fprintf(stderr, "  %s: %s\n", paths[i], reason(errors[i]));
        forbidden = forbidden || errors[i] == EACCES;
    }
    if (forbidden)
        fputs("Its group may use it: sudo usermod -aG hearth $USER, then log in again.\n", stderr);
    else
        fputs("Start it: systemctl start hearthd, or in the source tree ./quickstart --keep.\n", stderr);
    fputs("If it listens elsewhere: hearthctl --socket PATH, or HEARTH_SOCKET in the environment.\n", stderr);
}

struct rpc *rpc_open(const struct cli *cli)
{
    char paths[PATHS_MAX][PATH_ROOM];
    int errors[PATHS_MAX];
    size_t count = socket_paths(cli, paths);
    for (size_t i = 0; i < count; i++) {
        int fd = connect_path(paths[i]);
        errors[i] = errno;
        if (fd < 0)
            continue;
        struct rpc *rpc = calloc(1, sizeof(*rpc));
        if (!rpc) {
            close(fd);
            fputs("hearthctl: out of memory\n", stderr);
            return NULL;
        }
        rpc->fd = fd;
        return rpc;
    }
    explain_unreachable(paths, errors, count);
    return NULL;
}

void rpc_close(struct rpc *rpc)
{
    if (!rpc)
        return;
    close(rpc->fd);
    free(rpc->buffer);
    free(rpc);
}

/* ---- lines ---- */

static bool send_all(struct rpc *rpc, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = send(rpc->fd, text, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text += n;
        len -= (size_t)n;
    }
    return true;
}

/* Reads more bytes; false at the end, on an error, or when nothing came in time (timeout_ms -1: for ever). */
static bool receive_more(struct rpc *rpc, int timeout_ms)
{
    if (rpc->size - rpc->used < 4096) {
        size_t size = rpc->size ? rpc->size * 2 : 65536;
        char *larger = size <= ANSWER_MAX ? realloc(rpc->buffer, size) : NULL;
        if (!larger)
            return false;
        rpc->buffer = larger;
        rpc->size = size;
    }
    struct pollfd readable = {.fd = rpc->fd, .events = POLLIN};
    if (poll(&readable, 1, timeout_ms) <= 0)
        return false;
    ssize_t n = recv(rpc->fd, rpc->buffer + rpc->used, rpc->size - rpc->used, 0);
    if (n <= 0)
        return false;
    rpc->used += (size_t)n;
    return true;
}

/* The next line as JSON. */
static cJSON *receive_line(struct rpc *rpc, int timeout_ms)
{
    size_t searched = 0;
    const char *newline;
    while (!(newline = rpc->used ? memchr(rpc->buffer + searched, '\n', rpc->used - searched) : NULL)) {
        searched = rpc->used;
        if (!receive_more(rpc, timeout_ms))
            return NULL;
    }
    size_t len = (size_t)(newline - rpc->buffer) + 1;
    cJSON *message = cJSON_ParseWithLength(rpc->buffer, len);
    memmove(rpc->buffer, rpc->buffer + len, rpc->used - len);
    rpc->used -= len;
    return message;
}

cJSON *rpc_next(struct rpc *rpc)
{
    return receive_line(rpc, -1);
}

/* ---- requests ---- */

static bool send_request(struct rpc *rpc, const char *method, cJSON *params)
{
    cJSON *request = cJSON_CreateObject();
    cJSON_AddStringToObject(request, "jsonrpc", "2.0");
    cJSON_AddNumberToObject(request, "id", ++rpc->next_id);
    cJSON_AddStringToObject(request, "method", method);
    if (params)
        cJSON_AddItemToObject(request, "params", params);
    char *text = cJSON_PrintUnformatted(request);
    bool ok = text && send_all(rpc, text, strlen(text)) && send_all(rpc, "\n", 1);
    cJSON_free(text);
    cJSON_Delete(request);
    return ok;
}

static void print_error(const cJSON *error)
{
    fprintf(stderr, "hearthctl: %s\n", json_text(error, "message"));
    const cJSON *nearest = json_item(json_item(error, "data"), "nearest");
    const cJSON *name;
    bool first = true;
    cJSON_ArrayForEach(name, nearest)
    {
        const char *text = cJSON_GetStringValue(name);
        if (!text || strstr(json_text(error, "message"), text)) /* it is told already */
            continue;
        fprintf(stderr, "%s%s", first ? "  nearest: " : ", ", text);
        first = false;
    }
    if (!first)
        fputc('\n', stderr);
}

/* The answer to the request sent last; notifications in between are dropped. */
static cJSON *receive_answer(struct rpc *rpc)
{
    cJSON *message;
    while ((message = receive_line(rpc, ANSWER_MS))) {
        const cJSON *id = json_item(message, "id");
        bool ours = cJSON_IsNumber(id) && (int)id->valuedouble == rpc->next_id;
        if (ours || (cJSON_IsNull(id) && json_item(message, "error")))
            return message;
        cJSON_Delete(message);
    }
    return NULL;
}

int rpc_call(struct rpc *rpc, const char *method, cJSON *params, cJSON **result)
{
    *result = NULL;
    cJSON *answer = send_request(rpc, method, params) ? receive_answer(rpc) : NULL;
    if (!answer) {
        fprintf(stderr,
            "hearthctl: hearthd closed the connection, or did not answer \"%s\" in time; "
            "see its log: journalctl -u hearthd\n",
            method);
        return CLI_UNREACHABLE;
    }
    const cJSON *error = json_item(answer, "error");
    if (error)
        print_error(error);
    else
        *result = cJSON_DetachItemFromObjectCaseSensitive(answer, "result");
    cJSON_Delete(answer);
    return *result ? CLI_OK : CLI_FAILED;
}

int rpc_once(const struct cli *cli, const char *method, cJSON *params, cJSON **result)
{
    struct rpc *rpc = rpc_open(cli);
    if (!rpc) {
        cJSON_Delete(params);
        *result = NULL;
        return CLI_UNREACHABLE;
    }
    int status = rpc_call(rpc, method, params, result);
    rpc_close(rpc);
    return status;
}
