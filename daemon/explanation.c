/* explanation.c - see explanation.h. */
#include "explanation.h"

#include <stdio.h>
#include <string.h>

#include "config.h"
#include "daemon/calls_json.h"
#include "daemon/evidence.h"
#include "policy.h"

enum { ENTITIES_SHOWN = 64 }; /* of one action: a row of the log has an end */

/* ---- JSON ---- */

static void add(cJSON *object, const char *name, cJSON *member)
{
    if (!cJSON_AddItemToObject(object, name, member))
        cJSON_Delete(member);
}

static void append(cJSON *array, cJSON *member)
{
    if (!cJSON_AddItemToArray(array, member))
        cJSON_Delete(member);
}

/* Three decimals: thousandths of a probability. */
static void add_number(cJSON *object, const char *name, double value)
{
    char text[64];
    snprintf(text, sizeof(text), "%.3f", value);
    cJSON_AddRawToObject(object, name, text);
}

static void add_unless_empty(cJSON *object, const char *name, const char *text)
{
    if (text && text[0])
        cJSON_AddStringToObject(object, name, text);
}

/* ---- the reading ---- */

static cJSON *items_json(const struct understand_request *prepared)
{
    cJSON *items = cJSON_CreateArray();
    for (size_t i = 0; i < prepared->request.item_count; i++) {
        const struct shortlist_item *item = &prepared->items[i];
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "kind", item->kind);
        cJSON_AddStringToObject(object, "text", item->text);
        if (strcmp(item->name, item->text) != 0)
            cJSON_AddStringToObject(object, "name", item->name);
        add_number(object, "score", item->score);
        append(items, object);
    }
    return items;
}

static cJSON *step_json(const struct san_step *step)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "token", step->token ? step->token : "");
    add_number(object, "p", (double)step->probability);
    cJSON_AddNumberToObject(object, "allowed", step->allowed);
    if (step->second) {
        cJSON_AddStringToObject(object, "second", step->second);
        add_number(object, "second_p", (double)step->second_probability);
    }
    return object;
}

static bool is_thing(const char *slot)
{
    return strcmp(slot, "name") == 0 || strcmp(slot, "area") == 0 || strcmp(slot, "floor") == 0;
}

/* By its name, or by the alias of which most was said. */
static struct evidence best_evidence(
    const struct understand_request *prepared, const char *name, struct san_arena *arena)
{
    struct evidence best = evidence_find(&prepared->words, name, arena);
    for (size_t i = 0; i < prepared->request.item_count; i++) {
        if (strcmp(prepared->items[i].name, name) != 0)
            continue;
        struct evidence found = evidence_find(&prepared->words, prepared->items[i].text, arena);
        if (found.said * best.of > best.said * found.of)
            best = found;
    }
    return best;
}

/* {"slot","value","said","of"}: the words that were said of a name, out of how many. */
static cJSON *evidence_json(
    const struct understand_request *prepared, const struct home_arg *arg, struct san_arena *arena)
{
    struct evidence found = best_evidence(prepared, arg->text, arena);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "slot", arg->slot);
    cJSON_AddStringToObject(object, "value", arg->text);
    cJSON *said = cJSON_AddArrayToObject(object, "said");
    for (size_t i = 0; i < prepared->words.count; i++)
        if (found.where >> i & 1)
            append(said, cJSON_CreateString(prepared->words.word[i].text));
    cJSON_AddNumberToObject(object, "of", (double)found.of);
    if (!found.said && strcmp(arg->slot, "area") == 0 && strcmp(arg->text, prepared->area) == 0)
        cJSON_AddStringToObject(object, "from", "room");
    return object;
}

static cJSON *call_json(const struct understand_request *prepared, const struct understood_call *understood,
    struct san_arena *arena)
{
    cJSON *object = call_to_json(&understood->call);
    add_number(object, "confidence", understood->confidence);
    cJSON *evidence = cJSON_AddArrayToObject(object, "evidence");
    for (size_t i = 0; i < understood->call.arg_count && prepared->words.count; i++)
        if (is_thing(understood->call.args[i].slot))
            append(evidence, evidence_json(prepared, &understood->call.args[i], arena));
    add_unless_empty(object, "missing", understood->missing);
    add_unless_empty(object, "leftover", understood->leftover);
    add_unless_empty(object, "unproven", understood->unproven);
    add_unless_empty(object, "overlooked", understood->overlooked);
    return object;
}

