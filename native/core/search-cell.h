// The search cell of DARTS: which edges, maps, parameters and statistics there are, and where they lie.
//
// States 0 and 1 are the inputs, states 2 to 5 the nodes. An edge leads from a state to a later node and has
// seven candidates. Its convolutions are six stages (ReLU, depthwise, pointwise), each followed by a batch
// norm; a separable convolution is two of them. Within the cell channels are rounded up to whole blocks of 16
// with zeros, so that no loop has to mind ragged ends: filters are zero there, and so are all maps.
#pragma once
#include <cmath>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/bfloat16.h"
#include "core/depthwise.h"
#include "core/gemm.h"
#include "core/map-pool.h"

namespace unnas::UNNAS_ISA {
namespace {

constexpr int kNodes = 4, kFirstNode = 2, kStates = kFirstNode + kNodes, kSources = kStates - 1, kEdges = 14;

enum Candidate { kMaxPool, kAveragePool, kSkip, kSeparable3, kSeparable5, kDilated3, kDilated5, kCandidates };

/// The first four read the state, the last two what the first two made.
enum StageIndex { kFirst3, kFirst5, kDilate3, kDilate5, kSecond3, kSecond5, kStages };
constexpr int kFirstStages = 4;

struct Stage {
  int kernel, dilation;
  int parameter;  // of its depthwise filter among those of an edge; its pointwise filter follows
  int norm;       // of its batch norm among those of the stages of an edge
};
constexpr Stage kStage[kStages] = {{3, 1, 0, 0},  {5, 1, 4, 2}, {3, 2, 8, 4},
                                   {5, 2, 10, 5}, {3, 1, 2, 1}, {5, 1, 6, 3}};
constexpr int kStageParameters = 12;

/// The stage that ends a candidate which is a convolution.
constexpr int last_stage(int candidate) {
  return candidate == kSeparable3   ? kSecond3
         : candidate == kSeparable5 ? kSecond5
         : candidate == kDilated3   ? kDilate3
                                    : kDilate5;
}

/// Edges are numbered by their node, then by their source.
constexpr int edge_of(int source, int node) {
  return (node - kFirstNode) * (node + kFirstNode - 1) / 2 + source;
}
/// The nodes that a state has edges to are [first_target(source), kStates).
constexpr int first_target(int source) { return source < kFirstNode ? kFirstNode : source + 1; }

struct SearchCell {
  int64_t images, height, width, channels;  // of the inputs
  bool reduction;
  double epsilon;
  int64_t out_height, out_width, pixels;  // of all nodes, an image
  int64_t blocks, columns;                // channels rounded up

  explicit SearchCell(const Attrs& attrs)
      : images(attrs.integer("images")),
        height(attrs.integer("height")),
        width(attrs.integer("width")),
        channels(attrs.integer("channels")),
        reduction(attrs.flag("reduction")),
        epsilon(attrs.number("epsilon")),
        out_height((height - 1) / (reduction ? 2 : 1) + 1),
        out_width((width - 1) / (reduction ? 2 : 1) + 1),
        pixels(out_height * out_width),
        blocks(blocks_of(channels)),
        columns(padded(channels)) {}

  bool strided(int source) const { return reduction && source < kFirstNode; }
  int64_t source_height(int source) const { return source < kFirstNode ? height : out_height; }
  int64_t source_width(int source) const { return source < kFirstNode ? width : out_width; }

  Depthwise depthwise(int source, int stage) const {
    bool first = stage < kFirstStages;
    Depthwise d{};
    d.height = first ? source_height(source) : out_height;
    d.width = first ? source_width(source) : out_width;
    d.channels = columns;
    d.kernel_height = d.kernel_width = kStage[stage].kernel;
    d.stride_height = d.stride_width = first && strided(source) ? 2 : 1;
    d.dilation_height = d.dilation_width = kStage[stage].dilation;
    d.top = d.left = d.dilation_width * (d.kernel_width - 1) / 2;
    d.out_height = out_height, d.out_width = out_width;
    return d;
  }

  // Maps of all images: [image][channel block][pixel][16].
  int64_t image_floats() const { return columns * pixels; }
  int64_t map_floats() const { return images * image_floats(); }

  // What the forward pass leaves for the backward pass, in numbers from the start.
  int64_t stage_map(int edge, int stage) const { return (edge * kStages + stage) * map_floats(); }
  int64_t skip_map(int source, int node) const {  // of strided edges
    return (kEdges * kStages + (node - kFirstNode) * kFirstNode + source) * map_floats();
  }
  int64_t saved_maps() const {
    return (kEdges * kStages + (reduction ? kNodes * kFirstNode : 0)) * map_floats();
  }

