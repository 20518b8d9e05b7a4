/* plan.c - see plan.h. */
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "daemon/calls_json.h"
#include "devices/registry.h"
#include "hand_over.h"
#include "inventory.h"
#include "phrases.h"
#include "policy.h"
#include "reread.h"

enum { NEAREST_MAX = 3, MISSING_MAX = 128 };

static const char not_sure[] = "the network is not sure enough";

void plan_refuse(struct action *action, enum refusal refusal, const char *slot, const char *detail)
{
    action->outcome = OUTCOME_REFUSED;
    action->refusal = refusal;
    action->slot = slot;
    action->detail = detail;
}

void plan_fail(struct action *action, const char *detail)
{
    action->outcome = OUTCOME_FAILED;
    action->detail = detail;
}

/* ---- validate ---- */

/* What was said but is nothing of this home: the words that are no words of command; numbers only behind such
 * a word, as in "lamp 5". */
static const char *missing_words(struct hearthd *daemon, struct utterance *utterance)
{
    char text[MISSING_MAX] = "";
    size_t len = 0;
    bool behind = false;
    for (size_t i = 0; i < utterance->reading.prepared.words.count; i++) {
        const struct san_word *word = &utterance->reading.prepared.words.word[i];
        bool number = !word->text[strspn(word->text, "-.:0123456789")];
        bool kept = !phrases_has_word(daemon->phrases, "command_words", word->text) && (!number || behind) &&
                    len + word->len + 2 <= sizeof(text);
        behind = kept;
        if (!kept)
            continue;
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len ? " " : "", word->text);
    }
    return utterance_print(utterance, "%s", text);
}

static void add_nearest(struct hearthd *daemon, struct utterance *utterance, struct action *action)
{
    const char *slot = action->slot ? action->slot : "name";
    const char *kind = strcmp(slot, "name") == 0 ? "entity" : slot;
    const char **names;
    size_t count;
    if (!action->detail[0] || shortlist_nearest(daemon->shortlist, kind, action->detail, NEAREST_MAX,
                                  utterance->arena, &names, &count, NULL) != SAN_OK)
        return;
    for (size_t i = 0; i < count && i < ACTION_NAMES_MAX; i++)
        action->names[action->name_count++] = names[i];
}

static void refuse_unmatched(
    struct hearthd *daemon, struct utterance *utterance, struct action *action, const char *slot)
{
    const char *meant = action->said->leftover;
    plan_refuse(action, REFUSAL_UNMATCHED, slot, meant[0] ? meant : missing_words(daemon, utterance));
    add_nearest(daemon, utterance, action);
}

enum refusal plan_doubt(const struct hearthd *daemon, const struct understood_call *said)
{
    if (said->missing[0])
        return REFUSAL_UNMATCHED;
    enum policy_verdict band = policy_band(daemon->config, said->call.tool, false, said->confidence);
    if (band == POLICY_ASK && !said->unproven[0] && !said->overlooked[0])
        return REFUSAL_QUESTION;
    if (band != POLICY_ALLOW)
        return REFUSAL_UNSURE;
    if (said->unproven[0])
        return REFUSAL_EVIDENCE;
    return said->overlooked[0] ? REFUSAL_UNSURE : REFUSAL_NONE;
}

/* Whether that was meant, when all of it is known to be possible; nobody is there to be asked when what is
 * put off is due. */
static void doubt_whether_meant(struct utterance *utterance, struct action *action)
{
    if (reread_later(utterance))
        plan_refuse(action, REFUSAL_UNSURE, NULL, not_sure);
    else
        action->asks = !utterance->confirmed;
}

static void validate(struct hearthd *daemon, struct utterance *utterance, struct action *action)
{
    const struct understood_call *said = action->said;
    const char *not_excepted = utterance->reading.except.unknown;
    enum refusal doubt = plan_doubt(daemon, said);
    if (not_excepted) {
        plan_refuse(action, REFUSAL_UNMATCHED, "name", not_excepted);
        add_nearest(daemon, utterance, action);
    } else if (doubt == REFUSAL_UNMATCHED)
        refuse_unmatched(daemon, utterance, action, said->missing);
    else if (doubt == REFUSAL_EVIDENCE)
        plan_refuse(action, doubt, said->unproven, home_call_text(&action->call, said->unproven));
    else if (doubt == REFUSAL_QUESTION)
        doubt_whether_meant(utterance, action);
    else if (doubt != REFUSAL_NONE)
        plan_refuse(action, doubt, NULL, said->overlooked[0] ? said->overlooked : not_sure);
}

