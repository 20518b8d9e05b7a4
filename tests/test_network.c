/* test_network.c - the forward pass against a second one, written here in plain doubles from docs/model.md,
 * section 5. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inference/run_state.h"
#include "inference/san.h"
#include "tests/gguf_builder.h"
#include "tests/toy_model.h"

/* ---- the reference: dense, slow, after the page ---- */

enum { TOKENS_MAX = 96, D_MAX = 128, INNER_MAX = 128 };

struct reference {
    const struct san_model *model;
    size_t tokens;
    double encoded[TOKENS_MAX][D_MAX];
};

/* What a layer's attention reads and whom it lets each row see. */
struct view {
    size_t rows, keys;
    const double (*key_input)[D_MAX]; /* already normalised */
    bool (*sees)(const void *data, size_t row, size_t key);
    const void *data;
    const size_t *row_position, *key_position; /* NULL: no RoPE */
};

static void weight_row(double *out, const struct san_matrix *matrix, size_t row)
{
    float values[D_MAX];
    san_matrix_get_row(matrix, row, values, 1.0f);
    for (size_t i = 0; i < matrix->n; i++)
        out[i] = (double)values[i];
}

static void matrix_times(double *out, const struct san_matrix *matrix, const double *x)
{
    for (size_t r = 0; r < matrix->rows; r++) {
        double row[D_MAX];
        weight_row(row, matrix, r);
        out[r] = 0;
        for (size_t i = 0; i < matrix->n; i++)
            out[r] += row[i] * x[i];
    }
}

static void norm(double *out, const double *x, const float *g, size_t n)
{
    double mean = 0;
    for (size_t i = 0; i < n; i++)
        mean += x[i] * x[i] / (double)n;
    double root = sqrt(mean + 1e-6);
    for (size_t i = 0; i < n; i++)
        out[i] = (1 + (double)g[i]) * x[i] / root;
}

static void rotate(double *x, size_t hd, size_t position, double base)
{
    for (size_t i = 0; i < hd / 2; i++) {
        double angle = (double)position * pow(base, -2.0 * (double)i / (double)hd);
        double a = x[i], b = x[i + hd / 2];
        x[i] = a * cos(angle) - b * sin(angle);
        x[i + hd / 2] = a * sin(angle) + b * cos(angle);
    }
}

static void heads(double *x, const float *g, size_t count, const struct san_config *c, const size_t *position)
{
    for (size_t h = 0; h < count; h++) {
        norm(x + h * c->head_dim, x + h * c->head_dim, g, c->head_dim);
        if (position)
            rotate(x + h * c->head_dim, c->head_dim, *position, (double)c->rope_base);
    }
}

/* x += gate * Attn(norm(x)) */
static void attention(const struct san_config *c, const struct san_attention_weights *w, double x[][D_MAX],
    const struct view *view)
{
    static double k[TOKENS_MAX][INNER_MAX], v[TOKENS_MAX][INNER_MAX];
    size_t hd = c->head_dim;
    for (size_t t = 0; t < view->keys; t++) {
        matrix_times(k[t], &w->k, view->key_input[t]);
        matrix_times(v[t], &w->v, view->key_input[t]);
        heads(k[t], w->k_norm, c->kv_heads, c, view->key_position ? &view->key_position[t] : NULL);
    }
    for (size_t r = 0; r < view->rows; r++) {
        double in[D_MAX], q[INNER_MAX], mixed[INNER_MAX] = {0}, out[D_MAX];
        norm(in, x[r], w->norm, c->d);
        matrix_times(q, &w->q, in);
        heads(q, w->q_norm, c->heads, c, view->row_position ? &view->row_position[r] : NULL);
        for (size_t h = 0; h < c->heads; h++) {
            size_t kv = h / (c->heads / c->kv_heads) * hd;
            double score[TOKENS_MAX], sum = 0;
            for (size_t t = 0; t < view->keys; t++) {
                score[t] = 0;
                for (size_t i = 0; i < hd; i++)
                    score[t] += q[h * hd + i] * k[t][kv + i];
                score[t] = view->sees(view->data, r, t) ? exp(score[t] / sqrt((double)hd)) : 0;
                sum += score[t];
            }
            for (size_t t = 0; t < view->keys; t++)
                for (size_t i = 0; i < hd; i++)
                    mixed[h * hd + i] += score[t] / sum * v[t][kv + i];
        }
        matrix_times(out, &w->output, mixed);
        for (size_t i = 0; i < c->d; i++)
            x[r][i] += (double)w->gate * out[i];
    }
}

