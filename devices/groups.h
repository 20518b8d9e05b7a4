/* groups.h - groups that a bridge announces beside their members: nothing is told twice, nothing is counted
 * twice. */
#ifndef HEARTH_GROUPS_H
#define HEARTH_GROUPS_H

#include "home.h"

/* Takes out of rows[0..*count) what the others stand for already. For a command: the members of a group whose
 * members are all among the rows; else the group, which would reach things that are not meant, or one of
 * another group once more. For a question: the groups of which a member is among the rows. A group is an
 * entity whose configuration has "group", a list of unique_ids. */
void groups_fold(struct home_entity *rows, size_t *count, bool is_question);

#endif