static void append_call(cJSON *list, const struct home_call *call)
{
    cJSON *json = call_to_json(call);
    if (!cJSON_AddItemToArray(list, json))
        cJSON_Delete(json);
}

/* The list as text in the arena; ends the list. */
static const char *text_of(struct utterance *utterance, cJSON *list)
{
    char *text = cJSON_PrintUnformatted(list);
    const char *copy = utterance_print(utterance, "%s", text ? text : "[]");
    free(text);
    cJSON_Delete(list);
    return copy;
}

/* The calls that name things of this home, as docs/rpc.md shows them. */
void plan_show_calls(struct utterance *utterance)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < utterance->action_count; i++)
        if (!utterance->actions[i].said->missing[0])
            append_call(list, &utterance->actions[i].call);
    utterance->calls_json = text_of(utterance, list);
}

const char *plan_heard_calls(struct utterance *utterance)
{
    const struct understood *understood = &utterance->reading.understood;
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < understood->call_count; i++)
        append_call(list, &understood->calls[i].call);
    return text_of(utterance, list);
}

static const struct understood_call *certain(struct utterance *utterance)
{
    static const struct understood_call sure = {
        .confidence = 1, .missing = "", .leftover = "", .unproven = "", .overlooked = "", .kind = ""};
    struct understood_call *said = san_arena_alloc(utterance->arena, sizeof(*said));
    if (said)
        *said = sure;
    return said;
}

struct action *plan_add(struct utterance *utterance, const struct understood_call *said)
{
    if (!utterance->actions)
        utterance->actions = san_arena_alloc(utterance->arena, PLAN_ACTIONS_MAX * sizeof(struct action));
    if (!said)
        said = certain(utterance);
    if (!utterance->actions || !said || utterance->action_count == PLAN_ACTIONS_MAX)
        return NULL;
    struct action *action = &utterance->actions[utterance->action_count++];
    action->said = said;
    action->call = said->call;
    return action;
}

bool plan_validate(struct hearthd *daemon, struct utterance *utterance, struct san_error *err)
{
    struct understood *understood = &utterance->reading.understood;
    for (size_t i = 0; i < understood->call_count; i++) {
        struct action *action = plan_add(utterance, &understood->calls[i]);
        if (!action)
            return san_fail(err, SAN_ENOMEM, "out of memory") == SAN_OK;
        validate(daemon, utterance, action);
    }
    plan_show_calls(utterance);
    return true;
}

/* ---- resolve ---- */

/* A light and a switch of one name are told apart by what the network chose. */
static void narrow_to_kind(struct resolved *resolved, const char *kind)
{
    size_t kept = 0;
    for (size_t i = 0; kind && i < resolved->count; i++)
        kept += strcmp(resolved->entities[i].domain, kind) == 0;
    if (kept != 1)
        return;
    for (size_t i = 0; i < resolved->count; i++)
        if (strcmp(resolved->entities[i].domain, kind) == 0)
            resolved->entities[0] = resolved->entities[i];
    resolved->count = 1;
    resolved->outcome = RESOLVE_OK;
}

/* Candidates by name, or by room where their names are the same. */
static void refuse_ambiguous(struct utterance *utterance, struct action *action)
{
    const struct resolved *resolved = &action->resolved;
    plan_refuse(action, REFUSAL_AMBIGUOUS, "name", "several fit");
    for (size_t i = 0; i < resolved->count && i < ACTION_NAMES_MAX; i++) {
        const struct home_entity *entity = &resolved->entities[i];
        action->names[action->name_count++] =
            entity->area[0] ? utterance_print(utterance, "%s (%s)", entity->name, entity->area)
                            : entity->name;
    }
}

static void take_exception_out(
    struct hearthd *daemon, const struct utterance *utterance, struct resolved *resolved)
{
    size_t all = resolved->count;
    if (utterance->reading.except.text)
        except_apply(daemon->phrases, &utterance->reading.except, resolved);
    if (all && !resolved->count)
        *resolved = (struct resolved){.outcome = RESOLVE_NONE, .missing = ""};
}

