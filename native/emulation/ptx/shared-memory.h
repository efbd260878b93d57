// The shared memory of a block, and who touched it: the race detector of emulation/shadow.h, for PTX.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ptx {

/// Who accesses, after how many barriers of the block and of its warp.
struct Access {
  int thread = -1;
  uint32_t block_epoch = 0, warp_epoch = 0;
};

class SharedMemory {
 public:
  /// Empties it for a new block: full of 0xff, never written.
  void reset(size_t bytes);

  size_t size() const { return bytes_.size(); }
  uint8_t* at(uint64_t address) { return bytes_.data() + address; }

  /// Notes an access. Calls find(kind, text) for each thing that is wrong with it: kinds `race` and
  /// `uninitialised`.
  template <class Find>
  void access(const Access& now, uint64_t address, size_t bytes, bool write, Find find) {
    for (uint64_t cell = address / 4; cell <= (address + bytes - 1) / 4; cell++) {
      const std::string where = "byte " + std::to_string(cell * 4) + " of shared memory";
      if (!write && !cells_[cell].initialised)
        find("uninitialised", "read of " + where + ", which nobody wrote");
      if (const int other = touch(cells_[cell], now, write); other >= 0)
        find("race", "nothing orders the access to " + where + " after thread " + std::to_string(other));
    }
  }

 private:
  struct Cell {                      // 4 bytes
    Access write, read, other_read;  // other_read: of another warp than `read`
    bool initialised = false;
  };

  /// Notes an access to a cell; the thread that races with it, or -1.
  static int touch(Cell& cell, const Access& now, bool write);

  std::vector<uint8_t> bytes_;
  std::vector<Cell> cells_;
};

}  // namespace ptx
