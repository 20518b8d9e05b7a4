/* The registry: floors, areas, entities, aliases, exposure, audit; and the files that it refuses. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "devices/registry.h"

struct fixture {
    struct registry *registry;
    struct san_arena *arena;
    struct san_error err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->registry = reg_open(":memory:", &f->err);
    f->arena = san_arena_new(4096, 0);
    *state = f;
    return f->registry != NULL && f->arena != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    reg_close(f->registry);
    san_arena_free(f->arena);
    free(f);
    return 0;
}

static void put(struct fixture *f, const char *key, const char *name, const char *domain, const char *area)
{
    struct reg_entity_in in = {.unique_key = key, .name = name, .domain = domain, .area = area};
    assert_int_equal(reg_put_entity(f->registry, &in, NULL, &f->err), SAN_OK);
}

static struct home_entity *find(struct fixture *f, struct reg_filter filter, size_t expected)
{
    struct home_entity *rows;
    size_t count;
    assert_int_equal(reg_entities(f->registry, &filter, f->arena, &rows, &count, &f->err), SAN_OK);
    assert_int_equal(count, expected);
    assert_int_equal(reg_has_entities(f->registry, &filter), expected > 0);
    return rows;
}

static void areas_are_found_by_their_words(void **state)
{
    struct fixture *f = *state;
    int64_t floor, area;
    assert_int_equal(reg_put_floor(f->registry, "First floor", &floor, &f->err), SAN_OK);
    assert_int_equal(reg_put_area(f->registry, "Living Room", floor, &area, &f->err), SAN_OK);
    assert_int_equal(reg_find_area(f->registry, "living-room"), area);
    assert_int_equal(reg_find_area(f->registry, "1st floor"), 0);
    assert_int_equal(reg_find_floor(f->registry, "1st floor"), floor);
    assert_int_equal(reg_add_alias(f->registry, "area", "Living Room", "Lounge", &f->err), SAN_OK);
    assert_int_equal(reg_find_area(f->registry, "LOUNGE"), area);

    struct home_area *areas;
    size_t count;
    assert_int_equal(reg_areas(f->registry, f->arena, &areas, &count, &f->err), SAN_OK);
    assert_int_equal(count, 1);
    assert_string_equal(areas[0].floor, "First floor");
    assert_int_equal(areas[0].alias_count, 1);
    assert_string_equal(areas[0].aliases[0], "Lounge");
}

static void the_same_area_is_not_made_twice(void **state)
{
    struct fixture *f = *state;
    int64_t first, second;
    assert_int_equal(reg_put_area(f->registry, "Kitchen", 0, &first, &f->err), SAN_OK);
    assert_int_equal(reg_put_area(f->registry, "kitchen", 0, &second, &f->err), SAN_OK);
    assert_int_equal(first, second);
}

static void a_name_that_cannot_be_said_is_refused_for_areas(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(reg_put_area(f->registry, "!!!", 0, NULL, &f->err), SAN_EINVAL);
    assert_non_null(strstr(f->err.text, "'!!!'"));
    char longer[400];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(reg_put_area(f->registry, longer, 0, NULL, &f->err), SAN_ELIMIT);
    assert_int_equal(reg_put_area(f->registry, "bad\xff", 0, NULL, &f->err), SAN_EFORMAT);
}

static void entities_are_filtered_by_every_field(void **state)
{
    struct fixture *f = *state;
    int64_t floor;
    reg_put_floor(f->registry, "Upstairs", &floor, &f->err);
    reg_put_area(f->registry, "Bedroom", floor, NULL, &f->err);
    put(f, "a", "Ceiling", "light", "Kitchen");
    put(f, "b", "Ceiling", "light", "Bedroom");
    put(f, "c", "Bedside fan", "fan", "Bedroom");
    find(f, (struct reg_filter){0}, 3);
    find(f, (struct reg_filter){.name = "ceiling"}, 2);
    find(f, (struct reg_filter){.name = "ceiling", .area = "bedroom"}, 1);
    find(f, (struct reg_filter){.floor = "upstairs"}, 2);
    find(f, (struct reg_filter){.floor = "upstairs", .domain = "fan"}, 1);
    find(f, (struct reg_filter){.domain = "lock"}, 0);
    find(f, (struct reg_filter){.domains = "[\"fan\",\"light\"]"}, 3);
    find(f, (struct reg_filter){.domains = "[\"fan\",\"lock\"]", .area = "bedroom"}, 1);
    find(f, (struct reg_filter){.domains = "[]"}, 0);
    find(f, (struct reg_filter){.area = "sauna"}, 0);
    find(f, (struct reg_filter){.search = "bed"}, 1);
    find(f, (struct reg_filter){.search = "\"ceil* OR"}, 0);
    assert_string_equal(find(f, (struct reg_filter){.name = "bedside fan"}, 1)->floor, "Upstairs");
}

static void entity_ids_are_made_and_kept_apart(void **state)
{
    struct fixture *f = *state;
    put(f, "a", "Küche – Lampe 1", "light", NULL);
    put(f, "b", "Küche – Lampe 1", "light", NULL);
    put(f, "c", "***", "switch", NULL);
    find(f, (struct reg_filter){.entity_id = "light.k_che_lampe_1"}, 1);
    find(f, (struct reg_filter){.entity_id = "light.k_che_lampe_1_2"}, 1);
    find(f, (struct reg_filter){.entity_id = "switch.unnamed"}, 1);
}

static void what_the_user_chose_survives_a_new_discovery(void **state)
{
    struct fixture *f = *state;
    put(f, "mqtt:light:1", "Lamp", "light", "Kitchen");
    reg_put_area(f->registry, "Hall", 0, NULL, &f->err);
    assert_int_equal(reg_set_area(f->registry, "light.lamp", "hall", &f->err), SAN_OK);
    assert_int_equal(reg_add_alias(f->registry, "entity", "light.lamp", "Big light", &f->err), SAN_OK);
    assert_int_equal(reg_set_exposed(f->registry, "light.lamp", false, &f->err), SAN_OK);
    put(f, "mqtt:light:1", "Lamp new", "light", "Kitchen");
    struct home_entity *e = find(f, (struct reg_filter){.name = "lamp new"}, 1);
    assert_string_equal(e->area, "Hall");
    assert_string_equal(e->entity_id, "light.lamp");
    assert_string_equal(e->aliases[0], "Big light");
    assert_false(e->exposed);
    find(f, (struct reg_filter){.name = "lamp"}, 0);
    find(f, (struct reg_filter){.name = "big light", .exposed_only = true}, 0);
}

static void hidden_entities_are_not_exposed_until_the_user_says(void **state)
{
    struct fixture *f = *state;
    struct reg_entity_in in = {.unique_key = "k", .name = "Link quality", .domain = "sensor", .hidden = true};
    assert_int_equal(reg_put_entity(f->registry, &in, NULL, &f->err), SAN_OK);
    find(f, (struct reg_filter){.exposed_only = true}, 0);
    find(f, (struct reg_filter){.domains = "[\"sensor\"]", .exposed_only = true}, 0);
    assert_int_equal(reg_set_exposed(f->registry, "sensor.link_quality", true, &f->err), SAN_OK);
    find(f, (struct reg_filter){.exposed_only = true}, 1);
}

static void removing_takes_names_with_it(void **state)
{
    struct fixture *f = *state;
    put(f, "a", "Lamp", "light", NULL);
    assert_int_equal(reg_remove_entity(f->registry, "a", &f->err), SAN_OK);
    assert_int_equal(reg_remove_entity(f->registry, "a", &f->err), SAN_OK);
    find(f, (struct reg_filter){.search = "lamp"}, 0);
    assert_int_equal(reg_entity_count(f->registry), 0);
}

static void unknown_things_are_named_with_the_nearest(void **state)
{
    struct fixture *f = *state;
    put(f, "a", "Kitchen lamp", "light", "Kitchen");
    assert_int_equal(reg_set_exposed(f->registry, "light.kitchen_lmp", true, &f->err), SAN_EINVAL);
    assert_non_null(strstr(f->err.text, "did you mean 'light.kitchen_lamp'"));
    assert_int_equal(reg_set_area(f->registry, "light.kitchen_lamp", "Kitchn", &f->err), SAN_EINVAL);
    assert_non_null(strstr(f->err.text, "did you mean 'Kitchen'"));
    assert_int_equal(reg_add_alias(f->registry, "planet", "x", "y", &f->err), SAN_EINVAL);
}

static void an_alias_names_one_area_only(void **state)
{
    struct fixture *f = *state;
    reg_put_area(f->registry, "Kitchen", 0, NULL, &f->err);
    reg_put_area(f->registry, "Hall", 0, NULL, &f->err);
    assert_int_equal(reg_add_alias(f->registry, "area", "Hall", "Kitchen", &f->err), SAN_EINVAL);
    assert_int_equal(reg_add_alias(f->registry, "area", "Hall", "Foyer", &f->err), SAN_OK);
    assert_int_equal(reg_add_alias(f->registry, "area", "Hall", "foyer", &f->err), SAN_OK);
    assert_int_equal(reg_remove_alias(f->registry, "area", "Hall", "FOYER", &f->err), SAN_OK);
    assert_int_equal(reg_remove_alias(f->registry, "area", "Hall", "Foyer", &f->err), SAN_EINVAL);
}

static void a_rolled_back_write_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(reg_begin(f->registry, &f->err), SAN_OK);
    put(f, "a", "Lamp", "light", "Kitchen");
    reg_rollback(f->registry);
    assert_int_equal(reg_entity_count(f->registry), 0);
    assert_int_equal(reg_find_area(f->registry, "kitchen"), 0);
    put(f, "a", "Lamp", "light", "Kitchen");
    assert_int_equal(reg_entity_count(f->registry), 1);
}

static void the_generation_follows_names_not_states(void **state)
{
    struct fixture *f = *state;
    put(f, "a", "Lamp", "light", NULL);
    uint64_t before = reg_generation(f->registry);
    int64_t id = find(f, (struct reg_filter){0}, 1)->id;
    assert_int_equal(reg_set_state(f->registry, id, "on", "{\"brightness\":5}", &f->err), SAN_OK);
    assert_int_equal(reg_set_available(f->registry, id, false, &f->err), SAN_OK);
    assert_int_equal(reg_generation(f->registry), before);
    struct home_entity *e = find(f, (struct reg_filter){0}, 1);
    assert_string_equal(e->state, "on");
    assert_string_equal(e->attributes, "{\"brightness\":5}");
    assert_false(e->available);
    reg_add_alias(f->registry, "entity", "light.lamp", "Glow", &f->err);
    assert_true(reg_generation(f->registry) > before);
}

static void the_audit_log_is_written_then_completed(void **state)
{
    struct fixture *f = *state;
    struct reg_audit row = {.time_ms = 5,
        .utterance_id = "u1",
        .source = "socket",
        .text = "lights on",
        .calls = "[]",
        .outcome = "pending",
        .confidence = 0.5};
    assert_int_equal(reg_audit_put(f->registry, &row, &f->err), SAN_OK);
    assert_true(row.id > 0);
    row.outcome = "done";
    row.reply = "Done.";
    assert_int_equal(reg_audit_put(f->registry, &row, &f->err), SAN_OK);
    struct reg_audit *rows;
    size_t count;
    assert_int_equal(reg_audit_list(f->registry, 0, 10, f->arena, &rows, &count, &f->err), SAN_OK);
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].outcome, "done");
    assert_string_equal(rows[0].text, "lights on");
}

/* ---- files ---- */

