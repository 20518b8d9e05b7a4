/* The sentence at the end: true, and in plain English. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/answer.h"
#include "daemon/reply.h"

static struct phrases *phrases;
static struct utterance *utterance;
static struct action action;
static struct understood_call said;
static struct home_entity entities[8];
static struct target targets[8];

static int load(void **state)
{
    (void)state;
    char path[1024];
    const char *dir = getenv("HEARTH_SRCDIR");
    struct san_error error = {0};
    snprintf(path, sizeof(path), "%s/schemas/phrases_en.json", dir ? dir : ".");
    phrases = phrases_load(path, &error);
    return phrases ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    phrases_free(phrases);
    return 0;
}

static int begin(void **state)
{
    (void)state;
    utterance = utterance_new(&(struct utterance_in){.text = "x", .source = "test"});
    action = (struct action){.said = &said, .targets = targets};
    utterance->actions = &action;
    utterance->action_count = 1;
    return 0;
}

static int end(void **state)
{
    (void)state;
    utterance_free(utterance);
    return 0;
}

static void arg(const char *slot, const char *text)
{
    action.call.args[action.call.arg_count++] = (struct home_arg){.slot = slot, .text = text};
}

static void target(const char *name, const char *domain, enum outcome outcome)
{
    size_t i = action.target_count++;
    entities[i] = (struct home_entity){.entity_id = "",
        .name = name,
        .domain = domain,
        .device_class = "",
        .area = "",
        .state = "",
        .attributes = "{}",
        .available = true};
    targets[i] = (struct target){.utterance = utterance, .entity = &entities[i], .outcome = outcome};
}

static void replies(enum outcome outcome, const char *expected)
{
    action.outcome = utterance->outcome = outcome;
    assert_string_equal(reply_compose(phrases, utterance), expected);
}

static void test_one_device(void **state)
{
    (void)state;
    action.call.tool = "HassTurnOn";
    target("hall lamp", "light", OUTCOME_DONE);
    replies(OUTCOME_DONE, "Turned on hall lamp.");
    targets[0].outcome = OUTCOME_SENT;
    replies(OUTCOME_SENT, "Sent, but it cannot be confirmed: turn on hall lamp.");
    targets[0].outcome = OUTCOME_SILENT;
    replies(OUTCOME_SILENT, "Sent, but hall lamp did not answer.");
    targets[0].outcome = OUTCOME_DRY_RUN;
    replies(OUTCOME_DRY_RUN, "Would turn on hall lamp.");
    targets[0].outcome = OUTCOME_FAILED;
    targets[0].problem = "there is no broker";
    replies(OUTCOME_FAILED, "I could not turn on hall lamp: there is no broker.");
}

static void test_what_fits_the_domain(void **state)
{
    (void)state;
    action.call.tool = "HassTurnOff";
    target("Front door", "lock", OUTCOME_DONE);
    replies(OUTCOME_DONE, "Unlocked Front door.");
    entities[0].domain = "cover";
    replies(OUTCOME_DONE, "Closed Front door.");
}

static void test_a_group(void **state)
{
    (void)state;
    action.call.tool = "HassTurnOn";
    arg("area", "Kitchen");
    arg("domain", "light");
    target("A", "light", OUTCOME_DONE);
    target("B", "light", OUTCOME_DONE);
    target("C", "light", OUTCOME_DONE);
    replies(OUTCOME_DONE, "Turned on 3 lights in Kitchen.");
    targets[1].outcome = OUTCOME_SILENT;
    replies(OUTCOME_SILENT, "Turned on 2 of 3 lights in Kitchen; B did not answer.");
    entities[0].domain = "switch";
    targets[1].outcome = OUTCOME_DONE;
    replies(OUTCOME_DONE, "Turned on 3 devices in Kitchen.");
}

static void test_settings(void **state)
{
    (void)state;
    action.call.tool = "HassLightSet";
    arg("brightness", "50");
    arg("color", "red");
    target("Desk lamp", "light", OUTCOME_DONE);
    replies(OUTCOME_DONE, "Set Desk lamp to 50 percent and red.");
    action.call.arg_count = 0;
    arg("brightness_step", "up");
    replies(OUTCOME_DONE, "Made Desk lamp brighter.");
    action.call.args[0].text = "-20";
    replies(OUTCOME_DONE, "Changed the brightness of Desk lamp by -20 percent.");
}

static void test_refusals(void **state)
{
    (void)state;
    action.call.tool = "HassTurnOn";
    action.refusal = REFUSAL_UNMATCHED;
    action.detail = "sauna";
    replies(OUTCOME_REFUSED, "There is no 'sauna' here.");
    action.names[0] = "Sunroom";
    action.names[1] = "Sauna heater";
    action.name_count = 2;
    replies(OUTCOME_REFUSED, "There is no 'sauna' here. Did you mean Sunroom or Sauna heater?");
    action.refusal = REFUSAL_AMBIGUOUS;
    replies(OUTCOME_REFUSED, "Which one do you mean: Sunroom or Sauna heater?");
    action.refusal = REFUSAL_UNSURE;
    replies(OUTCOME_REFUSED, "I am not sure what you mean.");
    action.refusal = REFUSAL_EMPTY;
    arg("area", "Hall");
    arg("domain", "cover");
    arg("device_class", "blind");
    replies(OUTCOME_REFUSED, "There is no blind in Hall.");
}

/* ---- questions ---- */

