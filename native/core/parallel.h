// Work split over threads so that the result does not depend on their number.
#pragma once
#include <cstdint>
#include <type_traits>

namespace unnas {

/// A reference to a callable that lives longer than the call: no allocation, unlike std::function.
using RangeFunction = void (*)(void* context, int64_t chunk, int64_t begin, int64_t end);

void parallel_chunks(int64_t count, int64_t grain, RangeFunction function, void* context);

/// Number of chunks that parallel_for makes of `count` items: it depends on count and grain alone, never on
/// the number of threads. Partial sums are kept one a chunk and added in chunk order: same bits on any
/// machine load.
constexpr int64_t chunk_count(int64_t count, int64_t grain) { return (count + grain - 1) / grain; }

/// Calls body(chunk, begin, end) for each chunk of at most `grain` items of [0, count), on all threads.
/// An exception thrown by body reaches the caller. Calls from inside a body run on the calling thread.
template <class Body>
void parallel_for(int64_t count, int64_t grain, Body&& body) {
  using Callable = std::remove_reference_t<Body>;
  parallel_chunks(
      count, grain,
      [](void* context, int64_t chunk, int64_t begin, int64_t end) {
        (*static_cast<Callable*>(context))(chunk, begin, end);
      },
      const_cast<void*>(static_cast<const void*>(&body)));
}

/// Threads in use, the caller included. set_threads(0) means UNNAS_THREADS, else all the process may run on.
int threads();
void set_threads(int count);

}  // namespace unnas
