#define _GNU_SOURCE
#include "CLinux.h"

int pf_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags) { return accept4(fd, address, length, flags); }

void pf_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }
