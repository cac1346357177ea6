#ifndef ALLOCATION_COUNT_H
#define ALLOCATION_COUNT_H

/// How often this process has asked for memory so far: malloc and its like, whoever called. Linking this target is what counts.
unsigned long pf_allocation_count(void);

#endif
