#include "core/parallel.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif

namespace unnas {

namespace {

thread_local bool inside_parallel = false;

int available_cores() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
#endif
  return std::max(1u, std::thread::hardware_concurrency());
}

int default_threads() {
  if (const char* text = std::getenv("UNNAS_THREADS")) {
    int count = std::atoi(text);
    if (count > 0) return count;
  }
  return available_cores();
}

struct Job {
  int64_t count, grain, chunks;
  RangeFunction function;
  void* context;
  std::atomic<int64_t> next{0};
  std::exception_ptr error;
  std::mutex error_mutex;

  void work() {
    inside_parallel = true;
    for (int64_t chunk; (chunk = next.fetch_add(1, std::memory_order_relaxed)) < chunks;) {
      try {
        function(context, chunk, chunk * grain, std::min(count, (chunk + 1) * grain));
      } catch (...) {
        std::lock_guard lock(error_mutex);
        if (!error) error = std::current_exception();
        next.store(chunks, std::memory_order_relaxed);
      }
    }
    inside_parallel = false;
  }
};

// Workers sleep on a condition variable after a short spin: on shared cores a long spin takes the time of
// the thread it waits for.
class Pool {
 public:
  explicit Pool(int workers) {
    for (int i = 0; i < workers; i++) threads_.emplace_back([this] { loop(); });
  }
  ~Pool() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
  }

  void run(Job& job) {
    {
      std::lock_guard lock(mutex_);
      job_ = &job;
      busy_.store(static_cast<int>(threads_.size()), std::memory_order_relaxed);
      generation_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    job.work();
    for (int spin = 0; spin < kSpins; spin++) {
      if (busy_.load(std::memory_order_acquire) == 0) return;
      pause();
    }
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return busy_.load(std::memory_order_acquire) == 0; });
  }

 private:
  static constexpr int kSpins = 2000;

  static void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }

  void loop() {
    uint64_t seen = 0;
    for (;;) {
      for (int spin = 0; spin < kSpins && generation_.load(std::memory_order_acquire) == seen; spin++)
        pause();
      Job* job;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return stopping_ || generation_.load(std::memory_order_relaxed) != seen; });
        if (stopping_) return;
        seen = generation_.load(std::memory_order_relaxed);
        job = job_;
      }
      job->work();
      if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        std::lock_guard lock(mutex_);
        done_.notify_one();
      }
    }
  }

  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::atomic<uint64_t> generation_{0};
  std::atomic<int> busy_{0};
  Job* job_ = nullptr;
  bool stopping_ = false;
};

int thread_count = 0;
std::mutex
    pool_mutex;  // one job at a time: kernels are called from one JavaScript thread or from several workers
Pool* pool = nullptr;  // never destroyed at exit: joining threads during process teardown can hang

}  // namespace

int threads() {
  if (thread_count == 0) thread_count = default_threads();
  return thread_count;
}

void set_threads(int count) {
  std::lock_guard lock(pool_mutex);
  int wanted = count > 0 ? count : default_threads();
  if (wanted == thread_count) return;
  delete pool;
  pool = nullptr;
  thread_count = wanted;
}

void parallel_chunks(int64_t count, int64_t grain, RangeFunction function, void* context) {
  if (count <= 0) return;
  int64_t chunks = chunk_count(count, grain);
  if (chunks == 1 || inside_parallel || threads() == 1) {
    for (int64_t chunk = 0; chunk < chunks; chunk++)
      function(context, chunk, chunk * grain, std::min(count, (chunk + 1) * grain));
    return;
  }
  std::lock_guard lock(pool_mutex);
  if (pool == nullptr) pool = new Pool(threads() - 1);
  Job job{.count = count,
          .grain = grain,
          .chunks = chunks,
          .function = function,
          .context = context,
          .error = {},
          .error_mutex = {}};
  pool->run(job);
  if (job.error) std::rethrow_exception(job.error);
}

}  // namespace unnas
