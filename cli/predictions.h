/* predictions.h - what the model made of each case, one JSON object a line: written by one run of
 * `hearthctl eval`, read by the next one's --diff, and by training/ (hearthctl(1)). */
#ifndef HEARTHCTL_PREDICTIONS_H
#define HEARTHCTL_PREDICTIONS_H

#include <cjson/cJSON.h>

#include "cli/cases.h"
#include "cli/offline.h"
#include "cli/score.h"

struct predictions; /* an open file */

/* NULL and *err if the file cannot be written. */
struct predictions *predictions_create(const char *path, struct san_error *err);
/* The file may be NULL. SAN_EIO if not all of it could be written. */
enum san_status predictions_close(struct predictions *file, struct san_error *err);

/* One line. right[i] tells whether the i-th understood call is one of those expected; result is NULL, and
 * right unused, where the case could not be parsed. The network's steps are written if they were traced. */
void predictions_write(struct predictions *file, const struct eval_case *one, const struct score_case *scored,
    const struct offline_result *result, const bool *right);

/* An earlier run's calls by the id of the case, for cJSON_Delete; NULL and *err on failure. */
cJSON *predictions_read(const char *path, struct san_error *err);

#endif
