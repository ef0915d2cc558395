//go:build cgo && unix

#define _GNU_SOURCE
#include "shim.h"

#include <dlfcn.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// A handle is a pointer in Open MPI and in the standard's binary interface, and an int in MPICH:
// as an argument it is the low half of the register that a word fills.
typedef uintptr_t word;

// F declares the type and the member of one MPI function.
#define FUNCTIONS(F)                                                                                                   \
    F(MPI_Init_thread, (void *, void *, int, int *))                                                                   \
    F(MPI_Comm_rank, (word, int *))                                                                                    \
    F(MPI_Comm_size, (word, int *))                                                                                    \
    F(MPI_Comm_set_errhandler, (word, word))                                                                           \
    F(MPI_Isend, (const void *, int, word, int, int, word, word *))                                                    \
    F(MPI_Irecv, (void *, int, word, int, int, word, word *))                                                          \
    F(MPI_Test, (word *, int *, void *))                                                                               \
    F(MPI_Get_count, (const void *, word, int *))                                                                      \
    F(MPI_Abort, (word, int))                                                                                          \
    F(MPI_Finalize, (void))                                                                                            \
    F(MPI_Get_library_version, (char *, int *))                                                                        \
    F(MPI_Error_string, (int, char *, int *))

#define MEMBER(name, arguments) int(*name) arguments;
static struct {
    FUNCTIONS(MEMBER)
    word world, byte;
} mpi;

static const char *failure(const char *what, const char *why) {
    static char text[1024];
    snprintf(text, sizeof text, "%s%s", what, why);
    return text;
}

// Libraries with the binary interface of MPI 5 say so, before MPI_Init too; others that know
// the question answer -1.
static int standard(void *library) {
    int (*version)(int *, int *) = (int (*)(int *, int *))dlsym(library, "MPI_Abi_get_version");
    int major = -1, minor = -1;
    return version && !version(&major, &minor) && major >= 1;
}

static const char *load(const char *names, spikegrad_mpi_world *world, word *errors, int *serialized) {
    char name[512];
    void *library = NULL;
    const char *reason = "no name";
    while (!library && *names) {
        size_t length = strcspn(names, " ");
        snprintf(name, sizeof name, "%.*s", (int)length, names);
        // The library's own plugins look for its symbols among the global ones.
        if (!(library = dlopen(name, RTLD_NOW | RTLD_GLOBAL))) reason = dlerror();
        names += length + strspn(names + length, " ");
    }
    if (!library) return failure("", reason);
#define LOAD(function, arguments)                                                                                      \
    if (!(*(void **)&mpi.function = dlsym(library, #function))) return failure(name, " has no " #function);
    FUNCTIONS(LOAD)
    void *open = dlsym(library, "ompi_mpi_comm_world");
    if (open) {
        world->abi = "Open MPI";
        mpi.world = (word)open;
        mpi.byte = (word)dlsym(library, "ompi_mpi_byte");
        *errors = (word)dlsym(library, "ompi_mpi_errors_return");
        *serialized = 2;
        if (!mpi.byte || !*errors) return failure(name, " has no ompi_mpi_byte or no ompi_mpi_errors_return");
    } else if (standard(library)) {
        world->abi = "MPI 5";
        mpi.world = 0x101, mpi.byte = 0x247, *errors = 0x143, *serialized = 2048;
    } else {
        world->abi = "MPICH";
        mpi.world = 0x44000000, mpi.byte = 0x4c00010d, *errors = 0x54000001, *serialized = 2;
    }
    return NULL;
}

const char *spikegrad_mpi_open(const char *names, spikegrad_mpi_world *world) {
    // UCX and MPICH install handlers of signals that are Go's, some without an alternate stack.
    struct sigaction before[NSIG];
    int kept[NSIG];
    for (int s = 1; s < NSIG; s++) kept[s] = !sigaction(s, NULL, &before[s]);
    word errors = 0;
    int serialized = 0;
    const char *why = load(names, world, &errors, &serialized);
    int failed = why ? 0 : mpi.MPI_Init_thread(NULL, NULL, serialized, &world->thread);
    for (int s = 1; s < NSIG; s++)
        if (kept[s]) sigaction(s, &before[s], NULL);
    if (why) return why;
    if (failed) return failure("MPI_Init_thread failed", "");
    mpi.MPI_Comm_set_errhandler(mpi.world, errors);
    if (mpi.MPI_Comm_rank(mpi.world, &world->rank) || mpi.MPI_Comm_size(mpi.world, &world->size))
        return failure("MPI_COMM_WORLD has no rank or no size", "");
    char version[8192] = "";
    int length = 0;
    mpi.MPI_Get_library_version(version, &length);
    snprintf(world->version, sizeof world->version, "%.200s", version);
    world->version[strcspn(world->version, ",\n")] = 0;
    for (char *c = world->version; *c; c++)
        if (*c == '\t' || *c == ':') *c = ' ';
    return NULL;
}

int spikegrad_mpi_begin(spikegrad_mpi_message *messages, int count) {
    for (spikegrad_mpi_message *m = messages; m < messages + count; m++) {
        m->request = 0, m->received = 0; // MPICH fills half of a request only
        int code = m->receive ? mpi.MPI_Irecv(m->data, (int)m->bytes, mpi.byte, m->peer, m->tag, mpi.world, &m->request)
                              : mpi.MPI_Isend(m->data, (int)m->bytes, mpi.byte, m->peer, m->tag, mpi.world, &m->request);
        if (code) return code;
        m->pending = 1;
    }
    return 0;
}

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

int spikegrad_mpi_wait(spikegrad_mpi_message *messages, int count, int microseconds, int *pending) {
    const long long patience = 1000; // then it sleeps between looks
    long long begin = now();
    for (;;) {
        *pending = 0;
        for (spikegrad_mpi_message *m = messages; m < messages + count; m++) {
            if (!m->pending) continue;
            int done = 0, bytes = 0;
            long long status[16]; // larger than that of any library
            int code = mpi.MPI_Test(&m->request, &done, status);
            if (!code && done && m->receive) code = mpi.MPI_Get_count(status, mpi.byte, &bytes);
            if (code) return code;
            m->received = bytes;
            m->pending = !done;
            *pending += !done;
        }
        long long spent = now() - begin;
        if (!*pending || spent > microseconds) return 0;
        if (spent < patience) {
            sched_yield();
        } else {
            struct timespec nap = {0, 50000};
            nanosleep(&nap, NULL);
        }
    }
}

int spikegrad_mpi_abort(int code) { return mpi.MPI_Abort(mpi.world, code); }
int spikegrad_mpi_finalize(void) { return mpi.MPI_Finalize(); }
void spikegrad_mpi_exit(int code) { exit(code); }

int spikegrad_mpi_text(int code, char *text) {
    int length = 0;
    mpi.MPI_Error_string(code, text, &length);
    return length;
}
