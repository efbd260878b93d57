// The block that is running: its threads, its warps, and the choice of who runs next.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "emulation/device.h"
#include "emulation/fibre.h"
#include "emulation/shadow.h"

namespace emulation {

constexpr int kMaxThreads = 1024;
constexpr int kWarp = 32;
constexpr size_t kStackBytes = 64 * 1024;

enum class State : uint8_t { fresh, ready, at_barrier, in_warp, finished };

struct Thread {
  Fibre fibre;
  uint3 index{};
  int stack = -1;
  State state = State::fresh;
  const char* here = nullptr;  // where it waits
  unsigned mask = 0;           // lanes it waits for
};

/// A meeting of the lanes of one mask. Two sets of slots: a fast lane may be at the next meeting while a slow
/// one still reads the values of this one.
struct Meeting {
  unsigned mask = 0, arrived = 0;
  int generation = 0;
  const char* here = nullptr;
  unsigned present[2] = {};
  uint64_t values[2][kWarp] = {};
};

struct Warp {
  unsigned lanes = 0, finished = 0;  // which exist, which have returned
  uint32_t epoch = 0;                // full warp barriers passed
  std::vector<Meeting> meetings;
};

struct Block {
  std::vector<Thread> threads;
  std::vector<Warp> warps;
  std::vector<int> order, place;  // threads in the order of the schedule, and where each stands in it
  int running = -1;               // thread, -1 while the scheduler runs
  int finished = 0, waiting = 0;  // threads that returned, threads at the barrier
  const char* barrier = nullptr;  // where they wait
  uint32_t launch = 0, number = 0, epoch = 0;
  const void* kernel = nullptr;
  void (*call)(void*) = nullptr;
  void* parameters = nullptr;
  bool aborted = false;
  uint64_t random_state = 1;

  Thread& thread() { return threads[static_cast<size_t>(running)]; }
  Warp& warp() { return warps[static_cast<size_t>(running / kWarp)]; }
  int alive() const { return static_cast<int>(threads.size()) - finished; }
};

Block& block();

/// Runs all threads of one block to their end.
void run_block();

/// The running thread cannot go on now: runs others until it can.
void wait_here();

uint64_t random_number();

/// "kernel block (0,0,0) thread (3,0,0): ", or nothing outside kernels.
std::string running_place();
/// The running thread as the shadow memory notes it.
Access running_access();
/// Whether p lies in the stacks of the threads.
bool is_stack(const void* p);

/// Catches accesses to pages that cannot be touched while a kernel runs, and gives up the launch.
/// Returns false when `body` was given up.
bool guarded(void (*body)());

}  // namespace emulation
