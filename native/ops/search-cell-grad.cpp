#include "core/map-moments.h"
#include "core/map-pool.h"
#include "core/search-cell.h"
#include "core/strided-skip.h"

// The backward pass of a search cell, from the last node to the inputs.
//
// With dS the gradient of a node, S = sum dS and P_k = sum dS xhat_k over all M pixels, of each channel
// (xhat_k the normalised map k), one pass over dS and the maps gives everything that the batch norms at the
// ends of the candidates need:
//
//   dmix_k = sum over channels of P_k
//   dy_k = mix_k / deviation_k (dS - S / M - xhat_k P_k / M) = a dS + b y_k + c    with a, b, c of a channel
//
// dy_k is formed chunk by chunk in the cache where a convolution or a pool wants it, and never stored.
// Outputs of depthwise convolutions are computed once more. All that leaves a state is added up in one image:
// one ReLU mask and one pass of the pools' gradients a state.

namespace unnas::UNNAS_ISA {
namespace {

/// dy = a g + b y + c, of each channel.
struct NormGradient {
  float *a, *b, *c;

  NormGradient() = default;
  NormGradient(int64_t columns, Scratch& scratch)
      : a(scratch.floats(columns)), b(scratch.floats(columns)), c(scratch.floats(columns)) {}
};

/// Sums of products with the maps of a node, or of the two norms between stages: one vector of channels each.
class ProductSums {
 public:
  ProductSums(int64_t vectors, int64_t pieces, int64_t columns)
      : vectors_(vectors),
        pieces_(pieces),
        columns_(columns),
        sums_(static_cast<size_t>(vectors * pieces * columns), 0.0) {}

  double* part(int64_t piece, int64_t vector) {
    return sums_.data() + (piece * vectors_ + vector) * columns_;
  }
  /// The sum over all pieces, in their order.
  std::vector<double> total(int64_t vector) const {
    std::vector<double> total(static_cast<size_t>(columns_), 0.0);
    for (int64_t piece = 0; piece < pieces_; piece++)
      for (int64_t c = 0; c < columns_; c++)
        total[static_cast<size_t>(c)] +=
            sums_[static_cast<size_t>((piece * vectors_ + vector) * columns_ + c)];
    return total;
  }

 private:
  int64_t vectors_, pieces_, columns_;
  std::vector<double> sums_;
};

/// Partial weight gradients of stages, of each piece of work.
class FilterSums {
 public:
  FilterSums(const SearchCell& cell, int stage, int64_t pieces, Scratch& scratch)
      : taps_(int64_t{kStage[stage].kernel} * kStage[stage].kernel),
        pieces_(pieces),
        channels_(cell.channels),
        matrix_size_(cell.columns * cell.columns),
        filter_size_(cell.columns * taps_),
        matrices_(scratch.floats(pieces * matrix_size_)),
        filters_(scratch.floats(pieces * filter_size_)) {}

  float* matrix(int64_t piece) const { return matrices_ + piece * matrix_size_; }
  float* filters(int64_t piece) const { return filters_ + piece * filter_size_; }
  void clear(int64_t piece) const {
    std::fill_n(matrix(piece), matrix_size_, 0.0f);
    std::fill_n(filters(piece), filter_size_, 0.0f);
  }
  void finish(float* depthwise, float* pointwise) const {
    add_partial_filters(filters_, pieces_, taps_, channels_, depthwise);
    add_partial_matrices(matrices_, pieces_, channels_, channels_, pointwise);
  }

