/* unix_path.h - sockets that are files: taking over the place of one that a killed daemon left behind. */
#ifndef HEARTHD_UNIX_PATH_H
#define HEARTHD_UNIX_PATH_H

#include <uv.h>

#include "inference/status.h"

/* Removes a socket at path that nobody listens on. An error if somebody does, or if something else is there:
 * key is what the configuration calls the path. */
enum san_status unix_path_clear(const char *path, const char *key, struct san_error *err);

/* Binds with mode 0660. libuv's error, or 0. */
int unix_path_bind(uv_pipe_t *pipe, const char *path);

#endif
