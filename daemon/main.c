/* main.c - hearthd: options, and the order in which everything starts and stops. */
#include <config.h>

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "announce.h"
#include "checkpoint.h"
#include "config.h"
#include "device_files.h"
#include "devices/registry.h"
#include "devices/shortlist.h"
#include "hearthd.h"
#include "home_assistant.h"
#include "ingest_hermes.h"
#include "ingest_mqtt.h"
#include "ingest_socket.h"
#include "ingest_wyoming.h"
#include "inventory.h"
#include "lists.h"
#include "log.h"
#include "mqtt.h"
#include "names.h"
#include "notify.h"
#include "phrases.h"
#include "pipeline.h"
#include "timers.h"
#include "worker.h"

#define DEFAULT_CONFIG HEARTH_SYSCONFDIR "/hearthd.conf"

enum { STOP_PATIENCE_MS = 5000 }; /* a name that takes this long to resolve may hold up the end no longer */

struct options {
    const char *config_path;
    bool config_given;
    bool check_config;
};

/* The process: the daemon's parts, and what only start and stop need. */
struct process {
    struct hearthd daemon;
    uv_loop_t loop;
    uv_signal_t term, interrupt, hangup;
    uv_timer_t patience;
    struct ingest_socket *ingest_socket;
    struct ingest_wyoming *ingest_wyoming;
    struct names *names;
    struct checkpoint *checkpoint;
    bool signals_open, stopping, config_given;
};

/* ---- options ---- */

static void print_help(void)
{
    printf("Usage: hearthd [options]\n"
           "Turns utterances into MQTT commands for the devices of a home.\n\n"
           "  -c, --config FILE    read FILE and FILE.d/*.conf (default " DEFAULT_CONFIG ")\n"
           "      --check-config   read the configuration, say whether it is good, and exit\n"
           "  -f, --foreground     stay in the foreground (hearthd always does)\n"
           "  -V, --version        print the version and exit\n"
           "  -h, --help           print this and exit\n\n"
           "SIGHUP reads the configuration, devices.d and the tools again. See hearthd(8) and "
           "hearthd.conf(5).\n");
}

/* Returns -1 to go on, else the exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
    enum { CHECK_CONFIG = 256 };
    static const struct option table[] = {
        {"config", required_argument, NULL, 'c'},
        {"check-config", no_argument, NULL, CHECK_CONFIG},
        {"foreground", no_argument, NULL, 'f'},
        {"version", no_argument, NULL, 'V'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    for (int option; (option = getopt_long(argc, argv, "c:fVh", table, NULL)) != -1;) {
        switch (option) {
        case 'c':
            options->config_path = optarg;
            options->config_given = true;
            break;
        case CHECK_CONFIG:
            options->check_config = true;
            break;
        case 'f':
            break;
        case 'V':
            printf("hearthd %s\n", PACKAGE_VERSION);
            return EXIT_SUCCESS;
        case 'h':
            print_help();
            return EXIT_SUCCESS;
        default:
            fprintf(stderr, "Try 'hearthd --help'.\n");
            return EX_USAGE;
        }
    }
    if (optind == argc)
        return -1;
    fprintf(stderr, "hearthd: what is \"%s\"? It takes options only. Try 'hearthd --help'.\n", argv[optind]);
    return EX_USAGE;
}

/* ---- reload ---- */

static void warn_restart(const struct config_key *key)
{
    if (key)
        log_warning("config: [%s] %s has changed: it takes a restart", key->section, key->name);
}

/* Everything is read before anything is replaced. */
static int reload(struct hearthd *daemon, char *why, size_t size)
{
    struct process *process = daemon->loop->data;
    struct san_error error = {0};
    struct phrases *phrases = NULL;
    struct config *fresh = config_load(daemon->config_path, process->config_given, &error);
    if (fresh)
        phrases = phrases_load(fresh->phrases, &error);
    if (!phrases || worker_reload_tools(daemon->worker, fresh->tools, &error) != SAN_OK) {
        snprintf(why, size, "%s", error.text);
        log_error("reload: %s; everything stays as it was", error.text);
        announce_problem(daemon->announcer, PROBLEM_RELOAD, why);
        phrases_free(phrases);
        config_free(fresh);
        return -1;
    }
    warn_restart(config_reload(daemon->config, fresh));
    config_free(fresh);
    phrases_free(daemon->phrases);
    daemon->phrases = phrases;
    daemon->understand.phrases = phrases;
    log_set_level((enum log_level)daemon->config->log_level);
    if (device_files_read(daemon, &error) != SAN_OK) {
        snprintf(why, size, "%s", error.text);
        announce_problem(daemon->announcer, PROBLEM_RELOAD, why);
        return -1;
    }
    announce_problem(daemon->announcer, PROBLEM_RELOAD, "");
    home_assistant_reload(daemon->home_assistant);
    announce_send(daemon->announcer);
    log_info("reloaded");
    return 0;
}

