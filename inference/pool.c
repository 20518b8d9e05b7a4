/* pool.c - see pool.h. A job is announced by a new number; part i of it is worker i's, so nothing is fought
 * over. */
#include "inference/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

/* Some ten microseconds: longer than the pause between two loops of a layer, short enough not to warm the
 * room. */
enum { SPINS = 4000 };

struct job {
    san_pool_fn *fn;
    void *data;
    size_t count, step; /* worker i has [i * step, (i + 1) * step) */
};

struct worker {
    struct san_pool *pool;
    pthread_t thread;
    unsigned index;
};

struct san_pool {
    struct job job; /* written before number, read after it */
    atomic_uint number;
    atomic_uint busy; /* workers that have not finished this job */
    atomic_bool stop;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    unsigned sleepers; /* under lock */
    unsigned workers;
    struct worker worker[];
};

static inline void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void run_part(const struct job *job, unsigned worker)
{
    size_t begin = (size_t)worker * job->step;
    if (begin >= job->count)
        return;
    size_t left = job->count - begin;
    job->fn(job->data, worker, begin, begin + (left < job->step ? left : job->step));
}

/* Returns when there is a job after number `seen`, or when the pool stops. */
static void wait_for_job(struct san_pool *pool, unsigned seen)
{
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&pool->number, memory_order_acquire) != seen)
            return;
        relax();
    }
    pthread_mutex_lock(&pool->lock);
    pool->sleepers++;
    while (atomic_load_explicit(&pool->number, memory_order_acquire) == seen)
        pthread_cond_wait(&pool->wake, &pool->lock);
    pool->sleepers--;
    pthread_mutex_unlock(&pool->lock);
}

static void *work(void *data)
{
    struct worker *self = data;
    struct san_pool *pool = self->pool;
    for (unsigned seen = 0;; seen++) {
        wait_for_job(pool, seen);
        if (atomic_load_explicit(&pool->stop, memory_order_acquire))
            return NULL;
        run_part(&pool->job, self->index);
        atomic_fetch_sub_explicit(&pool->busy, 1, memory_order_release);
    }
}

static void announce(struct san_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add_explicit(&pool->number, 1, memory_order_release);
    if (pool->sleepers)
        pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}

static void stop_workers(struct san_pool *pool)
{
    atomic_store_explicit(&pool->stop, true, memory_order_release);
    announce(pool);
    for (unsigned i = 0; i < pool->workers; i++)
        pthread_join(pool->worker[i].thread, NULL);
}

struct san_pool *san_pool_new(unsigned threads)
{
    if (threads < 2 || threads > SAN_THREADS_MAX)
        return NULL;
    struct san_pool *pool = calloc(1, sizeof(*pool) + (threads - 1) * sizeof(pool->worker[0]));
    if (!pool)
        return NULL;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    for (; pool->workers < threads - 1; pool->workers++) {
        struct worker *worker = &pool->worker[pool->workers];
        *worker = (struct worker){.pool = pool, .index = pool->workers + 1};
        if (pthread_create(&worker->thread, NULL, work, worker) != 0) {
            san_pool_free(pool);
            return NULL;
        }
    }
    return pool;
}

void san_pool_free(struct san_pool *pool)
{
    if (!pool)
        return;
    stop_workers(pool);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

void san_pool_run(struct san_pool *pool, san_pool_fn *fn, void *data, size_t count, size_t grain)
{
    size_t step = pool ? (count + pool->workers) / (pool->workers + 1) : count;
    if (step < grain)
        step = grain;
    if (step >= count) {
        if (count)
            fn(data, 0, 0, count);
        return;
    }
    pool->job = (struct job){fn, data, count, step};
    atomic_store_explicit(&pool->busy, pool->workers, memory_order_relaxed);
    announce(pool);
    run_part(&pool->job, 0);
    for (int i = 0; atomic_load_explicit(&pool->busy, memory_order_acquire); i++) {
        if (i < SPINS)
            relax();
        else
            sched_yield(); /* a worker has lost its core */
    }
}