static void resolve(struct hearthd *daemon, struct utterance *utterance, struct action *action)
{
    struct san_error error = {0};
    struct resolved *resolved = &action->resolved;
    const char *area = utterance->area[0] ? utterance->area : NULL;
    if (resolve_call(daemon->registry, &action->call, area, utterance->arena, resolved, &error) != SAN_OK) {
        plan_fail(action, utterance_print(utterance, "%s", error.text));
        return;
    }
    if (resolved->outcome == RESOLVE_NO_TARGET && answer_kind(action->call.tool) == ANSWER_COMMAND) {
        plan_refuse(action, REFUSAL_NO_SKILL, NULL, action->call.tool);
        return;
    }
    if (resolved->outcome == RESOLVE_AMBIGUOUS)
        narrow_to_kind(resolved, action->said->kind);
    for (size_t i = 0; i < resolved->count; i++)
        inventory_refresh(daemon->inventory, &resolved->entities[i], utterance->arena);
    take_exception_out(daemon, utterance, resolved);
    if (resolved->outcome == RESOLVE_AMBIGUOUS && answer_kind(action->call.tool) == ANSWER_COMMAND)
        refuse_ambiguous(utterance, action);
    else if (resolved->outcome == RESOLVE_NONE && resolved->missing && resolved->missing[0])
        refuse_unmatched(daemon, utterance, action, resolved->missing);
    else if (resolved->outcome == RESOLVE_NONE)
        plan_refuse(action, REFUSAL_EMPTY, NULL, "no such things there");
    else if (resolved->count > ACTION_TARGETS_MAX && answer_kind(action->call.tool) == ANSWER_COMMAND)
        plan_refuse(action, REFUSAL_DEVICE, NULL, "that would be too many devices at once");
}

/* "How warm is it in the kitchen" where no thermostat is: a thermometer will do. */
static void resolve_thermometer(struct hearthd *daemon, struct utterance *utterance, struct action *action)
{
    struct home_call sensors = {.tool = "HassGetState"};
    for (size_t i = 0; i < action->call.arg_count; i++)
        sensors.args[sensors.arg_count++] = action->call.args[i];
    if (sensors.arg_count + 2 > HOME_ARGS_MAX)
        return;
    sensors.args[sensors.arg_count++] = (struct home_arg){.slot = "domain", .text = "sensor"};
    sensors.args[sensors.arg_count++] = (struct home_arg){.slot = "device_class", .text = "temperature"};
    if (!home_call_text(&action->call, "area") && !home_call_text(&action->call, "floor") &&
        utterance->area[0] && sensors.arg_count < HOME_ARGS_MAX)
        sensors.args[sensors.arg_count++] = (struct home_arg){.slot = "area", .text = utterance->area};
    struct action other = {.said = action->said, .call = sensors};
    resolve(daemon, utterance, &other);
    if (other.outcome != OUTCOME_PENDING)
        return;
    action->resolved = other.resolved;
    action->outcome = OUTCOME_PENDING;
    action->refusal = REFUSAL_NONE;
}

void plan_resolve(struct hearthd *daemon, struct utterance *utterance)
{
    utterance_enter_state(utterance, UTTERANCE_RESOLVE);
    for (size_t i = 0; i < utterance->action_count; i++) {
        struct action *action = &utterance->actions[i];
        enum answer_kind kind = answer_kind(action->call.tool);
        if (action->resolved.count)
            continue; /* what is undone is known by its entities */
        if (action->outcome == OUTCOME_PENDING && (kind == ANSWER_COMMAND || answer_needs_entities(kind)))
            resolve(daemon, utterance, action);
        if (kind == ANSWER_TEMPERATURE && action->outcome == OUTCOME_REFUSED)
            resolve_thermometer(daemon, utterance, action);
        if (utterance->understand_only && action->outcome == OUTCOME_PENDING)
            hand_over_tell_apart(daemon->registry, utterance, action);
    }
}

/* ---- render ---- */

static void render_target(struct hearthd *daemon, struct action *action, struct target *target)
{
    struct utterance *utterance = target->utterance;
    const struct entity_view *view = inventory_view(daemon->inventory, target->entity->id);
    struct san_error error = {0};
    if (utterance->understand_only) {
        target->outcome = OUTCOME_UNDERSTOOD; /* how to reach the device is theirs to know */
        return;
    }
    if (!view) {
        const struct phrase_var vars[] = {{"target", target->entity->name}, {0}};
        target->problem =
            phrases_fill(daemon->phrases, "refusals", "no_config", utterance->arena, vars, NULL);
    } else if (render_call(view, target->entity->name, inventory_state(daemon->inventory, target->entity->id),
                   &action->call, utterance->arena, &target->rendered, &error) != SAN_OK) {
        target->rendered = (struct rendered){0};
        target->problem = utterance_print(utterance, "%s", error.text);
    }
    if (target->problem)
        target->outcome = OUTCOME_REFUSED;
    else if (utterance->dry_run)
        target->outcome = OUTCOME_DRY_RUN;
}