static bool sees_all(const void *data, size_t row, size_t key)
{
    (void)data, (void)row, (void)key;
    return true;
}

static bool sees_past(const void *data, size_t row, size_t key)
{
    (void)data;
    return key <= row;
}

static bool sees_own_segment(const void *data, size_t row, size_t key)
{
    const size_t *segment = data;
    return segment[row] == 0 || segment[row] == segment[key];
}

static void embed(const struct san_model *model, double *out, int32_t id)
{
    weight_row(out, &model->weights.embedding, (size_t)id);
    for (size_t i = 0; i < model->config.d; i++)
        out[i] *= sqrt((double)model->config.d);
}

static void reference_encode(
    struct reference *ref, const struct san_model *model, const struct san_segment *segments, size_t count)
{
    const struct san_config *c = &model->config;
    static double x[TOKENS_MAX][D_MAX], normed[TOKENS_MAX][D_MAX];
    size_t segment[TOKENS_MAX], position[TOKENS_MAX], n = 0;
    for (size_t s = 0; s < count; s++)
        for (size_t i = 0; i < segments[s].count; i++, n++) {
            embed(model, x[n], segments[s].ids[i]);
            segment[n] = s;
            position[n] = c->item_mask && s > 0 ? c->item_position + i : n;
        }
    struct view view = {n, n, (const double(*)[D_MAX])normed, c->item_mask ? sees_own_segment : sees_all,
        segment, position, position};
    for (uint32_t l = 0; l < c->enc_layers; l++) {
        for (size_t t = 0; t < n; t++)
            norm(normed[t], x[t], model->weights.enc[l].norm, c->d);
        attention(c, &model->weights.enc[l], x, &view);
    }
    for (size_t t = 0; t < n; t++)
        norm(ref->encoded[t], x[t], model->weights.enc_norm, c->d);
    ref->model = model;
    ref->tokens = n;
}

/* Logits of every token after the last of ids. */
static void reference_decode(const struct reference *ref, const int32_t *ids, size_t count, double *logits)
{
    const struct san_model *model = ref->model;
    const struct san_config *c = &model->config;
    static double x[TOKENS_MAX][D_MAX], normed[TOKENS_MAX][D_MAX];
    size_t position[TOKENS_MAX];
    for (size_t i = 0; i < count; i++) {
        embed(model, x[i], ids[i]);
        position[i] = i;
    }
    struct view self = {count, count, (const double(*)[D_MAX])normed, sees_past, NULL, position, position};
    struct view cross = {count, ref->tokens, ref->encoded, sees_all, NULL, NULL, NULL};
    for (uint32_t l = 0; l < c->dec_layers; l++) {
        for (size_t t = 0; t < count; t++)
            norm(normed[t], x[t], model->weights.dec[l].norm, c->d);
        attention(c, &model->weights.dec[l], x, &self);
        attention(c, &model->weights.cross[l], x, &cross);
    }
    double hidden[D_MAX];
    norm(hidden, x[count - 1], model->weights.dec_norm, c->d);
    matrix_times(logits, &model->weights.embedding, hidden);
}

/* ---- allocations, counted by the linker's --wrap ---- */

static size_t allocations;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    allocations++;
    return __real_malloc(size);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    allocations++;
    return __real_calloc(count, size);
}

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size)
{
    allocations++;
    return __real_realloc(old, size);
}

void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    allocations++;
    return __real_aligned_alloc(alignment, size);
}

/* ---- fixtures ---- */

static const int32_t query[] = {270, 5, 281, 262, 290}, area[] = {263, 299, 12},
                     item[] = {261, 270, 5, 281, 298, 264, 33};
static const int32_t output[] = {1, 262, 270, 5, 299, 260};
static const struct san_segment prompt[] = {{query, 5}, {area, 3}, {item, 7}};
enum { PROMPT = 3, OUTPUT = 6, LOGITS_MAX = 400 };

struct toy_model {
    void *bytes;
    struct san_model *model;
};

