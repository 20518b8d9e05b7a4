/* status.h - how libsan and the layers above it say what went wrong.
 *
 * Functions return an enum san_status and, where they take a struct san_error, fill it with one line for people: what,
 * where, which value, and the mend. The caller owns the struct; NULL is allowed and drops the text.
 */
#ifndef SAN_STATUS_H
#define SAN_STATUS_H

enum san_status {
    SAN_OK = 0,
    SAN_ENOMEM,       /* out of memory */
    SAN_EIO,          /* a file cannot be opened, read or mapped */
    SAN_EFORMAT,      /* bytes that break their format: GGUF, JSON, UTF-8 */
    SAN_EUNSUPPORTED, /* well formed, but of a kind or version that this build does not know */
    SAN_ELIMIT,       /* larger than a documented limit */
    SAN_EINVAL,       /* an argument that the caller got wrong */
};

struct san_error {
    enum san_status status;
    char text[320];
};

/* A short, constant English text for a status. */
const char *san_strerror(enum san_status status);

/* Fills *err (when not NULL) and returns status, so that `return san_fail(err, SAN_EIO, "...", ...)` reads well. */
enum san_status san_fail(struct san_error *err, enum san_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
