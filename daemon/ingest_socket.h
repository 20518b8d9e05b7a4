/* ingest_socket.h - the door for hearthctl and other local programs: JSON-RPC on a unix socket, mode 0660. */
#ifndef HEARTHD_INGEST_SOCKET_H
#define HEARTHD_INGEST_SOCKET_H

#include "hearthd.h"
#include "inference/status.h"

enum {
    SOCKET_CLIENTS_MAX = 64,
    SOCKET_REQUESTS_MAX = 16,     /* under way on one connection */
    SOCKET_BACKLOG_MAX = 8 << 20, /* unread bytes after which a client that does not read is dropped */
};

struct ingest_socket;

/* Writes the socket's path: configured, else $RUNTIME_DIRECTORY/hearthd.sock, else
 * $XDG_RUNTIME_DIR/hearth/hearthd.sock. */
enum san_status ingest_socket_path(const char *configured, char *path, size_t size, struct san_error *err);

/* Listens. A socket that nobody listens on any more is replaced; another running hearthd is an error. NULL
 * and *err on failure. */
struct ingest_socket *ingest_socket_open(struct hearthd *daemon, const char *path, struct san_error *err);
/* Closes and removes the socket. Before the loop has run out. */
void ingest_socket_stop(struct ingest_socket *ingest);
/* After the loop has run out. */
void ingest_socket_free(struct ingest_socket *ingest);

#endif
