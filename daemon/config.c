/* config.c - see config.h. */
#include "config.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY(member) offsetof(struct config, member)
#define GUARDS "allow confirm refuse"
#define NO_WILDCARDS "+#/"
#define SATELLITES "satellites" /* the section whose keys are the user's own */

static const struct config_key keys[] = {
    /* section, name, default, type, member, least, most, choices, live */
    {"hearth", "node", "hearth", CONFIG_TEXT, KEY(node), 1, 64, NO_WILDCARDS, false},
    {"hearth", "model", HEARTH_DATADIR "/models/hearth-s.gguf", CONFIG_TEXT, KEY(model), 1, 180, "", false},
    {"hearth", "tools", HEARTH_DATADIR "/schemas/intents.json", CONFIG_TEXT, KEY(tools), 1, 180, "", true},
    {"hearth", "phrases", HEARTH_DATADIR "/schemas/phrases_en.json", CONFIG_TEXT, KEY(phrases), 1, 180, "",
        true},
    {"hearth", "registry", HEARTH_STATEDIR "/registry.db", CONFIG_TEXT, KEY(registry), 1, 180, "", false},
    {"hearth", "devices", HEARTH_SYSCONFDIR "/devices.d", CONFIG_TEXT, KEY(devices), 0, 180, "", true},
    {"hearth", "socket", "", CONFIG_TEXT, KEY(socket), 0, 107, "", false},
    {"hearth", "threads", "1", CONFIG_INT, KEY(threads), 1, 16, NULL, false},
    {"hearth", "log_level", "info", CONFIG_CHOICE, KEY(log_level), 0, 0, "error warning info debug", true},

    {"mqtt", "host", "localhost", CONFIG_TEXT, KEY(host), 1, 180, "", false},
    {"mqtt", "port", "1883", CONFIG_INT, KEY(port), 1, 65535, NULL, false},
    {"mqtt", "username", "", CONFIG_TEXT, KEY(username), 0, 180, "", false},
    {"mqtt", "password", "", CONFIG_TEXT, KEY(password), 0, 180, "", false},
    {"mqtt", "password_file", "", CONFIG_TEXT, KEY(password_file), 0, 180, "", false},
    {"mqtt", "client_id", "", CONFIG_TEXT, KEY(client_id), 0, 64, NO_WILDCARDS, false},
    {"mqtt", "keepalive", "30", CONFIG_INT, KEY(keepalive), 5, 3600, NULL, false},
    {"mqtt", "ca_file", "", CONFIG_TEXT, KEY(ca_file), 0, 180, "", false},
    {"mqtt", "cert_file", "", CONFIG_TEXT, KEY(cert_file), 0, 180, "", false},
    {"mqtt", "key_file", "", CONFIG_TEXT, KEY(key_file), 0, 180, "", false},
    {"mqtt", "reconnect_max", "60", CONFIG_INT, KEY(reconnect_max), 1, 3600, NULL, true},
    {"mqtt", "publish_timeout", "10", CONFIG_INT, KEY(publish_timeout), 1, 300, NULL, true},
    {"mqtt", "discovery_prefix", "homeassistant", CONFIG_TEXT, KEY(discovery_prefix), 0, 64, "+#", false},
    {"mqtt", "say", "yes", CONFIG_BOOL, KEY(say), 0, 0, NULL, false},
    {"mqtt", "announce", "yes", CONFIG_BOOL, KEY(announce), 0, 0, NULL, true},
    {"mqtt", "check_commands", "yes", CONFIG_BOOL, KEY(check_commands), 0, 0, NULL, true},
    {"mqtt", "ask_states", "yes", CONFIG_BOOL, KEY(ask_states), 0, 0, NULL, true},

    {"utterances", "confirm_timeout", "5", CONFIG_INT, KEY(confirm_timeout), 1, 120, NULL, true},
    {"utterances", "question_timeout", "30", CONFIG_INT, KEY(question_timeout), 5, 300, NULL, true},
    {"utterances", "follow_up_timeout", "60", CONFIG_INT, KEY(follow_up_timeout), 0, 3600, NULL, true},

    {"policy", "ask_confidence", "0.4", CONFIG_NUMBER, KEY(ask_confidence), 0, 1, NULL, true},
    {"policy", "min_confidence", "0.7", CONFIG_NUMBER, KEY(min_confidence), 0, 1, NULL, true},
    {"policy", "question_confidence", "0.7", CONFIG_NUMBER, KEY(question_confidence), 0, 1, NULL, true},
    {"policy", "sensitive_confidence", "0.85", CONFIG_NUMBER, KEY(sensitive_confidence), 0, 1, NULL, true},
    {"policy", "unlock", "allow", CONFIG_CHOICE, KEY(unlock), 0, 0, GUARDS, true},
    {"policy", "open_garage", "allow", CONFIG_CHOICE, KEY(open_garage), 0, 0, GUARDS, true},
    {"policy", "open_valve", "allow", CONFIG_CHOICE, KEY(open_valve), 0, 0, GUARDS, true},
    {"policy", "disarm", "allow", CONFIG_CHOICE, KEY(disarm), 0, 0, GUARDS, true},

    {"wyoming", "enabled", "no", CONFIG_BOOL, KEY(wyoming), 0, 0, NULL, false},
    {"wyoming", "uri", "tcp://127.0.0.1:10750", CONFIG_TEXT, KEY(wyoming_uri), 0, 180, "", false},
    {"wyoming", "unix", "", CONFIG_TEXT, KEY(wyoming_unix), 0, 107, "", false},
    {"wyoming", "mode", "handle", CONFIG_CHOICE, KEY(wyoming_mode), 0, 0, "handle intent", true},
    {"wyoming", "name", "hearth", CONFIG_TEXT, KEY(wyoming_name), 1, 64, "", true},
    {"wyoming", "languages", "en", CONFIG_TEXT, KEY(wyoming_languages), 2, 180, "", true},
    {"wyoming", "max_clients", "128", CONFIG_INT, KEY(wyoming_clients), 1, 128, NULL, false},
    {"wyoming", "timeout", "20", CONFIG_INT, KEY(wyoming_timeout), 1, 120, NULL, true},

    {"hermes", "role", "off", CONFIG_CHOICE, KEY(hermes_role), 0, 0, "off listener nlu handler", false},

    {"home_assistant", "url", "", CONFIG_TEXT, KEY(ha_url), 0, 180, "", false},
    {"home_assistant", "token_file", "", CONFIG_TEXT, KEY(ha_token_file), 0, 180, "", false},
    {"home_assistant", "ca_file", "", CONFIG_TEXT, KEY(ha_ca_file), 0, 180, "", false},
};
enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

