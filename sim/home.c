/* home.c - the data files of the simulated home, and the announcements made from them. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/sim.h"

enum { FILE_MAX = 1 << 20, SLUG_MAX = 128 };

static const struct publisher *const publishers[] = {
    &publisher_zigbee2mqtt, &publisher_tasmota, &publisher_esphome, &publisher_custom};

/* ---- loading ---- */

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    char *text = malloc(FILE_MAX + 1);
    size_t len = text ? fread(text, 1, FILE_MAX, file) : 0;
    fclose(file);
    if (text)
        text[len] = '\0';
    return text;
}

static cJSON *load_json(const char *dir, const char *name)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    char *text = read_file(path);
    if (!text) {
        fprintf(stderr, "hearth-sim: cannot read %s: say --data DIR, the folder of home.json\n", path);
        return NULL;
    }
    cJSON *json = cJSON_Parse(text);
    if (!json)
        fprintf(stderr, "hearth-sim: %s is not JSON near \"%.30s\"\n", path, cJSON_GetErrorPtr());
    free(text);
    return json;
}

static const struct publisher *find_publisher(const char *name)
{
    for (size_t i = 0; i < sizeof(publishers) / sizeof(*publishers); i++) {
        if (strcmp(publishers[i]->name, name) == 0)
            return publishers[i];
    }
    return NULL;
}

static bool load_thing(struct thing *thing, const cJSON *spec)
{
    thing->spec = spec;
    thing->name = thing_text(thing, "name");
    thing->area = thing_text(thing, "area");
    thing->kind = thing_text(thing, "kind");
    thing->publisher = find_publisher(thing_text(thing, "publisher"));
    thing->state = cJSON_GetObjectItemCaseSensitive(spec, "state");
    if (thing->publisher && thing->name[0] && cJSON_IsObject(thing->state))
        return true;
    fprintf(
        stderr, "hearth-sim: home.json: \"%s\" needs a name, a known publisher and a state\n", thing->name);
    return false;
}

bool home_load(struct home *home, const char *dir)
{
    *home = (struct home){0};
    home->data = load_json(dir, "home.json");
    home->publishers = home->data ? load_json(dir, "publishers.json") : NULL;
    const cJSON *things = cJSON_GetObjectItemCaseSensitive(home->data, "things");
    if (!home->publishers)
        goto failed;
    home->things = calloc((size_t)cJSON_GetArraySize(things) + 1, sizeof(*home->things));
    if (!home->things)
        goto failed;
    const cJSON *spec;
    cJSON_ArrayForEach(spec, things)
    {
        if (!load_thing(&home->things[home->count++], spec))
            goto failed;
    }
    return true;

failed:
    home_free(home);
    return false;
}

void home_free(struct home *home)
{
    cJSON_Delete(home->data);
    cJSON_Delete(home->publishers);
    free(home->things);
    *home = (struct home){0};
}

/* ---- looking up ---- */

const char *thing_text(const struct thing *thing, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(thing->spec, key));
    return text ? text : "";
}

static void slug_of(const char *name, char slug[static SLUG_MAX])
{
    size_t i = 0;
    for (; name[i] && i < SLUG_MAX - 1; i++)
        slug[i] = isalnum((unsigned char)name[i]) ? (char)tolower((unsigned char)name[i]) : '_';
    slug[i] = '\0';
}

struct thing *home_find(const struct home *home, const char *name)
{
    char wanted[SLUG_MAX], slug[SLUG_MAX];
    slug_of(name, wanted);
    for (size_t i = 0; i < home->count; i++) {
        slug_of(home->things[i].name, slug);
        if (strcmp(slug, wanted) == 0)
            return &home->things[i];
    }
    return NULL;
}

/* ---- announcing ---- */

/* The text with each <word> replaced by the thing's field of that name. */
static void fill_text(const struct thing *thing, const char *text, char *out, size_t size)
{
    size_t used = 0;
    while (*text && used + 1 < size) {
        const char *end = *text == '<' ? strchr(text, '>') : NULL;
        if (!end) {
            out[used++] = *text++;
            continue;
        }
        char key[32], slug[SLUG_MAX];
        snprintf(key, sizeof(key), "%.*s", (int)(end - text - 1), text + 1);
        const char *value = thing_text(thing, key);
        if (strcmp(key, "slug") == 0) {
            slug_of(thing->name, slug);
            value = slug;
        }
        int n = snprintf(out + used, size - used, "%s", value);
        used += n > 0 ? (size_t)n : 0;
        text = end + 1;
    }
    out[used < size ? used : size - 1] = '\0';
}

static void fill_json(const struct thing *thing, cJSON *json)
{
    char text[1024];
    cJSON *item;
    cJSON_ArrayForEach(item, json)
    {
        if (cJSON_IsString(item)) {
            fill_text(thing, item->valuestring, text, sizeof(text));
            cJSON_SetValuestring(item, text);
        } else {
            fill_json(thing, item);
        }
    }
}

/* The publisher's common keys, then those of this entity. */
static cJSON *make_config(const struct thing *thing, const cJSON *common, const cJSON *own)
{
    cJSON *config = cJSON_Duplicate(common, true);
    const cJSON *item;
    cJSON_ArrayForEach(item, own)
    {
        cJSON_DeleteItemFromObjectCaseSensitive(config, item->string);
        cJSON_AddItemToObject(config, item->string, cJSON_Duplicate(item, true));
    }
    fill_json(thing, config);
    return config;
}

static void friendly_name(const struct thing *thing, const char *entity, char *out, size_t size)
{
    char suffix[128];
    const char *device = thing_text(thing, "device");
    fill_text(thing, entity ? entity : "", suffix, sizeof(suffix));
    snprintf(out, size, "%s%s%s", device[0] ? device : thing->name, suffix[0] ? " " : "", suffix);
}

static void announce_entity(
    const struct thing *thing, const cJSON *common, const cJSON *spec, announce_fn *fn, void *data)
{
    char topic[SIM_TOPIC_MAX], name[256];
    fill_text(
        thing, cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(spec, "topic")), topic, sizeof(topic));
    friendly_name(
        thing, cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(spec, "entity")), name, sizeof(name));
    struct announced entity = {
        .component = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(spec, "component")),
        .topic = topic,
        .name = name,
        .spec = spec,
        .config = make_config(thing, common, cJSON_GetObjectItemCaseSensitive(spec, "config")),
    };
    fn(thing, &entity, data);
}

void home_announce(const struct home *home, const struct thing *thing, announce_fn *fn, void *data)
{
    const cJSON *own = cJSON_GetObjectItemCaseSensitive(thing->spec, "config");
    if (own) {
        struct announced entity = {.component = thing->kind, .topic = "", .name = thing->name};
        entity.config = cJSON_Duplicate(own, true);
        fn(thing, &entity, data);
        return;
    }
    const cJSON *publisher = cJSON_GetObjectItemCaseSensitive(home->publishers, thing->publisher->name);
    const cJSON *kinds = cJSON_GetObjectItemCaseSensitive(publisher, "kinds");
    const cJSON *common = cJSON_GetObjectItemCaseSensitive(publisher, "common");
    const cJSON *spec;
    cJSON_ArrayForEach(spec, cJSON_GetObjectItemCaseSensitive(kinds, thing->kind))
        announce_entity(thing, common, spec, fn, data);
}
