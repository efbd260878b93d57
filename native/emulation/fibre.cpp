#include "emulation/fibre.h"

#include <cstdint>
#include <cstring>

#if defined(__x86_64__) && !defined(EMULATION_PORTABLE_FIBRES)

// ucontext makes a system call at each switch; kernels switch once a thread and barrier, so this is worth 20
// lines. Saves the registers that a callee must keep, and exchanges the stacks.
extern "C" void emulation_swap_stacks(void** save, void* load);
asm(R"(
.text
.globl emulation_swap_stacks
.type emulation_swap_stacks,@function
emulation_swap_stacks:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size emulation_swap_stacks, .-emulation_swap_stacks
.section .note.GNU-stack,"",@progbits
.text
)");

namespace emulation {

void prepare(Fibre& fibre, char* stack, size_t bytes, void (*entry)()) {
  // Top of the stack, aligned to 16: [6 saved registers][return address = entry][8 bytes that align the
  // entry].
  auto* top = reinterpret_cast<uint64_t*>((reinterpret_cast<uintptr_t>(stack) + bytes) & ~uintptr_t(15));
  top -= 2;
  *top = reinterpret_cast<uint64_t>(entry);
  top -= 6;
  std::memset(top, 0, 6 * sizeof *top);
  fibre.stack_pointer = top;
}

void switch_fibre(Fibre& from, Fibre& to) { emulation_swap_stacks(&from.stack_pointer, to.stack_pointer); }

}  // namespace emulation

#else

namespace emulation {

void prepare(Fibre& fibre, char* stack, size_t bytes, void (*entry)()) {
  getcontext(&fibre.context);
  fibre.context.uc_stack.ss_sp = stack;
  fibre.context.uc_stack.ss_size = bytes;
  fibre.context.uc_link = nullptr;
  makecontext(&fibre.context, entry, 0);
}

void switch_fibre(Fibre& from, Fibre& to) { swapcontext(&from.context, &to.context); }

}  // namespace emulation

#endif
