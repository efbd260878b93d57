// CUDA twin of mixed-sum.cpp: the weighted sum of K maps, each with or without batch normalisation.
//
//   x_k [P, C]  P = n*h*w pixels, C channels, k < K      xhat_k = (x_k - mean_k) / sqrt(variance_k + epsilon)
//   y = sum_k w_k * (normalise_k ? xhat_k : x_k)         mean, variance [K, C] over the pixels, biased
//
// A block covers a tile of channels and some pixels. Neighbouring threads hold neighbouring channels, V = 4
// of them where C allows 16-byte accesses, so a warp reads whole cache lines of the NHWC maps. Sums over
// pixels are made in two kernels, chunks first and then the chunks in their order: the same bits whatever the
// schedule.
#include <algorithm>
#include <vector>

#include "core/cu.h"
#include "core/device-array.h"
#include "core/kernel.h"

namespace unnas {
namespace {

constexpr int kMaxMaps = 128;      // pointers travel as kernel parameters, of which there are at most 4 KiB
constexpr int kThreads = 256;      // threads a block
constexpr int kChunkPixels = 512;  // pixels that one block sums
constexpr int kPixels = 4;         // pixels a thread keeps in registers in the elementwise passes

struct Maps {
  const float* x[kMaxMaps];
  unsigned char normalise[kMaxMaps];
};
struct MapGradients {
  float* dx[kMaxMaps];
};
struct Shape {
  int maps, pixels, channels;
  int lanes;   // threads side by side along the channels: a power of two
  int chunks;  // of kChunkPixels pixels
};

template <int V>
struct Pack {
  float lane[V];
};
template <int V>
__device__ __forceinline__ Pack<V> load(const float* p) {
  if constexpr (V == 4) {
    float4 q = cu::load4(p);
    return {{q.x, q.y, q.z, q.w}};
  } else {
    return {{*p}};
  }
}
template <int V>
__device__ __forceinline__ void store(float* p, const Pack<V>& v) {
  if constexpr (V == 4)
    cu::store4(p, make_float4(v.lane[0], v.lane[1], v.lane[2], v.lane[3]));
  else
    *p = v.lane[0];
}

/// Where a thread stands: its first channel, and its place among the threads that share these channels.
template <int V>
struct Place {
  int channel, row, rows;
  __device__ explicit Place(const Shape& s)
      : channel((int(blockIdx.y) * s.lanes + int(threadIdx.x) % s.lanes) * V),
        row(int(threadIdx.x) / s.lanes),
        rows(int(blockDim.x) / s.lanes) {}
};

/// Sums a pair of values a channel over one chunk of pixels: add(offset of the pixel's channels, first,
/// second). The threads of a column meet in shared memory, halving their number each time.
template <int V, class Add>
__device__ void sum_chunk(const Shape& s, float* partial, Add add) {
  CU_SHARED(float, sums, [kThreads][2 * V]);
  const Place<V> at(s);
  Pack<V> first{}, second{};
  if (at.channel < s.channels) {
    const int begin = int(blockIdx.x) * kChunkPixels, end = min(begin + kChunkPixels, s.pixels);
    for (int pixel = begin + at.row; pixel < end; pixel += at.rows)
      add(size_t(pixel) * size_t(s.channels) + size_t(at.channel), first, second);
  }
  float* mine = sums[threadIdx.x];
  for (int v = 0; v < V; v++) mine[v] = first.lane[v], mine[V + v] = second.lane[v];
  for (int half = at.rows / 2; half > 0; half /= 2) {
    __syncthreads();
    if (at.row < half) {
      const float* other = sums[int(threadIdx.x) + half * s.lanes];
      for (int v = 0; v < 2 * V; v++) mine[v] += other[v];
    }
  }
  if (at.row == 0 && at.channel < s.channels)
    for (int v = 0; v < V; v++) {
      partial[at.channel + v] = mine[v];
      partial[s.channels + at.channel + v] = mine[V + v];
    }
}

/// The place of a pair of sums, [K, chunks, 2, C].
__device__ __forceinline__ size_t partial_index(const Shape& s, int map, int chunk) {
  return (size_t(map) * size_t(s.chunks) + size_t(chunk)) * 2 * size_t(s.channels);
}

// ---------------------------------------------------------------- forward

/// partials[k, chunk] = sum d, sum d*d with d = x - x at the first pixel: no cancellation where |mean| >>
/// deviation.
template <int V>
__global__ void chunk_moments(Maps maps, Shape s, float* partials) {
  const int map = int(blockIdx.z);
  if (!maps.normalise[map]) return;
  const float* x = maps.x[map];
  const Place<V> at(s);
  const Pack<V> shift = at.channel < s.channels ? load<V>(x + at.channel) : Pack<V>{};
  sum_chunk<V>(s, partials + partial_index(s, map, int(blockIdx.x)),
               [&](size_t i, Pack<V>& first, Pack<V>& second) {
                 const Pack<V> value = load<V>(x + i);
                 for (int v = 0; v < V; v++) {
                   const float d = value.lane[v] - shift.lane[v];
                   first.lane[v] += d;
                   second.lane[v] += d * d;
                 }
               });
}

/// mean[k, c], variance[k, c] of the chunk sums; a map that is not normalised gets 0 and 1. One thread a
/// channel.
__global__ void finish_moments(Maps maps, Shape s, const float* partials, float* mean, float* variance) {
  const int i = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= s.maps * s.channels) return;
  const int map = i / s.channels, channel = i % s.channels;
  if (!maps.normalise[map]) {
    mean[i] = 0;
    variance[i] = 1;
    return;
  }
  double sum = 0, squares = 0;
  for (int chunk = 0; chunk < s.chunks; chunk++) {
    const float* partial = partials + partial_index(s, map, chunk);
    sum += partial[channel];
    squares += partial[s.channels + channel];
  }
  const double d = sum / s.pixels, v = squares / s.pixels - d * d;
  mean[i] = float(maps.x[map][channel] + d);
  variance[i] = v > 0 ? float(v) : 0.0f;
}

/// y = sum_k w_k * xhat_k, every map read once.
template <int V>
__global__ void weighted_sum(Maps maps, Shape s, float epsilon, const float* weights, const float* mean,
                             const float* variance, float* y) {
  const Place<V> at(s);
  if (at.channel >= s.channels) return;
  const int begin = int(blockIdx.x) * at.rows * kPixels + at.row;
  Pack<V> sum[kPixels] = {};
  for (int map = 0; map < s.maps; map++) {
    Pack<V> offset{}, scale;
    for (int v = 0; v < V; v++) scale.lane[v] = weights[map];
    if (maps.normalise[map]) {
      offset = load<V>(mean + map * s.channels + at.channel);
      const Pack<V> spread = load<V>(variance + map * s.channels + at.channel);
      for (int v = 0; v < V; v++) scale.lane[v] /= sqrtf(spread.lane[v] + epsilon);
    }
#pragma unroll
    for (int p = 0; p < kPixels; p++) {
      const int pixel = begin + p * at.rows;
      if (pixel >= s.pixels) break;
      const Pack<V> x = load<V>(maps.x[map] + size_t(pixel) * size_t(s.channels) + size_t(at.channel));
      for (int v = 0; v < V; v++) sum[p].lane[v] += scale.lane[v] * (x.lane[v] - offset.lane[v]);
    }
  }
#pragma unroll
  for (int p = 0; p < kPixels; p++) {
    const int pixel = begin + p * at.rows;
    if (pixel < s.pixels) store<V>(y + size_t(pixel) * size_t(s.channels) + size_t(at.channel), sum[p]);
  }
}

// ---------------------------------------------------------------- backward
//
//   r_k = normalise_k ? 1 / sqrt(variance_k + epsilon) : 1      (mean_k = 0 where a map is not normalised)
//   dw_k = sum_{p,c} dy * (x_k - mean_k) * r_k
//   dx_k = w_k * r_k * (dy - [normalise_k] * (mean_p(dy) + xhat_k * mean_p(dy * xhat_k)))

/// partials[k, chunk] = sum dy, sum dy * (x_k - mean_k).
template <int V>
__global__ void chunk_products(Maps maps, Shape s, const float* mean, const float* dy, float* partials) {
  const int map = int(blockIdx.z);
  const float* x = maps.x[map];
  const Place<V> at(s);
  const Pack<V> offset = at.channel < s.channels ? load<V>(mean + map * s.channels + at.channel) : Pack<V>{};
  sum_chunk<V>(s, partials + partial_index(s, map, int(blockIdx.x)),
               [&](size_t i, Pack<V>& first, Pack<V>& second) {
                 const Pack<V> value = load<V>(x + i), gradient = load<V>(dy + i);
                 for (int v = 0; v < V; v++) {
                   first.lane[v] += gradient.lane[v];
                   second.lane[v] += gradient.lane[v] * (value.lane[v] - offset.lane[v]);
                 }
               });
}

/// dweights[k], and for dx the means over pixels of dy and of dy * xhat_k: means [K, 2, C]. One block a map.
__global__ void finish_products(Maps maps, Shape s, float epsilon, const float* variance,
                                const float* partials, float* dweights, float* means) {
  CU_SHARED(double, sums, [kThreads]);
  const int map = int(blockIdx.x);
  double total = 0;
  for (int channel = int(threadIdx.x); channel < s.channels; channel += int(blockDim.x)) {
    double gradient = 0, product = 0;
    for (int chunk = 0; chunk < s.chunks; chunk++) {
      const float* partial = partials + partial_index(s, map, chunk);
      gradient += partial[channel];
      product += partial[s.channels + channel];
    }
    if (maps.normalise[map]) product /= sqrt(double(variance[map * s.channels + channel]) + double(epsilon));
    means[map * 2 * s.channels + channel] = float(gradient / s.pixels);
    means[(map * 2 + 1) * s.channels + channel] = float(product / s.pixels);
    total += product;
  }
  sums[threadIdx.x] = total;
  for (int half = int(blockDim.x) / 2; half > 0; half /= 2) {
    __syncthreads();
    if (int(threadIdx.x) < half) sums[threadIdx.x] += sums[int(threadIdx.x) + half];
  }
  if (threadIdx.x == 0) dweights[map] = float(sums[0]);
}

/// dx_k for all k: dy stays in registers while the maps pass by.
template <int V>
__global__ void map_gradients(Maps maps, MapGradients gradients, Shape s, float epsilon, const float* weights,
                              const float* mean, const float* variance, const float* means, const float* dy) {
  const Place<V> at(s);
  if (at.channel >= s.channels) return;
  const int begin = int(blockIdx.x) * at.rows * kPixels + at.row;
  Pack<V> gradient[kPixels];
#pragma unroll
  for (int p = 0; p < kPixels; p++) {
    const int pixel = begin + p * at.rows;
    if (pixel < s.pixels) gradient[p] = load<V>(dy + size_t(pixel) * size_t(s.channels) + size_t(at.channel));
  }
  for (int map = 0; map < s.maps; map++) {
    const bool normalise = maps.normalise[map] != 0;
    const float weight = weights[map];
    Pack<V> offset{}, deviation{}, mean_dy{}, mean_product{};
    if (normalise) {
      offset = load<V>(mean + map * s.channels + at.channel);
      deviation = load<V>(variance + map * s.channels + at.channel);
      mean_dy = load<V>(means + map * 2 * s.channels + at.channel);
      mean_product = load<V>(means + (map * 2 + 1) * s.channels + at.channel);
      for (int v = 0; v < V; v++) deviation.lane[v] = 1.0f / sqrtf(deviation.lane[v] + epsilon);
    }
#pragma unroll
    for (int p = 0; p < kPixels; p++) {
      const int pixel = begin + p * at.rows;
      if (pixel >= s.pixels) break;
      const size_t i = size_t(pixel) * size_t(s.channels) + size_t(at.channel);
      Pack<V> dx;
      if (normalise) {
        const Pack<V> x = load<V>(maps.x[map] + i);
        for (int v = 0; v < V; v++) {
          const float xhat = (x.lane[v] - offset.lane[v]) * deviation.lane[v];
          dx.lane[v] = weight * deviation.lane[v] *
                       (gradient[p].lane[v] - mean_dy.lane[v] - xhat * mean_product.lane[v]);
        }
      } else {
        for (int v = 0; v < V; v++) dx.lane[v] = weight * gradient[p].lane[v];
      }
      store<V>(gradients.dx[map] + i, dx);
    }
  }
}

// ---------------------------------------------------------------- host

int ceil_div(int a, int b) { return (a + b - 1) / b; }

/// What both directions read from a call, with the maps copied to the device.
struct Problem {
  Shape shape;
  Maps maps{};
  float epsilon;
  DeviceArray<float> weights;
  std::vector<DeviceArray<float>> x;
  int vector;  // channels a thread

