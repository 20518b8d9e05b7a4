/* ha_message.c - see ha_message.h. */
#include "ha_message.h"

#include <string.h>

#include "devices/json_text.h"

static const cJSON *member(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

static enum ha_message_type type_of(const char *name)
{
    static const struct {
        const char *name;
        enum ha_message_type type;
    } types[] = {{"auth_required", HA_AUTH_REQUIRED}, {"auth_ok", HA_AUTH_OK},
        {"auth_invalid", HA_AUTH_INVALID}, {"result", HA_RESULT}, {"event", HA_EVENT}};
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].type;
    return HA_OTHER;
}

static enum san_status read_id(struct ha_message *message, struct san_error *err)
{
    const cJSON *id = member(message->root, "id");
    if (!cJSON_IsNumber(id) || id->valuedouble < 1 || id->valuedouble > 0x7fffffff)
        return san_fail(err, SAN_EFORMAT, "a message whose id is no number of a request");
    message->id = (unsigned)id->valuedouble;
    return SAN_OK;
}

static void read_text(struct ha_message *message, const cJSON *object)
{
    const char *text = json_member_text(object, "message");
    message->text = text ? text : "";
}

static enum san_status read_message(struct ha_message *message, struct san_error *err)
{
    const char *type = json_member_text(message->root, "type");
    enum san_status status = SAN_OK;
    if (!type)
        return san_fail(err, SAN_EFORMAT, "a message without a type");
    message->type = type_of(type);
    if (message->type == HA_RESULT || message->type == HA_EVENT)
        status = read_id(message, err);
    if (message->type == HA_RESULT) {
        message->success = cJSON_IsTrue(member(message->root, "success"));
        message->content = member(message->root, "result");
        read_text(message, member(message->root, "error"));
    } else if (message->type == HA_EVENT) {
        message->content = member(message->root, "event");
    } else if (message->type == HA_AUTH_INVALID) {
        read_text(message, message->root);
    }
    return status;
}

enum san_status ha_message_parse(
    const char *text, size_t len, struct ha_message *message, struct san_error *err)
{
    struct san_error why = {.text = ""};
    *message = (struct ha_message){.type = HA_OTHER, .text = ""};
    message->root = json_parse(text, len, HA_DEPTH_MAX, &why);
    if (!message->root)
        return san_fail(err, why.status, "a message that is not to be read (%s)", why.text);
    if (!cJSON_IsObject(message->root))
        san_fail(&why, SAN_EFORMAT, "a message that is no object");
    else
        read_message(message, &why);
    if (why.status == SAN_OK)
        return SAN_OK;
    ha_message_clear(message);
    return san_fail(err, why.status, "%s", why.text);
}

void ha_message_clear(struct ha_message *message)
{
    cJSON_Delete(message->root);
    *message = (struct ha_message){.type = HA_OTHER, .text = ""};
}

char *ha_request(unsigned id, const char *type, cJSON *fields)
{
    cJSON *root = fields ? fields : cJSON_CreateObject();
    bool ok = cJSON_AddNumberToObject(root, "id", id) && cJSON_AddStringToObject(root, "type", type);
    char *text = ok ? cJSON_PrintUnformatted(root) : NULL;
    cJSON_Delete(root);
    return text;
}

char *ha_auth_request(const char *token)
{
    cJSON *root = cJSON_CreateObject();
    bool ok =
        cJSON_AddStringToObject(root, "type", "auth") && cJSON_AddStringToObject(root, "access_token", token);
    char *text = ok ? cJSON_PrintUnformatted(root) : NULL;
    cJSON_Delete(root);
    return text;
}
