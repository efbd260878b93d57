// A fibre: a call stack that can be left in the middle and continued later. Threads of a block are fibres on
// one thread of the machine, so a schedule is a choice of ours and can be repeated.
#pragma once
#include <cstddef>

#if !defined(__x86_64__) || defined(EMULATION_PORTABLE_FIBRES)
#include <ucontext.h>
#endif

namespace emulation {

struct Fibre {
#if defined(__x86_64__) && !defined(EMULATION_PORTABLE_FIBRES)
  void* stack_pointer = nullptr;
#else
  ucontext_t context;
#endif
};

/// Makes a fibre that begins in `entry` when it is first switched to. `entry` must never return.
void prepare(Fibre& fibre, char* stack, size_t bytes, void (*entry)());

/// Leaves `from`, the fibre that is running, and continues `to`.
void switch_fibre(Fibre& from, Fibre& to);

}  // namespace emulation