static void on_hangup(uv_signal_t *handle, int number)
{
    (void)number;
    struct process *process = handle->data;
    char why[512];
    notify_reloading();
    reload(&process->daemon, why, sizeof(why));
    notify_ready();
}

/* ---- MQTT's callbacks ---- */

static void on_mqtt_changed(void *data, bool online, const char *why)
{
    struct process *process = data;
    struct hearthd *daemon = &process->daemon;
    notify_status(online ? "Connected to the MQTT broker" : why);
    if (online) {
        announce_send(daemon->announcer);
        inventory_online(daemon->inventory);
        lists_publish(daemon);
    }
    if (!daemon->announce)
        return;
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "event", "mqtt");
    cJSON_AddStringToObject(params, "state", online ? "online" : "offline");
    cJSON_AddStringToObject(params, "why", why);
    daemon->announce(daemon->announce_data, params);
}

static void on_mqtt_message(void *data, const char *topic, const char *payload, size_t len, bool retained)
{
    struct process *process = data;
    struct hearthd *daemon = &process->daemon;
    if (ingest_mqtt_message(daemon, topic, payload, len, retained) ||
        ingest_hermes_message(daemon, topic, payload, len, retained) ||
        announce_message(daemon->announcer, topic, payload, len, retained))
        return;
    inventory_message(daemon->inventory, topic, payload, len, retained);
}

/* ---- stop ---- */

static void on_patience_over(uv_timer_t *timer)
{
    (void)timer;
    log_warning("something does not end: leaving it");
    _exit(EXIT_SUCCESS);
}

/* From the doors inwards: nobody new comes in, what is under way is answered, the broker hears goodbye. */
static void stop(struct process *process)
{
    if (process->stopping)
        return;
    process->stopping = true;
    notify_stopping();
    names_stop(process->names);
    checkpoint_stop(process->checkpoint);
    timers_stop(process->daemon.timers);
    pipeline_stop(process->daemon.pipeline);
    ingest_socket_stop(process->ingest_socket);
    ingest_wyoming_stop(process->ingest_wyoming);
    announce_stop(process->daemon.announcer);
    home_assistant_stop(process->daemon.home_assistant);
    inventory_stop(process->daemon.inventory);
    if (process->daemon.mqtt)
        mqtt_stop(process->daemon.mqtt);
    if (process->signals_open) {
        uv_close((uv_handle_t *)&process->term, NULL);
        uv_close((uv_handle_t *)&process->interrupt, NULL);
        uv_close((uv_handle_t *)&process->hangup, NULL);
    }
    uv_timer_init(&process->loop, &process->patience);
    uv_timer_start(&process->patience, on_patience_over, STOP_PATIENCE_MS, 0);
    uv_unref((uv_handle_t *)&process->patience);
}

static void on_stop_signal(uv_signal_t *handle, int number)
{
    log_info("stopping: %s", strsignal(number));
    stop(handle->data);
}

/* Runs the loop dry, then frees everything in the reverse order of start. */
static void free_all(struct process *process)
{
    struct hearthd *daemon = &process->daemon;
    stop(process);
    uv_run(&process->loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&process->patience, NULL);
    uv_run(&process->loop, UV_RUN_DEFAULT);
    ingest_socket_free(process->ingest_socket);
    ingest_wyoming_free(process->ingest_wyoming);
    names_free(process->names);
    checkpoint_free(process->checkpoint);
    announce_free(daemon->announcer);
    home_assistant_free(daemon->home_assistant);
    pipeline_free(daemon->pipeline);
    timers_free(daemon->timers);
    inventory_free(daemon->inventory);
    mqtt_free(daemon->mqtt);
    worker_free(daemon->worker);
    phrases_free(daemon->phrases);
    shortlist_free(daemon->shortlist);
    reg_close(daemon->registry);
    config_free(daemon->config);
    uv_loop_close(&process->loop);
}

/* ---- start ---- */

static enum san_status open_parts(struct process *process, struct san_error *err)
{
    struct hearthd *daemon = &process->daemon;
    const struct config *config = daemon->config;
    daemon->registry = reg_open(config->registry, err);
    if (!daemon->registry)
        return err->status;
    daemon->shortlist = shortlist_new(daemon->registry);
    if (!daemon->shortlist)
        return san_fail(err, SAN_ENOMEM, "out of memory");
    daemon->phrases = phrases_load(config->phrases, err);
    if (!daemon->phrases)
        return err->status;
    daemon->understand = (struct understand){daemon->registry, daemon->shortlist, daemon->phrases};
    daemon->worker = worker_new(&process->loop, config->model, config->tools, (unsigned)config->threads, err);
    if (!daemon->worker)
        return err->status;
    const struct mqtt_handlers handlers = {
        .data = process, .changed = on_mqtt_changed, .message = on_mqtt_message};
    daemon->mqtt = mqtt_new(&process->loop, config, &handlers, err);
    if (!daemon->mqtt)
        return err->status;
    process->names = names_new(daemon);
    process->checkpoint = checkpoint_new(daemon);
    if (!process->names || !process->checkpoint)
        return san_fail(err, SAN_ENOMEM, "out of memory");
    daemon->inventory = inventory_new(daemon);
    if (!daemon->inventory)
        return san_fail(err, SAN_ENOMEM, "out of memory");
    enum san_status status = inventory_start(daemon->inventory, err);
    if (status != SAN_OK)
        return status;
    device_files_read(daemon, NULL); /* a bad file is logged; the others count */
    daemon->timers = timers_new(daemon);
    daemon->announcer = announce_new(daemon);
    daemon->home_assistant = home_assistant_new(daemon);
    daemon->pipeline = pipeline_new(daemon);
    return daemon->timers && daemon->announcer && daemon->home_assistant && daemon->pipeline
               ? home_assistant_start(daemon->home_assistant, err)
               : san_fail(err, SAN_ENOMEM, "out of memory");
}

