/* topic.c - see topic.h. */
#include "devices/topic.h"

#include <string.h>

bool topic_has_wildcard(const char *topic)
{
    return strpbrk(topic, "+#");
}

bool topic_filter_is_valid(const char *filter)
{
    for (const char *c = filter; *c; c++) {
        bool begins = c == filter || c[-1] == '/';
        if (*c == '+' && (!begins || (c[1] && c[1] != '/')))
            return false;
        if (*c == '#' && (!begins || c[1]))
            return false;
    }
    return *filter;
}

/* Level by level. "a/#" means "a", too; wildcards at the beginning do not mean the broker's own topics
 * ($SYS). */
bool topic_matches(const char *filter, const char *topic)
{
    if (*topic == '$' && *filter != '$')
        return false;
    for (;;) {
        size_t wanted = strcspn(filter, "/"), found = strcspn(topic, "/");
        if (strcmp(filter, "#") == 0)
            return true;
        bool any = wanted == 1 && *filter == '+';
        if (!any && (wanted != found || strncmp(filter, topic, wanted) != 0))
            return false;
        filter += wanted;
        topic += found;
        if (!*filter || !*topic)
            return *filter == *topic || strcmp(filter, "/#") == 0;
        filter++;
        topic++;
    }
}

bool topic_key_is_command(const char *key)
{
    return strstr(key, "command") || strncmp(key, "set_", 4) == 0;
}
