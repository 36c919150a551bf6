// What is kept of large CPU tensors' memory; see allocator.cpp.
#pragma once

#include <cstddef>

namespace bif {

// In use by tensors now, kept for the next ones, and the most in use at once since the start or the last release.
struct LargeBlockBytes {
  size_t used, kept, most_used;
};

LargeBlockBytes large_block_bytes();

// Gives the kept blocks back to the system.
void release_large_blocks();

}  // namespace bif
