// What Swift's Glibc map lacks: epoll, eventfd, signalfd, accept4, and the few structures that are macros or unions in C.
#ifndef PUPPETFRONT_CLINUX_H
#define PUPPETFRONT_CLINUX_H
// No _GNU_SOURCE here: Swift joins what this and its own Glibc map declare, and both must see the system's headers alike. What needs it
// is in CLinux.c.
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline int pf_errno(void) { return errno; }
static inline void pf_epoll_event_set(struct epoll_event *event, uint32_t events, uint64_t data) { event->events = events; event->data.u64 = data; }
static inline uint64_t pf_epoll_event_data(const struct epoll_event *event) { return event->data.u64; }
int pf_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
void pf_name_thread(const char *name);
static inline int pf_bind(int fd, const struct sockaddr *address, socklen_t length) { return bind(fd, address, length); }
static inline int pf_connect(int fd, const struct sockaddr *address, socklen_t length) { return connect(fd, address, length); }
static inline int pf_getsockname(int fd, struct sockaddr *address, socklen_t *length) { return getsockname(fd, address, length); }

static inline ssize_t pf_sendto(int fd, const void *bytes, size_t count, int flags, const struct sockaddr *address, socklen_t length) { return sendto(fd, bytes, count, flags, address, length); }
// Variadic functions, and a macro that is a cast.
static inline int pf_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }
// Opens a regular file for reading and never blocks: a named pipe, device or folder is closed again. -1: errno has the reason; -2: it is not
// a regular file.
static inline int pf_open_regular(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    if (fd < 0) return -1;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) return fd;
    close(fd);
    return -2;
}
// Swift takes `flock` for the structure.
static inline int pf_lock(int fd, int operation) { return flock(fd, operation); }
static inline int pf_duplicate(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, 0); }
// Non-blocking, and closed on exec.
static inline int pf_make_own(int fd) { return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) | fcntl(fd, F_SETFD, FD_CLOEXEC); }
// A pipe and a file in memory, both closed on exec.
int pf_pipe(int ends[2]);
int pf_memory_file(const char *name);
// NAME=VALUE, ended by NULL.
char *const *pf_environment(void);
// Starts a program at the head of a process group of its own, with every signal at its default and none blocked, and with no descriptor
// but these three. 0, or an errno.
int pf_spawn(pid_t *pid, const char *path, char *const arguments[], char *const environment[], int input, int output, int errors);
// The same, but not as a child of this process: its parent is that of all orphans, which under systemd is systemd.
int pf_spawn_orphan(
    pid_t *pid, const char *path, char *const arguments[], char *const environment[], int input, int output, int errors);
// Waits for the end of any process; returns at once where it has ended.
void pf_await_end(pid_t pid);
// Whether a child has ended, or is none of ours; it is not reaped.
int pf_has_ended(pid_t pid);
// A pipe without a reader and a file beyond the size limit are errors of the write, and do not end the process.
static inline void pf_ignore_write_signals(void) { signal(SIGPIPE, SIG_IGN); signal(SIGXFSZ, SIG_IGN); }
// One message with at most PF_DESCRIPTORS_BOUND descriptors next to its bytes (SCM_RIGHTS, unix(7)). Received ones close on exec.
enum { PF_DESCRIPTORS_BOUND = 253 };
ssize_t pf_send_descriptors(int fd, const void *bytes, size_t size, const int *descriptors, int count);
// `descriptors` has room for PF_DESCRIPTORS_BOUND; `count` says how many came. EMSGSIZE where the message was cut short.
ssize_t pf_receive_descriptors(int fd, void *bytes, size_t size, int *descriptors, int *count);
// Memory aligned to a cache line, for `free`; NULL where it cannot be had, or where not as much as the headroom would be left after it.
void *pf_allocate(size_t size);
// Where the address space is limited: so many bytes of it stay free for small allocations, whose failure would end the process. 0: not so.
void pf_keep_headroom(size_t size);
int pf_has_headroom(void);
// The process at the other end of a Unix socket; 0 where it is not known.
pid_t pf_peer_process(int fd);
#endif