  // Working memory of the forward pass: the states that edges leave, as maps, and their pools, which the
  // backward pass makes once more. In a reduction cell the inputs are larger than the nodes.
  int64_t source_floats(int source) const { return columns * source_height(source) * source_width(source); }
  int64_t state_map(int source) const {
    int64_t at = 0;
    for (int s = 0; s < source; s++) at += images * source_floats(s);
    return at;
  }
  int64_t pool_map(int source, int candidate) const {
    return state_map(kSources) + (2 * source + candidate) * map_floats();
  }
  int64_t forward_floats() const { return pool_map(kSources, 0); }

  // Rows of statistics: for each edge the pools, the strided skip, then the stages in the order of their
  // candidates.
  int edge_norms(int source) const { return 2 + (strided(source) ? 1 : 0) + kStages; }
  int norm_row(int source, int node, int candidate) const {  // kMaxPool, kAveragePool or kSkip
    int row = 0;
    for (int n = kFirstNode; n <= node; n++)
      for (int s = 0; s < (n == node ? source : n); s++) row += edge_norms(s);
    return row + candidate;
  }
  int stage_row(int source, int node, int stage) const {
    return norm_row(source, node, 0) + edge_norms(source) - kStages + kStage[stage].norm;
  }
  int norm_rows() const { return norm_row(kSources, kStates - 1, 0); }

  // Inputs of the kernels: two states, the mix, then the parameters of each edge.
  static constexpr int kMixInput = 2;
  int skip_parameter(int source, int node) const {
    int at = kMixInput + 1;
    for (int n = kFirstNode; n <= node; n++)
      for (int s = 0; s < (n == node ? source : n); s++) at += kStageParameters + (strided(s) ? 2 : 0);
    return at;
  }
  int stage_parameter(int source, int node, int stage) const {
    return skip_parameter(source, node) + (strided(source) ? 2 : 0) + kStage[stage].parameter;
  }
  int inputs() const { return skip_parameter(kSources, kStates - 1); }
};

/// The pools of a state.
inline MapPool map_pool(const SearchCell& cell, int source) {
  return {cell.source_height(source), cell.source_width(source), cell.strided(source) ? 2 : 1,
          cell.out_height, cell.out_width};
}

/// The convolutions of one kernel size on an edge: the two stages of a separable one, and a dilated one.
struct Branch {
  int node, size;  // 0: 3x3, 1: 5x5

  int first() const { return kFirst3 + size; }
  int second() const { return kSecond3 + size; }
  int dilated() const { return kDilate3 + size; }
};

/// The branches of a state's edges, in groups that are taken through all their passes before the next one: an
/// image of the state, of its gradient and of those of the nodes is read once for all branches of a group, so
/// groups are large; but where maps are small, those of a group stay in the cache from one pass to the next.
inline std::vector<std::vector<Branch>> branch_groups(const SearchCell& cell, int source) {
  constexpr int64_t kGroupFloats = int64_t{16} << 20, kMaps = 4;
  const auto together = static_cast<size_t>(std::max<int64_t>(1, kGroupFloats / (kMaps * cell.map_floats())));
  std::vector<std::vector<Branch>> groups;
  for (int node = first_target(source); node < kStates; node++)
    for (int size = 0; size < 2; size++) {
      if (groups.empty() || groups.back().size() == together) groups.emplace_back();
      groups.back().push_back({node, size});
    }
  return groups;
}

/// One image of a map: of ours, or of a tensor [..., channels] of which the last dimension may be a part.
template <class T>
struct MapViewOf {
  const T* data;
  int64_t pixel_stride, block_stride, channels;

  const T* at(int64_t block, int v) const { return data + block * block_stride + v * kLanes; }
  int lanes(int64_t block, int v) const { return lanes_in(channels - block * kBlock, v); }
};
using MapView = MapViewOf<float>;

template <class T>
inline MapViewOf<T> view(const SearchCell& cell, const T* map, int64_t image) {
  return {map + image * cell.image_floats(), kBlock, cell.pixels * kBlock, cell.columns};
}

/// One image of a state, given as a map.
inline MapView state_view(const SearchCell& cell, const float* map, int source, int64_t image) {
  return {map + image * cell.source_floats(source), kBlock,
          cell.source_height(source) * cell.source_width(source) * kBlock, cell.columns};
}

/// Where the states lie: the inputs, and the nodes as slices of the cell's output.
struct States {
  const SearchCell& cell;
  const float *first, *second, *output;