  explicit Problem(const Call& call) : epsilon(float(call.attrs.number("epsilon"))), weights(call.in(0)) {
    const std::span<const double> normalise = call.attrs.numbers("normalise");
    const size_t count = call.in(0).size;
    if (count == 0 || count > size_t(kMaxMaps) || normalise.size() != count)
      throw std::invalid_argument("mixed_sum on CUDA: expected 1 to 128 maps with as many weights and flags");
    shape.maps = int(count);
    shape.channels = int(call.attrs.integer("channels"));
    shape.pixels = int(call.in(1).size / size_t(shape.channels));
    shape.chunks = ceil_div(shape.pixels, kChunkPixels);
    vector = shape.channels % 4 == 0 ? 4 : 1;
    shape.lanes = 1;
    while (shape.lanes < 32 && shape.lanes * vector < shape.channels) shape.lanes *= 2;
    for (int map = 0; map < shape.maps; map++) {
      x.emplace_back(call.in(size_t(1 + map)));
      if (x.back().size() != x.front().size())
        throw std::invalid_argument("mixed_sum: maps of different sizes");
      maps.x[map] = x.back().data();
      maps.normalise[map] = normalise[size_t(map)] != 0;
    }
  }

  int tiles() const { return ceil_div(shape.channels, shape.lanes * vector); }
  dim3 chunk_grid() const { return dim3(unsigned(shape.chunks), unsigned(tiles()), unsigned(shape.maps)); }
  dim3 pixel_grid() const {
    return dim3(unsigned(ceil_div(shape.pixels, kThreads / shape.lanes * kPixels)), unsigned(tiles()));
  }
  size_t partials() const { return size_t(shape.maps) * size_t(shape.chunks) * 2 * size_t(shape.channels); }
};

// Picks the variant with 4 channels a thread, or 1, of a kernel template.
#define UNNAS_VARIANT(kernel) (problem.vector == 4 ? kernel<4> : kernel<1>)

// inputs: weights K, x_0 .. x_{K-1}; outputs: y, mean [K, C], variance [K, C].
void mixed_sum(const Call& call) {
  const Problem problem(call);
  const Shape& s = problem.shape;
  DeviceArray<float> y(call.out(0).size), mean(call.out(1).size), variance(call.out(2).size);
  DeviceArray<float> partials(problem.partials());

  check_cuda(cu::launch(UNNAS_VARIANT(chunk_moments), problem.chunk_grid(), kThreads, nullptr, problem.maps,
                        s, partials.data()),
             "summing the moments of mixed_sum");
  check_cuda(cu::launch(finish_moments, unsigned(ceil_div(s.maps * s.channels, kThreads)), kThreads, nullptr,
                        problem.maps, s, partials.data(), mean.data(), variance.data()),
             "finishing the moments of mixed_sum");
  check_cuda(cu::launch(UNNAS_VARIANT(weighted_sum), problem.pixel_grid(), kThreads, nullptr, problem.maps, s,
                        problem.epsilon, problem.weights.data(), mean.data(), variance.data(), y.data()),
             "summing the maps of mixed_sum");
  y.copy_to(call.out(0));
  mean.copy_to(call.out(1));
  variance.copy_to(call.out(2));
}

// inputs: weights K, x_0 .. x_{K-1}, mean, variance, dy; outputs: dweights, dx_0 .. dx_{K-1}.
void mixed_sum_grad(const Call& call) {
  const size_t count = call.in(0).size;
  const Problem problem(call);
  const Shape& s = problem.shape;
  DeviceArray<float> mean(call.in(1 + count)), variance(call.in(2 + count)), dy(call.in(3 + count));
  DeviceArray<float> partials(problem.partials()), means(size_t(2 * s.maps * s.channels)), dweights(count);
  std::vector<DeviceArray<float>> dx;
  MapGradients gradients{};
  for (int map = 0; map < s.maps; map++) {
    dx.emplace_back(problem.x[size_t(map)].size());
    gradients.dx[map] = dx.back().data();
  }

  check_cuda(cu::launch(UNNAS_VARIANT(chunk_products), problem.chunk_grid(), kThreads, nullptr, problem.maps,
                        s, mean.data(), dy.data(), partials.data()),
             "summing the products of mixed_sum_grad");
  check_cuda(cu::launch(finish_products, unsigned(s.maps), kThreads, nullptr, problem.maps, s,
                        problem.epsilon, variance.data(), partials.data(), dweights.data(), means.data()),
             "finishing the products of mixed_sum_grad");
  check_cuda(cu::launch(UNNAS_VARIANT(map_gradients), problem.pixel_grid(), kThreads, nullptr, problem.maps,
                        gradients, s, problem.epsilon, problem.weights.data(), mean.data(), variance.data(),
                        means.data(), dy.data()),
             "making the map gradients of mixed_sum_grad");
  dweights.copy_to(call.out(0));
  for (int map = 0; map < s.maps; map++) dx[size_t(map)].copy_to(call.out(size_t(1 + map)));
}

const KernelRegistration forward_registration("mixed_sum", Isa::cuda, mixed_sum);
const KernelRegistration gradient_registration("mixed_sum_grad", Isa::cuda, mixed_sum_grad);

}  // namespace
}  // namespace unnas
