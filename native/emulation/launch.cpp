// Runs a grid, block by block.
#include <algorithm>
#include <cstring>

#include "emulation/block.h"
#include "emulation/emulator.h"
#include "emulation/memory.h"
#include "emulation/report.h"

namespace emulation {

namespace {

std::vector<unsigned> block_order;

bool valid_launch(const dim3& grid, const dim3& block_shape) {
  const unsigned threads = block_shape.x * block_shape.y * block_shape.z;
  return threads >= 1 && threads <= kMaxThreads && block_shape.z <= 64 && grid.x >= 1 && grid.y >= 1 &&
         grid.z >= 1 && grid.y <= 65535 && grid.z <= 65535;
}

void run_grid() {
  Block& b = block();
  for (unsigned number : block_order) {
    b.number = number;
    blockIdx = {number % gridDim.x, number / gridDim.x % gridDim.y, number / gridDim.x / gridDim.y};
    run_block();
    if (b.aborted) return;
  }
}

}  // namespace

void run_kernel(const void* kernel, dim3 grid, dim3 block_shape, void (*call)(void*), void* parameters) {
  if (sticky_error() != cudaSuccess) return;
  if (!valid_launch(grid, block_shape)) {
    report("launch", "%s: a device does not take grid (%u,%u,%u) and block (%u,%u,%u)",
           function_name(kernel).c_str(), grid.x, grid.y, grid.z, block_shape.x, block_shape.y,
           block_shape.z);
    sticky_error() = cudaErrorInvalidConfiguration;
    return;
  }
  Block& b = block();
  const unsigned threads = block_shape.x * block_shape.y * block_shape.z;
  b.threads.resize(threads);
  b.warps.assign((threads + kWarp - 1) / kWarp, Warp{});
  b.order.resize(threads);
  b.place.resize(threads);
  b.launch++;
  b.kernel = kernel;
  b.call = call;
  b.parameters = parameters;
  b.aborted = false;
  b.random_state = (config().seed + 1) * 0x9E3779B97F4A7C15ull + b.launch;
  const bool reverse = config().order == Order::reverse;
  for (unsigned i = 0; i < threads; i++) {
    b.threads[i].index = {i % block_shape.x, i / block_shape.x % block_shape.y,
                          i / block_shape.x / block_shape.y};
    b.order[i] = static_cast<int>(reverse ? threads - 1 - i : i);
    b.warps[i / kWarp].lanes |= 1u << (i % kWarp);
  }
  blockDim = block_shape;
  gridDim = grid;
  const unsigned blocks = grid.x * grid.y * grid.z;
  block_order.resize(blocks);
  for (unsigned i = 0; i < blocks; i++) block_order[i] = reverse ? blocks - 1 - i : i;
  if (config().order == Order::random)
    for (unsigned i = blocks; i > 1; i--) std::swap(block_order[i - 1], block_order[random_number() % i]);
  guarded(run_grid);
}

}  // namespace emulation