static char *temp_path(void)
{
    char *path = strdup("/tmp/hearth-registry-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    return path;
}

static void write_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void forget(char *path)
{
    char side[64];
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) {
        snprintf(side, sizeof side, "%s%s", path, ends[i]);
        unlink(side);
    }
    free(path);
}

static void what_was_written_is_there_after_reopening(void **state)
{
    (void)state;
    struct fixture f = {.arena = san_arena_new(4096, 0)};
    char *path = temp_path();
    f.registry = reg_open(path, &f.err);
    assert_non_null(f.registry);
    put(&f, "a", "Lamp", "light", "Kitchen");
    reg_close(f.registry);
    f.registry = reg_open(path, &f.err);
    assert_non_null(f.registry);
    find(&f, (struct reg_filter){.name = "lamp", .area = "kitchen"}, 1);
    reg_close(f.registry);
    san_arena_free(f.arena);
    forget(path);
}

static void refused(const char *path, enum san_status status, const char *text)
{
    struct san_error err = {0};
    assert_null(reg_open(path, &err));
    assert_int_equal(err.status, status);
    if (strstr(err.text, text) == NULL)
        fail_msg("'%s' does not say '%s'", err.text, text);
}

static void a_newer_registry_is_refused_and_left_alone(void **state)
{
    (void)state;
    char *path = temp_path();
    struct san_error err;
    reg_close(reg_open(path, &err));
    write_sql(path, "PRAGMA user_version=999");
    refused(path, SAN_EUNSUPPORTED, "newer hearth");
    refused(path, SAN_EUNSUPPORTED, "999");
    forget(path);
}

