#include "core/search-cell.h"

#include "core/map-moments.h"
#include "core/strided-skip.h"

// The forward pass of a search cell in training mode. Node i is
//
//   s_i = sum over edges j -> i and candidates k of mix[edge][k] * candidate_k(s_j)
//
// and the output is the concatenation of the nodes. Each candidate but the skip of stride 1 ends with a batch
// norm, and between the two stages of a separable convolution there is one.
//
// Per state, one pass over the images makes the state itself and its pools. Then its edges follow, in groups
// of branches (see branch_groups) with two passes each: the first makes the first stages, the second, when
// their statistics are known, the second stages. Outputs of depthwise convolutions and normalised maps
// exist in the L1 cache only.

namespace unnas::UNNAS_ISA {
namespace {

/// `T`: what maps are kept as.
template <class T>
class ForwardPass {
 public:
  explicit ForwardPass(const Call& call)
      : call_(call),
        cell_(call.attrs),
        output_(call.out(0).f32()),
        mean_(call.out(1).f32()),
        variance_(call.out(2).f32()),
        saved_(reinterpret_cast<T*>(call.out(3).f32())),
        workspace_(call.out(4).f32()),
        group_(images_of_piece(cell_)),
        pieces_(chunk_count(cell_.images, group_)),
        norms_(cell_, scratch_),
        filters_(cell_, call, false, scratch_) {
    if (call.out(3).size * sizeof(float) < static_cast<size_t>(cell_.saved_maps()) * sizeof(T) ||
        call.out(4).size < static_cast<size_t>(cell_.forward_floats()) ||
        call.inputs.size() != static_cast<size_t>(cell_.inputs()))
      throw std::invalid_argument("search cell: wrong number of inputs or room");
  }

  void run() {
    for (int state = 0; state < kSources; state++) {
      take_state(state);
      for (const auto& branches : branch_groups(cell_, state)) {
        first_stages(state, branches);
        second_stages(state, branches);
      }
    }
    const NodeSum last = node_sum(kStates - 1);
    parallel_for(cell_.images, group_, [&](int64_t, int64_t begin, int64_t end) {
      Scratch scratch;
      float* packed = scratch.floats(cell_.image_floats());
      for (int64_t n = begin; n < end; n++) store_node(last, kStates - 1, n, packed);
    });
  }

 private:
  const float* mix(int source, int node) const {
    return call_.in(SearchCell::kMixInput).f32() + edge_of(source, node) * kCandidates;
  }

  /// The sum of a node: what is the same for all images.
  struct NodeSum {
    template <class M>
    struct Map {
      const M* map;
      const float* factor;
    };
    std::vector<Map<float>> maps;
    std::vector<Map<T>> kept;
    float* constant;
  };

  NodeSum node_sum(int node) {
    NodeSum sum{{}, {}, scratch_.floats(cell_.columns)};
    auto* constant = reinterpret_cast<double*>(scratch_.floats(2 * cell_.columns));
    std::fill_n(constant, cell_.columns, 0.0);
    auto add = [&](auto& maps, auto* map, float weight, int row) {
      float* factor = scratch_.floats(cell_.columns);
      for (int64_t c = 0; c < cell_.columns; c++) {
        factor[c] = row < 0 ? weight : weight * norms_.inverse(row)[c];
        if (row >= 0)
          constant[c] -= static_cast<double>(factor[c]) * static_cast<double>(norms_.mean(row)[c]);
      }
      maps.push_back({map, factor});
    };
    for (int source = 0; source < node; source++) {
      const float* weight = mix(source, node);
      for (int k : {kMaxPool, kAveragePool})
        add(sum.maps, workspace_ + cell_.pool_map(source, k), weight[k], cell_.norm_row(source, node, k));
      if (cell_.strided(source))
        add(sum.kept, saved_ + cell_.skip_map(source, node), weight[kSkip],
            cell_.norm_row(source, node, kSkip));
      else
        add(sum.maps, workspace_ + cell_.state_map(source), weight[kSkip], -1);
      for (int k = kSeparable3; k < kCandidates; k++)
        add(sum.kept, saved_ + cell_.stage_map(edge_of(source, node), last_stage(k)), weight[k],
            cell_.stage_row(source, node, last_stage(k)));
    }
    for (int64_t c = 0; c < cell_.columns; c++) sum.constant[c] = static_cast<float>(constant[c]);
    return sum;
  }

