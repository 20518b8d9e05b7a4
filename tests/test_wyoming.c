/* Wyoming's frames, split and joined in every way; and what hearth says in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "daemon/ingest_wyoming.h"
#include "daemon/satellites.h"
#include "daemon/verdict.h"
#include "daemon/wyoming.h"
#include "daemon/wyoming_answer.h"
#include "devices/registry.h"
#include "devices/satellite_rooms.h"

/* ---- frames ---- */

/* Reads one event that must be whole. */
static const struct wyoming_event *read_one(struct wyoming_reader *reader, const char *bytes, size_t len)
{
    assert_int_equal(wyoming_read(reader, &bytes, &len), WYOMING_EVENT);
    assert_int_equal(len, 0);
    return wyoming_event(reader);
}

static const char *text_of(const struct wyoming_event *event, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(event->data, name));
}

/* As Home Assistant's library writes it; the counts are of bytes, not of characters. */
static const char request[] = "{\"type\": \"transcript\", \"version\": \"1.9.0\", \"data_length\": 47}\n"
                              "{\"text\": \"D\xc3\xa9j\xc3\xa0 vu\", \"language\": \"fr\", \"x\": 1}";

static void test_a_frame_of_the_library(void **state)
{
    (void)state;
    struct wyoming_reader *reader = wyoming_reader_new();
    const struct wyoming_event *event = read_one(reader, request, strlen(request));
    assert_string_equal(event->type, "transcript");
    assert_string_equal(event->version, "1.9.0");
    assert_string_equal(text_of(event, "text"), "D\xc3\xa9j\xc3\xa0 vu");
    assert_string_equal(text_of(event, "language"), "fr");
    wyoming_reader_free(reader);
}

static void test_split_after_every_byte(void **state)
{
    (void)state;
    size_t total = strlen(request);
    for (size_t cut = 1; cut < total; cut++) {
        struct wyoming_reader *reader = wyoming_reader_new();
        const char *bytes = request;
        size_t len = cut;
        assert_int_equal(wyoming_read(reader, &bytes, &len), WYOMING_MORE);
        assert_true(wyoming_within_frame(reader));
        const struct wyoming_event *event = read_one(reader, request + cut, total - cut);
        assert_string_equal(text_of(event, "text"), "D\xc3\xa9j\xc3\xa0 vu");
        assert_false(wyoming_within_frame(reader));
        wyoming_reader_free(reader);
    }
}

static void test_several_events_in_one_piece(void **state)
{
    (void)state;
    static const char piece[] = "{\"type\":\"describe\"}\n"
                                "{\"type\":\"ping\",\"data_length\":14}\n{\"text\": null}"
                                "{\"type\":\"ping\",\"data\":{\"text\":\"b\"}}\r\n";
    struct wyoming_reader *reader = wyoming_reader_new();
    const char *bytes = piece;
    size_t len = strlen(piece);
    assert_int_equal(wyoming_read(reader, &bytes, &len), WYOMING_EVENT);
    assert_string_equal(wyoming_event(reader)->type, "describe");
    assert_null(wyoming_event(reader)->data->child);
    assert_int_equal(wyoming_read(reader, &bytes, &len), WYOMING_EVENT);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(wyoming_event(reader)->data, "text")));
    assert_int_equal(wyoming_read(reader, &bytes, &len), WYOMING_EVENT);
    assert_string_equal(text_of(wyoming_event(reader), "text"), "b");
    assert_int_equal(wyoming_read(reader, &bytes, &len), WYOMING_MORE);
    wyoming_reader_free(reader);
}