/* The strictest verdict over all targets. */
static enum policy_verdict guard(const struct config *config, const struct action *action, bool confirmed)
{
    enum policy_verdict worst = POLICY_ALLOW;
    for (size_t i = 0; i < action->target_count; i++) {
        enum policy_verdict verdict = policy_check(
            config, &action->call, action->targets[i].entity, action->said->confidence, confirmed);
        worst = verdict > worst ? verdict : worst;
    }
    return worst;
}

void plan_hold_back(struct action *action, enum refusal refusal, const char *why)
{
    plan_refuse(action, refusal, NULL, why);
    for (size_t i = 0; i < action->target_count; i++) {
        action->targets[i].outcome = OUTCOME_REFUSED;
        action->targets[i].rendered = (struct rendered){0};
    }
}

static void take_verdict(struct utterance *utterance, struct action *action, enum policy_verdict verdict)
{
    switch (verdict) {
    case POLICY_ALLOW:
        break;
    case POLICY_ASK:
        if (reread_later(utterance))
            plan_hold_back(action, REFUSAL_UNSURE, not_sure);
        else
            action->asks = true;
        break;
    case POLICY_UNSURE:
        plan_hold_back(action, REFUSAL_UNSURE, "not sure enough for something sensitive");
        break;
    case POLICY_CONFIRM:
        if (!utterance->dry_run)
            plan_hold_back(action, REFUSAL_QUESTION, "wants a yes");
        break;
    case POLICY_REFUSE:
        plan_hold_back(action, REFUSAL_POLICY, "forbidden by the configuration");
        break;
    }
}

static void render(struct hearthd *daemon, struct utterance *utterance, struct action *action)
{
    action->targets = san_arena_alloc(utterance->arena, action->resolved.count * sizeof(struct target));
    if (!action->targets) {
        plan_fail(action, "out of memory");
        return;
    }
    action->target_count = action->resolved.count;
    size_t able = 0;
    for (size_t i = 0; i < action->target_count; i++) {
        action->targets[i].utterance = utterance;
        action->targets[i].entity = &action->resolved.entities[i];
        render_target(daemon, action, &action->targets[i]);
        able += action->targets[i].outcome != OUTCOME_REFUSED;
    }
    if (!able)
        plan_refuse(action, REFUSAL_DEVICE, NULL, action->targets[0].problem);
    else
        take_verdict(utterance, action, guard(daemon->config, action, utterance->confirmed));
}

/* Renders everything before anything is done: a question or a mistake in the second call is known before the
 * first acts. */
void plan_render(struct hearthd *daemon, struct utterance *utterance)
{
    utterance_enter_state(utterance, UTTERANCE_RENDER);
    for (size_t i = 0; i < utterance->action_count; i++) {
        struct action *action = &utterance->actions[i];
        if (action->outcome == OUTCOME_PENDING && answer_kind(action->call.tool) == ANSWER_COMMAND)
            render(daemon, utterance, action);
    }
}

size_t plan_count_own(const struct utterance *utterance)
{
    size_t count = utterance->action_count;
    while (count && utterance->actions[count - 1].restores)
        count--;
    return count;
}

/* Why it cannot be done is no answer to what may not have been meant. */
static void drop_doubtful(struct action *action)
{
    if (!action->asks || action->outcome != OUTCOME_REFUSED)
        return;
    plan_hold_back(action, REFUSAL_UNSURE, not_sure);
    action->asks = false;
    action->name_count = 0;
}

/* A question holds back everything: its yes will say the whole utterance again, and nothing is done twice. */
bool plan_hold_for_question(struct utterance *utterance)
{
    bool asked = false;
    for (size_t i = 0; i < utterance->action_count; i++) {
        struct action *action = &utterance->actions[i];
        drop_doubtful(action);
        asked = asked || action->asks || action->refusal == REFUSAL_QUESTION;
    }
    for (size_t i = 0; asked && i < utterance->action_count; i++) {
        struct action *action = &utterance->actions[i];
        if (action->outcome == OUTCOME_PENDING)
            plan_hold_back(action, REFUSAL_QUESTION,
                action->asks ? "not sure enough to do it unasked" : "waits for the yes of another call");
    }
    return asked;
}
