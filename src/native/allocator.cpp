// Memory of large CPU tensors. A draw asks for the same large blocks over and over; mapped and unmapped each time, their
// pages cost a third of a convolutional network's draws, and in the C heap what is freed between others stays with the
// process, a quarter of it. Freed blocks are kept and given out again as long as all blocks together stay within a quarter
// more than was in use at once: with nothing to spare, each new size drives out a block that is wanted next.
#include "allocator.h"

#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <list>
#include <mutex>
#include <unordered_set>

#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace {

constexpr size_t kLarge = 256 << 10;   // smaller tensors stay with libtorch's own allocator
constexpr size_t kAlignment = 64;      // also the room before a block for its size
constexpr size_t kHugePage = 2 << 20;

struct Block {
  void* start;
  size_t bytes;
};

#ifdef __linux__
uintptr_t whole_pages(uintptr_t bytes) {
  static const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  return (bytes + page - 1) / page * page;
}
#endif

void* acquire(size_t bytes) {
#ifdef __linux__
  const bool huge = bytes >= 2 * kHugePage;
  const size_t room = huge ? bytes + kHugePage : bytes;
  void* const mapped = mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  if (!huge) return mapped;
  const auto from = reinterpret_cast<uintptr_t>(mapped);
  const uintptr_t start = (from + kHugePage - 1) / kHugePage * kHugePage;
  const uintptr_t end = whole_pages(start + bytes);
  if (start > from) munmap(mapped, start - from);
  if (from + room > end) munmap(reinterpret_cast<void*>(end), whole_pages(from + room) - end);
  madvise(reinterpret_cast<void*>(start), bytes, MADV_HUGEPAGE);  // advice: whether it is taken changes only speed
  return reinterpret_cast<void*>(start);
#else
  void* start = nullptr;
  return posix_memalign(&start, kAlignment, bytes) == 0 ? start : nullptr;
#endif
}

void discard(Block block) {
#ifdef __linux__
  // Where the system cannot cut a mapping in two (it counts them), the pages at least go.
  if (munmap(block.start, block.bytes) != 0) madvise(block.start, block.bytes, MADV_DONTNEED);
#else
  std::free(block.start);
#endif
}

class LargeBlocks {
 public:
  // Null if the system has no more memory.
  void* take(size_t bytes) {
    const std::lock_guard<std::mutex> lock(gate_);
    auto best = kept_.end();
    for (auto block = kept_.begin(); block != kept_.end(); ++block) {
      const bool fits = block->bytes >= bytes && block->bytes - bytes <= bytes / 3;
      if (fits && (best == kept_.end() || block->bytes <= best->bytes)) best = block;
    }
    Block taken{nullptr, bytes};
    if (best != kept_.end()) {
      taken = *best;
      kept_.erase(best);
      kept_bytes_ -= taken.bytes;
    } else {
      while (!kept_.empty() && used_bytes_ + kept_bytes_ + bytes > most_used_ + most_used_ / 4) drop_oldest();
      taken.start = acquire(bytes);
      if (taken.start == nullptr) {
        while (!kept_.empty()) drop_oldest();
        taken.start = acquire(bytes);
      }
      if (taken.start == nullptr) return nullptr;
    }
    used_bytes_ += taken.bytes;
    most_used_ = std::max(most_used_, used_bytes_);
    std::memcpy(taken.start, &taken.bytes, sizeof(size_t));
    void* const data = static_cast<char*>(taken.start) + kAlignment;
    given_out_.insert(data);
    return data;
  }

  // Whether a tensor's memory came from here.
  bool owns(void* data) {
    const std::lock_guard<std::mutex> lock(gate_);
    return given_out_.count(data) > 0;
  }

  void give(void* data) {
    Block block{static_cast<char*>(data) - kAlignment, 0};
    std::memcpy(&block.bytes, block.start, sizeof(size_t));
    const std::lock_guard<std::mutex> lock(gate_);
    given_out_.erase(data);
    used_bytes_ -= block.bytes;
    kept_bytes_ += block.bytes;
    kept_.push_back(block);
  }

  // Frees what is kept; what is in use now is the new most.
  void release() {
    const std::lock_guard<std::mutex> lock(gate_);
    while (!kept_.empty()) drop_oldest();
    most_used_ = used_bytes_;
  }

  bif::LargeBlockBytes bytes() {
    const std::lock_guard<std::mutex> lock(gate_);
    return {used_bytes_, kept_bytes_, most_used_};
  }

 private:
  void drop_oldest() {
    kept_bytes_ -= kept_.front().bytes;
    discard(kept_.front());
    kept_.pop_front();
  }

  std::mutex gate_;
  std::list<Block> kept_;  // the longest unused first
  std::unordered_set<void*> given_out_;
  size_t used_bytes_ = 0, kept_bytes_ = 0, most_used_ = 0;
};

// Never destroyed: tensors may outlive every static object.
LargeBlocks& large_blocks() {
  static LargeBlocks* const blocks = new LargeBlocks;
  return *blocks;
}

// Older libtorch asks for allocate() const, newer for allocate() and copy_data(): what overrides nothing is never called.
class Allocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) const { return make(bytes); }
  c10::DataPtr allocate(size_t bytes) { return make(bytes); }

  // Operators that take raw memory (oneDNN's scratch space) give it back by the address alone.
  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }

  void copy_data(void* to, const void* from, size_t bytes) const { std::memcpy(to, from, bytes); }

 private:
  static void give_back(void* data) {
    if (large_blocks().owns(data)) {
      large_blocks().give(data);
    } else {
      c10::GetDefaultCPUAllocator()->raw_deallocate(data);
    }
  }

  static c10::DataPtr make(size_t bytes) {
    if (bytes < kLarge) return c10::GetDefaultCPUAllocator()->allocate(bytes);
    void* const data = large_blocks().take(bytes + kAlignment);
    TORCH_CHECK(data != nullptr, "there is no memory for a tensor of ", bytes, " bytes");
    return {data, data, [](void* given) { large_blocks().give(given); }, c10::Device(c10::DeviceType::CPU)};
  }
};

const bool kInstalled = [] {
  c10::SetCPUAllocator(new Allocator, 1);
  return true;
}();

}  // namespace

void bif::release_large_blocks() { large_blocks().release(); }

bif::LargeBlockBytes bif::large_block_bytes() { return large_blocks().bytes(); }
