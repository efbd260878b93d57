// Counts that the compiler knows: short loops unroll.
#pragma once
#include <cstdint>
#include <type_traits>

namespace unnas::UNNAS_ISA {
namespace {

/// body(n), with n known to the compiler if it is at most 3, as for all windows of the networks.
template <class Body>
inline void with_count(int64_t n, Body&& body) {
  switch (n) {
    case 1: return body(std::integral_constant<int64_t, 1>());
    case 2: return body(std::integral_constant<int64_t, 2>());
    case 3: return body(std::integral_constant<int64_t, 3>());
    default: return body(n < 0 ? 0 : n);
  }
}

}  // namespace
}  // namespace unnas::UNNAS_ISA
