/* Rooms from names: an area that there is, by its name or alias; else a word for a room; else nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "devices/area_suggest.h"
#include "devices/home_file.h"

static const char home[] = "{\"areas\":[{\"name\":\"Kitchen\",\"aliases\":[\"Galley\"]},{\"name\":\"Living "
                           "room\"},{\"name\":\"Living room "
                           "corner\"},"
                           "{\"name\":\"Hall\"}],"
                           "\"entities\":["
                           "{\"entity_id\":\"light.a\",\"name\":\"Kitchen ceiling\"},"
                           "{\"entity_id\":\"light.b\",\"name\":\"ceiling of the galley\"},"
                           "{\"entity_id\":\"light.c\",\"name\":\"Living room corner lamp\"},"
                           "{\"entity_id\":\"light.d\",\"name\":\"living-room lamp 2\"},"
                           "{\"entity_id\":\"light.e\",\"name\":\"Hall kitchen door\"},"
                           "{\"entity_id\":\"light.f\",\"name\":\"Guest room lamp\"},"
                           "{\"entity_id\":\"light.g\",\"name\":\"Desk lamp\"},"
                           "{\"entity_id\":\"light.h\",\"name\":\"Kitchenette lamp\"},"
                           "{\"entity_id\":\"light.i\",\"name\":\"Kitchen lamp\",\"area\":\"Hall\"},"
                           "{\"entity_id\":\"light.j\",\"name\":\"Kitchen secret\",\"exposed\":false}]}";

static bool is_room(const void *data, const char *words)
{
    (void)data;
    return strcmp(words, "guest room") == 0 || strcmp(words, "bath") == 0;
}

static void rooms_are_read_off_names(void **state)
{
    (void)state;
    static const struct {
        const char *entity_id, *area;
        bool is_new;
    } wanted[] = {{"light.a", "Kitchen", false}, {"light.b", "Kitchen", false},
        {"light.c", "Living room corner", false}, {"light.d", "Living room", false},
        {"light.e", "Hall", false}, {"light.f", "Guest room", true}};
    struct san_error err = {0};
    struct registry *registry = reg_open(":memory:", &err);
    struct san_arena *arena = san_arena_new(1 << 14, 0);
    struct area_suggestion *found;
    size_t count;
    assert_int_equal(home_import(registry, home, strlen(home), "home", &err), SAN_OK);
    assert_int_equal(area_suggest(registry, is_room, NULL, arena, &found, &count, &err), SAN_OK);
    for (size_t i = 0; i < count && i < sizeof wanted / sizeof wanted[0]; i++) {
        assert_string_equal(found[i].entity_id, wanted[i].entity_id);
        assert_string_equal(found[i].area, wanted[i].area);
        assert_int_equal(found[i].is_new, wanted[i].is_new);
    }
    assert_int_equal(count, sizeof wanted / sizeof wanted[0]);
    san_arena_free(arena);
    reg_close(registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rooms_are_read_off_names)};
    return cmocka_run_group_tests_name("area_suggest", tests, NULL, NULL);
}