static enum san_status open_doors(struct process *process, struct san_error *err)
{
    char path[108];
    enum san_status status = ingest_socket_path(process->daemon.config->socket, path, sizeof(path), err);
    if (status != SAN_OK)
        return status;
    process->ingest_socket = ingest_socket_open(&process->daemon, path, err);
    if (!process->ingest_socket)
        return err->status;
    if (process->daemon.config->wyoming &&
        !(process->ingest_wyoming = ingest_wyoming_open(&process->daemon, err)))
        return err->status;
    ingest_mqtt_start(&process->daemon);
    ingest_hermes_start(&process->daemon);
    log_info("hearthd %s: node %s, %zu entities, socket %s", PACKAGE_VERSION, process->daemon.config->node,
        reg_entity_count(process->daemon.registry), path);
    return SAN_OK;
}

/* Which key names the file that an error is about. */
static void name_key(const struct config *config, struct san_error *err)
{
    const struct {
        const char *key, *path;
    } files[] = {{"model", config->model}, {"tools", config->tools}, {"phrases", config->phrases},
        {"registry", config->registry}};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        size_t len = strlen(files[i].path), end = strlen(err->text);
        if (len && strncmp(err->text, files[i].path, len) == 0 && err->text[len] == ':') {
            snprintf(err->text + end, sizeof(err->text) - end, " ([hearth] %s names it)", files[i].key);
            return;
        }
    }
}

static void open_signals(struct process *process)
{
    signal(SIGPIPE, SIG_IGN); /* a client that leaves is an error of write, not of ours */
    uv_signal_init(&process->loop, &process->term);
    uv_signal_init(&process->loop, &process->interrupt);
    uv_signal_init(&process->loop, &process->hangup);
    process->term.data = process->interrupt.data = process->hangup.data = process;
    uv_signal_start(&process->term, on_stop_signal, SIGTERM);
    uv_signal_start(&process->interrupt, on_stop_signal, SIGINT);
    uv_signal_start(&process->hangup, on_hangup, SIGHUP);
    process->signals_open = true;
}

static int run(struct config *config, const struct options *options)
{
    struct process process = {
        .daemon = {.config = config, .config_path = options->config_path, .reload = reload},
        .config_given = options->config_given,
    };
    uv_loop_init(&process.loop);
    process.loop.data = &process;
    process.daemon.loop = &process.loop;
    process.daemon.started_ms = uv_now(&process.loop);
    srand((unsigned)(time(NULL) ^ getpid())); /* for the jitter of reconnects */
    struct san_error error = {0};
    int code = EXIT_SUCCESS;
    open_signals(&process);
    notify_start(&process.loop);
    if (open_parts(&process, &error) == SAN_OK && open_doors(&process, &error) == SAN_OK) {
        mqtt_start(process.daemon.mqtt);
        timers_start(process.daemon.timers);
        notify_ready();
        uv_run(&process.loop, UV_RUN_DEFAULT);
    } else {
        name_key(config, &error);
        log_error("%s", error.text);
        code = EXIT_FAILURE;
    }
    free_all(&process);
    return code;
}

int main(int argc, char **argv)
{
    struct options options = {.config_path = DEFAULT_CONFIG};
    int code = parse_options(argc, argv, &options);
    if (code >= 0)
        return code;
    log_open();
    struct san_error error = {0};
    struct config *config = config_load(options.config_path, options.config_given, &error);
    if (!config) {
        log_error("%s", error.text);
        return EX_CONFIG;
    }
    log_set_level((enum log_level)config->log_level);
    /* The default one may be missing, which is easily taken for one that is not read. */
    static const char missing[] = "there is no %s: defaults are used, and what %s.d/*.conf say";
    const char *path = options.config_path;
    bool there = access(path, F_OK) == 0;
    if (!options.check_config) {
        if (!there)
            log_info(missing, path, path);
        return run(config, &options);
    }
    if (there)
        printf("%s: good", path);
    else
        printf(missing, path, path);
    putchar('\n');
    config_free(config);
    return EXIT_SUCCESS;
}
