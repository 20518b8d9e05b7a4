/* unix_path.c - see unix_path.h. */
#include "unix_path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"

enum san_status unix_path_clear(const char *path, const char *key, struct san_error *err)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return SAN_OK;
    if (!S_ISSOCK(st.st_mode))
        return san_fail(err, SAN_EINVAL, "%s exists and is no socket: remove it, or set %s", path, key);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return san_fail(err, SAN_EIO, "socket: %s", strerror(errno));
    int rc = connect(fd, (struct sockaddr *)&address, sizeof(address));
    int error = errno;
    close(fd);
    if (rc == 0)
        return san_fail(err, SAN_EINVAL, "another hearthd listens on %s", path);
    if (error != ECONNREFUSED)
        return san_fail(err, SAN_EIO, "%s: %s", path, strerror(error));
    log_info("socket: %s was left behind: replaced", path);
    unlink(path);
    return SAN_OK;
}

int unix_path_bind(uv_pipe_t *pipe, const char *path)
{
    mode_t mask = umask(0117); /* mode 0660 from its first moment on */
    int rc = uv_pipe_bind(pipe, path);
    umask(mask);
    return rc;
}
