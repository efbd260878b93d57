#include "emulation/ptx/shared-memory.h"

namespace ptx {

namespace {

constexpr int kWarp = 32;

bool unordered(const Access& earlier, const Access& now) {
  if (earlier.thread < 0 || earlier.thread == now.thread || earlier.block_epoch != now.block_epoch)
    return false;
  return earlier.thread / kWarp != now.thread / kWarp || earlier.warp_epoch == now.warp_epoch;
}

}  // namespace

void SharedMemory::reset(size_t bytes) {
  bytes_.assign(bytes, 0xff);
  cells_.assign(bytes / 4 + 1, Cell{});
}

int SharedMemory::touch(Cell& cell, const Access& now, bool write) {
  int other = -1;
  if (unordered(cell.write, now)) other = cell.write.thread;
  if (write && unordered(cell.read, now)) other = cell.read.thread;
  if (write && unordered(cell.other_read, now)) other = cell.other_read.thread;
  if (write) {
    cell.write = now;
    cell.initialised = true;
  } else {
    const bool same_warp =
        cell.read.thread / kWarp == now.thread / kWarp && cell.read.block_epoch == now.block_epoch;
    if (!same_warp) cell.other_read = cell.read;
    cell.read = now;
  }
  return other;
}

}  // namespace ptx
