#include <utility>

#include "core/gradient-sums.h"
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
// Outputs of depthwise convolutions are computed once more. All that leaves a state is added up in one map:
// one ReLU mask and one pass of the pools' gradients a state.
//
// States are taken from the last to the first, when the gradients of all nodes that they lead to are known.
// The edges of a state follow one another in groups of branches (see branch_groups): the products P_k of the
// group, its second stages, its first stages.

namespace unnas::UNNAS_ISA {
namespace {

/// The gradient of a batch norm's input y from that of its output g: dy = a g + b y + c, of each channel.
struct NormGradient {
  float *a, *b, *c;

  NormGradient() = default;
  NormGradient(int64_t columns, Scratch& scratch)
      : a(scratch.floats(columns)), b(scratch.floats(columns)), c(scratch.floats(columns)) {}
};

/// `T`: what maps are kept as.
template <class T>
class BackwardPass {
 public:
  explicit BackwardPass(const Call& call)
      : call_(call),
        cell_(call.attrs),
        weights_(call.attrs.flag("weights")),
        wanted_{call.attrs.flag("first"), call.attrs.flag("second")},
        saved_(reinterpret_cast<const T*>(input(3))),
        states_{cell_, call.in(0).f32(), call.in(1).f32(), input(0)},
        doutput_{cell_, nullptr, nullptr, input(4)},
        group_(images_of_piece(cell_)),
        pieces_(chunk_count(cell_.images, group_)),
        workspace_(call.outputs.back().f32()),
        norms_(cell_, scratch_),
        filters_(cell_, call, true, scratch_) {
    if (call.outputs.back().size < static_cast<size_t>(workspace_floats()) ||
        call.inputs.size() != static_cast<size_t>(cell_.inputs() + 5))
      throw std::invalid_argument("search cell: wrong number of inputs or room");
    for (int row = 0; row < cell_.norm_rows(); row++)
      norms_.set(row, input(1) + row * cell_.channels, input(2) + row * cell_.channels);
    for (auto& edge : ends_)
      for (auto& norm : edge) norm = NormGradient(cell_.columns, scratch_);
    for (auto& edge : middles_)
      for (auto& norm : edge) norm = NormGradient(cell_.columns, scratch_);
  }

  void run() {
    take_last_node();
    for (int source = kSources - 1; source >= 0; source--) {
      take_state(source);
      bool first = true;  // the first branch of a state overwrites what its gradient held
      for (const auto& branches : branch_groups(cell_, source)) {
        end_products(source, branches);
        if (!passes_on(source)) continue;
        second_stages(source, branches);
        first_stages(source, branches, !std::exchange(first, false));
      }
      if (passes_on(source)) finish_state(source);
    }
  }

 private:
  // Working memory: gradients of the nodes, then of what the first stages of separable convolutions made on
  // the branches of a group, then the state of the moment and, if it is an input, its gradient.
  static constexpr int64_t kMiddles = 2 * kNodes;
  int64_t workspace_floats() const {
    return (kNodes + kMiddles) * cell_.map_floats() + 2 * cell_.images * cell_.source_floats(0);
  }
  float* node_gradient(int node) const { return workspace_ + (node - kFirstNode) * cell_.map_floats(); }
  float* middle_gradient(size_t branch) const {
    return workspace_ + (kNodes + static_cast<int64_t>(branch)) * cell_.map_floats();
  }
  float* state() const { return workspace_ + (kNodes + kMiddles) * cell_.map_floats(); }
  float* state_gradient(int source) const {
    return source < kFirstNode ? state() + cell_.images * cell_.source_floats(0) : node_gradient(source);
  }

  /// Whether anything but the weights of its candidates depends on what leaves a source.
  bool passes_on(int source) const { return weights_ || source >= kFirstNode || wanted_[source]; }

  const float* input(int after) const { return call_.in(static_cast<size_t>(cell_.inputs() + after)).f32(); }
  float mix(int source, int node, int candidate) const {
    return call_.in(SearchCell::kMixInput).f32()[edge_of(source, node) * kCandidates + candidate];
  }
  template <class M>
  MapViewOf<M> image(const M* map, int64_t n) const {
    return view(cell_, map, n);
  }

