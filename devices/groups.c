/* groups.c - see groups.h. */
#include "devices/groups.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

enum { UNIQUE_ID_MAX = 256 };

/* The members of a group; NULL if it is none. The caller deletes *config. */
static const cJSON *members_of(const struct home_entity *row, cJSON **config)
{
    *config = strstr(row->config, "\"group\":[") ? cJSON_Parse(row->config) : NULL;
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(*config, "group");
    return cJSON_GetArraySize(list) > 0 ? list : NULL;
}

/* The row of that unique_id, or count. Configurations are stored as compact JSON, so their text can be looked
 * through. */
static size_t find_member(
    const struct home_entity *rows, size_t count, const struct home_entity *group, const cJSON *unique_id)
{
    char needle[UNIQUE_ID_MAX + 24];
    if (!cJSON_IsString(unique_id) || strlen(unique_id->valuestring) > UNIQUE_ID_MAX)
        return count;
    snprintf(needle, sizeof(needle), "\"unique_id\":\"%s\"", unique_id->valuestring);
    size_t i = 0;
    while (i < count && (&rows[i] == group || strcmp(rows[i].domain, group->domain) != 0 ||
                            !strstr(rows[i].config, needle)))
        i++;
    return i;
}

static size_t count_present(
    const struct home_entity *rows, size_t count, const struct home_entity *group, const cJSON *members)
{
    const cJSON *member;
    size_t present = 0;
    cJSON_ArrayForEach(member, members)
    {
        present += find_member(rows, count, group, member) < count;
    }
    return present;
}

static void remove_row(struct home_entity *rows, size_t *count, size_t at)
{
    (*count)--;
    memmove(&rows[at], &rows[at + 1], (*count - at) * sizeof(rows[0]));
}

/* Takes the members out; returns where the group stands now. */
static size_t remove_members(struct home_entity *rows, size_t *count, size_t group, const cJSON *members)
{
    const cJSON *member;
    cJSON_ArrayForEach(member, members)
    {
        size_t at = find_member(rows, *count, &rows[group], member);
        if (at == *count)
            continue;
        remove_row(rows, count, at);
        group -= at < group;
    }
    return group;
}

/* True if a group before it has a member of it: told both, that one would be told twice. */
static bool overlaps(const struct home_entity *rows, size_t group, const cJSON *members)
{
    for (size_t i = 0; i < group; i++) {
        cJSON *config;
        const cJSON *others = members_of(&rows[i], &config), *member, *other;
        bool shared = false;
        cJSON_ArrayForEach(member, members)
        {
            cJSON_ArrayForEach(other, others)
            {
                shared = shared || cJSON_Compare(member, other, true);
            }
        }
        cJSON_Delete(config);
        if (shared)
            return true;
    }
    return false;
}

void groups_fold(struct home_entity *rows, size_t *count, bool is_question)
{
    for (size_t i = 0; i < *count; i++) {
        cJSON *config;
        const cJSON *members = members_of(&rows[i], &config);
        size_t present = members ? count_present(rows, *count, &rows[i], members) : 0;
        bool whole = members && present == (size_t)cJSON_GetArraySize(members);
        bool twice = members && !is_question && overlaps(rows, i, members);
        if (present && whole && !twice && !is_question)
            i = remove_members(rows, count, i, members);
        else if (present || twice)
            remove_row(rows, count, i--);
        cJSON_Delete(config);
    }
}