 private:
  int64_t taps_, pieces_, channels_, matrix_size_, filter_size_;
  float *matrices_, *filters_;
};

class BackwardPass {
 public:
  explicit BackwardPass(const Call& call)
      : call_(call),
        cell_(call.attrs),
        weights_(call.attrs.flag("weights")),
        saved_(input(3)),
        doutput_(input(4)),
        states_{cell_, call.in(0).f32(), call.in(1).f32(), input(0)},
        group_(images_of_piece(cell_)),
        pieces_(chunk_count(cell_.images, group_)),
        workspace_(call.outputs.back().f32()),
        norms_(cell_, scratch_) {
    if (call.outputs.back().size < static_cast<size_t>(kWorkspaceMaps * cell_.map_floats()) ||
        call.inputs.size() != static_cast<size_t>(cell_.inputs() + 5))
      throw std::invalid_argument("search cell: wrong number of inputs or room");
    for (int row = 0; row < cell_.norm_rows(); row++)
      norms_.set(row, input(1) + row * cell_.channels, input(2) + row * cell_.channels);
    for (int node = kFirstNode; node < kStates; node++)
      for (int source = 0; source < node; source++)
        for (int stage = 0; stage < kStages; stage++)
          filters_[edge_of(source, node)][stage] =
              stage_filters(cell_, call, source, node, stage, true, scratch_);
    for (auto& edge : ends_)
      for (auto& norm : edge) norm = NormGradient(cell_.columns, scratch_);
    for (auto& edge : middles_)
      for (auto& norm : edge) norm = NormGradient(cell_.columns, scratch_);
  }

  void run() {
    take_last_node();
    for (int source = kSources - 1; source >= 0; source--) {
      second_stages(source);
      first_stages(source);
    }
  }

  /// Maps of working memory: gradients of the nodes, and of what the first stages of separable convolutions
  /// made on the edges of one source.
  static constexpr int64_t kWorkspaceMaps = kNodes + 2 * kNodes;

 private:
  const float* input(int after) const { return call_.in(static_cast<size_t>(cell_.inputs() + after)).f32(); }
  float mix(int source, int node, int candidate) const {
    return call_.in(SearchCell::kMixInput).f32()[edge_of(source, node) * kCandidates + candidate];
  }
  float* node_gradient(int node) const { return workspace_ + (node - kFirstNode) * cell_.map_floats(); }
  float* middle_gradient(int node, int first_stage) const {
    return workspace_ + (kNodes + 2 * (node - kFirstNode) + first_stage) * cell_.map_floats();
  }
  /// The part of the output's gradient that belongs to a node.
  MapView output_gradient(int node, int64_t n) const {
    return States{cell_, nullptr, nullptr, doutput_}.image(node, n);
  }
  MapView image(const float* map, int64_t n) const { return view(cell_, map, n); }

  /// What a candidate's batch norm sees, and which one it is; the skip of stride 1 has none.
  struct End {
    const float* map;  // null: the state itself
    int row;           // -1: no batch norm
  };
  End end_of(int source, int node, int candidate) const {
    if (candidate == kMaxPool || candidate == kAveragePool)
      return {saved_ + cell_.pool_map(source, candidate), cell_.norm_row(source, node, candidate)};
    if (candidate == kSkip)
      return cell_.strided(source)
                 ? End{saved_ + cell_.skip_map(source, node), cell_.norm_row(source, node, kSkip)}
                 : End{nullptr, -1};
    const int stage = last_stage(candidate);
    return {saved_ + cell_.stage_map(edge_of(source, node), stage), cell_.stage_row(source, node, stage)};
  }

  // Sum of dS, then of dS (y - mean) for each map of a node.
  static int64_t product_of(int source, int candidate) { return 1 + source * kCandidates + candidate; }
  ProductSums node_sums(int node) const { return {1 + node * kCandidates, pieces_, cell_.columns}; }

  void add_node_products(int node, int64_t n, int64_t piece, ProductSums& sums) const {
    constexpr int64_t kPixels = 256;  // of dS, that stay in the cache for all maps
    const MapView ds = image(node_gradient(node), n);
    for (int64_t block = 0; block < cell_.blocks; block++)
      for (int v = 0; v < kVectors; v++)
        for (int64_t first = 0; first < cell_.pixels; first += kPixels) {
          const int64_t count = std::min(kPixels, cell_.pixels - first),
                        channel = block * kBlock + v * kLanes;
          const float* g = ds.at(block, v) + first * kBlock;
          vf sum[4] = {};
          for (int64_t p = 0; p < count; p++) sum[p % 4] += load(g + p * kBlock);
          MapMoments::add_to(sums.part(piece, 0) + channel, (sum[0] + sum[1]) + (sum[2] + sum[3]));
          for (int source = 0; source < node; source++)
            for (int k = 0; k < kCandidates; k++) {
              const End end = end_of(source, node, k);
              const MapView y = end.map ? image(end.map, n) : states_.image(source, n);
              if (y.lanes(block, v) == 0) continue;
              const vf mean = end.row < 0 ? vf{} : load(norms_.mean(end.row) + channel);
              MapMoments::add_to(sums.part(piece, product_of(source, k)) + channel,
                                 products(g, y.at(block, v) + first * y.pixel_stride, y.pixel_stride,
                                          y.lanes(block, v), count, mean));
            }
        }
  }

