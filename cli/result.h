/* result.h - how the result of an utterance (docs/rpc.md) is shown, and what exit status it means. */
#ifndef HEARTHCTL_RESULT_H
#define HEARTHCTL_RESULT_H

#include <cjson/cJSON.h>
#include <stddef.h>

/* CLI_OK for done, sent, silent and dry_run; CLI_FAILED for the rest. */
int result_status(const cJSON *result);
/* The reply; below it the calls, the commands, and what changed. */
void result_print(const cJSON *result);
void result_print_reply(const cJSON *result);
/* One call as people write it: HassTurnOn area=Kitchen domain=light. Returns out. */
char *result_call_text(char *out, size_t size, const cJSON *call);
/* Parts of result_print, for rows of the log: they have the same fields. */
void result_print_calls(const cJSON *calls, double confidence);
void result_print_commands(const cJSON *commands);

#endif
