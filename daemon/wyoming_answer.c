/* wyoming_answer.c - see wyoming_answer.h. */
#include <config.h>

#include "wyoming_answer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "verdict.h"
#include "wyoming.h"

/* ---- info ---- */

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

/* What every program and every model of "info" must have; a client fails at a missing one. */
static cJSON *artifact(const char *name, const char *description)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", name);
    cJSON *attribution = cJSON_AddObjectToObject(object, "attribution");
    cJSON_AddStringToObject(attribution, "name", "hearth");
    cJSON_AddStringToObject(attribution, "url", ""); /* must be there */
    cJSON_AddTrueToObject(object, "installed");
    cJSON_AddStringToObject(object, "description", description);
    cJSON_AddStringToObject(object, "version", PACKAGE_VERSION);
    return object;
}

/* The first word of *list, which moves behind it; its length, 0 at the end. */
static size_t next_word(const char **list, const char **word)
{
    *word = *list + strspn(*list, " ,");
    size_t len = strcspn(*word, " ,");
    *list = *word + len;
    return len;
}

static cJSON *languages_json(const char *languages)
{
    cJSON *list = cJSON_CreateArray();
    const char *word;
    for (size_t len; (len = next_word(&languages, &word)) > 0;) {
        char code[16] = "";
        strncat(code, word, len < sizeof(code) ? len : sizeof(code) - 1);
        append(list, cJSON_CreateString(code));
    }
    return list;
}

char *wyoming_info(const struct config *config, size_t *len)
{
    bool handles = config->wyoming_mode == CONFIG_WYOMING_HANDLE;
    cJSON *program =
        artifact(config->wyoming_name, handles ? "Controls the home's MQTT devices, on this machine alone"
                                               : "Understands commands, on this machine alone");
    cJSON *model = artifact("hearth", "A small attention network");
    add(model, "languages", languages_json(config->wyoming_languages));
    append(cJSON_AddArrayToObject(program, "models"), model);
    if (handles)
        cJSON_AddTrueToObject(program, "supports_home_control");
    cJSON *info = cJSON_CreateObject();
    append(cJSON_AddArrayToObject(info, handles ? "handle" : "intent"), program);
    return wyoming_frame("info", info, len);
}

bool wyoming_speaks(const char *languages, const char *language)
{
    if (!language || !language[0])
        return true;
    size_t primary = strcspn(language, "-_");
    const char *word;
    for (size_t len; (len = next_word(&languages, &word)) > 0;)
        if (strcspn(word, "-_ ,") == primary && strncasecmp(word, language, primary) == 0)
            return true;
    return false;
}

/* ---- one text ---- */

char *wyoming_text(const char *type, const char *text, size_t *len)
{
    cJSON *data = cJSON_CreateObject();
    cJSON_AddStringToObject(data, "text", text ? text : "");
    return wyoming_frame(type, data, len);
}

void wyoming_strip_templates(char *text)
{
    char *out = text;
    for (const char *in = text; *in; in++)
        if (in[0] != '{' || !in[1] || !strchr("{%#", in[1]))
            *out++ = *in;
    *out = '\0';
}

/* ---- intents ---- */

static char *join(char *frames, size_t *len, char *more, size_t more_len)
{
    char *joined = more ? realloc(frames, *len + more_len + 1) : NULL;
    if (joined) {
        memcpy(joined + *len, more, more_len + 1); /* with its NUL */
        *len += more_len;
    } else {
        free(frames);
    }
    free(more);
    return joined;
}

/* An entity may hold name and value only: another key makes the client fail. */
static cJSON *entities_json(const struct home_call *call)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < call->arg_count; i++) {
        const struct home_arg *arg = &call->args[i];
        cJSON *entity = cJSON_CreateObject();
        cJSON_AddStringToObject(entity, "name", arg->slot);
        add(entity, "value",
            arg->is_number ? cJSON_CreateNumber(arg->number) : cJSON_CreateString(arg->text));
        append(list, entity);
    }
    return list;
}

static bool is_intent(const struct action *action)
{
    return action->outcome == OUTCOME_UNDERSTOOD;
}

/* What is spoken with an intent. A client that runs intents says nothing else: what came of the utterance's
 * other parts, an answer or a refusal, goes with the last one. */
static char *speech_of(const struct utterance *utterance, const struct action *intent, bool last)
{
    size_t size = strlen(intent->sentence) + 1;
    for (size_t i = 0; i < utterance->action_count; i++)
        size += strlen(utterance->actions[i].sentence) + 1;
    char *text = malloc(size);
    if (!text)
        return NULL;
    strcpy(text, intent->sentence);
    for (size_t i = 0; last && i < utterance->action_count; i++) {
        if (is_intent(&utterance->actions[i]))
            continue;
        strcat(text, " ");
        strcat(text, utterance->actions[i].sentence);
    }
    wyoming_strip_templates(text);
    return text;
}

static char *intent_frame(
    const struct utterance *utterance, const struct action *action, bool last, size_t *len)
{
    char *speech = speech_of(utterance, action, last);
    cJSON *data = speech ? cJSON_CreateObject() : NULL;
    cJSON_AddStringToObject(data, "name", action->call.tool);
    add(data, "entities", entities_json(&action->call));
    cJSON_AddStringToObject(data, "text", speech ? speech : "");
    free(speech);
    return data ? wyoming_frame("intent", data, len) : NULL;
}

static char *intent_frames(const struct utterance *utterance, size_t intents, size_t *len)
{
    *len = 0;
    char *frames = NULL, *more;
    size_t more_len, done = 0;
    if (intents > 1 && !(frames = wyoming_frame("intents-start", NULL, len)))
        return NULL;
    for (size_t i = 0; i < utterance->action_count; i++) {
        const struct action *action = &utterance->actions[i];
        if (!is_intent(action))
            continue;
        more = intent_frame(utterance, action, ++done == intents, &more_len);
        frames = join(frames, len, more, more_len);
        if (!frames)
            return NULL;
    }
    if (intents == 1)
        return frames;
    more = wyoming_frame("intents-stop", NULL, &more_len);
    return join(frames, len, more, more_len);
}

/* ---- the whole ---- */

static const char *type_of(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_HANDLED:
        return "handled";
    case VERDICT_NOT_RECOGNIZED:
        return "not-recognized";
    case VERDICT_FAILED:
        break;
    }
    return "not-handled";
}

char *wyoming_answer(
    const struct utterance *utterance, const struct phrases *phrases, bool knows_several, size_t *len)
{
    size_t intents = 0;
    for (size_t i = 0; i < utterance->action_count; i++)
        intents += is_intent(&utterance->actions[i]);
    if (!intents)
        return wyoming_text(type_of(verdict_of(utterance)), utterance->reply, len);
    /* Such a client would run the first and say nothing of the others: better none, and the truth. */
    if (intents > 1 && !knows_several)
        return wyoming_text("not-handled", phrases_get(phrases, "outcomes", "one_at_a_time"), len);
    return intent_frames(utterance, intents, len);
}