  /// Sum of g (y - mean) over pixels of one vector of channels.
  static vf products(const float* g, const float* y, int64_t stride, int lanes, int64_t count, vf mean) {
    vf sum[4] = {};
    int64_t p = 0;
    if (lanes == kLanes)
      for (; p + 4 <= count; p += 4) {
        UNNAS_UNROLL
        for (int i = 0; i < 4; i++)
          sum[i] += load(g + (p + i) * kBlock) * (load(y + (p + i) * stride) - mean);
      }
    for (; p < count; p++) sum[0] += load(g + p * kBlock) * (load_lanes(y + p * stride, lanes) - mean);
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
  }

  /// The gradient of a batch norm whose output has the factor `weight`. Gives the sum over channels of P.
  double set(const NormGradient& gradient, int row, float weight, const std::vector<double>& s,
             const std::vector<double>& centered) const {
    const auto count = static_cast<double>(cell_.images * cell_.pixels);
    double projections = 0;
    for (int64_t c = 0; c < cell_.columns; c++) {
      const auto i = static_cast<size_t>(c);
      const auto inverse = static_cast<double>(norms_.inverse(row)[c]),
                 mean = static_cast<double>(norms_.mean(row)[c]);
      const double projection = centered[i] * inverse, scale = static_cast<double>(weight) * inverse;
      const double slope = -scale * projection * inverse / count;
      projections += projection;
      gradient.a[c] = static_cast<float>(scale);
      gradient.b[c] = static_cast<float>(slope);
      gradient.c[c] = static_cast<float>(-scale * s[i] / count - slope * mean);
    }
    return projections;
  }

  void finish_node(int node, const ProductSums& sums) {
    float* dmix = call_.out(SearchCell::kMixInput).f32();
    const auto s = sums.total(0);
    for (int source = 0; source < node; source++)
      for (int k = 0; k < kCandidates; k++) {
        const int edge = edge_of(source, node), row = end_of(source, node, k).row;
        const auto centered = sums.total(product_of(source, k));
        double total = 0;
        if (row < 0) {
          for (double product : centered) total += product;
          std::fill_n(ends_[edge][k].a, cell_.columns, mix(source, node, k));
        } else {
          total = set(ends_[edge][k], row, mix(source, node, k), s, centered);
        }
        dmix[edge * kCandidates + k] = static_cast<float>(total);
      }
  }

  void take_last_node() {
    const int node = kStates - 1;
    ProductSums sums = node_sums(node);
    parallel_for(cell_.images, group_, [&](int64_t piece, int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; n++) {
        pack_map(output_gradient(node, n), cell_.pixels, cell_.blocks,
                 node_gradient(node) + n * cell_.image_floats());
        add_node_products(node, n, piece, sums);
      }
    });
    finish_node(node, sums);
  }

  /// Room for a piece of work.
  struct Workplace {
    BlockedImage input, du;
    float *u, *dy, *row;

    Workplace(const Depthwise& d, Scratch& scratch)
        : input(input_image(d, d.height, scratch)),
          du(gradient_image(d, scratch)),
          u(scratch.floats(chunk_floats(2 * d.channels))),
          dy(scratch.floats(chunk_floats(d.channels))),
          row(scratch.floats(d.width * kBlock)) {}
  };