static struct toy_model open_toy_with(const struct toy_spec *spec, const struct san_kernels *kernels)
{
    struct san_error err = {0};
    struct toy_model toy;
    size_t size;
    toy.bytes = toy_model_bytes(spec, &size);
    struct san_gguf *file = san_gguf_from_memory(toy.bytes, size, "toy", &err);
    if (!file)
        fail_msg("%s", err.text);
    toy.model = san_model_from_gguf_with(file, kernels, &err);
    if (!toy.model)
        fail_msg("%s", err.text);
    return toy;
}

static struct toy_model open_toy(const struct toy_spec *spec)
{
    const struct san_kernels *kernels = san_kernels_get(NULL);
    assert_non_null(kernels);
    return open_toy_with(spec, kernels);
}

static void close_toy(struct toy_model *toy)
{
    san_model_close(toy->model);
    free(toy->bytes);
}

static struct san_network *new_network(const struct san_model *model, unsigned threads)
{
    struct san_error err = {0};
    struct san_network *net = san_network_new(model, threads, 0, &err);
    if (!net)
        fail_msg("%s", err.text);
    return net;
}

static void all_logits(const struct san_network *net, float *logits)
{
    int32_t ids[LOGITS_MAX];
    uint32_t vocab = net->model->config.vocab;
    assert_true(vocab <= LOGITS_MAX);
    for (uint32_t i = 0; i < vocab; i++)
        ids[i] = (int32_t)i;
    san_network_logits(net, ids, vocab, logits);
}

/* The difference's length over the reference's. */
static double error_of(const float *got, const double *want, size_t n)
{
    double difference = 0, length = 0;
    for (size_t i = 0; i < n; i++) {
        difference += ((double)got[i] - want[i]) * ((double)got[i] - want[i]);
        length += want[i] * want[i];
    }
    return sqrt(difference / length);
}

static void check_against_reference(const struct toy_spec *spec, double encoder_limit, double logit_limit)
{
    static struct reference ref;
    struct toy_model toy = open_toy(spec);
    struct san_network *net = new_network(toy.model, 1);
    struct san_error err = {0};
    assert_int_equal(san_network_encode(net, prompt, PROMPT, &err), SAN_OK);
    reference_encode(&ref, toy.model, prompt, PROMPT);
    size_t tokens;
    const float *encoded = san_network_encoded(net, &tokens);
    assert_int_equal(tokens, 15);
    for (size_t t = 0; t < tokens; t++) {
        double error = error_of(encoded + t * spec->d, ref.encoded[t], spec->d);
        if (!(error < encoder_limit))
            fail_msg("type %d, token %zu: encoder off by %g", (int)spec->type, t, error);
    }
    for (size_t i = 0; i < OUTPUT; i++) {
        float got[LOGITS_MAX];
        double want[LOGITS_MAX];
        assert_int_equal(san_network_decode(net, &output[i], 1, &err), SAN_OK);
        all_logits(net, got);
        reference_decode(&ref, output, i + 1, want);
        double error = error_of(got, want, toy.model->config.vocab);
        if (!(error < logit_limit))
            fail_msg("type %d, step %zu: logits off by %g", (int)spec->type, i, error);
    }
    san_network_free(net);
    close_toy(&toy);
}

/* ---- tests ---- */

/* Floats differ from doubles by rounding alone; quantised weights are the reference's too, so that what is
 * left is the rounding of activations to 8 bits. */
static void test_matches_reference(void **state)
{
    (void)state;
    for (int mask = 0; mask < 2; mask++) {
        struct toy_spec f32 = toy_spec_small(SAN_F32, mask), f16 = toy_spec_small(SAN_F16, mask);
        struct toy_spec q8 = toy_spec_small(SAN_Q8_0, mask), q4 = toy_spec_small(SAN_Q4_0, mask);
        check_against_reference(&f32, 1e-5, 1e-5);
        check_against_reference(&f16, 1e-5, 1e-5);
        check_against_reference(&q8, 0.03, 0.03);
        check_against_reference(&q4, 0.03, 0.03);
        q8.one_scale = true;
        check_against_reference(&q8, 0.03, 0.03);
    }
}

