#include "emulation/memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <vector>

#include "emulation/block.h"
#include "emulation/device.h"
#include "emulation/report.h"
#include "emulation/shadow.h"

namespace emulation {

namespace {

constexpr size_t kPage = 4096;
constexpr size_t kRedZone = 64;  // between two shared arrays
constexpr size_t kSharedArena = 2 * kSharedLimit;
constexpr size_t kParameterBytes = 4096;  // as much as a launch may pass

struct Allocation {
  size_t bytes;
  int number;
  bool live;
};
struct SharedArray {
  const void* key;
  const char* name;
  char* data;
  size_t bytes;
};

char* reserve(size_t bytes, int protection) {
  void* p = mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) {
    perror("emulation: mmap");
    std::abort();
  }
  return static_cast<char*>(p);
}

char* device() {
  static char* memory = reserve(kDeviceBytes, PROT_NONE);
  return memory;
}
char* shared() {
  static char* memory = reserve(kSharedArena, PROT_READ | PROT_WRITE);
  return memory;
}

size_t device_top = 0;  // memory is given out upwards and never twice, so that use after free is seen
int live_allocations = 0, next_number = 1;
std::map<char*, Allocation> allocations;

size_t shared_top = 0;
std::vector<SharedArray> shared_arrays;

size_t round_up(size_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

char* allocate(size_t bytes) {
  if (bytes == 0) bytes = 1;
  if (live_allocations == 0) {  // nothing is in use: begin anew, or a long test would run out of addresses
    allocations.clear();
    device_top = 0;
  }
  const size_t pages = round_up(bytes);
  if (device_top + pages + 2 * kPage > kDeviceBytes) return nullptr;
  char* base = device() + device_top + kPage;  // [untouchable page][pages][untouchable page]
  device_top += pages + kPage;
  mprotect(base, pages, PROT_READ | PROT_WRITE);
  std::memset(base, 0xff, pages);
  // Ends at the page border, but for the alignment that cudaMalloc promises at least for a float4.
  char* p = base + ((pages - bytes) & ~size_t(15));
  shadow_of_device().make_valid(device_offset(p), bytes);
  allocations[p] = {bytes, next_number++, true};
  live_allocations++;
  return p;
}

bool release(char* p) {
  auto found = allocations.find(p);
  if (found == allocations.end() || !found->second.live) {
    report("free", "cudaFree of %p: %s", static_cast<void*>(p), describe_address(p).c_str());
    return false;
  }
  found->second.live = false;
  live_allocations--;
  shadow_of_device().make_invalid(device_offset(p), found->second.bytes);
  char* base = device() + device_offset(p) / kPage * kPage;
  const size_t pages = round_up(static_cast<size_t>(p - base) + found->second.bytes);
  madvise(base, pages, MADV_DONTNEED);
  mprotect(base, pages, PROT_NONE);
  return true;
}

/// Whether [p, p + bytes) lies in one live allocation; reports it if not.
bool inside_allocation(const void* p, size_t bytes, const char* doing) {
  auto after = allocations.upper_bound(static_cast<char*>(const_cast<void*>(p)));
  if (after != allocations.begin()) {
    const auto& [start, allocation] = *--after;
    if (allocation.live && static_cast<const char*>(p) + bytes <= start + allocation.bytes) return true;
  }
  report("memcpy", "%s %zu bytes at %p: %s", doing, bytes, p, describe_address(p).c_str());
  return false;
}

std::string distance(const char* p, const char* start, size_t bytes, const std::string& name) {
  char text[256];
  if (p < start) {
    snprintf(text, sizeof text, "%td bytes before %s", start - p, name.c_str());
  } else if (p < start + bytes) {
    snprintf(text, sizeof text, "%td bytes into %s", p - start, name.c_str());
  } else {
    snprintf(text, sizeof text, "%td bytes past the end of %s", p - start - static_cast<ptrdiff_t>(bytes),
             name.c_str());
  }
  return text;
}

std::string describe_device(const char* p) {
  // The allocation below or the one above, whichever is nearer.
  auto above = allocations.upper_bound(const_cast<char*>(p));
  auto below = above;
  bool has_above = above != allocations.end(), has_below = above != allocations.begin();
  if (has_below) --below;
  if (!has_above && !has_below) return "device memory that was never allocated";
  bool use_below = has_below && (!has_above || p - (below->first + below->second.bytes) < above->first - p);
  const auto& [start, allocation] = use_below ? *below : *above;
  return distance(p, start, allocation.bytes,
                  "device allocation #" + std::to_string(allocation.number) + " of " +
                      std::to_string(allocation.bytes) + " bytes" + (allocation.live ? "" : " (freed)"));
}

}  // namespace

cudaError_t& sticky_error() {
  static cudaError_t error = cudaSuccess;
  return error;
}

bool is_device(const void* p) {
  return static_cast<size_t>(static_cast<const char*>(p) - device()) < kDeviceBytes;
}
size_t device_offset(const void* p) { return static_cast<size_t>(static_cast<const char*>(p) - device()); }
bool is_shared(const void* p) {
  return static_cast<size_t>(static_cast<const char*>(p) - shared()) < kSharedArena;
}
size_t shared_offset(const void* p) { return static_cast<size_t>(static_cast<const char*>(p) - shared()); }

void* shared_array(const void* key, size_t bytes, const char* name) {
  for (const SharedArray& array : shared_arrays)
    if (array.key == key) return array.data;
  if (shared_top + bytes > kSharedLimit)
    report("shared-size", "%zu bytes of shared memory with %s, a block has %zu", shared_top + bytes, name,
           kSharedLimit);
  char* data = shared() + shared_top;
  shared_top = (shared_top + bytes + kRedZone + 15) / 16 * 16;
  if (shared_top > kSharedArena) {
    fprintf(stderr, "emulation: out of shared memory\n");
    std::abort();
  }
  std::memset(data, 0xff, bytes);
  shadow_of_shared().make_valid(shared_offset(data), bytes);
  shared_arrays.push_back({key, name, data, bytes});
  return data;
}

void release_shared() {
  for (const SharedArray& array : shared_arrays)
    shadow_of_shared().make_invalid(shared_offset(array.data), array.bytes);
  shared_arrays.clear();
  shared_top = 0;
}

void* parameter_memory(size_t bytes) {
  static char* memory = reserve(kParameterBytes, PROT_READ | PROT_WRITE);
  if (bytes > kParameterBytes) {
    report("launch", "%zu bytes of kernel parameters, a launch passes at most %zu", bytes, kParameterBytes);
    return ::operator new(bytes);
  }
  return memory;
}

std::string describe_address(const void* address) {
  const char* p = static_cast<const char*>(address);
  if (is_device(p)) return describe_device(p);
  if (!is_shared(p)) return "not device memory";
  for (const SharedArray& array : shared_arrays)
    if (p < array.data + array.bytes + kRedZone)
      return distance(
          p, array.data, array.bytes,
          "shared array " + std::string(array.name) + " of " + std::to_string(array.bytes) + " bytes");
  return "shared memory that no array uses";
}

}  // namespace emulation

