/* resolve.c - arguments -> concrete entities. Right device or none: a call is never widened. */
#include "resolve.h"

#include <stdio.h>
#include <string.h>

#include "groups.h"
#include "inference/text.h"

/* What a tool acts on when the call does not say a domain. */
struct target {
    const char *tool;
    const char *domains; /* space before and after each; "" = whatever the arguments say */
    bool one;            /* one device is meant, not all that there are */
};

#define SWITCHABLE                                                                                           \
    " light switch fan cover lock valve climate water_heater humidifier media_player vacuum lawn_mower "     \
    "scene script"                                                                                           \
    " automation button input_boolean siren camera "

static const struct target targets[] = {
    {"HassTurnOn", SWITCHABLE, false},
    {"HassTurnOff", SWITCHABLE, false},
    {"HassToggle", SWITCHABLE, false},
    {"HassGetState", "", false},
    {"HassLightSet", " light ", false},
    {"HassSetPosition", " cover valve ", false},
    {"HassStopMoving", " cover valve ", false},
    {"HassClimateSetTemperature", " climate water_heater ", true},
    {"HassClimateGetTemperature", " climate water_heater ", true},
    {"HassClimateSetMode", " climate water_heater ", true},
    {"HassHumidifierSetpoint", " humidifier climate ", true},
    {"HassHumidifierMode", " humidifier ", true},
    {"HassFanSetSpeed", " fan ", true},
    {"HassSetVolume", " media_player ", true},
    {"HassSetVolumeRelative", " media_player ", true},
    {"HassMediaPlayerMute", " media_player ", true},
    {"HassMediaPlayerUnmute", " media_player ", true},
    {"HassMediaPause", " media_player ", true},
    {"HassMediaUnpause", " media_player ", true},
    {"HassMediaNext", " media_player ", true},
    {"HassMediaPrevious", " media_player ", true},
    {"HassMediaSearchAndPlay", " media_player ", true},
    {"HassVacuumStart", " vacuum ", true},
    {"HassVacuumReturnToBase", " vacuum ", true},
    {"HassLawnMowerStartMowing", " lawn_mower ", true},
    {"HassLawnMowerDock", " lawn_mower ", true},
    {"HassAlarmArm", " alarm_control_panel ", true},
    {"HassAlarmDisarm", " alarm_control_panel ", true},
    {"HassAlarmTrigger", " alarm_control_panel ", true},
    {"HassSetValue", " number select text ", true},
    {"HassFanSetMode", " fan ", true},
    {"HassLockOpen", " lock ", true},
    {"HassVacuumPause", " vacuum ", true},
    {"HassVacuumStop", " vacuum ", true},
    {"HassVacuumCleanSpot", " vacuum ", true},
    {"HassVacuumLocate", " vacuum ", true},
    {"HassVacuumSetSpeed", " vacuum ", true},
    {"HassLawnMowerPause", " lawn_mower ", true},
    {"HassUpdateInstall", " update ", true},
};

/* "Everything in the kitchen": what one would switch off on leaving, and nothing that guards the house or
 * moves. */
static const char everything[] = " light switch fan media_player input_boolean ";

struct search {
    struct registry *registry;
    struct san_arena *arena;
    const struct home_call *call;
    const struct target *target;
    const char *context_area;
    struct resolved *out;
    struct san_error *err;
};

static const struct target *find_target(const char *tool)
{
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        if (strcmp(targets[i].tool, tool) == 0)
            return &targets[i];
    return NULL;
}

static bool in_list(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *p = len > 0 ? strstr(list, word) : NULL; p != NULL; p = strstr(p + 1, word))
        if (p > list && p[-1] == ' ' && p[len] == ' ')
            return true;
    return false;
}

/* Keeps the entities for which keep() holds, in their order; if there are none, leaves all and returns false.
 */