  MapView image(int state, int64_t n) const {
    if (state < kFirstNode)
      return {(state == 0 ? first : second) + n * cell.height * cell.width * cell.channels, cell.channels,
              kBlock, cell.channels};
    return {output + (n * cell.pixels * kNodes + state - kFirstNode) * cell.channels, kNodes * cell.channels,
            kBlock, cell.channels};
  }
};

/// A map to blocks [block][pixel][16].
inline void pack_map(const MapView& map, int64_t pixels, int64_t blocks, float* packed) {
  for (int64_t block = 0; block < blocks; block++)
    for (int64_t p = 0; p < pixels; p++, packed += kBlock) {
      UNNAS_UNROLL
      for (int v = 0; v < kVectors; v++) {
        const int lanes = map.lanes(block, v);
        store(packed + v * kLanes,
              lanes == 0 ? vf{} : load_lanes(map.at(block, v) + p * map.pixel_stride, lanes));
      }
    }
}

/// max(0, map) with zeros around.
inline void relu_image(const float* packed, int64_t blocks, int64_t height, int64_t width,
                       BlockedImage& image) {
  for (int64_t block = 0; block < blocks; block++)
    for (int64_t y = 0; y < height; y++, packed += width * kBlock) {
      float* to = image.row(block, y);
      for (int64_t i = 0; i < width * kBlock; i += kLanes) store(to + i, positive_part(load(packed + i)));
    }
}

/// Mean and 1 / deviation of every batch norm, rounded up to whole blocks with zeros.
class Norms {
 public:
  Norms(const SearchCell& cell, Scratch& scratch)
      : cell_(cell),
        mean_(scratch.floats(cell.norm_rows() * cell.columns)),
        inverse_(scratch.floats(cell.norm_rows() * cell.columns)) {}

  void set(int row, const float* mean, const float* variance) {
    for (int64_t c = 0; c < cell_.columns; c++) {
      bool real = c < cell_.channels;
      mean_[row * cell_.columns + c] = real ? mean[c] : 0;
      inverse_[row * cell_.columns + c] =
          real ? static_cast<float>(1 / std::sqrt(static_cast<double>(variance[c]) + cell_.epsilon)) : 0;
    }
  }
  const float* mean(int row) const { return mean_ + row * cell_.columns; }
  const float* inverse(int row) const { return inverse_ + row * cell_.columns; }

 private:
  const SearchCell& cell_;
  float *mean_, *inverse_;
};

/// z = relu((y - mean) * inverse) with zeros around: what the second stage of a separable convolution reads.
template <class T>
inline void normalised_image(const SearchCell& cell, const MapViewOf<T>& y, const float* mean,
                             const float* inverse, BlockedImage& z) {
  for (int64_t block = 0; block < cell.blocks; block++) {
    vf center[kVectors], scale[kVectors];
    UNNAS_UNROLL
    for (int v = 0; v < kVectors; v++) {
      center[v] = load(mean + block * kBlock + v * kLanes);
      scale[v] = load(inverse + block * kBlock + v * kLanes);
    }
    const T* from = y.at(block, 0);
    for (int64_t row = 0; row < cell.out_height; row++, from += cell.out_width * kBlock) {
      float* to = z.row(block, row);
      for (int64_t i = 0; i < cell.out_width * kBlock; i += kBlock) {
        UNNAS_UNROLL
        for (int v = 0; v < kVectors; v++)
          store(to + i + v * kLanes, positive_part((load(from + i + v * kLanes) - center[v]) * scale[v]));
      }
    }
  }
}

/// One map of a sum, with a factor for each channel.
template <class T>
struct TermOf {
  MapViewOf<T> map;
  const float* factor;
};
using Term = TermOf<float>;

/// out += sum of factor * map for up to kTerms terms, over `count` pixels of one vector of channels: few
/// enough maps at a time for the processor's prefetching to follow them.
template <int kTerms, class T>
inline void add_terms(const TermOf<T>* terms, int64_t block, int v, int64_t first, int64_t count,
                      float* out) {
  const T* x[kTerms];
  int64_t stride[kTerms];
  vf factor[kTerms];
  int lanes[kTerms];
  bool whole = true;
  for (int k = 0; k < kTerms; k++) {
    const MapViewOf<T>& map = terms[k].map;
    stride[k] = map.pixel_stride;
    x[k] = map.at(block, v) + first * stride[k];
    factor[k] = load(terms[k].factor + block * kBlock + v * kLanes);
    lanes[k] = map.lanes(block, v);
    whole = whole && lanes[k] == kLanes;
  }
  if (whole) {
    for (int64_t p = 0; p < count * kBlock; p += kBlock) {
      vf sum = load(out + p);
      UNNAS_UNROLL
      for (int k = 0; k < kTerms; k++) {
        sum += load(x[k]) * factor[k];
        x[k] += stride[k];
      }
      store(out + p, sum);
    }
    return;
  }
  if constexpr (std::is_same_v<T, float>)  // maps of ours are whole
    for (int k = 0; k < kTerms; k++)
      for (int64_t p = 0; lanes[k] > 0 && p < count; p++)
        store(out + p * kBlock,
              load(out + p * kBlock) + load_lanes(x[k] + p * stride[k], lanes[k]) * factor[k]);
}

template <class T>
inline void add_all_terms(const std::vector<TermOf<T>>& terms, int64_t block, int v, int64_t first,
                          int64_t count, float* out) {
  size_t k = 0;
  for (; k + 4 <= terms.size(); k += 4) add_terms<4>(&terms[k], block, v, first, count, out);
  for (; k < terms.size(); k++) add_terms<1>(&terms[k], block, v, first, count, out);
}

/// Adds up maps of an image of `pixels` pixels, [block][pixel][16]: of those in float and of those as they
/// are kept.
template <class T>
struct MapSum {
  std::vector<Term> maps;
  std::vector<TermOf<T>> kept;