  /// dy = a g + b y + c, for a chunk.
  void form_gradient(const NormGradient& norm, const MapView& g, const MapView& y, const PixelChunk& chunk,
                     float* dy) const {
    const int64_t first = (chunk.row * cell_.out_width + chunk.column) * kBlock;
    for (int64_t block = 0; block < cell_.blocks; block++)
      for (int v = 0; v < kVectors; v++) {
        const int64_t channel = block * kBlock + v * kLanes;
        const vf a = load(norm.a + channel), b = load(norm.b + channel), c = load(norm.c + channel);
        const float *from = g.at(block, v) + first, *map = y.at(block, v) + first;
        float* to = dy + block * kChunkStride + v * kLanes;
        for (int64_t p = 0; p < chunk.pixels() * kBlock; p += kBlock)
          store(to + p, load(from + p) * a + (load(map + p) * b + c));
      }
  }

  /// From the gradient of a stage's output to the weight gradients and du, the gradient of its depthwise
  /// convolution.
  void stage_gradient(const Depthwise& d, const StageFilters& filters, const NormGradient& norm,
                      const MapView& g, const MapView& y, const FilterSums* sums, int64_t piece,
                      Workplace& work) const {
    for_chunks(0, d.out_height, d.out_width, [&](const PixelChunk& chunk) {
      form_gradient(norm, g, y, chunk, work.dy);
      multiply(work.dy, chunk.pixels(), filters.pointwise, ToImage(work.du, chunk));
      if (!sums) return;
      depthwise_forward(d, work.input, filters.depthwise, chunk, work.u);
      accumulate(work.u, cell_.columns, work.dy, cell_.columns, chunk.pixels(), sums->matrix(piece));
      depthwise_weight_gradient(d, work.input, work.du, chunk, sums->filters(piece));
    });
  }

  std::vector<FilterSums> filter_sums(int source, int first_stage, int count, Scratch& scratch) const {
    std::vector<FilterSums> sums;
    for (int node = first_target(source); weights_ && node < kStates; node++)
      for (int stage = first_stage; stage < first_stage + count; stage++)
        sums.emplace_back(cell_, stage, pieces_, scratch);
    return sums;
  }
  void finish_filters(int source, int first_stage, int count, const std::vector<FilterSums>& all) const {
    for (size_t i = 0; i < all.size(); i++) {
      const int node = first_target(source) + static_cast<int>(i) / count,
                stage = first_stage + static_cast<int>(i) % count;
      const auto at = static_cast<size_t>(cell_.stage_parameter(source, node, stage));
      all[i].finish(call_.out(at).f32(), call_.out(at + 1).f32());
    }
  }

  void second_stages(int source) {
    const int first = first_target(source), targets = kStates - first;
    Scratch local;
    const auto filters = filter_sums(source, kSecond3, 2, local);
    auto index = [&](int node, int stage) { return (node - first) * 2 + stage - kSecond3; };
    ProductSums sums(targets * 4, pieces_, cell_.columns);  // of dz, then of dz (y1 - mean)

    parallel_for(cell_.images, group_, [&](int64_t piece, int64_t begin, int64_t end) {
      Scratch scratch;
      Workplace work(cell_.depthwise(source, kSecond5), scratch);
      for (const FilterSums& one : filters) one.clear(piece);
      for (int64_t n = begin; n < end; n++)
        for (int node = first; node < kStates; node++)
          for (int stage : {kSecond3, kSecond5}) {
            const int edge = edge_of(source, node), i = index(node, stage), before = stage - kSecond3;
            const Depthwise d = cell_.depthwise(source, stage);
            const int row = cell_.stage_row(source, node, before);
            const MapView y1 = image(saved_ + cell_.stage_map(edge, before), n);
            normalised_image(cell_, y1, norms_.mean(row), norms_.inverse(row), work.input);
            stage_gradient(d, filters_[edge][stage], ends_[edge][kSeparable3 + before],
                           image(node_gradient(node), n), image(saved_ + cell_.stage_map(edge, stage), n),
                           filters.empty() ? nullptr : &filters[static_cast<size_t>(i)], piece, work);
            store_middle(d, filters_[edge][stage], work, y1, norms_.mean(row),
                         middle_gradient(node, before) + n * cell_.image_floats(), sums.part(piece, 2 * i),
                         sums.part(piece, 2 * i + 1));
          }
    });
    for (int node = first; node < kStates; node++)
      for (int stage : {kSecond3, kSecond5}) {
        const int before = stage - kSecond3, i = index(node, stage);
        set(middles_[edge_of(source, node)][before], cell_.stage_row(source, node, before), 1.0f,
            sums.total(2 * i), sums.total(2 * i + 1));
      }
    finish_filters(source, kSecond3, 2, filters);
  }

