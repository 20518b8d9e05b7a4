/* cmd_eval.c - hearthctl eval: measures the model on cases; no hearthd, no broker. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cases.h"
#include "cli/cli.h"
#include "cli/compare.h"
#include "cli/offline.h"
#include "cli/output.h"
#include "cli/predictions.h"
#include "cli/score.h"
#include "daemon/calls_json.h"

enum { CALLS_MAX = SAN_CALLS_MAX };

struct eval {
    struct offline *offline;
    const char *home; /* for cases that name none, or NULL */
    struct cases *cases;
    struct score *score;
    struct predictions *predictions; /* or NULL */
    cJSON *old;                      /* id -> calls of an earlier run, or NULL */
    size_t better, worse;
    bool quiet;   /* JSON on standard output: nothing else there */
    bool trace;   /* the network's steps into the predictions */
    bool bar;     /* standard error is a terminal */
    double shown; /* of the bar */
};

/* Right if they are the expected calls, or any of the lists that are accepted as well. */
static bool is_right(
    struct registry *registry, const struct eval_case *one, const struct home_call *got, size_t count)
{
    if (compare_calls(registry, one->arena, one->calls, one->call_count, got, count))
        return true;
    for (size_t i = 0; i < one->accept_count; i++)
        if (compare_calls(registry, one->arena, one->accept[i].calls, one->accept[i].call_count, got, count))
            return true;
    return false;
}

/* Prints where this run and the earlier one differ in what is right. */
static void compare_with_old(struct eval *eval, const struct eval_case *one, bool exact)
{
    const cJSON *calls = json_item(eval->old, one->id);
    struct home_call *old;
    size_t count;
    if (!calls || calls_from_json(calls, "old predictions", one->arena, &old, &count, NULL) != SAN_OK)
        return;
    struct registry *registry = offline_registry(eval->offline);
    bool was_exact = is_right(registry, one, old, count);
    if (was_exact == exact)
        return;
    eval->better += exact;
    eval->worse += !exact;
    if (!eval->quiet)
        printf("%s %s: %s\n", exact ? "better" : "worse ", one->id, one->text);
}

/* ---- one case ---- */

static enum san_status choose_home(struct eval *eval, const struct eval_case *one, struct san_error *err)
{
    if (cJSON_IsObject(one->home))
        return offline_use_json(eval->offline, one->home, one->where, err);
    char path[4096];
    if (cJSON_IsString(one->home))
        cases_beside(eval->cases, one->home->valuestring, path, sizeof(path));
    else if (eval->home)
        snprintf(path, sizeof(path), "%s", eval->home);
    else
        return san_fail(err, SAN_EINVAL, "%s: the case has no home: name one with --home FILE", one->where);
    return offline_use_file(eval->offline, path, err);
}

/* Which of the understood calls are among those that the case expects or accepts; acted on or not. */
static void judge_calls(
    struct registry *registry, const struct eval_case *one, const struct understood *understood, bool *right)
{
    for (size_t i = 0; i < understood->call_count; i++) {
        const struct home_call *call = &understood->calls[i].call;
        right[i] = false;
        for (size_t j = 0; j < one->call_count; j++)
            right[i] |= compare_call(registry, one->arena, &one->calls[j], call);
        for (size_t a = 0; a < one->accept_count; a++)
            for (size_t j = 0; j < one->accept[a].call_count; j++)
                right[i] |= compare_call(registry, one->arena, &one->accept[a].calls[j], call);
    }
}

static void write_prediction(const struct eval *eval, const struct eval_case *one,
    const struct score_case *scored, const struct offline_result *result)
{
    bool right[CALLS_MAX] = {false};
    if (!eval->predictions)
        return;
    if (result)
        judge_calls(offline_registry(eval->offline), one, &result->understood, right);
    predictions_write(eval->predictions, one, scored, result, right);
}

/* Counts the calls that act and were not expected, and those among them that open, unlock or disarm. */
static enum san_status count_false_actions(struct eval *eval, const struct eval_case *one,
    const struct offline_result *result, struct score_case *scored, struct san_error *err)
{
    struct registry *registry = offline_registry(eval->offline);
    for (size_t i = 0; i < scored->got_count; i++) {
        bool sensitive;
        if (!compare_is_false_action(registry, one->arena, one->calls, one->call_count, &scored->got[i]))
            continue;
        enum san_status status =
            offline_is_sensitive(eval->offline, result, &scored->got[i], &sensitive, err);
        if (status != SAN_OK)
            return status;
        scored->false_actions++;
        scored->sensitive += sensitive;
    }
    return SAN_OK;
}

static const char *differing_slot(
    struct registry *registry, const struct eval_case *one, const struct score_case *scored)
{
    if (scored->expected_count != 1 || scored->got_count != 1 ||
        strcmp(scored->expected[0].tool, scored->got[0].tool) != 0)
        return "";
    return compare_differing_slot(registry, one->arena, &scored->expected[0], &scored->got[0]);
}

