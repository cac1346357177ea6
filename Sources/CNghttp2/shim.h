// The same view of the system's headers as CLinux has: Swift joins what both declare.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <nghttp2/nghttp2.h>