static void test_the_block_wins_over_the_header(void **state)
{
    (void)state;
    static const char frame[] =
        "{\"type\":\"t\",\"data\":{\"a\":\"header\",\"b\":\"header\"},\"data_length\":25}\n"
        "{\"b\":\"block\",\"c\":\"block\"}";
    struct wyoming_reader *reader = wyoming_reader_new();
    const struct wyoming_event *event = read_one(reader, frame, strlen(frame));
    assert_string_equal(text_of(event, "a"), "header");
    assert_string_equal(text_of(event, "b"), "block");
    assert_string_equal(text_of(event, "c"), "block");
    wyoming_reader_free(reader);
}

static void test_lengths_of_zero_and_null_are_none(void **state)
{
    (void)state;
    static const char frame[] =
        "{\"type\":\"t\",\"data\":null,\"data_length\":0,\"payload_length\":null,\"new_key\":[1]}\n";
    struct wyoming_reader *reader = wyoming_reader_new();
    assert_null(read_one(reader, frame, strlen(frame))->data->child);
    wyoming_reader_free(reader);
}

static void test_a_payload_is_dropped(void **state)
{
    (void)state;
    static const char frame[] =
        "{\"type\":\"audio-chunk\",\"data_length\":2,\"payload_length\":6}\n{}{\n\0}\n\n";
    static const char next[] = "{\"type\":\"ping\"}\n";
    struct wyoming_reader *reader = wyoming_reader_new();
    const char *bytes = frame;
    size_t len = sizeof(frame) - 3;
    assert_int_equal(wyoming_read(reader, &bytes, &len), WYOMING_MORE);
    assert_string_equal(read_one(reader, "\n\n", 2)->type, "audio-chunk");
    assert_string_equal(read_one(reader, next, strlen(next))->type, "ping");
    wyoming_reader_free(reader);
}

/* The bytes are refused, with an error that says this; and nothing after them is read. */
static void refused(const char *bytes, size_t len, const char *part)
{
    struct wyoming_reader *reader = wyoming_reader_new();
    assert_int_equal(wyoming_read(reader, &bytes, &len), WYOMING_BAD);
    if (!strstr(wyoming_error(reader), part))
        fail_msg("\"%s\" does not say \"%s\"", wyoming_error(reader), part);
    bytes = "{\"type\":\"ping\"}\n";
    len = strlen(bytes);
    assert_int_equal(wyoming_read(reader, &bytes, &len), WYOMING_BAD);
    wyoming_reader_free(reader);
}