  /// out += sum of factor * map; `start` of each channel takes the place of what out holds, if it is given.
  void add_to(int64_t blocks, int64_t pixels, float* out, const float* start = nullptr) const {
    for (int64_t first = 0; first < pixels; first += kPixels) add_pixels(first, blocks, pixels, out, start);
  }

  /// Pixels that are summed at a time. They stay in the L1 cache for all terms, with those of four maps if
  /// each vector of a pixel is summed by itself.
  static constexpr int64_t kPixels = kVectors == 1 ? 256 : 64;

  /// The same for kPixels pixels from `first` on, or what there are.
  void add_pixels(int64_t first, int64_t blocks, int64_t pixels, float* out, const float* start) const {
    const int64_t count = std::min(kPixels, pixels - first);
    for (int64_t block = 0; block < blocks; block++)
      for (int v = 0; v < kVectors; v++) {
        float* sum = out + (block * pixels + first) * kBlock + v * kLanes;
        if (start) {
          const vf value = load(start + block * kBlock + v * kLanes);
          for (int64_t p = 0; p < count * kBlock; p += kBlock) store(sum + p, value);
        }
        add_all_terms(maps, block, v, first, count, sum);
        add_all_terms(kept, block, v, first, count, sum);
      }
  }
};

/// Maps that are read after the chunk of the moment, asked for a few lines at a time between the tiles of its
/// products: the processor's own prefetching stops at the end of a page of 4 KiB, which a chunk fills, and
/// waiting for many lines at once costs as much as a product.
class LinesAhead {
 public:
  /// `count` pixels of an image of a map, from `first` on.
  template <class M>
  void add(const SearchCell& cell, const MapViewOf<M>& map, int64_t first, int64_t count) {
    constexpr int64_t kBytes = kBlock * sizeof(M);
    const int64_t from = first * kBytes / kLine * kLine;
    parts_[size_++] = {reinterpret_cast<const char*>(map.data) + from,
                       map.block_stride * static_cast<int64_t>(sizeof(M)), cell.blocks,
                       ((first + count) * kBytes - from + kLine - 1) / kLine};
    total_ += parts_[size_ - 1].blocks * parts_[size_ - 1].lines;
  }
  /// `times`: how often it will be asked for the next lines.
  void share(int64_t times) { each_ = (total_ + times - 1) / times; }

  void operator()() {
    for (int64_t i = 0; i < each_ && part_ < size_; i++) {
      const Part& part = parts_[part_];
      prefetch(part.first + block_ * part.block_stride + line_ * kLine);
      if (++line_ < part.lines) continue;
      line_ = 0;
      if (++block_ < part.blocks) continue;
      block_ = 0, part_++;
    }
  }