static void somebody_elses_database_is_refused(void **state)
{
    (void)state;
    char *path = temp_path();
    write_sql(path, "CREATE TABLE photos(id)");
    refused(path, SAN_EFORMAT, "no hearth registry");
    forget(path);
}

static void a_file_of_noise_is_refused_with_the_mend(void **state)
{
    (void)state;
    char *path = temp_path();
    FILE *file = fopen(path, "wb");
    for (int i = 0; i < 5000; i++)
        fputc(i * 7 & 0xff, file);
    fclose(file);
    refused(path, SAN_EFORMAT, "move it away");
    forget(path);
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    (void)state;
    refused("/nonexistent-hearth/registry.db", SAN_EIO, "/nonexistent-hearth/registry.db");
}

static void a_name_that_one_alone_has_will_do(void **state)
{
    struct fixture *f = *state;
    put(f, "light.reading_lamp", "Reading lamp", "light", "Hall");
    put(f, "light.a", "Lamp", "light", "Hall");
    put(f, "light.b", "Lamp", "light", "Kitchen");
    assert_int_equal(reg_set_area(f->registry, "reading LAMP", "Kitchen", &f->err), SAN_OK);
    assert_string_equal(find(f, (struct reg_filter){.name = "Reading lamp"}, 1)->area, "Kitchen");
    assert_int_equal(reg_add_alias(f->registry, "entity", "Reading lamp", "the bookworm", &f->err), SAN_OK);
    assert_int_equal(reg_set_exposed(f->registry, "the bookworm", false, &f->err), SAN_OK);
    assert_false(find(f, (struct reg_filter){.name = "Reading lamp"}, 1)->exposed);
    assert_int_equal(reg_set_exposed(f->registry, "Lamp", false, &f->err), SAN_EINVAL);
    assert_non_null(strstr(f->err.text, "several ("));
    assert_non_null(strstr(f->err.text, ", light."));
    assert_int_equal(reg_set_exposed(f->registry, "Reeding lamp", false, &f->err), SAN_EINVAL);
    assert_non_null(strstr(f->err.text, "did you mean"));
}

