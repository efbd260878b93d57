#include "core/derived-cell.h"

#include "core/gradient-sums.h"
#include "core/plane-moments.h"

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
        passes_(cell_),
        pieces_(passes_.pieces()),
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
      stages(
          cell_.first_stages(state), [&](int, int64_t n, BlockedImage& r) { states_.relu_of(state, n, r); },
          [&](int, int64_t n) { return states_.memory(state, n); });
      stages(
          cell_.second_stages(state),
          [&](int stage, int64_t n, BlockedImage& z) {
            norms_.normalised_image(stage - 1, stage_map(stage - 1, n), z);
          },
          [&](int stage, int64_t n) {
            return Ahead{stage_map(stage - 1, n).data, cell_.image_floats()};
          });
    }
  }

 private:
  MapPlanes<const float> stage_map(int stage, int64_t n) const {
    return cell_.view<const float>(saved_ + cell_.stage_map(stage), n);
  }

  /// Some stages of all images. `read(stage, n, image)` gives what a stage reads, and `memory(stage, n)`
  /// where that lies; first stages share it.
  template <class Read, class Memory>
  void stages(const std::vector<int>& some, const Read& read, const Memory& memory) {
    if (some.empty()) return;
    const bool shared = cell_.stages[static_cast<size_t>(some[0])].first;
    const auto count = static_cast<int64_t>(some.size());
    Scratch local;
    PlaneMoments moments(count, pieces_, cell_.vectors, local);
    passes_.run([&](int64_t piece, int64_t begin, int64_t end) {
      Scratch scratch;
      const Depthwise widest = cell_.widest(some);
      BlockedImage image = input_image(widest, widest.height, scratch);
      float* u = scratch.floats(chunk_floats(cell_.channels));
      for (int64_t n = begin; n < end; n++)
        for (int64_t i = 0; i < count; i++) {
          const int stage = some[static_cast<size_t>(i)];
          if (i == 0 || !shared) read(stage, n, image);
          Ahead next;
          if (i < count - 1) {
            if (!shared) next = memory(some[static_cast<size_t>(i + 1)], n);
          } else if (n + 1 < end) {
            next = memory(some[0], n + 1);
          }
          const Depthwise d = cell_.depthwise(stage);
          const auto map = cell_.view(saved_ + cell_.stage_map(stage), n);
          for_chunks(0, cell_.out_height, cell_.out_width, [&](const PixelChunk& chunk) {
            const int64_t first = chunk.row * cell_.out_width + chunk.column;
            depthwise_forward(d, image, depthwise_[static_cast<size_t>(stage)], chunk, u);
            next.ask(first, first + chunk.pixels(), cell_.pixels);
            float* y = map.at(0, first);
            multiply(u, chunk.pixels(), pointwise_[static_cast<size_t>(stage)],
                     ToPlanes{y, map.vector_stride});
            moments.add(i, piece, y, map.vector_stride, chunk.pixels());
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
    float* constant = local.floats(cell_.columns);
    std::fill_n(constant, cell_.columns, 0.0f);
    for (const auto& edge : cell_.edges)
      if (edge.node == node && edge.kind == DerivedCell::kConvolutionEdge) {
        const int stage = edge.stage + edge.stages - 1;
        for (int64_t c = 0; c < cell_.columns; c++)
          constant[c] += norms_.offset(stage)[c] - norms_.mean(stage)[c] * norms_.scale(stage)[c];
      }
    const int place = cell_.place_in_output(node);
    const bool kept = cell_.read(node);
    passes_.run([&](int64_t, int64_t begin, int64_t end) {
      Scratch scratch;
      float* room = kept ? nullptr : scratch.floats(kSumPixels * cell_.columns);
      for (int64_t n = begin; n < end; n++) {
        Scratch maps;
        const PlaneSum parts = parts_of(node, n, maps);
        for (int64_t first = 0; first < cell_.pixels; first += kSumPixels) {
          const int64_t count = std::min(kSumPixels, cell_.pixels - first);
          const int64_t stride = (kept ? cell_.pixels : kSumPixels) * kLanes;
          float* sum = kept ? cell_.view(saved_ + cell_.node_map(node), n).at(0, first) : room;
          parts.store_to(cell_.vectors, first, count, constant, sum, stride);
          if (place < 0) continue;
          auto to = cell_.slice(call_.out(0).f32(), place, n);
          to.data += first * to.row;
          store_rows(sum, stride, count, to);
        }
      }
    });
  }

  /// What the edges of a node add to it, of an image.
  PlaneSum parts_of(int node, int64_t n, Scratch& scratch) const {
    PlaneSum sum;
    for (const auto& edge : cell_.edges) {
      if (edge.node != node) continue;
      if (edge.kind == DerivedCell::kConvolutionEdge) {
        const int stage = edge.stage + edge.stages - 1;
        sum.maps.push_back({stage_map(stage, n), norms_.scale(stage)});
      } else if (edge.kind == DerivedCell::kSkipEdge) {
        states_.add_to(sum, edge.source, n);
      } else {
        const int64_t floats = padded(cell_.channels) * cell_.pixels;
        float *maximum = scratch.floats(floats), *average = scratch.floats(floats);
        Scratch state;
        float* x = state.floats(padded(cell_.channels) * cell_.state_pixels(edge.source));
        states_.pack(edge.source, n, x);
        pool_map(cell_.pool(edge.source), cell_.blocks, x, maximum, average);
        const float* map = edge.kind == DerivedCell::kMaxPoolEdge ? maximum : average;
        sum.maps.push_back({in_blocks(map, cell_.pixels), nullptr});
      }
    }
    return sum;
  }

  const Call& call_;
  const DerivedCell cell_;
  float* saved_;
  const DerivedStates states_;
  ImagePasses passes_;
  const int64_t pieces_;
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
