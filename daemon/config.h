/* config.h - hearthd's configuration: one table of keys, each with its type, default and bounds
 * (hearthd.conf(5)).
 *
 * An INI file and its drop-ins, FILE.d/NAME.conf in the order of their names. Every key has a default, so no
 * file is needed at all. An unknown section or key, or a value out of bounds, is an error that names file,
 * line, key, value and the mend.
 */
#ifndef HEARTHD_CONFIG_H
#define HEARTHD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "inference/status.h"
#include "satellites.h"

enum {
    CONFIG_FILE_MAX = 65536,
    CONFIG_LINE_MAX = 198, /* what inih's line buffer holds */
};

/* What to do with a sensitive command (policy.c). */
enum config_guard { GUARD_ALLOW, GUARD_CONFIRM, GUARD_REFUSE };

/* Who acts on what Wyoming's clients say (ingest_wyoming.h). */
enum config_wyoming { CONFIG_WYOMING_HANDLE, CONFIG_WYOMING_INTENT };

/* hearth's part among Hermes' programs (ingest_hermes.h). */
enum config_hermes { CONFIG_HERMES_OFF, CONFIG_HERMES_LISTENER, CONFIG_HERMES_NLU, CONFIG_HERMES_HANDLER };

/* The values in force. Texts are owned; "" where the default is made at run time. */
struct config {
    /* [hearth] */
    char *node;
    char *model;
    char *tools;
    char *phrases;
    char *registry;
    char *devices;
    char *socket;
    int threads;
    int log_level; /* enum log_level */
    /* [mqtt] */
    char *host;
    int port;
    char *username;
    char *password;
    char *password_file;
    char *client_id;
    int keepalive;
    char *ca_file, *cert_file, *key_file;
    int reconnect_max;
    int publish_timeout;
    char *discovery_prefix;
    bool say;
    bool announce;
    bool check_commands;
    bool ask_states;
    /* [utterances] */
    int confirm_timeout;
    int question_timeout;
    int follow_up_timeout;
    /* [policy] */
    double ask_confidence;
    double min_confidence;
    double question_confidence;
    double sensitive_confidence;
    int unlock, open_garage, open_valve, disarm; /* enum config_guard */
    /* [wyoming] */
    bool wyoming;
    char *wyoming_uri, *wyoming_unix, *wyoming_name, *wyoming_languages;
    int wyoming_mode; /* enum config_wyoming */
    int wyoming_clients;
    int wyoming_timeout;
    /* [hermes] */
    int hermes_role; /* enum config_hermes */
    /* [home_assistant] */
    char *ha_url, *ha_token_file, *ha_ca_file;
    /* [satellites] */
    struct satellites *satellites; /* owned */
};

/* The defaults alone. NULL if out of memory. */
struct config *config_new(void);
void config_free(struct config *config);

/* Reads path and its drop-ins over the defaults. A missing file is an error only if `must_exist`. NULL and
 * *err on failure. */
struct config *config_load(const char *path, bool must_exist, struct san_error *err);

/* Applies the text of one file; name is used in errors. The first error stops it. */
enum san_status config_parse(
    struct config *config, const char *name, const char *text, size_t len, struct san_error *err);

/* One row of the table of keys: for tests that hold the manual and the sample file against it. */
struct config_key {
    const char *section, *name, *fallback;
    enum { CONFIG_TEXT, CONFIG_INT, CONFIG_NUMBER, CONFIG_BOOL, CONFIG_CHOICE } type;
    size_t offset; /* in struct config */
    double min, max;
    const char *choices; /* "allow confirm refuse": the value is the index; of a text: characters that it must
                            not have */
    bool live;           /* a reload changes it */
};
const struct config_key *config_keys(size_t *count);

/* Takes over from fresh what may change while running. Returns the last changed key that needs a restart, or
 * NULL. */
const struct config_key *config_reload(struct config *config, struct config *fresh);

#endif
