/* device_files.c - see device_files.h. */
#include "device_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "inventory.h"
#include "log.h"

enum { ARENA_BLOCK = 65536, ARENA_LIMIT = 64 << 20 };

static char *read_file(const char *path, size_t *len, struct san_error *err)
{
    FILE *file = fopen(path, "re");
    char *text = file ? malloc(DISCOVERY_PAYLOAD_MAX + 1) : NULL;
    *len = text ? fread(text, 1, DISCOVERY_PAYLOAD_MAX + 1, file) : 0;
    if (!file)
        san_fail(err, SAN_EIO, "%s: %s", path, strerror(errno));
    else if (!text || ferror(file))
        san_fail(err, SAN_EIO, "%s: cannot be read", path);
    else if (*len > DISCOVERY_PAYLOAD_MAX)
        san_fail(err, SAN_ELIMIT, "%s: larger than %d bytes", path, DISCOVERY_PAYLOAD_MAX);
    if (file)
        fclose(file);
    if (text && *len <= DISCOVERY_PAYLOAD_MAX)
        return text;
    free(text);
    return NULL;
}

static enum san_status read_device_file(struct hearthd *daemon, const char *path, struct san_error *err)
{
    size_t len = 0, count = 0;
    struct discovered *found;
    struct san_arena *arena = san_arena_new(ARENA_BLOCK, ARENA_LIMIT);
    if (!arena)
        return san_fail(err, SAN_ENOMEM, "out of memory");
    char *text = read_file(path, &len, err);
    enum san_status status =
        text ? discovery_parse_file(text, len, path, arena, &found, &count, err) : SAN_EIO;
    free(text);
    if (status == SAN_OK)
        inventory_announce(daemon->inventory, path, found, count);
    san_arena_free(arena);
    return status;
}

static int is_device_file(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

enum san_status device_files_read(struct hearthd *daemon, struct san_error *err)
{
    const char *dir = daemon->config->devices;
    struct dirent **entries = NULL;
    int count = dir[0] ? scandir(dir, &entries, is_device_file, alphasort) : 0;
    if (count < 0 && errno != ENOENT)
        return san_fail(err, SAN_EIO, "%s: %s", dir, strerror(errno));
    if (count < 0)
        log_info("devices: %s is not there ([hearth] devices names it)", dir);
    enum san_status status = SAN_OK;
    for (int i = 0; i < count; i++) {
        char path[512];
        struct san_error error = {0};
        snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);
        free(entries[i]);
        if (read_device_file(daemon, path, &error) == SAN_OK)
            continue;
        log_error("devices: %s", error.text);
        status = san_fail(err, error.status, "%s", error.text);
    }
    free(entries);
    inventory_forget_files(daemon->inventory, dir);
    inventory_commit(daemon->inventory);
    return status;
}