cJSON *explanation_of_reading(const struct understand_request *prepared, const struct san_result *network,
    const struct understood *understood, struct san_arena *arena)
{
    cJSON *detail = cJSON_CreateObject();
    if (network)
        cJSON_AddStringToObject(detail, "read", prepared->request.text);
    cJSON_AddStringToObject(detail, "normalized", prepared->normalized);
    cJSON_AddStringToObject(detail, "area", prepared->area);
    add(detail, "items", items_json(prepared));
    cJSON *steps = cJSON_AddArrayToObject(detail, "steps");
    for (size_t i = 0; network && i < network->step_count; i++)
        append(steps, step_json(&network->steps[i]));
    cJSON *calls = cJSON_AddArrayToObject(detail, "calls");
    for (size_t i = 0; i < understood->call_count; i++)
        append(calls, call_json(prepared, &understood->calls[i], arena));
    return detail;
}

/* ---- what came of it ---- */

static const char *refusal_name(enum refusal refusal)
{
    switch (refusal) {
    case REFUSAL_NONE:
        return "";
    case REFUSAL_UNSURE:
        return "unsure";
    case REFUSAL_UNMATCHED:
        return "unmatched";
    case REFUSAL_EVIDENCE:
        return "evidence";
    case REFUSAL_EMPTY:
        return "empty";
    case REFUSAL_AMBIGUOUS:
        return "ambiguous";
    case REFUSAL_POLICY:
        return "policy";
    case REFUSAL_QUESTION:
        return "question";
    case REFUSAL_DEVICE:
        return "device";
    case REFUSAL_NO_SKILL:
        return "no_skill";
    }
    return "?";
}

static cJSON *entity_json(const struct home_entity *entity)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "entity_id", entity->entity_id);
    cJSON_AddStringToObject(object, "name", entity->name);
    add_unless_empty(object, "area", entity->area);
    return object;
}

static cJSON *target_json(const struct target *target)
{
    cJSON *object = entity_json(target->entity);
    cJSON_AddStringToObject(object, "outcome", outcome_name(target->outcome));
    add_unless_empty(object, "before", target->before);
    if (target->outcome == OUTCOME_DONE)
        add_unless_empty(object, "after", target->entity->state);
    add_unless_empty(object, "problem", target->problem);
    return object;
}

/* Those that the action is for; those that it could be for, where it was refused before. */
static cJSON *entities_json(const struct action *action)
{
    cJSON *list = cJSON_CreateArray();
    size_t count = action->target_count ? action->target_count : action->resolved.count;
    for (size_t i = 0; i < count && i < ENTITIES_SHOWN; i++)
        append(list, action->target_count ? target_json(&action->targets[i])
                                          : entity_json(&action->resolved.entities[i]));
    return list;
}

/* The guard that the configuration sets over it: "unlock", or NULL. */
static const char *guard_of(const struct action *action)
{
    for (size_t i = 0; i < action->resolved.count; i++) {
        const char *guard = policy_class(&action->call, &action->resolved.entities[i]);
        if (guard)
            return guard;
    }
    return NULL;
}

const char *explanation_band(const struct config *config, const struct action *action)
{
    switch (policy_band(config, action->call.tool, guard_of(action), action->said->confidence)) {
    case POLICY_ALLOW:
        return "act";
    case POLICY_ASK:
        return "ask";
    case POLICY_UNSURE:
    case POLICY_CONFIRM:
    case POLICY_REFUSE:
        break;
    }
    return "refuse";
}

static cJSON *action_json(const struct config *config, const struct action *action)
{
    const char *guard = guard_of(action);
    cJSON *object = call_to_json(&action->call);
    add_number(object, "confidence", action->said->confidence);
    add_number(object, "enough", policy_enough(config, action->call.tool, guard));
    if (!understand_is_question(action->call.tool))
        add_number(object, "ask", config->ask_confidence);
    cJSON_AddStringToObject(object, "band", explanation_band(config, action));
    add_unless_empty(object, "guard", guard);
    cJSON_AddStringToObject(object, "outcome", outcome_name(action->outcome));
    add_unless_empty(object, "refusal", refusal_name(action->refusal));
    add_unless_empty(object, "why", action->detail);
    cJSON *names = action->name_count ? cJSON_AddArrayToObject(object, "nearest") : NULL;
    for (size_t i = 0; i < action->name_count; i++)
        append(names, cJSON_CreateString(action->names[i]));
    add(object, "entities", entities_json(action));
    return object;
}

cJSON *explanation_of(const struct hearthd *daemon, const struct utterance *utterance)
{
    cJSON *detail = explanation_of_reading(&utterance->reading.prepared, utterance->reading.network,
        &utterance->reading.understood, utterance->arena);
    if (utterance->confirmed)
        cJSON_AddTrueToObject(detail, "confirmed");
    cJSON *actions = cJSON_AddArrayToObject(detail, "actions");
    for (size_t i = 0; i < utterance->action_count; i++)
        append(actions, action_json(daemon->config, &utterance->actions[i]));
    add(detail, "ms", utterance_timings(utterance));
    return detail;
}
