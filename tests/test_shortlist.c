/* The shortlist: the right names are in it, however they were said, and it stays short. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "devices/shortlist.h"

struct fixture {
    struct registry *registry;
    struct shortlist *shortlist;
    struct san_arena *arena;
    struct san_error err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->registry = reg_open(":memory:", &f->err);
    f->shortlist = shortlist_new(f->registry);
    f->arena = san_arena_new(1 << 16, 0);
    *state = f;
    return f->registry != NULL && f->shortlist != NULL && f->arena != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    shortlist_free(f->shortlist);
    reg_close(f->registry);
    san_arena_free(f->arena);
    free(f);
    return 0;
}

static void add(struct fixture *f, const char *domain, const char *name, const char *area)
{
    char key[160];
    snprintf(key, sizeof key, "%s/%s/%s", domain, name, area != NULL ? area : "");
    struct reg_entity_in in = {.unique_key = key, .name = name, .domain = domain, .area = area};
    assert_int_equal(reg_put_entity(f->registry, &in, NULL, &f->err), SAN_OK);
}

static struct shortlist_item *find(struct fixture *f, const char *said, const char *area, size_t *count)
{
    struct san_words words;
    struct shortlist_item *items;
    assert_int_equal(san_normalize(f->arena, said, strlen(said), &words, &f->err), SAN_OK);
    assert_int_equal(shortlist_find(f->shortlist, &words, area, f->arena, &items, count, &f->err), SAN_OK);
    return items;
}

static bool lists(struct fixture *f, const char *said, const char *kind, const char *text)
{
    size_t count;
    struct shortlist_item *items = find(f, said, NULL, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(items[i].kind, kind) == 0 && strcmp(items[i].text, text) == 0)
            return true;
    return false;
}

static void names_are_found_however_they_are_said(void **state)
{
    struct fixture *f = *state;
    add(f, "light", "Bedside lamp", "Bedroom");
    add(f, "cover", "Garage door", NULL);
    add(f, "switch", "Coffee machine", "Kitchen");
    add(f, "fan", "Wohnzimmer Ventilator", "Living room");
    add(f, "light", "Lamp 2", NULL);
    static const struct {
        const char *said, *kind, *text;
    } cases[] = {
        {"turn on the bedside lamp", "light", "Bedside lamp"},
        {"both bedside lamps please", "light", "Bedside lamp"},
        {"bed side lamp on", "light", "Bedside lamp"},
        {"bedsyde lamp on", "light", "Bedside lamp"},
        {"open the garagedoor", "cover", "Garage door"},
        {"coffe machine off", "switch", "Coffee machine"},
        {"koffee masheen off", "switch", "Coffee machine"},
        {"wohn zimmer ventilator on", "fan", "Wohnzimmer Ventilator"},
        {"lamp two", "light", "Lamp 2"},
        {"livingroom", "area", "Living room"},
        {"in the bed room", "area", "Bedroom"},
        {"the kitchens", "area", "Kitchen"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (!lists(f, cases[i].said, cases[i].kind, cases[i].text))
            fail_msg("'%s' does not find %s '%s'", cases[i].said, cases[i].kind, cases[i].text);
}

static void what_shares_no_word_is_not_listed(void **state)
{
    struct fixture *f = *state;
    add(f, "light", "Bedside lamp", "Bedroom");
    add(f, "switch", "On the desk", NULL);
    size_t count;
    find(f, "what is the capital of france", NULL, &count);
    assert_int_equal(count, 0);
    find(f, "", NULL, &count);
    assert_int_equal(count, 0);
    assert_false(lists(f, "turn on the lights", "switch", "On the desk"));
}

/* "To do" is made of words that tell nothing elsewhere: all of them must be said. */
static void a_name_of_common_words_alone_is_found_when_all_of_it_was_said(void **state)
{
    struct fixture *f = *state;
    add(f, "todo", "To do", NULL);
    add(f, "scene", "On", NULL);
    add(f, "switch", "On the desk", NULL);
    assert_true(lists(f, "add milk to my to do list", "todo", "To do"));
    assert_false(lists(f, "add milk to my list", "todo", "To do"));
    assert_true(lists(f, "scene on", "scene", "On"));
    assert_false(lists(f, "turn on the lights", "switch", "On the desk")); /* one of its words would tell */
}

static void a_name_that_is_wholly_said_comes_first(void **state)
{
    struct fixture *f = *state;
    add(f, "light", "Kitchen table lamp", "Kitchen");
    add(f, "light", "Table lamp", "Hall");
    add(f, "light", "Lamp", "Attic");
    size_t count;
    struct shortlist_item *items = find(f, "turn off the table lamp", NULL, &count);
    assert_int_equal(count, 3);
    assert_string_equal(items[0].text, "Table lamp");
}