  /// The row of the batch norm at the end of a candidate; -1 for the skip of stride 1, which has none.
  int end_row(int source, int node, int candidate) const {
    if (candidate < kSkip || (candidate == kSkip && cell_.strided(source)))
      return cell_.norm_row(source, node, candidate);
    return candidate == kSkip ? -1 : cell_.stage_row(source, node, last_stage(candidate));
  }
  /// What that batch norm sees of an image, for all that is kept: convolutions, and skips with a stride.
  MapViewOf<T> end_map(int source, int node, int candidate, int64_t n) const {
    return image(
        saved_ + (candidate == kSkip ? cell_.skip_map(source, node)
                                     : cell_.stage_map(edge_of(source, node), last_stage(candidate))),
        n);
  }

  /// P of a candidate whose map is y, of one image.
  template <class M>
  void add_end_product(int source, int node, int candidate, int64_t n, const MapViewOf<M>& y,
                       double* totals) const {
    const int row = end_row(source, node, candidate);
    add_product_sum(cell_, image(node_gradient(node), n), y, row < 0 ? nullptr : norms_.mean(row), totals);
  }

  /// The pools of a state of one image.
  struct Pools {
    float* maps[2];
    uint8_t* positions;

    Pools(const SearchCell& cell, Scratch& scratch)
        : maps{scratch.floats(cell.image_floats()), scratch.floats(cell.image_floats())},
          positions(reinterpret_cast<uint8_t*>(scratch.floats(cell.image_floats() / 4))) {}
    MapView view(const SearchCell& cell, int candidate) const {
      return {maps[candidate], kBlock, cell.pixels * kBlock, cell.columns};
    }
  };

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

  /// The gradients of a candidate's weight and of the batch norm at its end, from P.
  void finish_end(int source, int node, int candidate, const std::vector<double>& centered) {
    const int edge = edge_of(source, node), row = end_row(source, node, candidate);
    double total = 0;
    if (row < 0) {
      for (double product : centered) total += product;
      std::fill_n(ends_[edge][candidate].a, cell_.columns, mix(source, node, candidate));
    } else {
      total = set(ends_[edge][candidate], row, mix(source, node, candidate), node_sums_[node - kFirstNode],
                  centered);
    }
    call_.out(SearchCell::kMixInput).f32()[edge * kCandidates + candidate] = static_cast<float>(total);
  }

  void take_last_node() {
    const int node = kStates - 1;
    ProductSums sum(1, pieces_, cell_.columns);
    parallel_for(cell_.images, group_, [&](int64_t piece, int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; n++) {
        float* ds = node_gradient(node) + n * cell_.image_floats();
        pack_map(doutput_.image(node, n), cell_.pixels, cell_.blocks, ds);
        add_pixel_sum(cell_, image(node_gradient(node), n), sum.part(piece, 0));
      }
    });
    node_sums_[node - kFirstNode] = sum.total(0);
  }

  /// The state as a map, and the products of all candidates that are no convolutions.
  void take_state(int source) {
    const int first = first_target(source), targets = kStates - first;
    ProductSums sums(3 * targets, pieces_, cell_.columns);
    auto index = [&](int node, int k) { return 3 * (node - first) + k; };
    const int64_t pixels = cell_.source_height(source) * cell_.source_width(source);
    const MapPool pool = map_pool(cell_, source);
    parallel_for(cell_.images, group_, [&](int64_t piece, int64_t begin, int64_t end) {
      Scratch scratch;
      const Pools pools(cell_, scratch);
      for (int64_t n = begin; n < end; n++) {
        float* x = state() + n * cell_.source_floats(source);
        pack_map(states_.image(source, n), pixels, cell_.blocks, x);
        pool_map(pool, cell_.blocks, x, pools.maps[kMaxPool], pools.maps[kAveragePool]);
        for (int node = first; node < kStates; node++) {
          for (int k : {kMaxPool, kAveragePool})
            add_end_product(source, node, k, n, pools.view(cell_, k), sums.part(piece, index(node, k)));
          double* skip = sums.part(piece, index(node, kSkip));
          if (cell_.strided(source))
            add_end_product(source, node, kSkip, n, end_map(source, node, kSkip, n), skip);
          else
            add_end_product(source, node, kSkip, n, image(state(), n), skip);
        }
      }
    });
    for (int node = first; node < kStates; node++)
      for (int k : {kMaxPool, kAveragePool, kSkip}) finish_end(source, node, k, sums.total(index(node, k)));
  }