  /// Computes a node of an image into `packed` [block][pixel][16] and its slice of the output.
  void store_node(const NodeSum& sum, int node, int64_t n, float* packed) const {
    MapSum<T> terms;
    for (const auto& [map, factor] : sum.maps) terms.maps.push_back({view(cell_, map, n), factor});
    for (const auto& [map, factor] : sum.kept) terms.kept.push_back({view(cell_, map, n), factor});
    terms.add_to(cell_.blocks, cell_.pixels, packed, sum.constant);
    const int64_t row = kNodes * cell_.channels;
    float* out = output_ + n * cell_.pixels * row + (node - kFirstNode) * cell_.channels;
    for (int64_t p = 0; p < cell_.pixels; p++)
      unpack_row(packed + p * kBlock, cell_.pixels * kBlock, cell_.channels, out + p * row);
  }

  /// y = pointwise(depthwise(r)) for a chunk of an image, with statistics.
  template <class Between = Nothing>
  void convolve(int source, int node, int stage, const BlockedImage& r, const PixelChunk& chunk, int64_t n,
                float* u, MapMoments& moments, int64_t moment, int64_t piece, Between&& between = {}) const {
    const int edge = edge_of(source, node);
    const StageFilters& filters = filters_(edge, stage);
    const int64_t stride = cell_.pixels * kBlock;
    T* y = saved_ + cell_.stage_map(edge, stage) + n * cell_.image_floats() +
           (chunk.row * cell_.out_width + chunk.column) * kBlock;
    depthwise_forward(cell_.depthwise(source, stage), r, filters.depthwise, chunk, u);
    multiply(u, chunk.pixels(), filters.pointwise, ToMap<T>{y, stride}, between);
    moments.add(moment, piece, y, stride, chunk.pixels());
  }

  /// A state as a map, its pools, and the skips of strided edges.
  void take_state(int source) {
    const int first = first_target(source);
    const bool strided = cell_.strided(source);
    const int64_t height = cell_.source_height(source), width = cell_.source_width(source);
    const NodeSum sum = source < kFirstNode ? NodeSum{} : node_sum(source);
    Scratch local;
    std::vector<Panels> skips;
    if (strided)
      for (int node = first; node < kStates; node++) {
        const auto at = static_cast<size_t>(cell_.skip_parameter(source, node));
        const StridedSkip skip(cell_, call_.in(at).f32(), call_.in(at + 1).f32(), local);
        skips.push_back(pack_panels(skip.matrix, skip.rows, skip.columns, skip.columns, 1, local));
      }

    MapMoments moments(2 + static_cast<int64_t>(skips.size()), pieces_, cell_.columns);
    auto skip_moment = [&](int node) { return 2 + node - first; };
    const States inputs{cell_, call_.in(0).f32(), call_.in(1).f32(), nullptr};
    const MapPool pool = map_pool(cell_, source);
    parallel_for(cell_.images, group_, [&](int64_t piece, int64_t begin, int64_t end) {
      Scratch scratch;
      BlockedImage r = input_image(cell_.depthwise(source, kDilate5), height, scratch);
      float* u = scratch.floats(chunk_floats(2 * cell_.columns));
      for (int64_t n = begin; n < end; n++) {
        float* packed = workspace_ + cell_.state_map(source) + n * cell_.source_floats(source);
        if (source < kFirstNode)
          pack_map(inputs.image(source, n), height * width, cell_.blocks, packed);
        else
          store_node(sum, source, n, packed);

        float* maps[] = {workspace_ + cell_.pool_map(source, kMaxPool) + n * cell_.image_floats(),
                         workspace_ + cell_.pool_map(source, kAveragePool) + n * cell_.image_floats()};
        pool_map(pool, cell_.blocks, packed, maps[kMaxPool], maps[kAveragePool]);
        for (int k : {kMaxPool, kAveragePool})
          for (int64_t p = 0; p < cell_.pixels; p += kChunk)
            moments.add(k, piece, maps[k] + p * kBlock, cell_.pixels * kBlock,
                        std::min<int64_t>(kChunk, cell_.pixels - p));

        if (!strided) continue;
        relu_image(packed, cell_.blocks, height, width, r);
        for_chunks(0, cell_.out_height, cell_.out_width, [&](const PixelChunk& chunk) {
          gather_skip(cell_, r, chunk, u);
          for (int node = first; node < kStates; node++) {
            T* y = saved_ + cell_.skip_map(source, node) + n * cell_.image_floats() +
                   (chunk.row * cell_.out_width + chunk.column) * kBlock;
            multiply(u, chunk.pixels(), skips[static_cast<size_t>(node - first)],
                     ToMap<T>{y, cell_.pixels * kBlock});
            moments.add(skip_moment(node), piece, y, cell_.pixels * kBlock, chunk.pixels());
          }
        });
      }
    });

    for (int node = first; node < kStates; node++) {
      for (int k : {kMaxPool, kAveragePool}) finish(moments, k, cell_.norm_row(source, node, k));
      if (strided) finish(moments, skip_moment(node), cell_.norm_row(source, node, kSkip));
    }
  }

