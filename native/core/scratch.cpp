#include "core/scratch.h"

#include <algorithm>
#include <new>
#include <vector>

#include "core/array-memory.h"

namespace unnas {

namespace {

constexpr size_t kLine = 64, kFirstBlock = size_t{1} << 20;

struct Block {
  char* memory;
  size_t size;
};

// Blocks are never moved while a scope lives: growing adds one, it does not copy.
struct Arena {
  std::vector<Block> blocks;
  size_t block = 0, used = 0;  // where the next piece comes from

  ~Arena() {
    for (auto& one : blocks) free_array(one.memory);
  }

  char* take(size_t bytes) {
    while (block < blocks.size() && used + bytes > blocks[block].size) block++, used = 0;
    if (block == blocks.size()) {
      size_t size = std::max({bytes, kFirstBlock, blocks.empty() ? 0 : 2 * blocks.back().size});
      auto* memory = static_cast<char*>(allocate_array(size));
      if (memory == nullptr) throw std::bad_alloc();
      blocks.push_back({memory, size});
    }
    char* piece = blocks[block].memory + used;
    used += bytes;
    return piece;
  }
};

thread_local Arena arena;

}  // namespace

Scratch::Scratch() : block_(arena.block), used_(arena.used) {}

Scratch::~Scratch() {
  arena.block = block_;
  arena.used = used_;
}

float* Scratch::floats(int64_t count) {
  size_t bytes = static_cast<size_t>(count) * sizeof(float);
  return reinterpret_cast<float*>(arena.take((bytes + kLine - 1) / kLine * kLine));
}

}  // namespace unnas