static void known(const char *name, const char *domain, const char *device_class, const char *state)
{
    size_t i = action.resolved.count++;
    entities[i] = (struct home_entity){.entity_id = "",
        .name = name,
        .domain = domain,
        .device_class = device_class,
        .area = "",
        .state = state,
        .attributes = "{}",
        .available = true};
    action.resolved.entities = entities;
}

static void words(const char *text)
{
    assert_int_equal(
        san_normalize(utterance->arena, text, strlen(text), &utterance->reading.prepared.words, NULL),
        SAN_OK);
}

static void answers(const char *expected)
{
    answer_action(phrases, utterance, &action, &(struct tm){0});
    assert_string_equal(action.answer, expected);
    assert_int_equal(action.outcome, OUTCOME_DONE);
}

static void test_a_question_about_one(void **state)
{
    (void)state;
    action.call.tool = "HassGetState";
    arg("name", "Back door");
    known("Back door", "binary_sensor", "door", "on");
    answers("Back door is open.");
    arg("state", "open");
    answers("Yes, Back door is open.");
    action.call.args[1].text = "closed";
    answers("No, Back door is open.");
}

static void test_units(void **state)
{
    (void)state;
    action.call.tool = "HassGetState";
    arg("name", "Outdoor");
    known("Outdoor", "sensor", "temperature", "21.5");
    entities[0].attributes = "{\"unit_of_measurement\":\"\u00b0C\"}";
    answers("Outdoor is 21.5 \u00b0C.");
}

static void test_questions_about_several(void **state)
{
    (void)state;
    action.call.tool = "HassGetState";
    arg("domain", "light");
    arg("state", "on");
    known("A", "light", "", "on");
    known("B", "light", "", "off");
    known("C", "light", "", "on");
    words("are any lights on");
    answers("Yes: A and C are on.");
    words("which lights are on");
    answers("A and C are on.");
    words("how many lights are on");
    answers("2 lights are on.");
    words("are all lights on");
    answers("No, B is not on.");
    entities[1].state = "on";
    answers("Yes, all 3 lights are on.");
    entities[0].state = entities[1].state = entities[2].state = "off";
    words("are any lights on");
    answers("No light is on.");
}

static void in(const char *area, const char *name, const char *domain, const char *state)
{
    known(name, domain, "", state);
    entities[action.resolved.count - 1].area = area;
}

