// Work over many tensors at once, such as all parameters of a network: most are small, so one call takes them
// all.
#pragma once
#include <algorithm>
#include <vector>

#include "core/lanes.h"

namespace unnas::UNNAS_ISA {

struct Piece {
  size_t tensor;
  int64_t begin, end;
};

/// Cuts tensors into pieces of at most `grain` elements, the same for the same sizes.
static std::vector<Piece> pieces(std::span<const Span> tensors, int64_t grain) {
  std::vector<Piece> result;
  for (size_t t = 0; t < tensors.size(); t++) {
    const int64_t size = static_cast<int64_t>(tensors[t].size);
    for (int64_t begin = 0; begin < size; begin += grain)
      result.push_back({t, begin, std::min(size, begin + grain)});
  }
  return result;
}

}  // namespace unnas::UNNAS_ISA
