/* log.c - see log.h. */
#include "log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 8192 }; /* the journal splits longer lines */

static enum log_level threshold = LOG_LEVEL_INFO;
static bool to_journal;

/* The journal names its own stream in JOURNAL_STREAM as device:inode (systemd.exec(5)); only if stderr is
 * that very stream are the prefixes understood. */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat st;
    if (!stream || fstat(STDERR_FILENO, &st) != 0)
        return false;
    char mine[64];
    snprintf(mine, sizeof(mine), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    return strcmp(stream, mine) == 0;
}

void log_open(void)
{
    to_journal = stderr_is_journal();
}

void log_set_level(enum log_level level)
{
    threshold = level;
}

/* One write for one line, so that lines never mix. */
static void write_line(enum log_level level, const char *format, va_list args)
{
    static const struct {
        const char *journal, *plain;
    } prefix[] = {
        [LOG_LEVEL_ERROR] = {"<3>", "hearthd: error: "},
        [LOG_LEVEL_WARNING] = {"<4>", "hearthd: warning: "},
        [LOG_LEVEL_INFO] = {"<6>", "hearthd: "},
        [LOG_LEVEL_DEBUG] = {"<7>", "hearthd: debug: "},
    };
    char line[LINE_MAX_BYTES];
    int head = snprintf(line, sizeof(line), "%s", to_journal ? prefix[level].journal : prefix[level].plain);
    int body = vsnprintf(line + head, sizeof(line) - (size_t)head - 1, format, args);
    if (head < 0 || body < 0)
        return;
    size_t length = strlen(line);
    for (size_t i = (size_t)head; i < length; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    line[length++] = '\n';
    if (write(STDERR_FILENO, line, length) < 0)
        return; /* nowhere left to say so */
}

#define LOG_FUNCTION(name, level)                                                                            \
    void name(const char *format, ...)                                                                       \
    {                                                                                                        \
        if (threshold < (level))                                                                             \
            return;                                                                                          \
        va_list args;                                                                                        \
        va_start(args, format);                                                                              \
        write_line((level), format, args);                                                                   \
        va_end(args);                                                                                        \
    }

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
