// Memory that .NET's own counters do not see: the C heap's free pages, large tensors, and CUDA's allocator.
#include "abi.h"
#include "allocator.h"

#include <c10/util/Exception.h>

#include <cstdint>

#ifdef __GLIBC__
#include <malloc.h>
#endif
#ifdef BIF_WITH_CUDA
#include <c10/cuda/CUDACachingAllocator.h>
#endif

#ifdef __GLIBC__
// Operators' scratch memory comes from several threads. Left alone, glibc raises the size from which it maps memory up to
// 32 MiB and keeps the freed blocks of each thread's heap: the process then holds a third more than it uses. Fixed limits
// keep large blocks out of the heaps, and free memory at their ends small. Large tensors have their own allocator.
__attribute__((constructor)) static void bound_heaps() {
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  mallopt(M_TRIM_THRESHOLD, 16 << 20);
  mallopt(M_ARENA_MAX, 2);
}
#endif

// Gives the memory of released tensors and free pages of the C heap back to the system; returns 1 where any were.
BIF_API int bif_memory_trim() {
  bif::release_large_blocks();
#ifdef __GLIBC__
  return malloc_trim(0);
#else
  return 0;
#endif
}

// Bytes of large CPU tensors in use, kept for the next ones, and in use at most since the last trim.
BIF_API void bif_memory_tensors(int64_t* used, int64_t* kept, int64_t* most_used) {
  const auto bytes = bif::large_block_bytes();
  *used = static_cast<int64_t>(bytes.used);
  *kept = static_cast<int64_t>(bytes.kept);
  *most_used = static_cast<int64_t>(bytes.most_used);
}

// Bytes of tensors on a CUDA device now and at most since the start or the last reset; -1 where no CUDA compiler built this.
BIF_API int bif_memory_cuda(int device, int reset, int64_t* current, int64_t* peak) {
  return bif::guarded([&] {
#ifdef BIF_WITH_CUDA
    const auto index = static_cast<c10::DeviceIndex>(device);
    const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(index);
    *current = stats.allocated_bytes[0].current;  // 0: of all pools together
    *peak = stats.allocated_bytes[0].peak;
    if (reset != 0) c10::cuda::CUDACachingAllocator::resetPeakStats(index);
#else
    *current = *peak = -1;
#endif
  });
}