  static constexpr int separable(const Branch& branch) { return kSeparable3 + branch.size; }
  static constexpr int dilated(const Branch& branch) { return kDilated3 + branch.size; }

  void end_products(int source, const std::vector<Branch>& branches) {
    ProductSums sums(2 * static_cast<int64_t>(branches.size()), pieces_, cell_.columns);
    parallel_for(cell_.images, group_, [&](int64_t piece, int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; n++) {
        int64_t at = 0;
        for (const Branch& branch : branches)
          for (int k : {separable(branch), dilated(branch)})
            add_end_product(source, branch.node, k, n, end_map(source, branch.node, k, n),
                            sums.part(piece, at++));
      }
    });
    int64_t at = 0;
    for (const Branch& branch : branches)
      for (int k : {separable(branch), dilated(branch)}) finish_end(source, branch.node, k, sums.total(at++));
  }

  /// Room for a piece of work.
  struct Workplace {
    BlockedImage input, du;
    float *u, *dy, *rows;

    Workplace(const Depthwise& d, Scratch& scratch)
        : input(input_image(d, d.height, scratch)),
          du(gradient_image(d, scratch)),
          u(scratch.floats(chunk_floats(2 * d.channels))),
          dy(scratch.floats(chunk_floats(d.channels))),
          rows(scratch.floats(rows_together(d.width) * d.width * kBlock)) {}
  };

  /// dy = a g + b y + c, for a chunk.
  void form_gradient(const NormGradient& norm, const MapView& g, const MapViewOf<T>& y,
                     const PixelChunk& chunk, float* dy) const {
    const int64_t first = (chunk.row * cell_.out_width + chunk.column) * kBlock;
    for (int64_t block = 0; block < cell_.blocks; block++) {
      vf a[kVectors], b[kVectors], c[kVectors];
      UNNAS_UNROLL
      for (int v = 0; v < kVectors; v++) {
        const int64_t channel = block * kBlock + v * kLanes;
        a[v] = load(norm.a + channel), b[v] = load(norm.b + channel), c[v] = load(norm.c + channel);
      }
      const float* from = g.at(block, 0) + first;
      const T* map = y.at(block, 0) + first;
      float* to = dy + block * kChunkStride;
      for (int64_t p = 0; p < chunk.pixels() * kBlock; p += kBlock) {
        UNNAS_UNROLL
        for (int v = 0; v < kVectors; v++) {
          const int64_t at = p + v * kLanes;
          store(to + at, load(from + at) * a[v] + (load(map + at) * b[v] + c[v]));
        }
      }
    }
  }

  /// What a stage reads of an image: the map y that it made, the gradient behind it, and, if it is a second
  /// one, the map that the first one made.
  struct StageMaps {
    MapView g;
    MapViewOf<T> y, middle;
  };

  /// From the gradient of a stage's output to the weight gradients and du, the gradient of its depthwise
  /// convolution. `add`: to the weight gradients, which the first image of a piece overwrites. `then`: the
  /// maps that are read next, if any.
  void stage_gradient(const Depthwise& d, const StageFilters& filters, const NormGradient& norm,
                      const StageMaps& maps, const StageMaps* then, const FilterSums* sums, int64_t piece,
                      bool add, Workplace& work) const {
    for_chunks(0, d.out_height, d.out_width, [&](const PixelChunk& chunk) {
      LinesAhead y, g;  // of the next chunk
      const int64_t pixels = chunk.pixels(), next = chunk.row * d.out_width + chunk.column + pixels;
      if (next < cell_.pixels) {
        y.add(cell_, maps.y, next, std::min(pixels, cell_.pixels - next));
        g.add(cell_, maps.g, next, std::min(pixels, cell_.pixels - next));
      } else if (then) {
        y.add(cell_, then->y, 0, std::min<int64_t>(kChunk, cell_.pixels));
        g.add(cell_, then->g, 0, std::min<int64_t>(kChunk, cell_.pixels));
      }
      if (then && then->middle.data) y.add(cell_, then->middle, next - pixels, pixels);
      y.share(multiply_tiles(pixels, cell_.columns));
      g.share(sums ? accumulate_tiles(cell_.columns) : multiply_tiles(pixels, cell_.columns));

      form_gradient(norm, maps.g, maps.y, chunk, work.dy);
      multiply(work.dy, pixels, filters.pointwise, ToImage(work.du, chunk), [&] {
        y();
        if (!sums) g();
      });
      if (!sums) return;
      depthwise_forward(d, work.input, filters.depthwise, chunk, work.u);
      accumulate(work.u, cell_.columns, work.dy, cell_.columns, pixels, sums->matrix(piece),
                 add || chunk.row > 0 || chunk.column > 0, g);
      depthwise_weight_gradient(d, work.input, work.du, chunk, sums->filters(piece));
    });
  }

