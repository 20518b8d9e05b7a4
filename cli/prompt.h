/* prompt.h - a line from a person: with libedit's editing and history where it is built in, plain where not.
 */
#ifndef HEARTHCTL_PROMPT_H
#define HEARTHCTL_PROMPT_H

struct prompt;

/* History is kept in $XDG_STATE_HOME/NAME/history, else ~/.local/state/NAME/history. Ends the program if
 * memory runs out. */
struct prompt *prompt_open(const char *name);
/* Writes the history. */
void prompt_close(struct prompt *prompt);

/* The next line without its newline and outer spaces, for free(); NULL at the end. */
char *prompt_read(const char *label);

#endif
