/* main.c - hearth-sim: a home of MQTT devices that announce themselves as real ones do. */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/net.h"

static volatile int stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static const char usage_text[] =
    "usage: hearth-sim [OPTION]...\n"
    "Simulates a home of MQTT devices.\n\n"
    "  -b, --broker HOST[:PORT]  the broker (localhost:1883)\n"
    "  -u, --user NAME:PASSWORD  for a broker that wants to know\n"
    "  -p, --prefix PREFIX       the discovery prefix (homeassistant)\n"
    "  -d, --data DIR            the folder of home.json and publishers.json\n"
    "  -f, --fault NAME=FAULT    silent, slow or offline; may be given several times\n"
    "      --drift SECONDS       between two changes of the sensors (15)\n"
    "      --travel SECONDS      that a cover takes from end to end (1)\n"
    "      --once                announce and report, then leave\n"
    "  -l, --list                print the things and leave\n"
    "      --home FILE           write the home file of what is simulated (- for standard output) and leave\n"
    "      --devices-d FILE      write what devices.d must say of things that announce nothing, and leave\n"
    "  -q, --quiet               do not print commands\n"
    "  -h, --help\n  -V, --version\n";

enum { OPT_ONCE = 256, OPT_HOME, OPT_DEVICES_D, OPT_DRIFT, OPT_TRAVEL };

static const struct option long_options[] = {
    {"broker", required_argument, NULL, 'b'},
    {"user", required_argument, NULL, 'u'},
    {"prefix", required_argument, NULL, 'p'},
    {"data", required_argument, NULL, 'd'},
    {"fault", required_argument, NULL, 'f'},
    {"drift", required_argument, NULL, OPT_DRIFT},
    {"travel", required_argument, NULL, OPT_TRAVEL},
    {"once", no_argument, NULL, OPT_ONCE},
    {"list", no_argument, NULL, 'l'},
    {"home", required_argument, NULL, OPT_HOME},
    {"devices-d", required_argument, NULL, OPT_DEVICES_D},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

enum { FAULTS_MAX = 64 };

struct arguments {
    struct sim_options options;
    const char *data;
    const char *faults[FAULTS_MAX];
    size_t fault_count;
    const char *home_path, *devices_d_path;
    bool list;
};

static int usage_error(const char *what, const char *value)
{
    fprintf(stderr, "hearth-sim: %s \"%s\"; see hearth-sim --help\n", what, value);
    return 2;
}

static bool parse_broker(struct sim_options *options, char *text)
{
    char *colon = strrchr(text, ':');
    options->host = text;
    if (!colon)
        return text[0] != '\0';
    char *end;
    long port = strtol(colon + 1, &end, 10);
    if (end == colon + 1 || *end || port < 1 || port > 65535)
        return false;
    *colon = '\0';
    options->port = (int)port;
    return text[0] != '\0';
}

static bool parse_seconds(double *out, const char *text)
{
    char *end;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && *out > 0 && *out < 1e6;
}

/* -1: go on; else the exit status. */
static int parse_option(struct arguments *arguments, int option, char *value)
{
    struct sim_options *options = &arguments->options;
    switch (option) {
    case 'b':
        return parse_broker(options, value) ? -1 : usage_error("not HOST[:PORT]:", value);
    case 'u':
        options->username = value;
        options->password = strchr(value, ':');
        if (options->password)
            *(char *)options->password++ = '\0';
        return -1;
    case 'p':
        options->discovery_prefix = value;
        return -1;
    case 'd':
        arguments->data = value;
        return -1;
    case 'f':
        if (arguments->fault_count == FAULTS_MAX || !strchr(value, '='))
            return usage_error("not NAME=FAULT, or too many:", value);
        arguments->faults[arguments->fault_count++] = value;
        return -1;
    case 'l':
        arguments->list = true;
        return -1;
    case 'q':
        options->quiet = true;
        return -1;
    case OPT_ONCE:
        options->once = true;
        return -1;
    case OPT_HOME:
        arguments->home_path = value;
        return -1;
    case OPT_DEVICES_D:
        arguments->devices_d_path = value;
        return -1;
    case OPT_DRIFT:
        return parse_seconds(&options->drift_s, value) ? -1 : usage_error("not a number of seconds:", value);
    case OPT_TRAVEL:
        return parse_seconds(&options->travel_s, value) ? -1 : usage_error("not a number of seconds:", value);
    case 'h':
        fputs(usage_text, stdout);
        return 0;
    case 'V':
        puts("hearth-sim " PACKAGE_VERSION);
        return 0;
    default:
        return 2; /* getopt_long has said what is wrong */
    }
}

static bool apply_faults(const struct home *home, const struct arguments *arguments)
{
    static const char *const words[] = {"none", "silent", "slow", "offline"};
    for (size_t i = 0; i < arguments->fault_count; i++) {
        char name[256];
        const char *equals = strchr(arguments->faults[i], '=');
        snprintf(name, sizeof(name), "%.*s", (int)(equals - arguments->faults[i]), arguments->faults[i]);
        struct thing *thing = home_find(home, name);
        size_t fault = 0;
        while (fault < sizeof(words) / sizeof(*words) && strcmp(words[fault], equals + 1) != 0)
            fault++;
        if (!thing || fault == sizeof(words) / sizeof(*words)) {
            usage_error("no such thing or fault:", arguments->faults[i]);
            return false;
        }
        thing->fault = (enum fault)fault;
    }
    return true;
}

static int write_json(cJSON *json, const char *path)
{
    char *text = cJSON_Print(json);
    cJSON_Delete(json);
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    bool ok = file && text && fputs(text, file) >= 0 && fputc('\n', file) >= 0;
    if (file && file != stdout)
        ok &= fclose(file) == 0;
    if (!ok)
        fprintf(stderr, "hearth-sim: cannot write %s: %s\n", path, strerror(errno));
    cJSON_free(text);
    return ok ? 0 : 1;
}

static void list_entity(const struct thing *thing, struct announced *entity, void *data)
{
    (void)data;
    printf("%-26s %-14s %-14s %s\n", entity->name, entity->component, thing->area, thing->publisher->name);
    cJSON_Delete(entity->config);
}

static int act(struct home *home, const struct arguments *arguments)
{
    if (!apply_faults(home, arguments))
        return 2;
    if (arguments->list) {
        for (size_t i = 0; i < home->count; i++)
            home_announce(home, &home->things[i], list_entity, NULL);
        return 0;
    }
    if (arguments->home_path)
        return write_json(home_file(home), arguments->home_path);
    if (arguments->devices_d_path)
        return write_json(home_descriptions(home), arguments->devices_d_path);
    return sim_run(home, &arguments->options, &stop);
}

int main(int argc, char **argv)
{
    struct arguments arguments = {
        .options = {.host = "localhost",
            .port = 1883,
            .discovery_prefix = "homeassistant",
            .drift_s = 15,
            .travel_s = 1},
        .data = HEARTH_DATADIR "/sim",
    };
    int option;
    while ((option = getopt_long(argc, argv, "b:u:p:d:f:lqhV", long_options, NULL)) != -1) {
        int status = parse_option(&arguments, option, optarg);
        if (status >= 0)
            return status;
    }
    if (optind < argc)
        return usage_error("unexpected argument", argv[optind]);

    struct home home;
    if (!home_load(&home, arguments.data))
        return 1;
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    int status = act(&home, &arguments);
    home_free(&home);
    return status;
}
