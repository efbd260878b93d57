#include "emulation/block.h"

#include <sys/mman.h>

#include <algorithm>
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "emulation/emulator.h"
#include "emulation/memory.h"
#include "emulation/report.h"

__thread uint3 threadIdx, blockIdx;
__thread dim3 blockDim, gridDim;

namespace emulation {

namespace {

constexpr size_t kGuardBytes = 4096;  // an untouchable page below each stack

Fibre scheduler;
std::vector<int> free_stacks;
int stacks_in_use = 0;
std::vector<const char*> known_barriers;

char* stacks() {
  static char* memory = [] {
    void* p = mmap(nullptr, kMaxThreads * kStackBytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) std::abort();
    return static_cast<char*>(p);
  }();
  return memory;
}

char* stack_of(int number) {
  static int guarded_stacks = 0;
  for (; guarded_stacks <= number; guarded_stacks++)
    mprotect(stacks() + static_cast<size_t>(guarded_stacks) * kStackBytes, kGuardBytes, PROT_NONE);
  return stacks() + static_cast<size_t>(number) * kStackBytes + kGuardBytes;
}

bool can_run(const Thread& thread) { return thread.state == State::ready || thread.state == State::fresh; }

/// The next thread of the schedule that can run, -1 when none can.
int pick() {
  Block& b = block();
  const size_t count = b.threads.size();
  size_t start = b.running >= 0 ? static_cast<size_t>(b.place[static_cast<size_t>(b.running)]) + 1 : 0;
  // Now and then a jump: it reaches interleavings that taking turns never does.
  if (config().order == Order::random && random_number() % 8 == 0) start = random_number() % count;
  for (size_t i = 0; i < count; i++) {
    int candidate = b.order[(start + i) % count];
    if (can_run(b.threads[static_cast<size_t>(candidate)])) return candidate;
  }
  return -1;
}

void thread_main();

void switch_to(int next) {
  Block& b = block();
  Fibre& from = b.running >= 0 ? b.thread().fibre : scheduler;
  b.running = next;
  if (next < 0) {
    switch_fibre(from, scheduler);
    return;
  }
  Thread& thread = b.thread();
  threadIdx = thread.index;
  if (thread.state == State::fresh) {
    if (free_stacks.empty()) free_stacks.push_back(stacks_in_use++);
    thread.stack = free_stacks.back();
    free_stacks.pop_back();
    prepare(thread.fibre, stack_of(thread.stack), kStackBytes - kGuardBytes, thread_main);
    thread.state = State::ready;
  }
  switch_fibre(from, thread.fibre);
}

void report_deadlock() {
  Block& b = block();
  std::map<std::string, int> places;
  for (const Thread& thread : b.threads)
    if (thread.state == State::at_barrier || thread.state == State::in_warp)
      places[(thread.state == State::at_barrier ? "__syncthreads " : "a warp function ") +
             std::string(thread.here)]++;
  std::string text;
  for (const auto& [place, count] : places) text += " " + std::to_string(count) + " at " + place + ";";
  report("deadlock", "%d of %zu threads returned, the others wait for each other:%s", b.finished,
         b.threads.size(), text.c_str());
  b.aborted = true;
}

void release_barrier() {
  Block& b = block();
  for (Thread& thread : b.threads)
    if (thread.state == State::at_barrier) thread.state = State::ready;
  b.waiting = 0;
  b.barrier = nullptr;
  b.epoch++;
}

void finish_thread() {
  Block& b = block();
  b.thread().state = State::finished;
  b.finished++;
  Warp& warp = b.warp();
  const unsigned bit = 1u << (b.running % kWarp);
  warp.finished |= bit;
  for (const Meeting& meeting : warp.meetings)
    if (meeting.arrived != 0 && (meeting.mask & ~meeting.arrived & bit) != 0)
      report("warp-exit", "lane %d returned while others wait for it at %s", b.running % kWarp, meeting.here);
  if (b.waiting > 0 && b.waiting == b.alive()) {
    report("barrier-exit", "a thread returned while %d threads wait at __syncthreads %s", b.waiting,
           b.barrier);
    release_barrier();
  }
}

/// Runs threads one after another: one that never waited leaves its stack to the next without a switch.
void thread_main() {
  Block& b = block();
  for (;;) {
    b.call(b.parameters);
    const int stack = b.thread().stack;
    finish_thread();
    const int next = b.aborted ? -1 : pick();
    if (next >= 0 && b.threads[static_cast<size_t>(next)].state == State::fresh) {
      b.running = next;
      b.thread().stack = stack;
      b.thread().state = State::ready;
      threadIdx = b.thread().index;
      continue;
    }
    free_stacks.push_back(stack);
    if (next < 0 && b.alive() > 0 && !b.aborted) report_deadlock();
    switch_to(next);
    std::abort();  // a finished thread is never continued
  }
}

sigjmp_buf give_up;
bool guarding = false;

void on_fault(int signal_number, siginfo_t* info, void*) {
  if (!guarding) {  // a fault of the test program itself
    signal(signal_number, SIG_DFL);
    raise(signal_number);
    return;
  }
  const char* p = static_cast<const char*>(info->si_addr);
  if (is_stack(p))
    report("stack-overflow", "a thread's local variables need more than %zu bytes",
           kStackBytes - kGuardBytes);
  else
    report("fault", "access to %p, %s", info->si_addr, describe_address(p).c_str());
  sticky_error() = cudaErrorIllegalAddress;
  siglongjmp(give_up, 1);
}

void install_fault_handler() {
  static char handler_stack[64 * 1024];
  stack_t stack{};
  stack.ss_sp = handler_stack;
  stack.ss_size = sizeof handler_stack;
  sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigaction(SIGSEGV, &action, nullptr);
  sigaction(SIGBUS, &action, nullptr);
}

}  // namespace

Block& block() {
  static Block block;
  return block;
}

uint64_t random_number() {  // xorshift64
  uint64_t& x = block().random_state;
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  return x;
}

void run_block() {
  Block& b = block();
  for (Thread& thread : b.threads) thread.state = State::fresh;
  for (Warp& warp : b.warps) {
    warp.finished = 0;
    warp.epoch++;
    warp.meetings.clear();
  }
  b.finished = b.waiting = 0;
  b.barrier = nullptr;
  b.epoch++;
  b.running = -1;
  if (config().order == Order::random)
    for (size_t i = b.order.size(); i > 1; i--) std::swap(b.order[i - 1], b.order[random_number() % i]);
  for (size_t i = 0; i < b.order.size(); i++) b.place[static_cast<size_t>(b.order[i])] = static_cast<int>(i);
  free_stacks.clear();
  stacks_in_use = 0;
  switch_to(pick());
  release_shared();
}

void wait_here() {
  Block& b = block();
  const int next = pick();
  if (next < 0) {
    report_deadlock();
    switch_to(-1);  // for good: the launch is given up
  }
  if (next != b.running) switch_to(next);
}

void sync_threads(const char* here) {
  Block& b = block();
  if (b.waiting == 0 && std::none_of(known_barriers.begin(), known_barriers.end(),
                                     [&](const char* known) { return std::strcmp(known, here) == 0; }))
    known_barriers.push_back(here);
  if (!config().without_barrier.empty() && std::strstr(here, config().without_barrier.c_str()) != nullptr)
    return;
  if (b.waiting == 0)
    b.barrier = here;
  else if (std::strcmp(b.barrier, here) != 0)
    report("barrier-divergence", "__syncthreads at %s while others wait at %s", here, b.barrier);
  b.waiting++;
  if (b.waiting == b.alive()) {
    if (b.finished > 0)
      report("barrier-exit", "%d threads returned before __syncthreads %s", b.finished, here);
    release_barrier();
    if (config().order == Order::random) wait_here();  // let somebody else be first after the barrier
    return;
  }
  b.thread().state = State::at_barrier;
  b.thread().here = here;
  wait_here();
}

std::vector<std::string> barriers() { return {known_barriers.begin(), known_barriers.end()}; }

std::string running_place() {
  const Block& b = block();
  if (b.running < 0) return "";
  const uint3 t = b.threads[static_cast<size_t>(b.running)].index;
  char text[96];
  snprintf(text, sizeof text, " block (%u,%u,%u) thread (%u,%u,%u): ", blockIdx.x, blockIdx.y, blockIdx.z,
           t.x, t.y, t.z);
  return function_name(b.kernel) + text;
}

Access running_access() {
  Block& b = block();
  Access access;
  access.launch = b.launch;
  access.block = b.number;
  access.block_epoch = b.epoch;
  access.warp_epoch = b.warp().epoch;
  access.thread = static_cast<uint16_t>(b.running);
  return access;
}

bool is_stack(const void* p) {
  return static_cast<size_t>(static_cast<const char*>(p) - stacks()) < kMaxThreads * kStackBytes;
}

bool guarded(void (*body)()) {
  static const bool installed = (install_fault_handler(), true);
  (void)installed;
  guarding = true;
  const bool whole = sigsetjmp(give_up, 1) == 0;
  if (whole) {
    body();
  } else {
    block().running = -1;
    release_shared();
  }
  guarding = false;
  return whole;
}

}  // namespace emulation
