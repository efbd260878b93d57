// Functions that the lanes of a warp do together. Shuffles and ballots move values but do not order memory,
// as the CUDA guide has it; a __syncwarp of all live lanes does.
#include <cstring>

#include "emulation/block.h"
#include "emulation/device.h"
#include "emulation/emulator.h"
#include "emulation/report.h"

namespace emulation {

namespace {

Meeting& find_meeting(Warp& warp, unsigned mask) {
  for (Meeting& meeting : warp.meetings)
    if (meeting.mask == mask) return meeting;
  warp.meetings.reserve(kWarp);  // references stay valid: masks that meet at one time do not overlap
  Meeting& meeting = warp.meetings.emplace_back();
  meeting.mask = mask;
  return meeting;
}

struct Met {
  unsigned present;
  const uint64_t* values;
};

/// Brings a value to the lanes of the mask and waits until all have come.
Met meet(unsigned mask, uint64_t value, bool orders_memory, const char* here) {
  Block& b = block();
  Warp& warp = b.warp();
  const int me = b.running % kWarp;
  if ((mask >> me & 1) == 0) report("warp-mask", "lane %d is not in its own mask %08x at %s", me, mask, here);
  unsigned wanted = mask & warp.lanes;
  if ((wanted & warp.finished) != 0)
    report("warp-exit", "mask %08x at %s names lanes that returned: %08x", mask, here,
           wanted & warp.finished);
  wanted &= ~warp.finished;

  Meeting& meeting = find_meeting(warp, wanted);
  const int set = meeting.generation % 2;
  if (meeting.arrived == 0) {
    meeting.here = here;
    meeting.present[set] = 0;
  } else if (std::strcmp(meeting.here, here) != 0) {
    report("warp-divergence", "lane %d at %s while others of mask %08x wait at %s", me, here, mask,
           meeting.here);
  }
  meeting.values[set][me] = value;
  meeting.present[set] |= 1u << me;
  meeting.arrived |= 1u << me;
  if (meeting.arrived == meeting.mask) {
    meeting.generation++;
    meeting.arrived = 0;
    if (orders_memory && wanted == (warp.lanes & ~warp.finished)) warp.epoch++;
    for (int i = 0; i < kWarp; i++) {
      if ((meeting.mask >> i & 1) == 0) continue;
      Thread& other = b.threads[static_cast<size_t>(b.running / kWarp * kWarp + i)];
      if (other.state == State::in_warp && other.mask == meeting.mask) other.state = State::ready;
    }
    if (config().order == Order::random) wait_here();
  } else {
    Thread& thread = b.thread();
    thread.state = State::in_warp;
    thread.here = here;
    thread.mask = meeting.mask;
    wait_here();
  }
  return {meeting.present[set], meeting.values[set]};
}

}  // namespace

void sync_warp(unsigned mask, const char* here) { meet(mask, 0, true, here); }

uint64_t exchange(unsigned mask, uint64_t value, int source, const char* here) {
  Met met = meet(mask, value, false, here);
  return (met.present >> source & 1) != 0 ? met.values[source] : ~uint64_t(0);
}

unsigned ballot(unsigned mask, bool predicate, const char* here) {
  Met met = meet(mask, predicate, false, here);
  unsigned bits = 0;
  for (int i = 0; i < kWarp; i++)
    if ((met.present >> i & 1) != 0 && met.values[i] != 0) bits |= 1u << i;
  return bits;
}

int lane() { return block().running % kWarp; }

}  // namespace emulation