static void test_what_is_no_frame(void **state)
{
    (void)state;
    static const char *const table[][2] = {
        {"\n", "no line of JSON"},
        {"hello\n", "no line of JSON"},
        {"{\"type\":\"\xff\"}\n", "not UTF-8"},
        {"[]\n", "must be a JSON object"},
        {"{\"version\":\"1.9.0\"}\n", "needs a type"},
        {"{\"type\":7}\n", "needs a type"},
        {"{\"type\":\"a\",\"data\":[]}\n", "data must be an object"},
        {"{\"type\":\"a\",\"data_length\":-1}\n", "data_length must be a whole number of bytes, 0 to 262144"},
        {"{\"type\":\"a\",\"data_length\":1.5}\n", "data_length"},
        {"{\"type\":\"a\",\"data_length\":\"9\"}\n", "data_length"},
        {"{\"type\":\"a\",\"data_length\":262145}\n", "data_length"},
        {"{\"type\":\"a\",\"payload_length\":1e300}\n", "payload_length"},
        {"{\"type\":\"a\",\"data_length\":2}\n[]", "must be a JSON object"},
        {"{\"type\":\"a\",\"data_length\":4}\n{} x", "something follows the JSON"},
        {"{\"type\":\"a\",\"data_length\":4}\n{{}}", "must be a JSON object: it is not JSON"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        refused(table[i][0], strlen(table[i][0]), table[i][1]);
}

static void test_limits(void **state)
{
    (void)state;
    enum { MEMBERS = 300 };
    char *big = malloc(WYOMING_HEADER_MAX + 2);
    memset(big, ' ', WYOMING_HEADER_MAX + 2);
    refused(big, WYOMING_HEADER_MAX + 1, "longer than 65536 bytes");
    free(big);
    char frame[16384];
    size_t len =
        (size_t)snprintf(frame, sizeof(frame), "{\"type\":\"a\",\"data_length\":%d}\n{", MEMBERS * 9 + 1);
    for (int i = 0; i < MEMBERS; i++)
        len += (size_t)snprintf(
            frame + len, sizeof(frame) - len, "\"k%03d\":1%c", i, i + 1 < MEMBERS ? ',' : '}');
    refused(frame, len, "more than 256 members");
}

static void test_writing(void **state)
{
    (void)state;
    size_t len = 0;
    char *frame = wyoming_frame("intents-start", NULL, &len);
    assert_string_equal(frame, "{\"type\":\"intents-start\"}\n");
    assert_int_equal(len, strlen(frame));
    free(frame);
    frame = wyoming_text("handled", "D\xc3\xa9j\xc3\xa0 \"vu\" \\", &len);
    assert_string_equal(frame,
        "{\"type\":\"handled\",\"data_length\":27}\n{\"text\":\"D\xc3\xa9j\xc3\xa0 \\\"vu\\\" \\\\\"}");
    assert_int_equal(len, strlen(frame));
    struct wyoming_reader *reader = wyoming_reader_new();
    assert_string_equal(text_of(read_one(reader, frame, len), "text"), "D\xc3\xa9j\xc3\xa0 \"vu\" \\");
    wyoming_reader_free(reader);
    free(frame);
    frame = wyoming_text("handled", NULL, &len);
    assert_non_null(strstr(frame, "{\"text\":\"\"}"));
    free(frame);
}

static void test_versions(void **state)
{
    (void)state;
    assert_true(wyoming_version_at_least("1.9.0", 1, 9));
    assert_true(wyoming_version_at_least("1.10.0", 1, 9));
    assert_true(wyoming_version_at_least("2.0", 1, 9));
    assert_false(wyoming_version_at_least("1.7.2", 1, 9));
    assert_false(wyoming_version_at_least("", 1, 9));
    assert_false(wyoming_version_at_least("soon", 1, 9));
    assert_false(wyoming_version_at_least("1", 1, 9));
}

/* ---- what hearth says ---- */

static void test_info(void **state)
{
    (void)state;
    struct config *config = config_new();
    config->wyoming_mode = CONFIG_WYOMING_INTENT;
    size_t len;
    char *frame = wyoming_info(config, &len);
    struct wyoming_reader *reader = wyoming_reader_new();
    const struct wyoming_event *event = read_one(reader, frame, len);
    assert_string_equal(event->type, "info");
    assert_null(cJSON_GetObjectItem(event->data, "handle"));
    const cJSON *program = cJSON_GetArrayItem(cJSON_GetObjectItem(event->data, "intent"), 0);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(program, "name")), "hearth");
    assert_null(cJSON_GetObjectItem(program, "supports_home_control"));
    const cJSON *model = cJSON_GetArrayItem(cJSON_GetObjectItem(program, "models"), 0);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(model, "installed")));
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(model, "languages")), 1);
    wyoming_reader_free(reader);
    free(frame);
    config_free(config);
}

static void test_languages(void **state)
{
    (void)state;
    assert_true(wyoming_speaks("en", "en"));
    assert_true(wyoming_speaks("en", "en-GB"));
    assert_true(wyoming_speaks("en", "EN_us"));
    assert_true(wyoming_speaks("de, en", "en"));
    assert_true(wyoming_speaks("en-GB", "en"));
    assert_true(wyoming_speaks("en", NULL));
    assert_true(wyoming_speaks("en", ""));
    assert_false(wyoming_speaks("en", "de"));
    assert_false(wyoming_speaks("en", "eng"));
    assert_false(wyoming_speaks("eng", "en"));
}

