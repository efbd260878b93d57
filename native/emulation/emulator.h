// What tests ask of the emulator: schedules, what it found, and barriers to leave out.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace emulation {

/// In which order threads that can run are picked, and blocks.
enum class Order : uint8_t { forward, reverse, random };

struct Config {
  Order order = Order::forward;
  uint64_t seed = 1;            // of the random order
  std::string without_barrier;  // mutation testing: __syncthreads whose place contains this is ignored
};
Config& config();

/// One finding. Kinds: fault, out-of-bounds, uninitialised, race, misaligned, host-pointer, deadlock,
/// barrier-exit, barrier-divergence, warp-exit, warp-mask, warp-divergence, shared-size, launch, memcpy,
/// free, stack-overflow.
struct Report {
  std::string kind, text;
};
const std::vector<Report>& reports();
bool has_report(const char* kind);

/// Forgets reports and the sticky error, so that one program can run many cases.
void clear_reports();

/// Places of all __syncthreads that any kernel has reached so far.
std::vector<std::string> barriers();

/// Whether the kernels of this program are compiled for the detector (-fsanitize=thread and hooks.cpp).
bool instrumented();

}  // namespace emulation
