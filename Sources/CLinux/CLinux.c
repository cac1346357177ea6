#define _GNU_SOURCE
#include "CLinux.h"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/pidfd.h>

int pf_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags) { return accept4(fd, address, length, flags); }

void pf_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

int pf_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int pf_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

static int set_actions(posix_spawn_file_actions_t *actions, int input, int output, int errors) {
    int code = posix_spawn_file_actions_adddup2(actions, input, 0);
    if (code == 0) code = posix_spawn_file_actions_adddup2(actions, output, 1);
    if (code == 0) code = posix_spawn_file_actions_adddup2(actions, errors, 2);
    if (code == 0) code = posix_spawn_file_actions_addclosefrom_np(actions, 3);
    return code;
}

static int set_attributes(posix_spawnattr_t *attributes) {
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    int code = posix_spawnattr_setsigdefault(attributes, &all);
    if (code == 0) code = posix_spawnattr_setsigmask(attributes, &none);
    if (code == 0) code = posix_spawnattr_setpgroup(attributes, 0);
    if (code == 0) code = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    return code;
}

int pf_spawn(pid_t *pid, const char *path, char *const arguments[], char *const environment[], int input, int output, int errors) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int code = posix_spawn_file_actions_init(&actions);
    if (code != 0) return code;
    code = posix_spawnattr_init(&attributes);
    if (code == 0) {
        code = set_actions(&actions, input, output, errors);
        if (code == 0) code = set_attributes(&attributes);
        if (code == 0) code = posix_spawn(pid, path, &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

int pf_spawn_orphan(
    pid_t *pid, const char *path, char *const arguments[], char *const environment[], int input, int output, int errors) {
    struct { int code; pid_t pid; } told = {ECHILD, 0};
    int ends[2];
    if (pf_pipe(ends) != 0) return errno;
    pid_t between = fork();
    if (between == 0) {
        told.code = pf_spawn(&told.pid, path, arguments, environment, input, output, errors);
        _exit(write(ends[1], &told, sizeof told) != sizeof told);
    }
    int code = errno;
    close(ends[1]);
    if (between > 0) {
        while (waitpid(between, NULL, 0) < 0 && errno == EINTR) {}
        code = read(ends[0], &told, sizeof told) == sizeof told ? told.code : ECHILD;
        *pid = told.pid;
    }
    close(ends[0]);
    return code;
}

void pf_await_end(pid_t pid) {
    struct pollfd process = {.fd = pidfd_open(pid, 0), .events = POLLIN};
    if (process.fd < 0) return;
    while (poll(&process, 1, -1) < 0 && errno == EINTR) {}
    close(process.fd);
}

char *const *pf_environment(void) { return environ; }

int pf_has_ended(pid_t pid) {
    siginfo_t info;
    info.si_pid = 0;
    return waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == pid;
}

// Set once, before there are threads.
static size_t headroom;

void pf_keep_headroom(size_t size) { headroom = size; }

int pf_has_headroom(void) {
    if (headroom == 0) return 1;
    void *probe = mmap(NULL, headroom, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (probe == MAP_FAILED) return 0;
    munmap(probe, headroom);
    return 1;
}

void *pf_allocate(size_t size) {
    void *memory = NULL;
    if (posix_memalign(&memory, 64, size) != 0) return NULL;
    if (pf_has_headroom()) return memory;
    free(memory);
    return NULL;
}

ssize_t pf_send_descriptors(int fd, const void *bytes, size_t size, const int *descriptors, int count) {
    union { char bytes[CMSG_SPACE(sizeof(int) * PF_DESCRIPTORS_BOUND)]; struct cmsghdr aligned; } control;
    struct iovec vector = {(void *)bytes, size};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (count < 0 || count > PF_DESCRIPTORS_BOUND) return errno = EINVAL, -1;
    if (count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * count);
        memcpy(CMSG_DATA(header), descriptors, sizeof(int) * count);
    }
    return sendmsg(fd, &message, MSG_NOSIGNAL);
}

ssize_t pf_receive_descriptors(int fd, void *bytes, size_t size, int *descriptors, int *count) {
    union { char bytes[CMSG_SPACE(sizeof(int) * PF_DESCRIPTORS_BOUND)]; struct cmsghdr aligned; } control;
    struct iovec vector = {bytes, size};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control};
    *count = 0;
    ssize_t received = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    if (received < 0) return received;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        int here = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        if (*count + here > PF_DESCRIPTORS_BOUND) here = PF_DESCRIPTORS_BOUND - *count;
        memcpy(descriptors + *count, CMSG_DATA(header), sizeof(int) * here);
        *count += here;
    }
    if ((message.msg_flags & MSG_CTRUNC) == 0) return received;
    for (int index = 0; index < *count; index++) close(descriptors[index]);
    *count = 0;
    return errno = EMSGSIZE, -1;
}

pid_t pf_peer_process(int fd) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 ? peer.pid : 0;
}