static void test_matches_reference_in_other_shapes(void **state)
{
    (void)state;
    struct toy_spec wide = toy_spec_small(SAN_F32, true);
    wide.heads = 3, wide.kv_heads = 1, wide.head_dim = 32, wide.enc_layers = 3, wide.dec_layers = 1;
    check_against_reference(&wide, 1e-5, 1e-5);
    struct toy_spec narrow = toy_spec_small(SAN_Q8_0, false);
    narrow.d = 32, narrow.heads = 4, narrow.kv_heads = 4, narrow.head_dim = 8;
    check_against_reference(&narrow, 0.04, 0.04);
}

/* An item's output depends on nothing but the item. */
static void test_item_mask_isolates_items(void **state)
{
    (void)state;
    struct toy_spec spec = toy_spec_small(SAN_Q8_0, true);
    struct toy_model toy = open_toy(&spec);
    struct san_network *net = new_network(toy.model, 1);
    size_t tokens;
    float alone[7 * 64];
    const struct san_segment swapped[] = {{area, 3}, {item, 7}, {query, 5}};
    assert_int_equal(san_network_encode(net, swapped, PROMPT, NULL), SAN_OK);
    memcpy(alone, san_network_encoded(net, &tokens) + 3 * 64, sizeof(alone));
    assert_int_equal(san_network_encode(net, prompt, PROMPT, NULL), SAN_OK);
    assert_memory_equal(alone, san_network_encoded(net, &tokens) + 8 * 64, sizeof(alone));
    san_network_free(net);
    close_toy(&toy);
}

static void run_all(struct san_network *net, float *logits)
{
    assert_int_equal(san_network_encode(net, prompt, PROMPT, NULL), SAN_OK);
    for (size_t i = 0; i < OUTPUT; i++)
        assert_int_equal(san_network_decode(net, &output[i], 1, NULL), SAN_OK);
    all_logits(net, logits);
}

static void test_batch_equals_steps(void **state)
{
    (void)state;
    for (int type = SAN_F32; type <= SAN_Q8_0; type += SAN_Q8_0) {
        struct toy_spec spec = toy_spec_small((enum san_type)type, true);
        struct toy_model toy = open_toy(&spec);
        struct san_network *net = new_network(toy.model, 1);
        float steps[LOGITS_MAX], batch[LOGITS_MAX];
        run_all(net, steps);
        assert_int_equal(san_network_encode(net, prompt, PROMPT, NULL), SAN_OK);
        assert_int_equal(san_network_decode(net, output, 2, NULL), SAN_OK);
        assert_int_equal(san_network_decode(net, output + 2, OUTPUT - 2, NULL), SAN_OK);
        all_logits(net, batch);
        assert_memory_equal(steps, batch, toy.model->config.vocab * sizeof(float));
        san_network_free(net);
        close_toy(&toy);
    }
}

static void test_threads_change_nothing(void **state)
{
    (void)state;
    struct toy_spec spec = toy_spec_small(SAN_Q8_0, true);
    spec.d = 128, spec.heads = 8;
    struct toy_model toy = open_toy(&spec);
    float one[LOGITS_MAX], more[LOGITS_MAX];
    struct san_network *net = new_network(toy.model, 1);
    run_all(net, one);
    san_network_free(net);
    for (unsigned threads = 2; threads <= 3; threads++) {
        net = new_network(toy.model, threads);
        run_all(net, more);
        assert_memory_equal(one, more, toy.model->config.vocab * sizeof(float));
        san_network_free(net);
    }
    close_toy(&toy);
}

static void test_every_kernel_set_gives_the_same_bits(void **state)
{
    (void)state;
    static const enum san_type types[] = {SAN_F32, SAN_F16, SAN_Q4_0, SAN_Q8_0, SAN_Q8_0};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct toy_spec spec = toy_spec_small(types[i], true);
        spec.one_scale = i == 4;
        float first[LOGITS_MAX], other[LOGITS_MAX];
        const struct san_kernels *set;
        bool have_first = false;
        for (size_t s = 0; (set = san_kernels_at(s)); s++) {
            if (!san_kernels_usable(set))
                continue;
            struct toy_model toy = open_toy_with(&spec, set);
            struct san_network *net = new_network(toy.model, 1);
            run_all(net, have_first ? other : first);
            if (have_first)
                assert_memory_equal(first, other, toy.model->config.vocab * sizeof(float));
            have_first = true;
            san_network_free(net);
            close_toy(&toy);
        }
    }
}