  /// Partial sums of the weight gradients of some stages.
  class StageSums {
   public:
    void add_stage(const BackwardPass& pass, int source, int node, int stage, Scratch& scratch) {
      if (!pass.weights_) return;
      const auto at = static_cast<size_t>(pass.cell_.stage_parameter(source, node, stage));
      const int64_t taps = pass.cell_.depthwise(source, stage).taps();
      sums_.emplace_back(FilterSums(taps, pass.cell_.channels, pass.pieces_, scratch), at);
    }
    void clear(int64_t piece) const {
      for (const auto& [sum, at] : sums_) sum.clear(piece);
    }
    /// Null where no weight gradients are wanted.
    const FilterSums* stage(size_t i) const { return sums_.empty() ? nullptr : &sums_[i].first; }
    void finish(const Call& call) const {
      parallel_for(static_cast<int64_t>(sums_.size()), 1, [&](int64_t, int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) {
          const auto& [sum, at] = sums_[static_cast<size_t>(i)];
          sum.finish(call.out(at).f32(), call.out(at + 1).f32());
        }
      });
    }

   private:
    std::vector<std::pair<FilterSums, size_t>> sums_;  // with the position of the depthwise filter
  };

  void second_stages(int source, const std::vector<Branch>& branches) {
    Scratch local;
    StageSums filters;
    for (const Branch& branch : branches)
      filters.add_stage(*this, source, branch.node, branch.second(), local);
    // Of dz, then of dz (y1 - mean).
    ProductSums sums(2 * static_cast<int64_t>(branches.size()), pieces_, cell_.columns);

    parallel_for(cell_.images, group_, [&](int64_t piece, int64_t begin, int64_t end) {
      Scratch scratch;
      Workplace work(cell_.depthwise(source, kSecond5), scratch);
      filters.clear(piece);
      auto maps = [&](int64_t n, size_t i) {
        const Branch& branch = branches[i];
        const int edge = edge_of(source, branch.node);
        return StageMaps{image(node_gradient(branch.node), n),
                         image(saved_ + cell_.stage_map(edge, branch.second()), n),
                         image(saved_ + cell_.stage_map(edge, branch.first()), n)};
      };
      for (int64_t n = begin; n < end; n++)
        for (size_t i = 0; i < branches.size(); i++) {
          const Branch& branch = branches[i];
          const int edge = edge_of(source, branch.node), stage = branch.second();
          const bool last = i + 1 == branches.size();
          const StageMaps then = last ? maps(n + 1, 0) : maps(n, i + 1);
          const int row = cell_.stage_row(source, branch.node, branch.first());
          const Depthwise d = cell_.depthwise(source, stage);
          const StageMaps now = maps(n, i);
          if (weights_)
            normalised_image(cell_, now.middle, norms_.mean(row), norms_.inverse(row), work.input);
          stage_gradient(d, filters_(edge, stage), ends_[edge][separable(branch)], now,
                         last && n + 1 == end ? nullptr : &then, filters.stage(i), piece, n > begin, work);
          const auto at = static_cast<int64_t>(2 * i);
          store_middle(d, filters_(edge, stage), work, now.middle, norms_.mean(row),
                       middle_gradient(i) + n * cell_.image_floats(), sums.part(piece, at),
                       sums.part(piece, at + 1));
        }
    });
    for (size_t i = 0; i < branches.size(); i++) {
      const Branch& branch = branches[i];
      const auto at = static_cast<int64_t>(2 * i);
      set(middles_[edge_of(source, branch.node)][branch.size],
          cell_.stage_row(source, branch.node, branch.first()), 1.0f, sums.total(at), sums.total(at + 1));
    }
    filters.finish(call_);
  }

  /// dz of an image: the depthwise input gradient where the ReLU lets it through, with its sums.
  void store_middle(const Depthwise& d, const StageFilters& filters, const Workplace& work,
                    const MapViewOf<T>& y1, const float* means, float* dz, double* sums,
                    double* products) const {
    const int64_t together = rows_together(d.width);
    for (int64_t block = 0; block < cell_.blocks; block++)
      for (int64_t y = 0; y < d.height; y += together) {
        const int64_t rows = std::min(together, d.height - y);
        depthwise_input_gradient(d, work.du, filters.flipped, block, y, rows, work.rows);
        for (int v = 0; v < kVectors; v++) {
          const int64_t channel = block * kBlock + v * kLanes;
          const int64_t at = block * y1.block_stride + y * d.width * kBlock + v * kLanes;
          // A batch norm without scale and offset leaves a number positive if it is above the mean.
          rectified_gradient_row(
              work.rows + v * kLanes, y1.data + at, load(means + channel), rows * d.width,
              [](int64_t, vf centered) { return centered > 0.0f; }, dz + at, sums + channel,
              products + channel);
        }
      }
  }

  /// `add`: to the gradient of the state, which otherwise is overwritten.
  void first_stages(int source, const std::vector<Branch>& branches, bool add) {
    const int64_t height = cell_.source_height(source), width = cell_.source_width(source);
    Scratch local;
    StageSums filters;
    for (const Branch& branch : branches)
      for (int stage : {branch.first(), branch.dilated()})
        filters.add_stage(*this, source, branch.node, stage, local);

    parallel_for(cell_.images, group_, [&](int64_t piece, int64_t begin, int64_t end) {
      Scratch scratch;
      Workplace work(cell_.depthwise(source, kDilate5), scratch);
      filters.clear(piece);
      auto maps = [&](int64_t n, size_t i, bool middle) {
        const Branch& branch = branches[i];
        const int stage = middle ? branch.first() : branch.dilated();
        return StageMaps{image(middle ? middle_gradient(i) : node_gradient(branch.node), n),
                         image(saved_ + cell_.stage_map(edge_of(source, branch.node), stage), n),
                         {}};
      };
      for (int64_t n = begin; n < end; n++) {
        const int64_t at = n * cell_.source_floats(source);
        if (weights_) relu_image(state() + at, cell_.blocks, height, width, work.input);
        for (size_t i = 0; i < branches.size(); i++) {
          const Branch& branch = branches[i];
          const int edge = edge_of(source, branch.node);
          for (int stage : {branch.first(), branch.dilated()}) {
            const bool middle = stage == branch.first();
            const bool last = !middle && i + 1 == branches.size();
            const StageMaps then = middle ? maps(n, i, false)
                                   : last ? maps(n + 1, 0, true)
                                          : maps(n, i + 1, true);
            const Depthwise d = cell_.depthwise(source, stage);
            stage_gradient(d, filters_(edge, stage),
                           middle ? middles_[edge][branch.size] : ends_[edge][dilated(branch)],
                           maps(n, i, middle), last && n + 1 == end ? nullptr : &then,
                           filters.stage(2 * i + (middle ? 0 : 1)), piece, n > begin, work);
            add_input_gradient(d, filters_(edge, stage), work, state_gradient(source) + at,
                               add || i > 0 || !middle);
          }
        }
      }
    });
    filters.finish(call_);
  }

  void add_input_gradient(const Depthwise& d, const StageFilters& filters, const Workplace& work, float* dx,
                          bool add) const {
    for (int64_t block = 0; block < cell_.blocks; block++)
      depthwise_input_gradient(d, work.du, filters.flipped, block, 0, d.height,
                               dx + block * d.height * d.width * kBlock, add);
  }

  /// What is left when all branches of a state have been added up: strided skips, the ReLU mask, and what
  /// passes it by.
  void finish_state(int source) {
    const bool strided = cell_.strided(source), is_node = source >= kFirstNode;
    const int64_t height = cell_.source_height(source), width = cell_.source_width(source);
    const int64_t floats = cell_.source_floats(source);
    Scratch local;
    const SkipGradients skips(*this, source, local);
    const PoolGradients pools(*this, source, local);
    ProductSums sum(1, pieces_, cell_.columns);
    parallel_for(cell_.images, group_, [&](int64_t piece, int64_t begin, int64_t end) {
      Scratch scratch;
      skips.clear(piece);
      for (int64_t n = begin; n < end; n++) {
        const float* x = state() + n * floats;
        float* dx = state_gradient(source) + n * floats;
        if (strided) {
          Scratch rest;
          Workplace work(cell_.depthwise(source, kDilate5), rest);
          if (weights_) relu_image(x, cell_.blocks, height, width, work.input);
          skips.add(n, piece, work, BlockedImage{dx, 0, height, 0, width});
        }
        for (int64_t i = 0; i < floats; i += kLanes) store(dx + i, load(x + i) > 0.0f ? load(dx + i) : vf{});
        pools.add(n, x, dx);

        if (is_node) {
          add_pixel_sum(cell_, image(node_gradient(source), n), sum.part(piece, 0));
        } else {
          float* out = call_.out(static_cast<size_t>(source)).f32() + n * height * width * cell_.channels;
          for (int64_t p = 0; p < height * width; p++)
            unpack_row(dx + p * kBlock, height * width * kBlock, cell_.channels, out + p * cell_.channels);
        }
      }
    });
    if (is_node) node_sums_[source - kFirstNode] = sum.total(0);
    skips.finish();
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
          ones_(filled(1, scratch)),
          b_{filled(0, scratch), filled(0, scratch)},
          c_{filled(0, scratch), filled(0, scratch)} {
      for (int node = first_target(source); node < kStates; node++)
        for (int k : {kMaxPool, kAveragePool}) {
          const NormGradient& norm = pass.ends_[edge_of(source, node)][k];
          for (int64_t c = 0; c < pass.cell_.columns; c++) b_[k][c] += norm.b[c], c_[k][c] += norm.c[c];
        }
    }
    void add(int64_t n, const float* x, float* dx) const {
      const SearchCell& cell = pass_.cell_;
      const int64_t pixels = cell.pixels;
      const MapPool pool = map_pool(cell, source_);
      Scratch scratch;
      const Pools pools(cell, scratch);
      pool_map(pool, cell.blocks, x, pools.maps[kMaxPool], pools.maps[kAveragePool], pools.positions);
      float* dpool[] = {scratch.floats(cell.image_floats()), scratch.floats(cell.image_floats())};
      MapSum<float> into_pool[] = {{gradients(kMaxPool, n), {}}, {gradients(kAveragePool, n), {}}};
      for (int k : {kMaxPool, kAveragePool}) into_pool[k].maps.push_back({pools.view(cell, k), b_[k]});
      MapSum<float> past;
      if (!cell.strided(source_)) past.maps = gradients(kSkip, n);
      if (source_ >= kFirstNode) past.maps.push_back({pass_.doutput_.image(source_, n), ones_});
      // The gradients of the nodes are read once for all three sums.
      for (int64_t first = 0; first < pixels; first += MapSum<float>::kPixels) {
        for (int k : {kMaxPool, kAveragePool})
          into_pool[k].add_pixels(first, cell.blocks, pixels, dpool[k], c_[k]);
        if (!past.maps.empty()) past.add_pixels(first, cell.blocks, pixels, dx, nullptr);
      }
      pool_map_gradient(pool, cell.blocks, dpool[kMaxPool], dpool[kAveragePool], pools.positions, dx);
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
    float *ones_, *b_[2], *c_[2];
  };

  const Call& call_;
  const SearchCell cell_;
  const bool weights_, wanted_[kFirstNode];
  const T* saved_;
  const States states_, doutput_;
  const int64_t group_, pieces_;
  float* workspace_;
  Scratch scratch_;
  Norms norms_;
  PackedFilters filters_;
  NormGradient ends_[kEdges][kCandidates];  // of the batch norms at the ends of the candidates
  NormGradient middles_[kEdges][2];         // of those between two stages
  std::vector<double> node_sums_[kNodes];   // sum dS
};

// inputs: those of search_cell, its four outputs, the gradient of the first; outputs: the gradients of s0,
// s1, the mix and, with `weights`, all filters; then working memory. Without `weights` that of s0 is written
// with `first` only, and that of s1 with `second`.
void search_cell_grad(const Call& call) {
  if (call.attrs.flag("bfloat16"))
    BackwardPass<bfloat16>(call).run();
  else
    BackwardPass<float>(call).run();
}

UNNAS_KERNEL("search_cell_grad", search_cell_grad);

}  // namespace
}  // namespace unnas::UNNAS_ISA