 private:
  static constexpr int64_t kLine = 64;
  struct Part {
    const char* first;
    int64_t block_stride, blocks, lines;
  };
  Part parts_[3];
  int64_t size_ = 0, total_ = 0, each_ = 0;
  int64_t part_ = 0, block_ = 0, line_ = 0;  // of the next line
};

/// Filters of a stage, packed.
struct StageFilters {
  float *depthwise, *flipped;  // flipped: for the backward pass, else null
  Panels pointwise;            // transposed for the backward pass
};

/// The filters of all stages, packed on all threads.
class PackedFilters {
 public:
  /// `backward`: as the backward pass multiplies.
  PackedFilters(const SearchCell& cell, const Call& call, bool backward, Scratch& scratch) {
    auto at = [](int64_t i) {
      return std::pair{static_cast<int>(i / kStages), static_cast<int>(i % kStages)};
    };
    for (int64_t i = 0; i < kEdges * kStages; i++) {
      const auto [edge, stage] = at(i);
      const int64_t taps = int64_t{kStage[stage].kernel} * kStage[stage].kernel;
      float* panels = scratch.floats(panel_floats(cell.columns, cell.columns));
      filters_[edge][stage] = {scratch.floats(taps * cell.columns),
                               backward ? scratch.floats(taps * cell.columns) : nullptr,
                               {panels, cell.columns, cell.columns}};
    }
    int first[kEdges];
    for (int node = kFirstNode; node < kStates; node++)
      for (int source = 0; source < node; source++)
        first[edge_of(source, node)] = cell.stage_parameter(source, node, 0) - kStage[0].parameter;
    parallel_for(kEdges * kStages, kStages, [&](int64_t, int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        const auto [edge, stage] = at(i);
        const auto parameter = static_cast<size_t>(first[edge] + kStage[stage].parameter);
        fill(cell, call.in(parameter).f32(), call.in(parameter + 1).f32(), stage, filters_[edge][stage]);
      }
    });
  }

  const StageFilters& operator()(int edge, int stage) const { return filters_[edge][stage]; }

 private:
  static void fill(const SearchCell& cell, const float* depthwise, const float* pointwise, int stage,
                   const StageFilters& to) {
    const int64_t taps = int64_t{kStage[stage].kernel} * kStage[stage].kernel, columns = cell.columns;
    fill_filters(depthwise, taps, cell.channels, false, to.depthwise);
    if (to.flipped) fill_filters(depthwise, taps, cell.channels, true, to.flipped);
    // The matrix with zeros around.
    Scratch scratch;
    float* matrix = scratch.floats(columns * columns);
    if (cell.channels < columns) std::fill_n(matrix, columns * columns, 0.0f);
    for (int64_t r = 0; r < cell.channels; r++)
      std::copy_n(pointwise + r * cell.channels, cell.channels, matrix + r * columns);
    fill_panels(matrix, columns, columns, to.flipped ? 1 : columns, to.flipped ? columns : 1,
                const_cast<float*>(to.pointwise.data));
  }

  StageFilters filters_[kEdges][kStages];
};

/// Stores the rows of a chunk product into an image of a map.
template <class T>
struct ToMap {
  T* map;
  int64_t block_stride;
  void operator()(int64_t p, int64_t n, vf value, int) const {
    store(map + n / kBlock * block_stride + p * kBlock + n % kBlock, value);
  }
};

/// Stores the rows of a chunk product into an image with margins.
struct ToImage {
  float* origin;  // of the image's first block
  int64_t block_stride;
  int64_t pixel[kChunk];  // where in its block each pixel of the chunk stands

  ToImage(const BlockedImage& image, const PixelChunk& chunk)
      : origin(image.row(0, chunk.row) + chunk.column * kBlock), block_stride(image.block_stride()) {
    for (int64_t i = 0, p = 0; i < chunk.rows; i++)
      for (int64_t j = 0; j < chunk.width; j++) pixel[p++] = i * image.row_stride() + j * kBlock;
  }
  void operator()(int64_t p, int64_t n, vf value, int) const {
    store(origin + n / kBlock * block_stride + n % kBlock + pixel[p], value);
  }
};

/// Images a piece of work has; partial sums, whole filters of all stages, are kept one a piece.
inline int64_t images_of_piece(const SearchCell& cell) {
  constexpr int64_t kMaxPieces = 32, kPixels = 256;
  return std::max(chunk_count(cell.images, kMaxPieces), kPixels / cell.pixels);
}

}  // namespace
}  // namespace unnas::UNNAS_ISA