static void what_fits_far_worse_is_left_out_unless_its_name_was_said(void **state)
{
    struct fixture *f = *state;
    add(f, "sensor", "Xiaomi greenhouse humidity", NULL);
    for (int i = 1; i <= 30; i++) {
        char name[32];
        snprintf(name, sizeof name, "Upper wing %d lamp", i);
        add(f, "light", name, NULL);
    }
    add(f, "light", "Lamp", NULL);
    size_t count;
    find(f, "upper wing", NULL, &count);
    assert_int_equal(count, SHORTLIST_ENTITIES);
    struct shortlist_item *items = find(f, "xiaomi greenhouse humidity and the lamp", NULL, &count);
    assert_int_equal(count, 2);
    assert_string_equal(items[0].text, "Xiaomi greenhouse humidity");
    assert_string_equal(items[1].text, "Lamp");
}

static void the_speakers_room_wins_ties(void **state)
{
    struct fixture *f = *state;
    add(f, "light", "North lamp", "Hall");
    add(f, "light", "South lamp", "Attic");
    size_t count;
    struct shortlist_item *items = find(f, "lamp", "Attic", &count);
    assert_string_equal(items[0].text, "South lamp");
    items = find(f, "lamp", "Hall", &count);
    assert_string_equal(items[0].text, "North lamp");
}

static void aliases_stand_for_their_names(void **state)
{
    struct fixture *f = *state;
    add(f, "light", "Ceiling", "Kitchen");
    assert_int_equal(reg_add_alias(f->registry, "entity", "light.ceiling", "Big light", &f->err), SAN_OK);
    assert_int_equal(reg_add_alias(f->registry, "area", "Kitchen", "Cookery", &f->err), SAN_OK);
    size_t count;
    struct shortlist_item *items = find(f, "big light in the cookery", NULL, &count);
    assert_int_equal(count, 2);
    assert_string_equal(items[0].text, "Cookery");
    assert_string_equal(items[0].name, "Kitchen");
    assert_string_equal(items[1].text, "Big light");
    assert_string_equal(items[1].name, "Ceiling");
}

static void equal_names_are_one_item_and_hidden_ones_none(void **state)
{
    struct fixture *f = *state;
    add(f, "light", "Ceiling", "Kitchen");
    add(f, "light", "ceiling", "Hall");
    add(f, "fan", "Ceiling", "Hall");
    size_t count;
    find(f, "ceiling", NULL, &count);
    assert_int_equal(count, 2);
    assert_int_equal(reg_set_exposed(f->registry, "fan.ceiling", false, &f->err), SAN_OK);
    find(f, "ceiling", NULL, &count);
    assert_int_equal(count, 1);
}

static void a_big_home_stays_short_and_keeps_the_right_name(void **state)
{
    struct fixture *f = *state;
    char name[64];
    assert_int_equal(reg_begin(f->registry, &f->err), SAN_OK);
    for (int i = 0; i < 3000; i++) {
        snprintf(name, sizeof name, "Lamp %c%c %d", 'a' + i % 26, 'a' + i / 26 % 26, i);
        add(f, "light", name, NULL);
    }
    assert_int_equal(reg_commit(f->registry, &f->err), SAN_OK);
    size_t count;
    find(f, "turn on lamp bc 1900 now", NULL, &count);
    assert_true(count <= SHORTLIST_ENTITIES);
    for (int i = 0; i < 3000; i += 97) {
        snprintf(name, sizeof name, "Lamp %c%c %d", 'a' + i % 26, 'a' + i / 26 % 26, i);
        if (!lists(f, name, "light", name))
            fail_msg("'%s' is not in its own shortlist", name);
    }
}

static void a_short_name_is_not_crowded_out_by_numbered_ones(void **state)
{
    struct fixture *f = *state;
    char name[64];
    add(f, "media_player", "The speaker", "Attic");
    add(f, "light", "Panel A", "Attic");
    assert_int_equal(reg_begin(f->registry, &f->err), SAN_OK);
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "Wing %d speaker %d", i / 16, i);
        add(f, "media_player", name, NULL);
        snprintf(name, sizeof name, "Wing %d panel %d", i / 16, i);
        add(f, "light", name, NULL);
    }
    assert_int_equal(reg_commit(f->registry, &f->err), SAN_OK);
    size_t count;
    assert_string_equal(find(f, "mute speaker a sec", NULL, &count)[0].text, "The speaker");
    assert_string_equal(find(f, "turn on panel a", NULL, &count)[0].text, "Panel A");
}

static void the_nearest_names_are_suggested(void **state)
{
    struct fixture *f = *state;
    add(f, "light", "Kitchen lamp", "Kitchen");
    add(f, "fan", "Attic fan", "Attic");
    const char **names;
    size_t count;
    assert_int_equal(
        shortlist_nearest(f->shortlist, "entity", "chicken lamp", 2, f->arena, &names, &count, &f->err),
        SAN_OK);
    assert_true(count >= 1);
    assert_string_equal(names[0], "Kitchen lamp");
    assert_int_equal(
        shortlist_nearest(f->shortlist, "area", "atic", 2, f->arena, &names, &count, &f->err), SAN_OK);
    assert_string_equal(names[0], "Attic");
    assert_int_equal(
        shortlist_nearest(f->shortlist, "entity", "zzzz", 2, f->arena, &names, &count, &f->err), SAN_OK);
    assert_int_equal(count, 0);
}