static void a_write_that_fails_leaves_its_batch_alone(void **state)
{
    struct fixture *f = *state;
    const struct reg_entity_in bad = {
        .unique_key = "mqtt:light:b", .name = "Bad", .domain = "light", .area = "!!!"};
    assert_int_equal(reg_begin(f->registry, &f->err), SAN_OK);
    put(f, "mqtt:light:a", "Before", "light", "Hall");
    assert_int_not_equal(reg_put_entity(f->registry, &bad, NULL, &f->err), SAN_OK);
    put(f, "mqtt:light:c", "After", "light", "Hall");
    assert_int_equal(reg_commit(f->registry, &f->err), SAN_OK);
    struct home_entity *rows = find(f, (struct reg_filter){.area = "Hall"}, 2);
    assert_string_equal(rows[0].name, "After");
    assert_string_equal(rows[1].name, "Before");
    find(f, (struct reg_filter){0}, 2);
}

static long size_of(const char *path, const char *end)
{
    char whole[256];
    struct stat status;
    snprintf(whole, sizeof whole, "%s%s", path, end);
    assert_int_equal(stat(whole, &status), 0);
    return (long)status.st_size;
}

static void write_until_due(struct registry *registry, size_t bytes)
{
    char *detail = malloc(bytes + 1);
    memset(detail, 'x', bytes);
    detail[bytes] = '\0';
    do {
        struct reg_audit row = {.utterance_id = "u",
            .source = "socket",
            .text = "",
            .calls = "[]",
            .commands = "[]",
            .outcome = "done",
            .reply = "",
            .detail = detail};
        assert_int_equal(reg_audit_put(registry, &row, NULL), SAN_OK);
    } while (!reg_checkpoint_is_due(registry));
    free(detail);
}