static void test_templates_are_stripped(void **state)
{
    (void)state;
    static const char *const table[][2] = {{"Turned on {{ x }}.", "Turned on { x }}."},
        {"{% if %}{# c #}", "% if %}# c #}"}, {"{{{% a", "% a"}, {"{ \"a\": 1 }{", "{ \"a\": 1 }{"}};
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char text[64];
        snprintf(text, sizeof(text), "%s", table[i][0]);
        wyoming_strip_templates(text);
        assert_string_equal(text, table[i][1]);
        assert_true(!strstr(text, "{{") && !strstr(text, "{%") && !strstr(text, "{#"));
    }
}

/* The type of the one event that answers an utterance with that outcome. */
static void answered_with(enum outcome outcome, enum refusal refusal, const char *type)
{
    struct action action = {.outcome = outcome, .refusal = refusal, .sentence = "So."};
    struct utterance utterance = {.actions = &action, .action_count = 1, .outcome = outcome, .reply = "So."};
    size_t len;
    char *frame = wyoming_answer(&utterance, NULL, false, &len);
    struct wyoming_reader *reader = wyoming_reader_new();
    const struct wyoming_event *event = read_one(reader, frame, len);
    assert_string_equal(event->type, type);
    assert_string_equal(text_of(event, "text"), "So.");
    wyoming_reader_free(reader);
    free(frame);
}

static void test_outcomes(void **state)
{
    (void)state;
    answered_with(OUTCOME_DONE, REFUSAL_NONE, "handled");
    answered_with(OUTCOME_SENT, REFUSAL_NONE, "handled");
    answered_with(OUTCOME_SILENT, REFUSAL_NONE, "not-handled");
    answered_with(OUTCOME_FAILED, REFUSAL_NONE, "not-handled");
    answered_with(OUTCOME_UNHANDLED, REFUSAL_NONE, "not-recognized");
    answered_with(OUTCOME_REFUSED, REFUSAL_UNMATCHED, "not-handled");
    answered_with(OUTCOME_REFUSED, REFUSAL_POLICY, "not-handled");
    answered_with(OUTCOME_REFUSED, REFUSAL_UNSURE, "not-recognized");
    answered_with(OUTCOME_REFUSED, REFUSAL_QUESTION, "handled");
}

static void test_an_intent_has_name_and_value_only(void **state)
{
    (void)state;
    struct action action = {.outcome = OUTCOME_UNDERSTOOD,
        .sentence = "Dimmed.",
        .call = {.tool = "HassLightSet",
            .args = {{.slot = "name", .text = "Hall \"lamp\""},
                {.slot = "brightness", .text = "30", .number = 30, .is_number = true}},
            .arg_count = 2}};
    struct utterance utterance = {
        .actions = &action, .action_count = 1, .outcome = OUTCOME_UNDERSTOOD, .reply = "Dimmed."};
    size_t len;
    char *frame = wyoming_answer(&utterance, NULL, false, &len);
    assert_string_equal(strchr(frame, '\n') + 1,
        "{\"name\":\"HassLightSet\",\"entities\":[{\"name\":\"name\",\"value\":"
        "\"Hall \\\"lamp\\\"\"},{\"name\":\"brightness\",\"value\":30}],"
        "\"text\":\"Dimmed.\"}");
    free(frame);
}

/* ---- where a microphone stands, where the server listens ---- */