static void *build(void *work)
{
    shortlist_build(work);
    return NULL;
}

/* In a large home a search is never held up by a new index. */
static void a_large_index_is_renewed_elsewhere(void **state)
{
    struct fixture *f = *state;
    shortlist_leave_behind(f->shortlist);
    add(f, "light", "Garden lantern", "Garden");
    assert_true(shortlist_is_behind(f->shortlist));
    assert_true(lists(f, "lantern", "light", "Garden lantern")); /* a small home: at once */
    assert_false(shortlist_is_behind(f->shortlist));
    for (int i = 0; i < SHORTLIST_AT_ONCE; i++) {
        char name[32];
        snprintf(name, sizeof name, "Socket %d", i);
        add(f, "switch", name, NULL);
    }
    assert_true(lists(f, "socket 7", "switch", "Socket 7")); /* it was small when the names came */
    add(f, "light", "Porch lamp", NULL);
    assert_true(shortlist_is_behind(f->shortlist));
    assert_false(lists(f, "porch lamp", "light", "Porch lamp"));
    struct shortlist_work *work = shortlist_begin(f->shortlist, &f->err);
    assert_non_null(work);
    add(f, "light", "Attic lamp", NULL);
    shortlist_build(work);
    assert_int_equal(shortlist_finish(f->shortlist, work, &f->err), SAN_OK);
    assert_true(lists(f, "porch lamp", "light", "Porch lamp"));
    assert_true(shortlist_is_behind(f->shortlist)); /* the attic's came too late for it */
}

/* The names are read on that thread, over a connection that sees what is committed, and nothing else. */
static void an_index_of_a_file_is_of_what_is_committed(void **state)
{
    (void)state;
    char path[] = "/tmp/hearth-shortlist.XXXXXX";
    close(mkstemp(path));
    struct fixture f = {.registry = reg_open(path, NULL), .arena = san_arena_new(1 << 16, 0)};
    f.shortlist = shortlist_new(f.registry);
    shortlist_leave_behind(f.shortlist);
    add(&f, "light", "Garden lantern", "Garden");
    assert_int_equal(reg_begin(f.registry, NULL), SAN_OK);
    add(&f, "light", "Porch lamp", NULL);

    struct shortlist_work *work = shortlist_begin(f.shortlist, &f.err);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, build, work), 0);
    pthread_join(thread, NULL);
    assert_int_equal(shortlist_finish(f.shortlist, work, &f.err), SAN_OK);
    assert_true(shortlist_is_behind(f.shortlist)); /* the porch's is to come */
    assert_int_equal(reg_commit(f.registry, NULL), SAN_OK);
    assert_true(shortlist_is_behind(f.shortlist));

    work = shortlist_begin(f.shortlist, &f.err);
    build(work);
    assert_true(lists(&f, "lantern", "light", "Garden lantern")); /* a search that could not wait */
    assert_int_equal(shortlist_finish(f.shortlist, work, &f.err), SAN_OK);
    assert_false(shortlist_is_behind(f.shortlist));
    assert_true(lists(&f, "porch lamp", "light", "Porch lamp"));

    add(&f, "light", "Attic lamp", NULL);
    work = shortlist_begin(f.shortlist, &f.err);
    assert_int_equal(unlink(path), 0);
    build(work);
    assert_int_equal(shortlist_finish(f.shortlist, work, &f.err), SAN_EIO); /* the old index stays */
    assert_non_null(strstr(f.err.text, path));
    shortlist_free(f.shortlist);
    reg_close(f.registry);
    san_arena_free(f.arena);
    static const char *const ends[] = {"-wal", "-shm"};
    for (size_t i = 0; i < 2; i++) {
        char side[64];
        snprintf(side, sizeof side, "%s%s", path, ends[i]);
        unlink(side);
    }
}

#define WITH_HOME(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_HOME(names_are_found_however_they_are_said),
        WITH_HOME(what_shares_no_word_is_not_listed),
        WITH_HOME(a_name_of_common_words_alone_is_found_when_all_of_it_was_said),
        WITH_HOME(a_name_that_is_wholly_said_comes_first),
        WITH_HOME(what_fits_far_worse_is_left_out_unless_its_name_was_said),
        WITH_HOME(the_speakers_room_wins_ties),
        WITH_HOME(aliases_stand_for_their_names),
        WITH_HOME(equal_names_are_one_item_and_hidden_ones_none),
        WITH_HOME(a_big_home_stays_short_and_keeps_the_right_name),
        WITH_HOME(a_short_name_is_not_crowded_out_by_numbered_ones),
        WITH_HOME(the_nearest_names_are_suggested),
        WITH_HOME(a_large_index_is_renewed_elsewhere),
        cmocka_unit_test(an_index_of_a_file_is_of_what_is_committed),
    };
    return cmocka_run_group_tests_name("shortlist", tests, NULL, NULL);
}
