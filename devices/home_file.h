/* home_file.h - import and export of a home as JSON (hearthctl(1), HOME FILES). */
#ifndef HEARTH_HOME_FILE_H
#define HEARTH_HOME_FILE_H

#include "registry.h"

enum { HOME_FILE_MAX = 64 << 20 }; /* bytes: some 200,000 entities */

/* Reads {"floors","areas","entities"} into the registry, in one transaction: all of it or nothing. Errors
 * name the JSON path and the value. */
enum san_status home_import(
    struct registry *registry, const char *json, size_t len, const char *file_name, struct san_error *err);
enum san_status home_import_file(struct registry *registry, const char *path, struct san_error *err);
/* The whole registry as that JSON, pretty-printed; the caller frees with free(). NULL and *err on failure. */
char *home_export(struct registry *registry, struct san_error *err);

#endif
