// The instructions that compute one value of others, for one lane. Registers are 64 bits, whatever they hold.
#pragma once
#include <cstdint>

#include "emulation/ptx/program.h"

namespace ptx {

/// Result of an arithmetic, bit or conversion instruction; throws std::runtime_error where it is not known.
uint64_t compute(const Instruction& in, uint64_t a, uint64_t b, uint64_t c);

/// setp: whether "a comparison b" holds. Comparisons with NaN are false, but for ne and the ...u forms.
bool compare(const Instruction& in, uint64_t a, uint64_t b);

}  // namespace ptx