static void test_a_session_can_be_used_again(void **state)
{
    (void)state;
    struct toy_spec spec = toy_spec_small(SAN_Q4_0, true);
    struct toy_model toy = open_toy(&spec);
    struct san_network *net = new_network(toy.model, 1);
    float before[LOGITS_MAX], after[LOGITS_MAX];
    run_all(net, before);
    const struct san_segment other[] = {{item, 7}, {query, 5}};
    assert_int_equal(san_network_encode(net, other, 2, NULL), SAN_OK);
    assert_int_equal(san_network_decode(net, output, 4, NULL), SAN_OK);
    run_all(net, after);
    assert_memory_equal(before, after, toy.model->config.vocab * sizeof(float));
    san_network_free(net);
    close_toy(&toy);
}

static void test_logits_of_scattered_ids(void **state)
{
    (void)state;
    struct toy_spec spec = toy_spec_small(SAN_Q8_0, true);
    struct toy_model toy = open_toy(&spec);
    struct san_network *net = new_network(toy.model, 1);
    float all[LOGITS_MAX], some[5];
    run_all(net, all);
    const int32_t ids[] = {7, 3, 4, 299, 3};
    san_network_logits(net, ids, 5, some);
    for (size_t i = 0; i < 5; i++)
        assert_memory_equal(&some[i], &all[ids[i]], sizeof(float));
    san_network_free(net);
    close_toy(&toy);
}

static void test_passes_allocate_nothing(void **state)
{
    (void)state;
    struct toy_spec spec = toy_spec_small(SAN_Q8_0, true);
    struct toy_model toy = open_toy(&spec);
    size_t before = allocations;
    struct san_network *net = new_network(toy.model, 2);
    assert_true(allocations > before); /* they are counted */
    float logits[LOGITS_MAX];
    before = allocations;
    run_all(net, logits);
    run_all(net, logits);
    assert_int_equal(allocations, before);
    san_network_free(net);
    close_toy(&toy);
}

static void test_limits_are_errors(void **state)
{
    (void)state;
    struct toy_spec spec = toy_spec_small(SAN_F32, true);
    struct toy_model toy = open_toy(&spec);
    struct san_network *net = new_network(toy.model, 1);
    struct san_error err = {0};
    int32_t many[97];
    for (size_t i = 0; i < 97; i++)
        many[i] = 270;
    const int32_t beyond[] = {300}, negative[] = {-1};
    struct san_segment full = {many, 96}, too_many = {many, 97}, bad[] = {{beyond, 1}, {negative, 1}};
    assert_int_equal(san_network_decode(net, output, 1, &err), SAN_EINVAL); /* nothing encoded */
    assert_int_equal(san_network_encode(net, &too_many, 1, &err), SAN_ELIMIT);
    assert_non_null(strstr(err.text, "96 tokens"));
    assert_int_equal(san_network_encode(net, &bad[0], 1, &err), SAN_EINVAL);
    assert_int_equal(san_network_encode(net, &bad[1], 1, &err), SAN_EINVAL);
    assert_int_equal(san_network_encode(net, NULL, 0, &err), SAN_EINVAL);
    assert_int_equal(san_network_encode(net, &full, 1, &err), SAN_OK);
    assert_int_equal(san_network_decode(net, many, 25, &err), SAN_ELIMIT);
    assert_int_equal(san_network_decode(net, many, 24, &err), SAN_OK);
    assert_int_equal(san_network_decode(net, many, 1, &err), SAN_ELIMIT);
    assert_int_equal(san_network_encode(net, &full, 1, &err), SAN_OK);
    assert_int_equal(san_network_decode(net, negative, 1, &err), SAN_EINVAL);
    assert_null(san_network_new(toy.model, 1000, 0, &err));
    assert_int_equal(err.status, SAN_ELIMIT);
    san_network_free(net);
    close_toy(&toy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matches_reference),
        cmocka_unit_test(test_matches_reference_in_other_shapes),
        cmocka_unit_test(test_item_mask_isolates_items),
        cmocka_unit_test(test_batch_equals_steps),
        cmocka_unit_test(test_threads_change_nothing),
        cmocka_unit_test(test_every_kernel_set_gives_the_same_bits),
        cmocka_unit_test(test_a_session_can_be_used_again),
        cmocka_unit_test(test_logits_of_scattered_ids),
        cmocka_unit_test(test_passes_allocate_nothing),
        cmocka_unit_test(test_limits_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