  void first_stages(int source, const std::vector<Branch>& branches) {
    MapMoments moments(2 * static_cast<int64_t>(branches.size()), pieces_, cell_.columns);
    const int64_t height = cell_.source_height(source), width = cell_.source_width(source);
    parallel_for(cell_.images, group_, [&](int64_t piece, int64_t begin, int64_t end) {
      Scratch scratch;
      BlockedImage r = input_image(cell_.depthwise(source, kDilate5), height, scratch);
      float* u = scratch.floats(chunk_floats(cell_.columns));
      for (int64_t n = begin; n < end; n++) {
        const float* state = workspace_ + cell_.state_map(source) + n * cell_.source_floats(source);
        relu_image(state, cell_.blocks, height, width, r);
        for_chunks(0, cell_.out_height, cell_.out_width, [&](const PixelChunk& chunk) {
          int64_t moment = 0;
          for (const Branch& branch : branches)
            for (int stage : {branch.first(), branch.dilated()})
              convolve(source, branch.node, stage, r, chunk, n, u, moments, moment++, piece);
        });
      }
    });
    int64_t moment = 0;
    for (const Branch& branch : branches)
      for (int stage : {branch.first(), branch.dilated()})
        finish(moments, moment++, cell_.stage_row(source, branch.node, stage));
  }

  void second_stages(int source, const std::vector<Branch>& branches) {
    MapMoments moments(static_cast<int64_t>(branches.size()), pieces_, cell_.columns);
    parallel_for(cell_.images, group_, [&](int64_t piece, int64_t begin, int64_t end) {
      Scratch scratch;
      BlockedImage z = input_image(cell_.depthwise(source, kSecond5), cell_.out_height, scratch);
      float* u = scratch.floats(chunk_floats(cell_.columns));
      auto first_stage = [&](int64_t n, size_t i) {
        const int edge = edge_of(source, branches[i].node);
        return view(cell_, saved_ + cell_.stage_map(edge, branches[i].first()), n);
      };
      for (int64_t n = begin; n < end; n++)
        for (size_t i = 0; i < branches.size(); i++) {
          const Branch& branch = branches[i];
          const int row = cell_.stage_row(source, branch.node, branch.first());
          const bool last = i + 1 == branches.size();
          normalised_image(cell_, first_stage(n, i), norms_.mean(row), norms_.inverse(row), z);
          for_chunks(0, cell_.out_height, cell_.out_width, [&](const PixelChunk& chunk) {
            LinesAhead ahead;  // of the image that is normalised next
            const int64_t pixels = chunk.pixels(), at = chunk.row * cell_.out_width + chunk.column;
            if (!last || n + 1 < end)
              ahead.add(cell_, last ? first_stage(n + 1, 0) : first_stage(n, i + 1), at, pixels);
            ahead.share(multiply_tiles(pixels, cell_.columns));
            convolve(source, branch.node, branch.second(), z, chunk, n, u, moments, static_cast<int64_t>(i),
                     piece, ahead);
          });
        }
    });
    int64_t moment = 0;
    for (const Branch& branch : branches)
      finish(moments, moment++, cell_.stage_row(source, branch.node, branch.second()));
  }

  void finish(const MapMoments& moments, int64_t moment, int row) {
    float *mean = mean_ + row * cell_.channels, *variance = variance_ + row * cell_.channels;
    moments.finish(moment, cell_.channels, mean, variance);
    norms_.set(row, mean, variance);
  }

  const Call& call_;
  const SearchCell cell_;
  float *output_, *mean_, *variance_;
  T* saved_;
  float* workspace_;
  const int64_t group_, pieces_;
  Scratch scratch_;
  Norms norms_;
  PackedFilters filters_;
};

// inputs: s0, s1 [N, H, W, C], mix [14, 7], then for each edge conv_a, conv_b [C, C/2] (where strided) and
// the depthwise and pointwise filters of its stages; outputs: [N, OH, OW, 4 C], mean and variance [rows, C],
// saved, then working memory. With `bfloat16` a map is rounded as it leaves its convolution: statistics, the
// sums of nodes, and all of the backward pass read the rounded one.
void search_cell(const Call& call) {
  if (call.attrs.flag("bfloat16"))
    ForwardPass<bfloat16>(call).run();
  else
    ForwardPass<float>(call).run();
}

UNNAS_KERNEL("search_cell", search_cell);

}  // namespace
}  // namespace unnas::UNNAS_ISA
