#ifndef SPIKEGRAD_MPI_SHIM_H
#define SPIKEGRAD_MPI_SHIM_H

#include <stddef.h>
#include <stdint.h>

// The MPI library behind one face, whatever its binary interface: a handle is a word.

typedef struct {
    const char *abi;    // which binary interface the library has
    char version[256];  // what the library says of itself, in one line
    int rank, size, thread;
} spikegrad_mpi_world;

// A message on its way. Those with receive wait for one of a peer, the others go to one.
typedef struct {
    void *data;
    size_t bytes;
    int peer, tag, receive;
    int pending;       // begun and not done
    size_t received;   // bytes, of one that was received
    uintptr_t request; // of the library
} spikegrad_mpi_message;

// Opens the library of that name, or the first of the known names, and starts MPI. NULL, or
// why not. The names are separated by spaces, and end with a NUL.
const char *spikegrad_mpi_open(const char *names, spikegrad_mpi_world *world);
// Begins messages. Each of the following returns an error code of MPI, 0 for none.
int spikegrad_mpi_begin(spikegrad_mpi_message *messages, int count);
// Waits up to so many microseconds until no message is pending.
int spikegrad_mpi_wait(spikegrad_mpi_message *messages, int count, int microseconds, int *pending);
int spikegrad_mpi_abort(int code);
int spikegrad_mpi_finalize(void);
// The text of an error code, in 8192 bytes; returns its length.
int spikegrad_mpi_text(int code, char *text);
// Ends the process by way of C, whose exit handlers tell some launchers that all is well.
void spikegrad_mpi_exit(int code);

#endif
