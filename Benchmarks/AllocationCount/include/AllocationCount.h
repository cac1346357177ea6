#ifndef ALLOCATION_COUNT_H
#define ALLOCATION_COUNT_H

/// How often this process has asked for memory so far: malloc and similar functions, from any caller. Linking this target starts the count.
unsigned long pf_allocation_count(void);

#endif