static enum san_status eval_case(struct eval *eval, const struct eval_case *one, struct san_error *err)
{
    enum san_status status = choose_home(eval, one, err);
    if (status != SAN_OK)
        return status;
    struct offline_result result;
    struct san_error why;
    bool parsed = offline_parse(eval->offline, one->text, one->area, eval->trace, &result, &why) == SAN_OK;
    if (!parsed)
        fprintf(stderr, "%s: %s\n", one->where, why.text);
    struct registry *registry = offline_registry(eval->offline);
    struct score_case scored = {.text = one->text,
        .tags = one->tags,
        .tag_count = one->tag_count,
        .home_size = reg_entity_count(registry),
        .expected = one->calls,
        .expected_count = one->call_count,
        .got = parsed ? result.calls : NULL,
        .got_count = parsed ? result.call_count : 0,
        .asked = parsed && result.asks,
        .error = !parsed,
        .ms = parsed ? result.ms : 0.0};
    scored.differs = differing_slot(registry, one, &scored);
    scored.exact = parsed && is_right(registry, one, scored.got, scored.got_count);
    scored.asked_right = scored.asked && is_right(registry, one, result.after_yes, result.after_yes_count);
    if (!scored.exact && count_false_actions(eval, one, &result, &scored, err) != SAN_OK)
        return err->status;
    score_add(eval->score, &scored);
    write_prediction(eval, one, &scored, parsed ? &result : NULL);
    if (eval->old)
        compare_with_old(eval, one, scored.exact);
    return SAN_OK;
}

/* ---- the whole ---- */

static void show_progress(struct eval *eval, bool last)
{
    enum { BAR = 40 };
    double done = cases_progress(eval->cases);
    if (!eval->bar || (!last && done - eval->shown < 0.005))
        return;
    eval->shown = done;
    int filled = (int)(done * BAR);
    size_t n = score_count(eval->score);
    fprintf(stderr, "\r[%.*s%*s] %zu cases, %.1f %% exact ", filled,
        "########################################", BAR - filled, "", n,
        n > 0 ? 100.0 * (double)score_exact(eval->score) / (double)n : 0.0);
    if (last)
        fputc('\n', stderr);
}

static int eval_all(struct eval *eval, struct san_error *err)
{
    struct eval_case one;
    int more;
    while ((more = cases_next(eval->cases, &one, err)) == 1) {
        if (eval_case(eval, &one, err) != SAN_OK)
            return CLI_FAILED;
        show_progress(eval, false);
    }
    if (more == 0)
        show_progress(eval, true);
    return more == 0 ? CLI_OK : CLI_FAILED;
}

static void report(const struct eval *eval)
{
    struct san_model_info info;
    offline_model_info(eval->offline, &info);
    if (eval->quiet) {
        cJSON *json = score_json(eval->score);
        cJSON_AddStringToObject(json, "model", info.name);
        cJSON_AddStringToObject(json, "kernels", san_kernels_name());
        if (eval->old) {
            cJSON_AddNumberToObject(json, "better", (double)eval->better);
            cJSON_AddNumberToObject(json, "worse", (double)eval->worse);
        }
        output_json(json);
        cJSON_Delete(json);
        return;
    }
    score_print(eval->score);
    if (eval->old)
        printf("against the earlier run: %zu better, %zu worse\n", eval->better, eval->worse);
    printf("model %s, %.2f M parameters, %s kernels\n", info.name, (double)info.parameters / 1e6,
        san_kernels_name());
}

struct eval_paths {
    const char *cases, *predictions, *old;
    struct offline_options models;
};

static bool open_eval(struct eval *eval, const struct eval_paths *paths, struct san_error *err)
{
    eval->score = score_new();
    eval->cases = cases_open(paths->cases, err);
    if (!eval->cases)
        return false;
    eval->offline = offline_open(&paths->models, err);
    if (!eval->offline)
        return false;
    if (paths->old && !(eval->old = predictions_read(paths->old, err)))
        return false;
    if (paths->predictions && !(eval->predictions = predictions_create(paths->predictions, err)))
        return false;
    return true;
}

static void close_eval(struct eval *eval)
{
    cases_close(eval->cases);
    offline_close(eval->offline);
    score_free(eval->score);
    cJSON_Delete(eval->old);
}

int cmd_eval(struct cli *cli, int argc, char **argv)
{
    struct eval eval = {0};
    struct eval_paths paths = {0};
    int count;
    const struct cli_option options[] = {{"home", &eval.home, NULL}, {"model", &paths.models.model, NULL},
        {"tools", &paths.models.tools, NULL}, {"predictions", &paths.predictions, NULL},
        {"diff", &paths.old, NULL}, {"trace", NULL, &eval.trace}, {"json", NULL, &eval.quiet},
        {NULL, NULL, NULL}};
    (void)cli;
    if (cli_options(argc, argv, options, &count) != CLI_OK)
        return CLI_USAGE;
    if (count != 1)
        return cli_usage_error(argv[0], "one file of cases is wanted");
    if (eval.trace && !paths.predictions)
        return cli_usage_error(argv[0], "--trace goes into the file of --predictions: name one");
    paths.cases = argv[1];
    eval.bar = isatty(STDERR_FILENO) == 1;

    struct san_error err = {0};
    int status = open_eval(&eval, &paths, &err) ? eval_all(&eval, &err) : CLI_FAILED;
    if (predictions_close(eval.predictions, status == CLI_OK ? &err : NULL) != SAN_OK)
        status = CLI_FAILED;
    if (status == CLI_OK)
        report(&eval);
    else
        fprintf(stderr, "hearthctl: %s\n", err.text);
    close_eval(&eval);
    return status;
}
