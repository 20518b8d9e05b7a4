/* The file of words that may stand beside names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/beside.h"

#define WEIGHTS "\"unknown\":[1,2,3,4],\"article\":[2,0,0,0],\"whole\":1.5,\"sure\":0.5,\"usual\":3,"

/* What beside_load makes of a file that holds text. */
static struct beside *load(const char *text, struct san_error *err)
{
    char path[] = "/tmp/beside-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    struct beside *beside = beside_load(path, err);
    unlink(path);
    return beside;
}

static void fails(const char *text, const char *why)
{
    struct san_error err;
    assert_null(load(text, &err));
    assert_non_null(strstr(err.text, why));
    assert_non_null(strstr(err.text, "/tmp/beside-"));
}

static void test_a_word_has_a_score_for_each_place(void **state)
{
    (void)state;
    struct san_error err;
    struct beside *beside = load("{" WEIGHTS "\"leads\":[\"turn\",\"lock\"],"
                                 "\"words\":{\"please\":[-3,-4,0,0],\"add\":[-1,0.5,0,-2]}}",
        &err);
    assert_non_null(beside);
    assert_true(beside_score(beside, "please", BESIDE_BEFORE) == -3);
    assert_true(beside_score(beside, "add", BESIDE_AFTER) == 0.5);
    assert_true(beside_score(beside, "add", BESIDE_THING) == -2);
    assert_true(beside_score(beside, "shed", BESIDE_BEFORE) == 1);
    assert_true(beside_score(beside, "shed", BESIDE_KIND) == 3);
    assert_true(beside_leads(beside, "lock"));
    assert_false(beside_leads(beside, "please"));
    assert_true(beside_weights(beside)->article[BESIDE_BEFORE] == 2);
    assert_true(beside_weights(beside)->usual == 3);
    beside_free(beside);
}

static void test_what_is_wrong_is_said(void **state)
{
    (void)state;
    struct san_error err;
    assert_null(beside_load("/nowhere/beside.json", &err));
    assert_non_null(strstr(err.text, "/nowhere/beside.json"));
    fails("{", "not JSON");
    fails("{}", "a part is missing");
    fails("{" WEIGHTS "\"leads\":[]}", "a part is missing");
    fails("{" WEIGHTS "\"leads\":[1],\"words\":{}}", "empty");
    fails("{" WEIGHTS "\"leads\":[],\"words\":{\"\":[1,2,3,4]}}", "empty");
    fails("{" WEIGHTS "\"leads\":[],\"words\":{\"on\":[1,2,3]}}", "scores");
    fails("{" WEIGHTS "\"leads\":[],\"words\":{\"on\":[1,2,3,\"x\"]}}", "scores");
    fails("{" WEIGHTS "\"leads\":[],\"words\":{\"on\":[1,2,3,1e999]}}", "scores");
}

static void test_the_shipped_file_tells_a_sentence_from_a_name(void **state)
{
    (void)state;
    struct san_error err;
    char path[1024];
    const char *dir = getenv("HEARTH_SRCDIR");
    snprintf(path, sizeof(path), "%s/schemas/beside_en.json", dir ? dir : ".");
    struct beside *beside = beside_load(path, &err);
    assert_non_null(beside);
    static const char *const said[] = {"please", "off", "now"}, *const named[] = {
                                                                    "shed", "grinder", "heater"};
    for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++)
        assert_true(beside_score(beside, said[i], BESIDE_AFTER) < 0);
    for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++)
        assert_true(beside_score(beside, named[i], BESIDE_AFTER) > 0);
    assert_true(beside_leads(beside, "lock"));
    beside_free(beside);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_word_has_a_score_for_each_place),
        cmocka_unit_test(test_what_is_wrong_is_said),
        cmocka_unit_test(test_the_shipped_file_tells_a_sentence_from_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