const struct config_key *config_keys(size_t *count)
{
    *count = KEYS;
    return keys;
}

/* ---- values ---- */

static void *member_of(struct config *config, const struct config_key *key)
{
    return (char *)config + key->offset;
}

static enum san_status set_text(
    char **member, const struct config_key *key, const char *value, struct san_error *err)
{
    size_t len = strlen(value);
    if (len < (size_t)key->min || len > (size_t)key->max)
        return san_fail(
            err, SAN_ELIMIT, "%s is \"%s\": give %g to %g bytes", key->name, value, key->min, key->max);
    if (key->choices[0] && strpbrk(value, key->choices))
        return san_fail(
            err, SAN_EINVAL, "%s is \"%s\": none of %s may be in it", key->name, value, key->choices);
    char *copy = strdup(value);
    if (!copy)
        return san_fail(err, SAN_ENOMEM, "out of memory");
    free(*member);
    *member = copy;
    return SAN_OK;
}

static enum san_status read_number(
    const struct config_key *key, const char *value, double *out, struct san_error *err)
{
    char *end;
    errno = 0;
    *out = strtod(value, &end);
    bool whole = key->type != CONFIG_INT || (isfinite(*out) && floor(*out) == *out);
    if (end == value || *end || errno || !isfinite(*out) || !whole)
        return san_fail(err, SAN_EINVAL, "%s is \"%s\": give a %snumber", key->name, value,
            key->type == CONFIG_INT ? "whole " : "");
    if (*out < key->min || *out > key->max)
        return san_fail(err, SAN_EINVAL, "%s is %s: give %g to %g", key->name, value, key->min, key->max);
    return SAN_OK;
}

/* The index of value among the words of list, or -1. */
static int word_index(const char *list, const char *value)
{
    size_t len = strlen(value);
    for (int i = 0; *list; i++) {
        size_t word = strcspn(list, " ");
        if (word == len && strncmp(list, value, len) == 0)
            return i;
        list += word;
        list += strspn(list, " ");
    }
    return -1;
}