static bool narrow(
    struct resolved *out, bool (*keep)(const struct home_entity *, const char *), const char *value)
{
    size_t kept = 0;
    for (size_t i = 0; i < out->count; i++)
        kept += keep(&out->entities[i], value);
    if (kept == 0)
        return false;
    kept = 0;
    for (size_t i = 0; i < out->count; i++)
        if (keep(&out->entities[i], value))
            out->entities[kept++] = out->entities[i];
    out->count = kept;
    return true;
}

static bool domain_in(const struct home_entity *e, const char *list)
{
    return list[0] == '\0' || in_list(list, e->domain);
}

/* What "is anything on", "what is open" ask about. */
static const struct asked {
    const char *yes, *no; /* states */
    const char *domains;  /* as a filter has them */
    const char *sensors;  /* of the binary sensors, those of these classes */
} asked[] = {
    {"on", "off", "[\"light\",\"switch\",\"fan\",\"media_player\",\"input_boolean\",\"binary_sensor\"]",
        " running "},
    {"open", "closed", "[\"cover\",\"valve\",\"lock\",\"binary_sensor\"]",
        " door garage_door opening window "},
    {"locked", "unlocked", "[\"lock\"]", ""},
};

/* NULL if nothing has such a state that could be asked of everything. */
static const struct asked *find_asked(const char *state)
{
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++)
        if (strcmp(state, asked[i].yes) == 0 || strcmp(state, asked[i].no) == 0)
            return &asked[i];
    return NULL;
}

static bool is_no_other_sensor(const struct home_entity *e, const char *classes)
{
    return strcmp(e->domain, "binary_sensor") != 0 || in_list(classes, e->device_class);
}

static bool domain_is(const struct home_entity *e, const char *domain)
{
    return strcmp(e->domain, domain) == 0;
}

static bool class_is(const struct home_entity *e, const char *device_class)
{
    return strcmp(e->device_class, device_class) == 0;
}

static bool area_is(const struct home_entity *e, const char *area)
{
    return area[0] != '\0' && strcmp(e->area, area) == 0;
}

static bool floor_is(const struct home_entity *e, const char *floor)
{
    return floor[0] != '\0' && strcmp(e->floor, floor) == 0;
}

static enum san_status none(struct search *s, const char *slot)
{
    s->out->outcome = RESOLVE_NONE;
    s->out->count = 0;
    s->out->missing = slot;
    return SAN_OK;
}

static enum san_status settle(struct search *s, bool one)
{
    s->out->outcome = one && s->out->count > 1 ? RESOLVE_AMBIGUOUS : RESOLVE_OK;
    return SAN_OK;
}

/* The canonical name of the room in which the speaker is, and of its floor; "" where unknown. */
static enum san_status speakers_place(struct search *s, const char **area, const char **floor)
{
    *area = *floor = "";
    int64_t id = s->context_area != NULL ? reg_find_area(s->registry, s->context_area) : 0;
    if (id == 0)
        return SAN_OK;
    struct home_area *areas;
    size_t count;
    enum san_status status = reg_areas(s->registry, s->arena, &areas, &count, s->err);
    for (size_t i = 0; status == SAN_OK && i < count; i++)
        if (areas[i].id == id) {
            *area = areas[i].name;
            *floor = areas[i].floor;
        }
    return status;
}

/* A tie goes to the speaker's room, then to its floor, then to a question. */
static enum san_status break_tie(struct search *s)
{
    const char *area, *floor;
    if (s->out->count > 1) {
        enum san_status status = speakers_place(s, &area, &floor);
        if (status != SAN_OK)
            return status;
        if (!narrow(s->out, area_is, area))
            narrow(s->out, floor_is, floor);
    }
    return settle(s, true);
}

/* Of what a tool can set, the kind that stands first in its list: no thermostat where there is a humidifier.
 */
static bool domain_is_first(const struct home_entity *e, const char *domains)
{
    if (domains[0] == '\0')
        return true;
    size_t len = strcspn(domains + 1, " ");
    return strncmp(e->domain, domains + 1, len) == 0 && e->domain[len] == '\0';
}