  /// dz of an image: the depthwise input gradient where z > 0, with its sums.
  void store_middle(const Depthwise& d, const StageFilters& filters, const Workplace& work, const MapView& y1,
                    const float* means, float* dz, double* sums, double* products) const {
    for (int64_t block = 0; block < cell_.blocks; block++)
      for (int64_t y = 0; y < d.height; y++) {
        depthwise_input_gradient(d, work.du, filters.depthwise, filters.flipped, block, y, work.row);
        for (int v = 0; v < kVectors; v++) {
          const int64_t channel = block * kBlock + v * kLanes;
          const int64_t at = block * y1.block_stride + y * d.width * kBlock + v * kLanes;
          const vf mean = load(means + channel);
          const float *z = work.input.row(block, y) + v * kLanes, *gradient = work.row + v * kLanes;
          vf sum{}, product{};
          for (int64_t i = 0; i < d.width * kBlock; i += kBlock) {
            const vf value = load(z + i) > 0.0f ? load(gradient + i) : vf{};
            store(dz + at + i, value);
            sum += value;
            product += value * (load(y1.data + at + i) - mean);
          }
          MapMoments::add_to(sums + channel, sum);
          MapMoments::add_to(products + channel, product);
        }
      }
  }

  void first_stages(int source) {
    const int first = first_target(source);
    const bool strided = cell_.strided(source), is_node = source >= kFirstNode;
    const int64_t height = cell_.source_height(source), width = cell_.source_width(source);
    const int64_t floats = cell_.columns * height * width;
    Scratch local;
    const auto filters = filter_sums(source, kFirst3, kFirstStages, local);
    const SkipGradients skips(*this, source, local);
    const PoolGradients pools(*this, source, local);
    ProductSums sums = node_sums(is_node ? source : 0);

    parallel_for(cell_.images, group_, [&](int64_t piece, int64_t begin, int64_t end) {
      Scratch scratch;
      Workplace work(cell_.depthwise(source, kDilate5), scratch);
      float *packed = scratch.floats(floats), *own = is_node ? nullptr : scratch.floats(floats);
      for (const FilterSums& one : filters) one.clear(piece);
      skips.clear(piece);
      for (int64_t n = begin; n < end; n++) {
        float* dx = is_node ? node_gradient(source) + n * cell_.image_floats() : own;
        std::fill_n(dx, floats, 0.0f);
        pack_map(states_.image(source, n), height * width, cell_.blocks, packed);
        relu_image(packed, cell_.blocks, height, width, work.input);
        for (int node = first; node < kStates; node++)
          for (int stage = 0; stage < kFirstStages; stage++) {
            const int edge = edge_of(source, node);
            const bool separable = stage < kDilate3;
            const size_t i = static_cast<size_t>((node - first) * kFirstStages + stage);
            const Depthwise d = cell_.depthwise(source, stage);
            stage_gradient(d, filters_[edge][stage],
                           separable ? middles_[edge][stage] : ends_[edge][kDilated3 + stage - kDilate3],
                           image(separable ? middle_gradient(node, stage) : node_gradient(node), n),
                           image(saved_ + cell_.stage_map(edge, stage), n),
                           filters.empty() ? nullptr : &filters[i], piece, work);
            add_input_gradient(d, filters_[edge][stage], work, dx);
          }
        if (strided) skips.add(n, piece, work, BlockedImage{dx, 0, height, 0, width});
        for (int64_t i = 0; i < floats; i += kLanes)
          store(dx + i, load(packed + i) > 0.0f ? load(dx + i) : vf{});
        pools.add(n, dx);

        if (is_node) {
          add_node_products(source, n, piece, sums);
        } else {
          float* out = call_.out(static_cast<size_t>(source)).f32() + n * height * width * cell_.channels;
          for (int64_t p = 0; p < height * width; p++)
            unpack_row(dx + p * kBlock, height * width * kBlock, cell_.channels, out + p * cell_.channels);
        }
      }
    });
    if (is_node) finish_node(source, sums);
    finish_filters(source, kFirst3, kFirstStages, filters);
    skips.finish();
  }