static enum san_status set_choice(
    int *member, const struct config_key *key, const char *value, struct san_error *err)
{
    int index = word_index(key->choices, value);
    if (index < 0)
        return san_fail(err, SAN_EINVAL, "%s is \"%s\": give one of: %s", key->name, value, key->choices);
    *member = index;
    return SAN_OK;
}

static enum san_status set_bool(
    bool *member, const struct config_key *key, const char *value, struct san_error *err)
{
    int index = word_index("no yes false true off on 0 1", value);
    if (index < 0)
        return san_fail(err, SAN_EINVAL, "%s is \"%s\": give yes or no", key->name, value);
    *member = index & 1;
    return SAN_OK;
}

static enum san_status set_value(
    struct config *config, const struct config_key *key, const char *value, struct san_error *err)
{
    double number = 0;
    enum san_status status = SAN_OK;
    switch (key->type) {
    case CONFIG_TEXT:
        return set_text(member_of(config, key), key, value, err);
    case CONFIG_CHOICE:
        return set_choice(member_of(config, key), key, value, err);
    case CONFIG_BOOL:
        return set_bool(member_of(config, key), key, value, err);
    case CONFIG_INT:
        status = read_number(key, value, &number, err);
        if (status == SAN_OK)
            *(int *)member_of(config, key) = (int)number;
        return status;
    case CONFIG_NUMBER:
        status = read_number(key, value, &number, err);
        if (status == SAN_OK)
            *(double *)member_of(config, key) = number;
        return status;
    }
    return SAN_EINVAL;
}

