/* prompt.c - see prompt.h. */
#include "config.h"

#include "cli/prompt.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#ifdef HAVE_LIBEDIT
#include <editline/readline.h>
#endif

struct prompt {
    char path[4096]; /* of the history; "" where there is no place for it */
};

/* ---- lines and their history, with libedit or without ---- */

#ifdef HAVE_LIBEDIT

enum { HISTORY_MAX = 1000 };

/* Makes every folder of the path but the last part. */
static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
}

static void load_history(struct prompt *prompt, const char *name)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (state && state[0] == '/')
        snprintf(prompt->path, sizeof(prompt->path), "%s/%s/history", state, name);
    else if (home && home[0] == '/')
        snprintf(prompt->path, sizeof(prompt->path), "%s/.local/state/%s/history", home, name);
    using_history();
    stifle_history(HISTORY_MAX);
    if (prompt->path[0])
        read_history(prompt->path);
}

static void save_history(struct prompt *prompt)
{
    if (!prompt->path[0])
        return;
    make_folders(prompt->path);
    write_history(prompt->path);
    chmod(prompt->path, 0600);
}

static char *read_line(const char *label)
{
    return readline(label);
}

static void remember(const char *line)
{
    if (line[0])
        add_history(line);
}

#else

static void load_history(struct prompt *prompt, const char *name)
{
    (void)prompt;
    (void)name;
}

static void save_history(struct prompt *prompt)
{
    (void)prompt;
}

static char *read_line(const char *label)
{
    char *line = NULL;
    size_t size = 0;
    fputs(label, stdout);
    fflush(stdout);
    if (getline(&line, &size, stdin) >= 0)
        return line;
    free(line);
    return NULL;
}

static void remember(const char *line)
{
    (void)line;
}

#endif

/* ---- the prompt ---- */

struct prompt *prompt_open(const char *name)
{
    struct prompt *prompt = calloc(1, sizeof(*prompt));
    if (!prompt) {
        fputs("hearthctl: out of memory\n", stderr);
        exit(1);
    }
    load_history(prompt, name);
    return prompt;
}

void prompt_close(struct prompt *prompt)
{
    save_history(prompt);
    free(prompt);
}

/* Without spaces at both ends. */
static void trim(char *line)
{
    size_t len = strlen(line), begin = 0;
    while (len > 0 && isspace((unsigned char)line[len - 1]))
        line[--len] = '\0';
    while (isspace((unsigned char)line[begin]))
        begin++;
    memmove(line, line + begin, len - begin + 1);
}

char *prompt_read(const char *label)
{
    char *line = read_line(label);
    if (!line) {
        putchar('\n');
        return NULL;
    }
    trim(line);
    remember(line);
    return line;
}
