#include "emulation/shadow.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>

#include "emulation/block.h"
#include "emulation/memory.h"
#include "emulation/report.h"

namespace emulation {

namespace {

constexpr size_t kCellBytes = 4;

/// Calls body(cell index, bits of its bytes) for every cell that [offset, offset + bytes) touches.
template <class Body>
void each_cell(size_t offset, size_t bytes, Body body) {
  for (size_t i = offset, end = offset + bytes; i < end;) {
    const size_t first = i % kCellBytes, count = std::min(kCellBytes - first, end - i);
    body(i / kCellBytes, static_cast<uint8_t>(((1u << count) - 1) << first));
    i += count;
  }
}

/// Whether nothing orders an earlier access before one of the running thread.
bool unordered(const Access& earlier, const Access& now) {
  if (earlier.bytes == 0 || (earlier.bytes & now.bytes) == 0 || earlier.launch != now.launch) return false;
  if (earlier.block != now.block) return true;
  if (earlier.thread == now.thread || earlier.block_epoch != now.block_epoch) return false;
  const bool same_warp = earlier.thread / 32 == now.thread / 32;
  return !(same_warp && earlier.warp_epoch != now.warp_epoch);
}

void report_race(const char* what, const char* p, const Access& earlier, const Access& now) {
  const std::string who =
      (earlier.block != now.block ? "block " + std::to_string(earlier.block) + " " : std::string()) +
      "thread " + std::to_string(earlier.thread);
  report("race", "%s, %s: nothing orders it after %s (code at %s and %s)", what, describe_address(p).c_str(),
         who.c_str(), code_place(now.pc).c_str(), code_place(earlier.pc).c_str());
}

}  // namespace

Shadow::Shadow(size_t bytes) {
  void* p = mmap(nullptr, bytes / kCellBytes * sizeof(Cell), PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) std::abort();
  cells_ = static_cast<Cell*>(p);  // zero pages: all members are zero, which is an untouched cell
}

void Shadow::make_valid(size_t offset, size_t bytes) {
  each_cell(offset, bytes, [&](size_t i, uint8_t bits) {
    Cell& cell = cells_[i];
    const uint8_t valid = cell.valid;
    cell = Cell{};
    cell.valid = valid | bits;
  });
}

void Shadow::make_invalid(size_t offset, size_t bytes) {
  each_cell(offset, bytes, [&](size_t i, uint8_t bits) {
    cells_[i].valid &= static_cast<uint8_t>(~bits);
    cells_[i].initialised &= static_cast<uint8_t>(~bits);
  });
}

void Shadow::make_initialised(size_t offset, size_t bytes) {
  each_cell(offset, bytes, [&](size_t i, uint8_t bits) { cells_[i].initialised |= bits; });
}

void Shadow::access(const char* p, size_t offset, size_t bytes, bool write, bool atomic, const void* pc) {
  const bool power_of_two = (bytes & (bytes - 1)) == 0;
  if (power_of_two && bytes <= 16 && reinterpret_cast<uintptr_t>(p) % bytes != 0)
    report("misaligned", "access of %zu bytes, %s (code at %s)", bytes, describe_address(p).c_str(),
           code_place(pc).c_str());
  Access now = running_access();
  now.pc = pc;
  now.atomic = atomic;
  bool reported = false;  // one report an access is enough
  each_cell(offset, bytes, [&](size_t i, uint8_t bits) {
    Cell& cell = cells_[i];
    now.bytes = bits;
    const char* what = write ? "write" : "read";
    const char* at = p + (i * kCellBytes > offset ? i * kCellBytes - offset : 0);
    if ((cell.valid & bits) != bits) {
      if (!reported)
        report("out-of-bounds", "%s of %zu bytes, %s (code at %s)", what, bytes, describe_address(at).c_str(),
               code_place(pc).c_str());
      reported = true;
      return;
    }
    if ((!write || atomic) && (cell.initialised & bits) != bits && !reported) {
      report("uninitialised", "read of what nobody wrote, %s (code at %s)", describe_address(at).c_str(),
             code_place(pc).c_str());
      reported = true;
    }
    if (!reported) {
      const Access* conflict = nullptr;
      if (unordered(cell.write, now) && !(atomic && cell.write.atomic)) conflict = &cell.write;
      if (write && unordered(cell.read, now)) conflict = &cell.read;
      if (write && unordered(cell.other_read, now)) conflict = &cell.other_read;
      if (conflict != nullptr) {
        report_race(what, at, *conflict, now);
        reported = true;
      }
    }
    if (write) {
      cell.write = now;
      cell.initialised |= bits;
    } else {
      const bool same_warp = cell.read.launch == now.launch && cell.read.block == now.block &&
                             cell.read.block_epoch == now.block_epoch &&
                             cell.read.thread / 32 == now.thread / 32;
      if (!same_warp) cell.other_read = cell.read;
      cell.read = now;
    }
  });
}

Shadow& shadow_of_device() {
  static Shadow shadow(kDeviceBytes);
  return shadow;
}
Shadow& shadow_of_shared() {
  static Shadow shadow(2 * kSharedLimit);
  return shadow;
}

}  // namespace emulation
