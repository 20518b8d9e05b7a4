/* similar.h - how alike two names are, for "did you mean". */
#ifndef HEARTH_SIMILAR_H
#define HEARTH_SIMILAR_H

/* 0..1: Dice coefficient of the letter pairs of both texts, without case (Adamson and Boreham, 1974). */
double similar_text(const char *a, const char *b);

#endif
