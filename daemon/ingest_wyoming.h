/* ingest_wyoming.h - the door for Home Assistant and other voice assistants: a Wyoming server on TCP, on a
 * unix socket, or both.
 *
 * It is what [wyoming] mode says: "handle", where hearth acts and answers with a sentence; or "intent", where
 * hearth only understands and sends the calls back (wyoming_answer.h). Events of one connection are served in
 * order, one utterance at a time; every transcript gets exactly one final answer, in [wyoming] timeout
 * seconds at most.
 */
#ifndef HEARTHD_INGEST_WYOMING_H
#define HEARTHD_INGEST_WYOMING_H

#include <sys/socket.h>

#include "hearthd.h"
#include "inference/status.h"

enum {
    WYOMING_BACKLOG_MAX = 1 << 20, /* unread bytes after which a client that does not read is dropped */
    WYOMING_REST_MAX = 131072,     /* bytes that wait behind an utterance; then the client waits */
};

struct ingest_wyoming;

/* "tcp://127.0.0.1:10750", "tcp://[::1]:10750": an address of this machine, and a port. */
enum san_status wyoming_uri_parse(const char *uri, struct sockaddr_storage *address, struct san_error *err);

/* Listens where the configuration says. NULL and *err on failure. */
struct ingest_wyoming *ingest_wyoming_open(struct hearthd *daemon, struct san_error *err);
/* Closes; what is under way goes unanswered. Before the loop has run out; NULL is allowed, as below. */
void ingest_wyoming_stop(struct ingest_wyoming *ingest);
/* After the loop has run out. */
void ingest_wyoming_free(struct ingest_wyoming *ingest);

#endif
