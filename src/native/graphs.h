// Work of a device recorded once and repeated: the part of CUDA graphs that the ABI needs.
//
// The functions have their own names in the library's table so that a device that is no GPU can bring its own
// (tests/native/second_device.cpp).
#pragma once

#include "abi.h"

// Whether the calling thread's work on a CUDA device can be recorded: built with CUDA, against a libtorch that lets other
// threads go on meanwhile (2.1 or newer).
BIF_API bool bif_device_graphs(int device);

// Begins recording what the calling thread, and backward passes that it asks for, queue on its stream, which has to be one of
// its own; nothing of it is done. What is allocated meanwhile stays reserved until the graph is freed.
BIF_API void* bif_device_graph_begin(int device);

// Ends the recording that this thread began; throws where something in it could not be recorded.
BIF_API void bif_device_graph_end(void* graph);

// Queues the recorded work on the calling thread's stream.
BIF_API void bif_device_graph_replay(void* graph);

// Gives its memory back.
BIF_API void bif_device_graph_free(void* graph);
