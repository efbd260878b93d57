#include "core/derived-cell.h"

// The forward pass of a cell of a derived network in training mode. States are taken in order: a node is
// summed up from its edges, then all convolutions that leave it are computed, first stages in one pass over
// the images, second stages in another one when the statistics between them are known. ReLUs, batch norms and
// the outputs of depthwise convolutions exist in the cache only; what is written is what a stage made before
// its batch norm.

namespace unnas::UNNAS_ISA {
namespace {

class DerivedForward {
 public:
  explicit DerivedForward(const Call& call)
      : call_(call),
        cell_(call.attrs),
        saved_(call.out(3).f32()),
        states_{cell_, call, saved_},
        group_(cell_.images_of_piece()),
        pieces_(chunk_count(cell_.images, group_)),
        norms_(cell_, call, scratch_) {
    if (call.out(3).size < static_cast<size_t>(cell_.saved_floats()) || call.inputs.size() != cell_.inputs())
      throw std::invalid_argument("derived cell: wrong number of inputs or room");
    for (int stage = 0; stage < cell_.stage_count(); stage++) {
      const size_t at = cell_.parameter(stage);
      const Depthwise d = cell_.depthwise(stage);
      depthwise_.push_back(pack_filters(call.in(at).f32(), d.taps(), cell_.channels, false, scratch_));
      pointwise_.push_back(
          pack_panels(call.in(at + 1).f32(), cell_.channels, cell_.channels, cell_.channels, 1, scratch_));
    }
  }

  void run() {
    for (int state = 0; state < cell_.states; state++) {
      if (DerivedCell::is_node(state)) sum_node(state);
      stages(cell_.first_stages(state),
             [&](int, int64_t n, BlockedImage& r) { states_.relu_of(state, n, r); });
      stages(cell_.second_stages(state), [&](int stage, int64_t n, BlockedImage& z) {
        norms_.normalised_image(stage - 1, cell_.view(saved_ + cell_.stage_map(stage - 1), n), z);
      });
    }
  }

 private:
  /// Some stages of all images. `read(stage, n, image)` gives what a stage reads; first stages share it.
  template <class Read>
  void stages(const std::vector<int>& some, const Read& read) {
    if (some.empty()) return;
    const bool shared = cell_.stages[static_cast<size_t>(some[0])].first;
    const auto count = static_cast<int64_t>(some.size());
    MapMoments moments(count, pieces_, cell_.columns);
    parallel_for(cell_.images, group_, [&](int64_t piece, int64_t begin, int64_t end) {
      Scratch scratch;
      const Depthwise widest = cell_.widest(some);
      BlockedImage image = input_image(widest, widest.height, scratch);
      float* u = scratch.floats(chunk_floats(cell_.channels));
      for (int64_t n = begin; n < end; n++)
        for (int64_t i = 0; i < count; i++) {
          const int stage = some[static_cast<size_t>(i)];
          if (i == 0 || !shared) read(stage, n, image);
          const Depthwise d = cell_.depthwise(stage);
          const int64_t stride = cell_.pixels * kBlock;
          float* y = saved_ + cell_.stage_map(stage) + n * cell_.image_floats();
          for_chunks(0, cell_.out_height, cell_.out_width, [&](const PixelChunk& chunk) {
            float* to = y + (chunk.row * cell_.out_width + chunk.column) * kBlock;
            depthwise_forward(d, image, depthwise_[static_cast<size_t>(stage)], chunk, u);
            multiply(u, chunk.pixels(), pointwise_[static_cast<size_t>(stage)], ToMap{to, stride});
            moments.add(i, piece, to, stride, chunk.pixels());
          });
        }
    });
    for (int64_t i = 0; i < count; i++) {
      const int stage = some[static_cast<size_t>(i)];
      float *mean = call_.out(1).f32() + stage * cell_.channels,
            *variance = call_.out(2).f32() + stage * cell_.channels;
      moments.finish(i, cell_.channels, mean, variance);
      norms_.set(stage, mean, variance);
    }
  }

  /// A node: its slice of the output, and a map of its own if edges read it.
  void sum_node(int node) {
    Scratch local;
    float *constant = local.floats(cell_.columns), *ones = local.floats(cell_.columns);
    std::fill_n(constant, cell_.columns, 0.0f);
    std::fill_n(ones, cell_.columns, 1.0f);
    for (const auto& edge : cell_.edges)
      if (edge.node == node && edge.kind == DerivedCell::kConvolutionEdge) {
        const int stage = edge.stage + edge.stages - 1;
        for (int64_t c = 0; c < cell_.columns; c++)
          constant[c] += norms_.offset(stage)[c] - norms_.mean(stage)[c] * norms_.scale(stage)[c];
      }
    const int place = cell_.place_in_output(node);
    const bool kept = cell_.read(node);
    parallel_for(cell_.images, group_, [&](int64_t, int64_t begin, int64_t end) {
      Scratch scratch;
      float* room = kept ? nullptr : scratch.floats(cell_.image_floats());
      for (int64_t n = begin; n < end; n++) {
        float* sum = kept ? saved_ + cell_.node_map(node) + n * cell_.image_floats() : room;
        Scratch maps;
        combine(terms(node, n, ones, maps), constant, cell_.blocks, cell_.pixels, sum);
        if (place < 0) continue;
        const MapView to = cell_.slice(call_.out(0).f32(), place, n);
        for (int64_t p = 0; p < cell_.pixels; p++)
          unpack_row(sum + p * kBlock, cell_.pixels * kBlock, cell_.channels,
                     const_cast<float*>(to.data) + p * to.pixel_stride);
      }
    });
  }

  /// What the edges of a node add to it, of an image.
  std::vector<Term> terms(int node, int64_t n, const float* ones, Scratch& scratch) const {
    std::vector<Term> result;
    for (const auto& edge : cell_.edges) {
      if (edge.node != node) continue;
      if (edge.kind == DerivedCell::kConvolutionEdge) {
        const int stage = edge.stage + edge.stages - 1;
        result.push_back({cell_.view(saved_ + cell_.stage_map(stage), n), norms_.scale(stage)});
        continue;
      }
      const float* map = states_.packed(edge.source, n, scratch.floats(cell_.state_floats(edge.source)));
      if (edge.kind != DerivedCell::kSkipEdge) {
        float *maximum = scratch.floats(cell_.image_floats()),
              *average = scratch.floats(cell_.image_floats());
        pool_map(cell_.pool(edge.source), cell_.blocks, map, maximum, average);
        map = edge.kind == DerivedCell::kMaxPoolEdge ? maximum : average;
      }
      result.push_back({cell_.view(map, 0), ones});
    }
    return result;
  }

  const Call& call_;
  const DerivedCell cell_;
  float* saved_;
  const DerivedStates states_;
  const int64_t group_, pieces_;
  Scratch scratch_;
  StageNorms norms_;
  std::vector<const float*> depthwise_;  // of each stage
  std::vector<Panels> pointwise_;
};

// inputs: s0, s1 [N, H, W, C], then the parameters of each stage; outputs: the concatenation of nodes, mean
// and variance [stages, C], saved.
void derived_cell(const Call& call) { DerivedForward(call).run(); }

UNNAS_KERNEL("derived_cell", derived_cell);

}  // namespace
}  // namespace unnas::UNNAS_ISA