static void test_satellites(void **state)
{
    (void)state;
    struct satellites *satellites = satellites_new();
    struct san_error err = {0};
    struct registry *registry = reg_open(":memory:", &err);
    assert_int_equal(reg_put_area(registry, "Living Room", 0, NULL, &err), SAN_OK);
    assert_int_equal(satellites_put(satellites, "mic-1", "Kitchen", &err), SAN_OK);
    assert_int_equal(satellites_put(satellites, "mic-1", "Hall", &err), SAN_OK);
    assert_int_equal(satellites_put(satellites, "mic-2", "", &err), SAN_ELIMIT);
    char room[SATELLITE_ROOM_MAX + 1];
    satellites_room(satellites, registry, (const char *const[]){"mic-0", "mic-1"}, 2, room);
    assert_string_equal(room, "Hall");
    satellites_room(
        satellites, registry, (const char *const[]){"assist_satellite.living_room", NULL}, 2, room);
    assert_string_equal(room, "living room");
    satellites_room(satellites, registry, (const char *const[]){NULL, "unknown"}, 2, room);
    assert_string_equal(room, "");
    assert_int_equal(reg_satellite_put(registry, "mic-1", "living room", &err), SAN_OK);
    assert_int_equal(reg_satellite_put(registry, "mic-1", "Nowhere", &err), SAN_EINVAL);
    assert_int_equal(reg_satellite_put(registry, "", "Living Room", &err), SAN_ELIMIT);
    satellites_room(satellites, registry, (const char *const[]){"mic-1"}, 1, room);
    assert_string_equal(room, "Living Room"); /* before the configuration's, and by its own name */
    cJSON *list = satellites_json(satellites, registry);
    char *text = cJSON_PrintUnformatted(list);
    assert_string_equal(text,
        "[{\"id\":\"mic-1\",\"room\":\"Living Room\",\"by\":\"hearthctl\"},"
        "{\"id\":\"mic-0\",\"room\":\"\",\"by\":\"\"},"
        "{\"id\":\"assist_satellite.living_room\",\"room\":\"living room\",\"by\":\"name\"},"
        "{\"id\":\"unknown\",\"room\":\"\",\"by\":\"\"}]");
    free(text);
    cJSON_Delete(list);
    assert_int_equal(reg_satellite_remove(registry, "mic-1", &err), SAN_OK);
    assert_int_equal(reg_satellite_remove(registry, "mic-1", &err), SAN_EINVAL);
    satellites_room(satellites, registry, (const char *const[]){"mic-1"}, 1, room);
    assert_string_equal(room, "Hall");
    char id[16];
    for (int i = 1; i < SATELLITES_MAX; i++) {
        snprintf(id, sizeof(id), "many-%d", i);
        assert_int_equal(satellites_put(satellites, id, "Hall", &err), SAN_OK);
    }
    assert_int_equal(satellites_put(satellites, "one more", "Hall", &err), SAN_ELIMIT);
    satellites_free(satellites);
    reg_close(registry);
}

static void test_uris(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "10750", "127.0.0.1:10750", "tcp://127.0.0.1", "tcp://:10750",
        "tcp://127.0.0.1:", "tcp://127.0.0.1:0", "tcp://127.0.0.1:65536", "tcp://127.0.0.1:80x",
        "tcp://kitchen:10750", "tcp://::1", "unix:///x", "tcp://[::1:10750"};
    static const char *const good[] = {
        "tcp://127.0.0.1:10750", "tcp://0.0.0.0:1", "tcp://[::1]:10750", "tcp://localhost:65535"};
    struct sockaddr_storage address;
    struct san_error err = {0};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(wyoming_uri_parse(bad[i], &address, &err), SAN_EINVAL);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_int_equal(wyoming_uri_parse(good[i], &address, &err), SAN_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_frame_of_the_library),
        cmocka_unit_test(test_split_after_every_byte),
        cmocka_unit_test(test_several_events_in_one_piece),
        cmocka_unit_test(test_the_block_wins_over_the_header),
        cmocka_unit_test(test_lengths_of_zero_and_null_are_none),
        cmocka_unit_test(test_a_payload_is_dropped),
        cmocka_unit_test(test_what_is_no_frame),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_writing),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_info),
        cmocka_unit_test(test_languages),
        cmocka_unit_test(test_templates_are_stripped),
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test(test_an_intent_has_name_and_value_only),
        cmocka_unit_test(test_satellites),
        cmocka_unit_test(test_uris),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
