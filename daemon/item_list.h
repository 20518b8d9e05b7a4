/* item_list.h - "milk, bread and marmalade" on a list.
 *
 * The network reads words without the commas between them (docs/model.md, section 1), and may take "pasta,
 * pesto" for one item or pass over the one in the middle. The commas are in the text: where the items of list
 * calls in a row are parts of one enumeration, each of its parts becomes an item. An enumeration without
 * commas is the network's alone. Of an item behind another one, the words that join it to that go: "|with
 * the| kitchen roll".
 */
#ifndef HEARTH_ITEM_LIST_H
#define HEARTH_ITEM_LIST_H

#include "understand.h"

enum { ITEM_LIST_MAX = 16 }; /* items of one enumeration; a longer one stays as it was understood */

/* Puts the parts of enumerations into the calls, in the order in which they were said, without what joins
 * them. The calls may become more; a new one has all but its item from the one before it. Errors: SAN_ENOMEM.
 */
enum san_status item_list_apply(const struct understand_request *prepared, struct understood *understood,
    struct san_arena *arena, struct san_error *err);

#endif