static void *checkpoint(void *path)
{
    struct san_error err = {0};
    assert_int_equal(reg_checkpoint(path, &err), SAN_OK);
    return NULL;
}

/* Who writes never waits for the disk; somebody else brings it to the file, and the journal begins anew. */
static void a_checkpoint_is_made_on_another_thread(void **state)
{
    (void)state;
    enum { LONG = 100000 };
    char *path = temp_path();
    struct registry *registry = reg_open(path, NULL);
    reg_leave_checkpoints(registry);
    assert_false(reg_checkpoint_is_due(registry));
    long before = size_of(path, "");
    write_until_due(registry, LONG);
    assert_int_equal(size_of(path, ""), before);
    long journal = size_of(path, "-wal");
    assert_true(journal > 4000000);

    reg_checkpoint_begins(registry);
    assert_false(reg_checkpoint_is_due(registry)); /* once */
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, checkpoint, path), 0);
    pthread_join(thread, NULL);
    assert_true(size_of(path, "") > 4000000 - LONG);

    write_until_due(registry, LONG);
    assert_true(size_of(path, "-wal") < journal + LONG); /* the same room again */
    reg_close(registry);
    struct san_error err = {0};
    assert_int_equal(reg_checkpoint("/nonexistent/registry.db", &err), SAN_EIO);
    assert_non_null(strstr(err.text, "/nonexistent/registry.db"));
    forget(path);
}

/* Another thread reads what is committed, all of it of one moment, and cannot write. */
static void a_reader_beside_sees_one_moment(void **state)
{
    (void)state;
    char *path = temp_path();
    struct registry *registry = reg_open(path, NULL);
    assert_int_equal(reg_put_area(registry, "Kitchen", 0, NULL, NULL), SAN_OK);
    reg_begin(registry, NULL);
    assert_int_equal(reg_put_area(registry, "Bedroom", 0, NULL, NULL), SAN_OK);
    struct registry *beside = reg_open_beside(path, NULL);
    assert_non_null(beside);
    assert_true(reg_find_area(beside, "kitchen") > 0);
    assert_true(reg_find_area(beside, "bedroom") == 0);
    reg_commit(registry, NULL);
    assert_true(reg_find_area(beside, "bedroom") == 0);
    assert_int_equal(reg_put_area(beside, "Attic", 0, NULL, NULL), SAN_EIO);
    reg_close(beside);
    beside = reg_open_beside(path, NULL);
    assert_true(reg_find_area(beside, "bedroom") > 0);
    reg_close(beside);
    reg_close(registry);
    struct san_error err = {0};
    assert_null(reg_open_beside("/nonexistent/registry.db", &err));
    assert_non_null(strstr(err.text, "/nonexistent/registry.db"));
    forget(path);
}

#define IN_MEMORY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_MEMORY(a_name_that_one_alone_has_will_do),
        IN_MEMORY(a_write_that_fails_leaves_its_batch_alone),
        IN_MEMORY(areas_are_found_by_their_words),
        IN_MEMORY(the_same_area_is_not_made_twice),
        IN_MEMORY(a_name_that_cannot_be_said_is_refused_for_areas),
        IN_MEMORY(entities_are_filtered_by_every_field),
        IN_MEMORY(entity_ids_are_made_and_kept_apart),
        IN_MEMORY(what_the_user_chose_survives_a_new_discovery),
        IN_MEMORY(hidden_entities_are_not_exposed_until_the_user_says),
        IN_MEMORY(removing_takes_names_with_it),
        IN_MEMORY(unknown_things_are_named_with_the_nearest),
        IN_MEMORY(an_alias_names_one_area_only),
        IN_MEMORY(a_rolled_back_write_leaves_nothing),
        IN_MEMORY(the_generation_follows_names_not_states),
        IN_MEMORY(the_audit_log_is_written_then_completed),
        cmocka_unit_test(what_was_written_is_there_after_reopening),
        cmocka_unit_test(a_newer_registry_is_refused_and_left_alone),
        cmocka_unit_test(somebody_elses_database_is_refused),
        cmocka_unit_test(a_file_of_noise_is_refused_with_the_mend),
        cmocka_unit_test(a_checkpoint_is_made_on_another_thread),
        cmocka_unit_test(a_reader_beside_sees_one_moment),
        cmocka_unit_test(a_folder_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