static void test_is_anything_on(void **state)
{
    (void)state;
    action.call.tool = "HassGetState";
    arg("state", "on");
    in("Lounge", "TV", "media_player", "playing");
    in("Hall", "Hall lamp", "light", "off");
    in("Lounge", "Lamp A", "light", "on");
    in("Kitchen", "Kettle", "switch", "off");
    in("Lounge", "Lamp B", "light", "on");
    in("Kitchen", "Radio", "media_player", "idle");
    words("is anything on");
    answers("Yes: TV and 2 lights in Lounge.");
    words("what is on");
    answers("TV and 2 lights in Lounge are on.");
    words("how many things are on");
    answers("3 devices are on.");
    action.call.args[0].text = "off";
    words("is everything off");
    answers("No: TV and 2 lights in Lounge are on.");
    words("nothing left on is there");
    answers("No: TV and 2 lights in Lounge are on.");
    entities[0].state = "off";
    entities[1].state = entities[3].state = "on";
    entities[4].state = "off";
    words("is everything off");
    answers("No: Hall lamp, Lamp A in Lounge and Kettle in Kitchen are on.");
    for (size_t i = 0; i < 5; i++)
        entities[i].state = "off";
    answers("Yes, everything is off.");
    action.call.args[0].text = "on";
    arg("floor", "Downstairs");
    words("is anything on downstairs");
    answers("No, nothing downstairs is on.");
    words("whats still on downstairs");
    answers("Nothing downstairs is on.");
    action.call.args[1].text = "First floor";
    words("is everything on on the first floor");
    entities[0].state = "paused";
    answers("No: Hall lamp, 2 lights in Lounge and Kettle and Radio in Kitchen are off.");
}

static void test_is_anything_open(void **state)
{
    (void)state;
    action.call.tool = "HassGetState";
    arg("state", "open");
    arg("area", "Hall");
    in("Hall", "Garage", "cover", "closing");
    in("Hall", "Front door", "lock", "unlocked");
    in("Hall", "Blind", "cover", "closed");
    known("Window", "binary_sensor", "window", "on");
    entities[3].area = "Hall";
    words("is anything open in the hall");
    answers("Yes: Garage and Window.");
    action.call.args[0].text = "closed";
    words("is everything closed");
    answers("No: Garage and Window are open.");
    entities[0].state = "closed";
    entities[3].state = "off";
    answers("Yes, everything in Hall is closed.");
    action.call.args[0].text = "locked";
    action.resolved.entities = &entities[1];
    action.resolved.count = 1;
    words("is all locked");
    answers("No: Front door is unlocked.");
    entities[1].state = "locked";
    answers("Yes, everything in Hall is locked.");
}

static void test_so_many_rooms(void **state)
{
    (void)state;
    action.call.tool = "HassGetState";
    arg("state", "on");
    static const char *const rooms[] = {"R1", "R2", "R3", "R4", "R5", "R6", "R6"};
    for (size_t i = 0; i < sizeof(rooms) / sizeof(*rooms); i++)
        in(rooms[i], "Lamp", "light", "on");
    words("is something on");
    answers("Yes: Lamp in R1, Lamp in R2, Lamp in R3, Lamp in R4, Lamp in R5 and 2 more.");
}

static void test_what_is_not_known(void **state)
{
    (void)state;
    action.call.tool = "HassGetState";
    arg("name", "Lamp");
    known("Lamp", "light", "", "");
    answers("I do not know the state of Lamp.");
    entities[0].available = false;
    answers("Lamp does not answer at the moment.");
}

static void test_the_clock(void **state)
{
    (void)state;
    const struct tm now = {
        .tm_year = 126, .tm_mon = 10, .tm_mday = 3, .tm_wday = 2, .tm_hour = 15, .tm_min = 4};
    action.call.tool = "HassGetCurrentTime";
    answer_action(phrases, utterance, &action, &now);
    assert_string_equal(action.answer, "It is 3:04 PM.");
    action.call.tool = "HassGetCurrentDate";
    answer_action(phrases, utterance, &action, &now);
    assert_string_equal(action.answer, "It is Tuesday, November 3, 2026.");
}

static void test_what_is_not_built_in_is_refused(void **state)
{
    (void)state;
    action.call.tool = "HassGetWeather";
    answer_action(phrases, utterance, &action, &(struct tm){0});
    assert_int_equal(action.outcome, OUTCOME_REFUSED);
    replies(OUTCOME_REFUSED, "This hearth cannot do that yet: it knows no weather.");
}

/* Puts a second action behind the one that all tests have. */
static struct action *another(struct action both[2], const char *tool)
{
    both[0] = action;
    both[1] = (struct action){.said = &said, .call.tool = tool, .outcome = OUTCOME_REFUSED};
    utterance->actions = both;
    utterance->action_count = 2;
    return &both[1];
}