  void add_input_gradient(const Depthwise& d, const StageFilters& filters, const Workplace& work,
                          float* dx) const {
    for (int64_t block = 0; block < cell_.blocks; block++)
      for (int64_t y = 0; y < d.height; y++) {
        depthwise_input_gradient(d, work.du, filters.depthwise, filters.flipped, block, y, work.row);
        float* to = dx + (block * d.height + y) * d.width * kBlock;
        for (int64_t i = 0; i < d.width * kBlock; i += kLanes)
          store(to + i, load(to + i) + load(work.row + i));
      }
  }

  /// The gradients of the strided skips of a source.
  class SkipGradients {
   public:
    SkipGradients(const BackwardPass& pass, int source, Scratch& scratch) : pass_(pass), source_(source) {
      const SearchCell& cell = pass.cell_;
      for (int node = first_target(source); cell.strided(source) && node < kStates; node++) {
        const auto at = static_cast<size_t>(cell.skip_parameter(source, node));
        const StridedSkip skip(cell, pass.call_.in(at).f32(), pass.call_.in(at + 1).f32(), scratch);
        size_ = skip.rows * skip.columns;
        skips_.push_back({pack_panels(skip.matrix, skip.columns, skip.rows, 1, skip.columns, scratch),
                          pass.weights_ ? scratch.floats(pass.pieces_ * size_) : nullptr});
      }
    }
    void clear(int64_t piece) const {
      for (const Skip& skip : skips_)
        if (skip.sums) std::fill_n(skip.sums + piece * size_, size_, 0.0f);
    }
    void add(int64_t n, int64_t piece, Workplace& work, const BlockedImage& dx) const {
      const SearchCell& cell = pass_.cell_;
      for (size_t i = 0; i < skips_.size(); i++) {
        const int node = first_target(source_) + static_cast<int>(i);
        for_chunks(0, cell.out_height, cell.out_width, [&](const PixelChunk& chunk) {
          pass_.form_gradient(pass_.ends_[edge_of(source_, node)][kSkip],
                              pass_.image(pass_.node_gradient(node), n),
                              pass_.image(pass_.saved_ + cell.skip_map(source_, node), n), chunk, work.dy);
          if (skips_[i].sums) {
            gather_skip(cell, work.input, chunk, work.u);
            accumulate(work.u, 2 * cell.columns, work.dy, cell.columns, chunk.pixels(),
                       skips_[i].sums + piece * size_);
          }
          multiply(work.dy, chunk.pixels(), skips_[i].transposed, ToChunk{work.u});
          scatter_skip(cell, work.u, chunk, dx);
        });
      }
    }
    void finish() const {
      const SearchCell& cell = pass_.cell_;
      const int64_t half = cell.channels / 2;
      for (size_t i = 0; i < skips_.size() && skips_[i].sums; i++) {
        const auto at =
            static_cast<size_t>(cell.skip_parameter(source_, first_target(source_) + static_cast<int>(i)));
        Scratch scratch;
        float* total = scratch.floats(size_);
        add_partial_matrices(skips_[i].sums, pass_.pieces_, 2 * cell.columns, cell.columns, total);
        for (int64_t c = 0; c < cell.channels; c++) {
          std::copy_n(total + c * cell.columns, half, pass_.call_.out(at).f32() + c * half);
          std::copy_n(total + (cell.columns + c) * cell.columns + half, half,
                      pass_.call_.out(at + 1).f32() + c * half);
        }
      }
    }