static enum san_status by_name(struct search *s, const struct reg_filter *place)
{
    struct reg_filter filter = {.name = home_call_text(s->call, "name"),
        .area = place->area,
        .floor = place->floor,
        .exposed_only = true};
    enum san_status status =
        reg_entities(s->registry, &filter, s->arena, &s->out->entities, &s->out->count, s->err);
    if (status != SAN_OK)
        return status;
    if (s->out->count == 0)
        return none(s, "name");
    if (!narrow(s->out, domain_in, s->target->domains))
        return none(s, "name");
    /* beside a name these only tell things of equal name apart */
    if (place->domain != NULL)
        narrow(s->out, domain_is, place->domain);
    if (place->device_class != NULL)
        narrow(s->out, class_is, place->device_class);
    return break_tie(s);
}

/* Exactly this one, exposed or not, and whatever it is: no words lead to an entity_id, only calls that
 * programs write. */
static enum san_status by_entity_id(struct search *s)
{
    const struct reg_filter filter = {.entity_id = home_call_text(s->call, "entity_id")};
    enum san_status status =
        reg_entities(s->registry, &filter, s->arena, &s->out->entities, &s->out->count, s->err);
    if (status != SAN_OK)
        return status;
    return s->out->count ? settle(s, true) : none(s, "entity_id");
}

/* What people call the things of a class, beside the class's own word and its plural. */
static const struct class_words {
    const char *device_class, *words;
} class_words[] = {
    {"curtain", " drape drapes "},
    {"receiver", " amplifier amp "},
    {"shutter", " rollershutter rollershutters "},
    {"speaker", " radio stereo soundbar "},
    {"tv", " television telly "},
};

static bool says_class(const char *name, const char *device_class)
{
    char words[SAN_TEXT_MAX + 2] = " ", wanted[64];
    if (san_normalize_to(words + 1, sizeof words - 2, name, strlen(name), NULL) != SAN_OK)
        return false;
    strcat(words, " ");
    snprintf(wanted, sizeof wanted, "%s", device_class);
    if (in_list(words, wanted))
        return true;
    snprintf(wanted, sizeof wanted, "%ss", device_class);
    if (in_list(words, wanted))
        return true;
    for (size_t i = 0; i < sizeof class_words / sizeof class_words[0]; i++) {
        if (strcmp(class_words[i].device_class, device_class) != 0)
            continue;
        for (char *rest = words, *word; (word = strtok_r(rest, " ", &rest)) != NULL;)
            if (in_list(class_words[i].words, word))
                return true;
    }
    return false;
}

/* Unclassed, and called so by its name or an alias. */
static bool is_called(const struct home_entity *e, const char *device_class)
{
    if (e->device_class[0] != '\0')
        return false;
    bool so = says_class(e->name, device_class);
    for (size_t i = 0; i < e->alias_count && !so; i++)
        so = says_class(e->aliases[i], device_class);
    return so;
}

/* Few publishers announce a class for their covers and players: of those without one, the names tell. */
static enum san_status by_what_it_is_called(struct search *s, const struct reg_filter *group)
{
    struct reg_filter any = *group;
    any.device_class = NULL;
    enum san_status status =
        reg_entities(s->registry, &any, s->arena, &s->out->entities, &s->out->count, s->err);
    if (status == SAN_OK && !narrow(s->out, is_called, group->device_class))
        s->out->count = 0;
    return status;
}

/* "Is anything on?" is asked of some kinds: in a home of thousands the rest is not even read. */
static enum san_status by_state(struct search *s, const struct reg_filter *place)
{
    const struct asked *about = find_asked(home_call_text(s->call, "state"));
    if (about == NULL)
        return none(s, "");
    struct reg_filter filter = *place;
    filter.domains = about->domains;
    enum san_status status =
        reg_entities(s->registry, &filter, s->arena, &s->out->entities, &s->out->count, s->err);
    if (status != SAN_OK)
        return status;
    if (!narrow(s->out, is_no_other_sensor, about->sensors))
        return none(s, "");
    groups_fold(s->out->entities, &s->out->count, true);
    return settle(s, false);
}

