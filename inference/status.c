/* status.c - names of errors, and the one place where their text is formatted. */
#include "inference/status.h"

#include <stdarg.h>
#include <stdio.h>

const char *san_strerror(enum san_status status)
{
    switch (status) {
    case SAN_OK:
        return "no error";
    case SAN_ENOMEM:
        return "out of memory";
    case SAN_EIO:
        return "input/output error";
    case SAN_EFORMAT:
        return "malformed data";
    case SAN_EUNSUPPORTED:
        return "not supported by this build";
    case SAN_ELIMIT:
        return "limit exceeded";
    case SAN_EINVAL:
        return "invalid argument";
    }
    return "unknown error";
}

enum san_status san_fail(struct san_error *err, enum san_status status, const char *format, ...)
{
    if (!err)
        return status;
    err->status = status;
    va_list args;
    va_start(args, format);
    if (vsnprintf(err->text, sizeof(err->text), format, args) < 0)
        err->text[0] = '\0';
    va_end(args);
    return status;
}