/* ---- names ---- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein distance of two short names. */
static size_t distance(const char *a, const char *b)
{
    enum { NAME_MAX_BYTES = 64 };
    size_t row[NAME_MAX_BYTES + 1];
    size_t width = strlen(b);
    if (width > NAME_MAX_BYTES)
        return NAME_MAX_BYTES;
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (; *a; a++) {
        size_t diagonal = row[0]++;
        for (size_t j = 1; j <= width; j++) {
            size_t change = diagonal + (*a != b[j - 1]);
            diagonal = row[j];
            row[j] = least(change, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[width];
}

/* The key whose name is nearest, as far as one may take it for a slip of the pen: of that section, or
 * (section NULL) of any. */
static const struct config_key *nearest_key(const char *section, const char *name)
{
    const struct config_key *best = NULL;
    size_t best_distance = strlen(name) / 2 + 1;
    for (size_t i = 0; i < KEYS; i++) {
        size_t d = distance(name, keys[i].name);
        if (d >= best_distance || (section && strcmp(section, keys[i].section) != 0))
            continue;
        best_distance = d;
        best = &keys[i];
    }
    return best;
}

/* ", a, b" for each key of a section, or each section (NULL), behind what text has; how many they are. */
static size_t add_names(const char *section, char *text, size_t size)
{
    size_t count = 0, len = strlen(text);
    for (size_t i = 0; i < KEYS && len < size; i++) {
        bool of_it = section ? strcmp(section, keys[i].section) == 0
                             : i == 0 || strcmp(keys[i].section, keys[i - 1].section) != 0;
        if (of_it)
            len += (size_t)snprintf(text + len, size - len, "%s%s", count++ ? ", " : "",
                section ? keys[i].name : keys[i].section);
    }
    return count;
}

static void no_such_key(const char *section, const char *name, const char *value, struct san_error *err)
{
    enum { MEND_MAX = 200 };
    char mend[MEND_MAX];
    const struct config_key *near = nearest_key(section, name);
    if (!near && !add_names(section, strcpy(mend, ""), MEND_MAX))
        near = nearest_key(NULL, name);
    if (near) {
        snprintf(mend, MEND_MAX, "the nearest is %s in [%s]", near->name, near->section);
    } else {
        snprintf(mend, MEND_MAX, "[%s] has ", section);
        if (!add_names(section, mend, MEND_MAX))
            add_names(NULL, strcpy(mend, "the sections are "), MEND_MAX);
    }
    san_fail(
        err, SAN_EINVAL, "unknown key %.64s in [%.64s] (value \"%.64s\"); %s", name, section, value, mend);
}

static const struct config_key *find_key(const char *section, const char *name)
{
    for (size_t i = 0; i < KEYS; i++)
        if (strcmp(keys[i].section, section) == 0 && strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

/* ---- files ---- */

/* One file on its way through inih. */
struct parse {
    struct config *config;
    const char *name;
    const char *text;
    size_t left;
    int line;
    struct san_error error; /* the first one; its text names the line */
};

static void parse_fail(struct parse *parse, const char *reason)
{
    if (parse->error.status == SAN_OK)
        san_fail(&parse->error, SAN_EINVAL, "%s:%d: %s", parse->name, parse->line, reason);
}

/* Hands inih one line without its indentation: inih would take an indented line as the continuation of the
 * value before, which nothing here needs and nobody expects. */
static char *read_line(char *buffer, int size, void *stream)
{
    struct parse *parse = stream;
    if (!parse->left || parse->error.status != SAN_OK)
        return NULL;
    parse->line++;
    const char *newline = memchr(parse->text, '\n', parse->left);
    size_t len = newline ? (size_t)(newline - parse->text) : parse->left;
    const char *line = parse->text;
    size_t used = newline ? len + 1 : len;
    parse->text += used;
    parse->left -= used;
    while (len && isspace((unsigned char)*line)) {
        line++;
        len--;
    }
    if (len + 2 > (size_t)size) {
        parse_fail(parse, "the line is longer than 198 bytes: shorten it");
        return NULL;
    }
    if (memchr(line, '\0', len)) {
        parse_fail(parse, "the line has a NUL byte: this is no text file");
        return NULL;
    }
    memcpy(buffer, line, len);
    memcpy(buffer + len, "\n", 2);
    return buffer;
}

static int take_value(void *user, const char *section, const char *name, const char *value)
{
    struct parse *parse = user;
    const struct config_key *key = find_key(section, name);
    struct san_error error = {0};
    if (strcmp(section, SATELLITES) == 0) {
        satellites_put(parse->config->satellites, name, value, &error);
    } else if (!key) {
        no_such_key(section, name, value, &error);
    } else {
        set_value(parse->config, key, value, &error);
    }
    if (error.status == SAN_OK)
        return 1;
    parse_fail(parse, error.text);
    return 0;
}

enum san_status config_parse(
    struct config *config, const char *name, const char *text, size_t len, struct san_error *err)
{
    if (len > CONFIG_FILE_MAX)
        return san_fail(err, SAN_ELIMIT, "%s: larger than %d bytes", name, CONFIG_FILE_MAX);
    struct parse parse = {.config = config, .name = name, .text = text, .left = len};
    int bad_line = ini_parse_stream(read_line, &parse, take_value, &parse);
    if (parse.error.status != SAN_OK)
        return san_fail(err, parse.error.status, "%s", parse.error.text);
    if (bad_line)
        return san_fail(err, SAN_EFORMAT, "%s:%d: neither [section] nor key = value", name, bad_line);
    return SAN_OK;
}

static enum san_status parse_file(struct config *config, const char *path, struct san_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return san_fail(err, SAN_EIO, "%s: %s", path, strerror(errno));
    enum san_status status = SAN_OK;
    char *text = malloc(CONFIG_FILE_MAX + 1);
    size_t len = 0;
    ssize_t got = 0;
    while (text && len <= CONFIG_FILE_MAX && (got = read(fd, text + len, CONFIG_FILE_MAX + 1 - len)) > 0)
        len += (size_t)got;
    if (!text)
        status = san_fail(err, SAN_ENOMEM, "out of memory");
    else if (got < 0)
        status = san_fail(err, SAN_EIO, "%s: %s", path, strerror(errno));
    else
        status = config_parse(config, path, text, len, err);
    free(text);
    close(fd);
    return status;
}

static int is_drop_in(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

static enum san_status parse_drop_ins(struct config *config, const char *path, struct san_error *err)
{
    char dir[1024], file[1280];
    if (snprintf(dir, sizeof(dir), "%s.d", path) >= (int)sizeof(dir))
        return san_fail(err, SAN_ELIMIT, "%.200s...: the path is too long", path);
    struct dirent **entries = NULL;
    int count = scandir(dir, &entries, is_drop_in, alphasort);
    enum san_status status = SAN_OK;
    if (count < 0 && errno != ENOENT)
        status = san_fail(err, SAN_EIO, "%s: %s", dir, strerror(errno));
    for (int i = 0; i < count; i++) {
        snprintf(file, sizeof(file), "%s/%s", dir, entries[i]->d_name);
        if (status == SAN_OK)
            status = parse_file(config, file, err);
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* What no single key can know of the others. */
static enum san_status check_together(const struct config *config, const char *path, struct san_error *err)
{
    if (config->password[0] && config->password_file[0])
        return san_fail(err, SAN_EINVAL, "%s: [mqtt] has both password and password_file: keep one", path);
    if ((config->password[0] || config->password_file[0]) && !config->username[0])
        return san_fail(err, SAN_EINVAL, "%s: [mqtt] has a password, but no username", path);
    if (!config->cert_file[0] != !config->key_file[0])
        return san_fail(err, SAN_EINVAL, "%s: [mqtt] needs cert_file and key_file together", path);
    if (config->cert_file[0] && !config->ca_file[0])
        return san_fail(err, SAN_EINVAL, "%s: [mqtt] cert_file needs ca_file, which turns TLS on", path);
    if (config->wyoming && !config->wyoming_uri[0] && !config->wyoming_unix[0])
        return san_fail(err, SAN_EINVAL, "%s: [wyoming] is enabled, but has neither uri nor unix", path);
    if (config->ha_url[0] && !config->ha_token_file[0])
        return san_fail(err, SAN_EINVAL, "%s: [home_assistant] has a url, but no token_file", path);
    return SAN_OK;
}

/* ---- life ---- */

struct config *config_new(void)
{
    struct config *config = calloc(1, sizeof(*config));
    if (config && !(config->satellites = satellites_new())) {
        free(config);
        return NULL;
    }
    for (size_t i = 0; config && i < KEYS; i++) {
        if (set_value(config, &keys[i], keys[i].fallback, NULL) == SAN_OK)
            continue;
        config_free(config);
        config = NULL;
    }
    return config;
}

void config_free(struct config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < KEYS; i++)
        if (keys[i].type == CONFIG_TEXT)
            free(*(char **)member_of(config, &keys[i]));
    satellites_free(config->satellites);
    free(config);
}

struct config *config_load(const char *path, bool must_exist, struct san_error *err)
{
    struct config *config = config_new();
    if (!config) {
        san_fail(err, SAN_ENOMEM, "out of memory");
        return NULL;
    }
    bool there = access(path, F_OK) == 0 || must_exist;
    if ((there && parse_file(config, path, err) != SAN_OK) || parse_drop_ins(config, path, err) != SAN_OK ||
        check_together(config, path, err) != SAN_OK) {
        config_free(config);
        return NULL;
    }
    return config;
}

static size_t value_size(const struct config_key *key)
{
    switch (key->type) {
    case CONFIG_TEXT:
        return sizeof(char *);
    case CONFIG_BOOL:
        return sizeof(bool);
    case CONFIG_NUMBER:
        return sizeof(double);
    case CONFIG_INT:
    case CONFIG_CHOICE:
        break;
    }
    return sizeof(int);
}

static bool same_value(struct config *a, struct config *b, const struct config_key *key)
{
    if (key->type == CONFIG_TEXT)
        return strcmp(*(char **)member_of(a, key), *(char **)member_of(b, key)) == 0;
    return memcmp(member_of(a, key), member_of(b, key), value_size(key)) == 0;
}

const struct config_key *config_reload(struct config *config, struct config *fresh)
{
    const struct config_key *kept = NULL;
    struct satellites *satellites = config->satellites;
    config->satellites = fresh->satellites;
    fresh->satellites = satellites;
    for (size_t i = 0; i < KEYS; i++) {
        if (same_value(config, fresh, &keys[i]))
            continue;
        if (!keys[i].live) {
            kept = &keys[i];
            continue;
        }
        char swap[sizeof(double) > sizeof(char *) ? sizeof(double) : sizeof(char *)];
        size_t size = value_size(&keys[i]);
        memcpy(swap, member_of(config, &keys[i]), size);
        memcpy(member_of(config, &keys[i]), member_of(fresh, &keys[i]), size);
        memcpy(member_of(fresh, &keys[i]), swap, size);
    }
    return kept;
}
