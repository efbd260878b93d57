#include "core/scratch.h"

#include <algorithm>
#include <new>
#include <vector>

#include "core/array-memory.h"
#include "core/red-zone.h"

namespace unnas {

namespace {

constexpr size_t kLine = 64, kFirstBlock = size_t{2} << 20;

struct Block {
  char* memory;
  size_t size;
};

// Blocks are never moved while a scope lives: growing adds one, it does not copy.
struct Arena {
  std::vector<Block> blocks;
  size_t block = 0, used = 0;  // where the next piece comes from

  ~Arena() {
    for (auto& one : blocks) {
      open_memory(one.memory, one.size);
      release_memory(one.memory, one.size);
    }
  }

  char* take(size_t wanted) {
    size_t bytes = (wanted + kLine - 1) / kLine * kLine + kRedZone;
    while (block < blocks.size() && used + bytes > blocks[block].size) block++, used = 0;
    if (block == blocks.size()) {
      size_t size = std::max({bytes, kFirstBlock, blocks.empty() ? 0 : 2 * blocks.back().size});
      auto* memory = static_cast<char*>(reserve_memory(size));
      if (memory == nullptr) throw std::bad_alloc();
      close_memory(memory, size);
      blocks.push_back({memory, size});
    }
    char* piece = blocks[block].memory + used;
    used += bytes;
    open_memory(piece, wanted);
    return piece;
  }

  void give_back(size_t to_block, size_t to_used) {
    for (block = to_block, used = to_used; to_block < blocks.size(); to_block++, to_used = 0)
      close_memory(blocks[to_block].memory + to_used, blocks[to_block].size - to_used);
  }
};

thread_local Arena arena;

}  // namespace

Scratch::Scratch() : block_(arena.block), used_(arena.used) {}

Scratch::~Scratch() { arena.give_back(block_, used_); }

float* Scratch::floats(int64_t count) {
  return reinterpret_cast<float*>(arena.take(static_cast<size_t>(count) * sizeof(float)));
}

}  // namespace unnas