   private:
    struct Skip {
      Panels transposed;
      float* sums;
    };
    const BackwardPass& pass_;
    int source_;
    int64_t size_ = 0;
    std::vector<Skip> skips_;
  };

  /// What reaches a source past its ReLU: through the pools, the skips of stride 1, and as a part of the
  /// cell's output.
  class PoolGradients {
   public:
    PoolGradients(const BackwardPass& pass, int source, Scratch& scratch)
        : pass_(pass),
          source_(source),
          zeros_(filled(0, scratch)),
          ones_(filled(1, scratch)),
          b_{filled(0, scratch), filled(0, scratch)},
          c_{filled(0, scratch), filled(0, scratch)} {
      for (int node = first_target(source); node < kStates; node++)
        for (int k : {kMaxPool, kAveragePool}) {
          const NormGradient& norm = pass.ends_[edge_of(source, node)][k];
          for (int64_t c = 0; c < pass.cell_.columns; c++) b_[k][c] += norm.b[c], c_[k][c] += norm.c[c];
        }
    }
    void add(int64_t n, float* dx) const {
      const SearchCell& cell = pass_.cell_;
      const int64_t pixels = cell.pixels, stride = pixels * kBlock;
      const bool strided = cell.strided(source_);
      Scratch scratch;
      float* dpool[] = {scratch.floats(cell.image_floats()), scratch.floats(cell.image_floats())};
      std::vector<Term> terms;
      for (int k : {kMaxPool, kAveragePool}) {
        terms = gradients(k, n);
        terms.push_back({pass_.image(pass_.saved_ + cell.pool_map(source_, k), n), b_[k]});
        combine(terms, c_[k], cell.blocks, 0, pixels, dpool[k], stride);
      }
      if (!strided) {
        terms = gradients(kSkip, n);
        terms.push_back({{dx, kBlock, stride, cell.columns}, ones_});
        if (source_ >= kFirstNode) terms.push_back({pass_.output_gradient(source_, n), ones_});
        combine(terms, zeros_, cell.blocks, 0, pixels, dx, stride);
      }
      const MapPool pool{cell.source_height(source_), cell.source_width(source_), strided ? 2 : 1,
                         cell.out_height, cell.out_width};
      const auto* positions = reinterpret_cast<const uint8_t*>(pass_.saved_ + cell.positions(source_));
      pool_map_gradient(pool, cell.blocks, dpool[kMaxPool], dpool[kAveragePool],
                        positions + n * cell.image_floats(), dx);
    }

   private:
    float* filled(float value, Scratch& scratch) const {
      float* vector = scratch.floats(pass_.cell_.columns);
      std::fill_n(vector, pass_.cell_.columns, value);
      return vector;
    }
    std::vector<Term> gradients(int candidate, int64_t n) const {
      std::vector<Term> terms;
      for (int node = first_target(source_); node < kStates; node++)
        terms.push_back(
            {pass_.image(pass_.node_gradient(node), n), pass_.ends_[edge_of(source_, node)][candidate].a});
      return terms;
    }

    const BackwardPass& pass_;
    int source_;
    float *zeros_, *ones_, *b_[2], *c_[2];
  };

  const Call& call_;
  const SearchCell cell_;
  const bool weights_;
  const float *saved_, *doutput_;
  const States states_;
  const int64_t group_, pieces_;
  float* workspace_;
  Scratch scratch_;
  Norms norms_;
  StageFilters filters_[kEdges][kStages];
  NormGradient ends_[kEdges][kCandidates];  // of the batch norms at the ends of the candidates
  NormGradient middles_[kEdges][2];         // of those between two stages
};

// inputs: those of search_cell, its four outputs, the gradient of the first; outputs: the gradients of s0,
// s1, the mix and, with `weights`, all filters; then working memory of 12 maps.
void search_cell_grad(const Call& call) { BackwardPass(call).run(); }

UNNAS_KERNEL("search_cell_grad", search_cell_grad);

}  // namespace
}  // namespace unnas::UNNAS_ISA
