/* trail.h: checks that the tests of the trail share. */

#ifndef TRAIL_H
#define TRAIL_H

/* `binnacle audit verify` finds no fault in the database of the tests. */
void expect_verified(void);

#endif