static void test_what_may_not_have_been_meant_is_one_question(void **state)
{
    (void)state;
    struct action both[2];
    action.call.tool = "HassTurnOn";
    action.refusal = REFUSAL_QUESTION;
    action.asks = true;
    target("hall lamp", "light", OUTCOME_REFUSED);
    replies(OUTCOME_REFUSED, "Did you mean: turn on hall lamp?");
    struct action *milk = another(both, "HassShoppingListAddItem");
    milk->refusal = REFUSAL_QUESTION;
    milk->call.args[milk->call.arg_count++] = (struct home_arg){.slot = "item", .text = "milk"};
    replies(OUTCOME_REFUSED, "Did you mean: turn on hall lamp and add milk to the shopping list?");
    milk->call = (struct home_call){.tool = "HassGetCurrentTime"};
    replies(OUTCOME_REFUSED, "Did you mean: turn on hall lamp?");
    *milk = (struct action){.said = &said, .outcome = OUTCOME_REFUSED, .refusal = REFUSAL_UNSURE};
    replies(OUTCOME_REFUSED, "Did you mean: turn on hall lamp? I am not sure what you mean.");
}

static void test_what_has_no_device_is_asked_about_in_plain_english(void **state)
{
    (void)state;
    action.refusal = REFUSAL_QUESTION;
    action.asks = true;
    action.call.tool = "HassStartTimer";
    arg("hours", "1");
    arg("minutes", "30");
    replies(OUTCOME_REFUSED, "Did you mean: start a timer of 1 hour and 30 minutes?");
    action.call = (struct home_call){.tool = "HassDecreaseTimer"};
    arg("start_minutes", "10");
    arg("minutes", "1");
    replies(OUTCOME_REFUSED, "Did you mean: take 1 minute off the 10 minute timer?");
    action.call = (struct home_call){.tool = "HassCancelTimer"};
    arg("name", "pizza");
    replies(OUTCOME_REFUSED, "Did you mean: cancel the pizza timer?");
}

/* A tool without words of its own would be asked about as "do that with 0 devices". */
static void test_every_tool_that_acts_can_be_asked_about(void **state)
{
    (void)state;
    char path[1024];
    const char *dir = getenv("HEARTH_SRCDIR");
    snprintf(path, sizeof(path), "%s/schemas/intents.json", dir ? dir : ".");
    static char text[1 << 20];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    cJSON *schema = cJSON_Parse(text), *tool;
    action.refusal = REFUSAL_QUESTION;
    action.asks = true;
    cJSON_ArrayForEach(tool, cJSON_GetObjectItem(schema, "tools"))
    {
        action.call.tool = cJSON_GetObjectItem(tool, "name")->valuestring;
        if (understand_is_question(action.call.tool))
            continue;
        utterance->outcome = action.outcome = OUTCOME_REFUSED;
        const char *reply = reply_compose(phrases, utterance);
        if (strstr(reply, "do that with"))
            fail_msg("%s: %s", action.call.tool, reply);
    }
    cJSON_Delete(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_device, begin, end),
        cmocka_unit_test_setup_teardown(test_what_fits_the_domain, begin, end),
        cmocka_unit_test_setup_teardown(test_a_group, begin, end),
        cmocka_unit_test_setup_teardown(test_settings, begin, end),
        cmocka_unit_test_setup_teardown(test_refusals, begin, end),
        cmocka_unit_test_setup_teardown(test_a_question_about_one, begin, end),
        cmocka_unit_test_setup_teardown(test_units, begin, end),
        cmocka_unit_test_setup_teardown(test_questions_about_several, begin, end),
        cmocka_unit_test_setup_teardown(test_is_anything_on, begin, end),
        cmocka_unit_test_setup_teardown(test_is_anything_open, begin, end),
        cmocka_unit_test_setup_teardown(test_so_many_rooms, begin, end),
        cmocka_unit_test_setup_teardown(test_what_is_not_known, begin, end),
        cmocka_unit_test_setup_teardown(test_the_clock, begin, end),
        cmocka_unit_test_setup_teardown(test_what_is_not_built_in_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(test_what_may_not_have_been_meant_is_one_question, begin, end),
        cmocka_unit_test_setup_teardown(test_what_has_no_device_is_asked_about_in_plain_english, begin, end),
        cmocka_unit_test_setup_teardown(test_every_tool_that_acts_can_be_asked_about, begin, end),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