static enum san_status by_group(struct search *s, const struct reg_filter *group)
{
    bool place = group->area != NULL || group->floor != NULL;
    bool kind = group->domain != NULL || group->device_class != NULL;
    enum san_status status =
        reg_entities(s->registry, group, s->arena, &s->out->entities, &s->out->count, s->err);
    if (status == SAN_OK && s->out->count == 0 && group->domain != NULL && group->device_class != NULL)
        status = by_what_it_is_called(s, group);
    if (status != SAN_OK)
        return status;
    bool all = !kind && strcmp(s->target->domains, SWITCHABLE) == 0;
    if (all && !place)
        return none(s, "name");
    if (s->out->count == 0 || !narrow(s->out, domain_in, all ? everything : s->target->domains))
        return none(s, "");
    if (!kind && !all)
        narrow(s->out, domain_is_first, s->target->domains);
    groups_fold(s->out->entities, &s->out->count, strcmp(s->call->tool, "HassGetState") == 0);
    if (s->target->one && !place)
        return break_tie(s);
    return settle(s, false);
}

/* A place that the home does not have is said so, rather than found empty. */
static const char *missing_place(struct search *s, const struct reg_filter *filter)
{
    if (filter->area != NULL && reg_find_area(s->registry, filter->area) == 0)
        return "area";
    if (filter->floor != NULL && reg_find_floor(s->registry, filter->floor) == 0)
        return "floor";
    return NULL;
}

enum san_status resolve_call(struct registry *registry, const struct home_call *call,
    const char *context_area, struct san_arena *arena, struct resolved *out, struct san_error *err)
{
    *out = (struct resolved){.outcome = RESOLVE_NO_TARGET, .missing = ""};
    struct search search = {registry, arena, call, find_target(call->tool), context_area, out, err};
    if (search.target == NULL)
        return SAN_OK;
    struct reg_filter filter = {
        .area = home_call_text(call, "area"),
        .floor = home_call_text(call, "floor"),
        .domain = home_call_text(call, "domain"),
        .device_class = home_call_text(call, "device_class"),
        .exposed_only = true,
    };
    const char *missing = missing_place(&search, &filter);
    if (missing != NULL)
        return none(&search, missing);
    if (home_call_arg(call, "entity_id") != NULL)
        return by_entity_id(&search);
    if (home_call_arg(call, "name") != NULL) {
        if (strcmp(call->tool, "HassVacuumStart") == 0)
            filter.area = filter.floor = NULL; /* the room to clean, not the one where the vacuum lives */
        return by_name(&search, &filter);
    }
    return home_call_asks_of_everything(call) ? by_state(&search, &filter) : by_group(&search, &filter);
}

bool resolve_finds(struct registry *registry, const struct home_call *call, const char *context_area,
    struct san_arena *arena)
{
    const struct reg_filter kind = {
        .area = home_call_text(call, "area"),
        .floor = home_call_text(call, "floor"),
        .domain = home_call_text(call, "domain"),
        .device_class = home_call_text(call, "device_class"),
        .exposed_only = true,
    };
    bool group = home_call_arg(call, "name") == NULL && home_call_arg(call, "entity_id") == NULL;
    /* of the tools that can be asked about a group, this one takes all that there is */
    if (group && strcmp(call->tool, "HassGetState") == 0 && !home_call_asks_of_everything(call) &&
        reg_has_entities(registry, &kind))
        return true;
    struct resolved resolved;
    return resolve_call(registry, call, context_area, arena, &resolved, NULL) == SAN_OK && resolved.count > 0;
}