using namespace emulation;

cudaError_t cudaMalloc(void** p, size_t bytes) {
  if (sticky_error() != cudaSuccess) return sticky_error();
  *p = allocate(bytes);
  return *p != nullptr ? cudaSuccess : cudaErrorMemoryAllocation;
}

cudaError_t cudaFree(void* p) {
  if (p == nullptr) return cudaSuccess;
  return release(static_cast<char*>(p)) ? sticky_error() : cudaErrorInvalidValue;
}

cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  if (sticky_error() != cudaSuccess) return sticky_error();
  const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  if (to_device != is_device(to) || from_device != is_device(from)) {
    report("memcpy", "the direction of a copy does not fit its pointers");
    return sticky_error();
  }
  if (to_device && !inside_allocation(to, bytes, "copy to")) return sticky_error();
  if (from_device && !inside_allocation(from, bytes, "copy from")) return sticky_error();
  std::memmove(to, from, bytes);
  if (to_device) shadow_of_device().make_initialised(device_offset(to), bytes);
  return cudaSuccess;
}

cudaError_t cudaMemset(void* p, int value, size_t bytes) {
  if (sticky_error() != cudaSuccess) return sticky_error();
  if (!inside_allocation(p, bytes, "set")) return sticky_error();
  std::memset(p, value, bytes);
  shadow_of_device().make_initialised(device_offset(p), bytes);
  return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize() { return sticky_error(); }
cudaError_t cudaGetLastError() { return sticky_error(); }
cudaError_t cudaPeekAtLastError() { return sticky_error(); }

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess: return "no error";
    case cudaErrorInvalidValue: return "invalid argument";
    case cudaErrorMemoryAllocation: return "out of memory";
    case cudaErrorInvalidConfiguration: return "invalid configuration argument";
    case cudaErrorIllegalAddress: return "an illegal memory access was encountered";
    default: return "unspecified launch failure";
  }
}
