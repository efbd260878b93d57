// Working memory of kernels: one arena a thread, kept between calls, so that no kernel allocates in its
// loops.
#pragma once
#include <cstddef>
#include <cstdint>

namespace unnas {

/// Memory that is good until the end of the scope. Scopes nest; what a scope handed out may be read by other
/// threads as long as it lives. The contents are undefined at first.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  /// Begins on a cache line. Throws std::bad_alloc when there is no memory.
  float* floats(int64_t count);

 private:
  size_t block_, used_;  // what the arena goes back to
};

}  // namespace unnas
