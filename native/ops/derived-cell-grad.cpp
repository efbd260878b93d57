#include <utility>

#include "core/derived-gradients.h"

// The backward pass of a cell of a derived network, from the last node to the inputs.
//
// With g the gradient of a batch norm's output, S = sum g and P = sum g xhat over all M pixels, of each
// channel:
//
//   doffset = S,  dscale = P,  dy = scale / deviation (g - S / M - xhat P / M) = a g + b y + c
//
// For the norms at the ends of the edges g is the gradient of the node, and S and P are taken as soon as an
// image of it is known. dy is formed chunk by chunk in the cache where a convolution wants it. Outputs of
// depthwise convolutions, normalised maps and pools are computed once more.

namespace unnas::UNNAS_ISA {
namespace {

class DerivedBackward {
 public:
  explicit DerivedBackward(const Call& call)
      : call_(call),
        cell_(call.attrs),
        weights_(call.attrs.flag("weights")),
        saved_(input(2)),
        states_{cell_, call, saved_},
        passes_(cell_),
        pieces_(passes_.pieces()),
        workspace_(call.outputs.back().f32()),
        norms_(cell_, call, scratch_),
        zeros_(scratch_.floats(cell_.columns)),
        gradients_(cell_, norms_, scratch_) {
    std::fill_n(zeros_, cell_.columns, 0.0f);
    if (call.outputs.back().size < static_cast<size_t>(workspace_floats()) ||
        call.inputs.size() != cell_.inputs() + 4)
      throw std::invalid_argument("derived cell: wrong number of inputs or room");
    for (int stage = 0; stage < cell_.stage_count(); stage++) {
      norms_.set(stage, input(0) + stage * cell_.channels, input(1) + stage * cell_.channels);
      const size_t at = cell_.parameter(stage);
      const int64_t taps = cell_.depthwise(stage).taps(), channels = cell_.channels;
      filters_.push_back({pack_filters(call.in(at).f32(), taps, channels, false, scratch_),
                          pack_filters(call.in(at).f32(), taps, channels, true, scratch_),
                          pack_panels(call.in(at + 1).f32(), channels, channels, 1, channels, scratch_)});
    }
  }

  void run() {
    for (int state = cell_.states - 1; state >= 0; state--) {
      second_stages(state);
      finish_state(state);
    }
  }

 private:
  struct Filters {
    const float *depthwise, *flipped;
    Panels pointwise;  // transposed
  };
  // Working memory: gradients of the nodes, then of what the first stages of a state's convolutions made.
  int64_t workspace_floats() const {
    size_t middles = 0;
    for (int state = 0; state < cell_.states; state++)
      middles = std::max(middles, cell_.second_stages(state).size());
    return (cell_.states - 2 + static_cast<int64_t>(middles)) * cell_.map_floats();
  }
  float* node_gradient(int node) const { return workspace_ + (node - 2) * cell_.map_floats(); }
  float* middle_gradient(int64_t i) const { return workspace_ + (cell_.states - 2 + i) * cell_.map_floats(); }
  const float* input(int after) const { return call_.in(cell_.inputs() + static_cast<size_t>(after)).f32(); }
  MapPlanes<const float> stage_map(int stage, int64_t n) const {
    return cell_.view(saved_ + cell_.stage_map(stage), n);
  }
  MapPlanes<const float> gradient_of_node(int node, int64_t n) const {
    return cell_.view<const float>(node_gradient(node), n);
  }

  /// Room for a piece of work.
  struct Workplace {
    BlockedImage input, du;
    float *u, *dy, *rows;

    Workplace(const Depthwise& d, Scratch& scratch)
        : input(input_image(d, d.height, scratch)),
          du(gradient_image(d, scratch)),
          u(scratch.floats(chunk_floats(d.channels))),
          dy(scratch.floats(chunk_floats(d.channels))),
          rows(scratch.floats(std::max<int64_t>(kChunk, d.width) * kBlock)) {}
  };

  std::vector<FilterSums> filter_gradients(const std::vector<int>& stages, Scratch& scratch) const {
    std::vector<FilterSums> all;
    if (weights_)
      for (int stage : stages) {
        const Depthwise d = cell_.depthwise(stage);
        all.emplace_back(d.taps(), d.channels, pieces_, scratch);
      }
    return all;
  }
  void finish(const std::vector<int>& stages, const std::vector<FilterSums>& sums) const {
    parallel_for(static_cast<int64_t>(sums.size()), 1, [&](int64_t, int64_t begin, int64_t end) {
      for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); i++) {
        const size_t at = cell_.parameter(stages[i]);
        sums[i].finish(call_.out(at).f32(), call_.out(at + 1).f32());
      }
    });
  }

  /// Sets the gradient of a stage's norm, and stores those of its scale and offset.
  void set(int stage, const std::vector<double>& sum, const std::vector<double>& centered) {
    const bool wanted = weights_ && cell_.affine;
    const size_t at = cell_.parameter(stage);
    gradients_.set(stage, sum, centered, wanted ? call_.out(at + 2).f32() : nullptr,
                   wanted ? call_.out(at + 3).f32() : nullptr);
  }

  /// From the gradient of the output of a stage's norm to those of its filters, and to du, that of its
  /// depthwise convolution. `add`: to what the sums of a piece hold. `next` is read after the image.
  void stage_gradient(int stage, const MapPlanes<const float>& g, int64_t n, const FilterSums* sums,
                      int64_t piece, bool add, const Ahead& next, Workplace& work) const {
    const Depthwise d = cell_.depthwise(stage);
    const Filters& filters = filters_[static_cast<size_t>(stage)];
    const auto y = stage_map(stage, n);
    for_chunks(0, d.out_height, d.out_width, [&](const PixelChunk& chunk) {
      const int64_t first = chunk.row * d.out_width + chunk.column, pixels = chunk.pixels(),
                    after = first + pixels, left = std::min(pixels, cell_.pixels - after);
      const Ahead ahead[] = {pixels_ahead(g, cell_.vectors, after, left),
                             pixels_ahead(y, cell_.vectors, after, left)};
      auto ask = [&](int64_t quarter) {
        for (const Ahead& one : ahead) one.ask(quarter, quarter + 1, 4);
        next.ask(4 * first + quarter * pixels, 4 * first + (quarter + 1) * pixels, 4 * cell_.pixels);
      };
      gradients_.form(stage, g, y, first, pixels, work.dy);
      ask(0);
      multiply(work.dy, pixels, filters.pointwise, ToImage(work.du, chunk));
      ask(1);
      if (sums) depthwise_forward(d, work.input, filters.depthwise, chunk, work.u);
      ask(2);
      if (sums)
        accumulate(work.u, d.channels, work.dy, d.channels, pixels, sums->matrix(piece), add || first > 0);
      ask(3);
      if (sums) depthwise_weight_gradient(d, work.input, work.du, chunk, sums->filters(piece));
    });
  }

  /// The second stages of the convolutions that leave a state: the gradients of what they read, z = relu(norm
  /// of the first stage), where z > 0.
  void second_stages(int state) {
    const std::vector<int> stages = cell_.second_stages(state);
    if (stages.empty()) return;
    const auto count = static_cast<int64_t>(stages.size());
    Scratch local;
    const auto filters = filter_gradients(stages, local);
    ProductSums sums(2 * count, pieces_, cell_.columns);
    passes_.run([&](int64_t piece, int64_t begin, int64_t end) {
      Scratch scratch;
      Workplace work(cell_.widest(stages), scratch);
      for (const auto& one : filters) one.clear(piece);
      for (int64_t n = begin; n < end; n++)
        for (int64_t i = 0; i < count; i++) {
          const int stage = stages[static_cast<size_t>(i)];
          const auto y1 = stage_map(stage - 1, n);
          norms_.normalised_image(stage - 1, y1, work.input);
          const bool last = i == count - 1;
          Ahead next;
          if (!last || n + 1 < end)
            next = {stage_map(stages[static_cast<size_t>(last ? 0 : i + 1)] - 1, last ? n + 1 : n).data,
                    cell_.image_floats()};
          stage_gradient(stage, gradient_of_node(cell_.edge_of_stage(stage).node, n), n,
                         weights_ ? &filters[static_cast<size_t>(i)] : nullptr, piece, n > begin, next, work);
          store_middle(stage, work, y1, cell_.view(middle_gradient(i), n), sums.part(piece, 2 * i),
                       sums.part(piece, 2 * i + 1));
        }
    });
    for (int64_t i = 0; i < count; i++)
      set(stages[static_cast<size_t>(i)] - 1, sums.total(2 * i), sums.total(2 * i + 1));
    finish(stages, filters);
  }

  /// dz of an image, with its sums.
  void store_middle(int stage, const Workplace& work, const MapPlanes<const float>& y1,
                    const MapPlanes<float>& dz, double* sums, double* products) const {
    const Depthwise d = cell_.depthwise(stage);
    const Filters& filters = filters_[static_cast<size_t>(stage)];
    for_chunks(0, d.height, d.width, [&](const PixelChunk& chunk) {
      if (chunk.column > 0) return;  // whole rows
      const int64_t first = chunk.row * d.width;
      for (int64_t block = 0; block < cell_.blocks; block++) {
        depthwise_input_gradient(d, work.du, filters.flipped, block, chunk.row, chunk.rows, work.rows);
        for (int v = 0; v < kVectors && block * kVectors + v < cell_.vectors; v++) {
          const int64_t vector = block * kVectors + v, channel = vector * kLanes;
          rectified_rows(work.rows + v * kLanes, work.input.row(block, chunk.row) + v * kLanes,
                         work.input.row_stride(), y1.at(vector, first),
                         load(norms_.mean(stage - 1) + channel), chunk.rows, d.width, dz.at(vector, first),
                         sums + channel, products + channel);
        }
      }
    });
  }

  /// The first stages of the convolutions that leave a state, and with them all that the gradient of the
  /// state consists of.
  void finish_state(int state) {
    const std::vector<int> stages = cell_.first_stages(state);
    Scratch local;
    const auto filters = filter_gradients(stages, local);
    std::vector<int> ends;  // last stages of the convolutions that lead here
    for (const auto& edge : cell_.edges)
      if (edge.node == state && edge.kind == DerivedCell::kConvolutionEdge)
        ends.push_back(edge.stage + edge.stages - 1);
    ProductSums sums(1 + static_cast<int64_t>(ends.size()), pieces_, cell_.columns);
    const bool pools = cell_.has_pools(state);
    const int64_t floats = padded(cell_.channels) * cell_.state_pixels(state);

    passes_.run([&](int64_t piece, int64_t begin, int64_t end) {
      Scratch scratch;
      float *dx = scratch.floats(floats), *room = scratch.floats(kSumPixels * cell_.columns);
      for (const auto& one : filters) one.clear(piece);
      for (int64_t n = begin; n < end; n++) {
        if (!stages.empty())
          first_stages(state, stages, filters, n, begin, end, piece, dx);
        else if (pools)
          std::fill_n(dx, floats, 0.0f);
        if (pools) add_pools(state, n, dx);
        PlaneSum parts{through(state, DerivedCell::kSkipEdge, n), {}};
        if (!stages.empty() || pools)
          parts.maps.push_back({in_blocks<const float>(dx, cell_.state_pixels(state)), nullptr});
        if (!DerivedCell::is_node(state)) {
          store_input_gradient(state, n, parts, room);
          continue;
        }
        if (const int place = cell_.place_in_output(state); place >= 0)
          parts.tensors.push_back(cell_.slice(input(3), place, n));
        store_node_gradient(state, n, parts, ends, sums, piece);
      }
    });
    for (size_t i = 0; i < ends.size(); i++)
      set(ends[i], sums.total(0), sums.total(1 + static_cast<int64_t>(i)));
    finish(stages, filters);
  }

  void store_input_gradient(int state, int64_t n, const PlaneSum& parts, float* room) const {
    const int64_t pixels = cell_.state_pixels(state), stride = kSumPixels * kLanes;
    float* out = call_.out(static_cast<size_t>(state)).f32() + n * pixels * cell_.channels;
    for (int64_t first = 0; first < pixels; first += kSumPixels) {
      const int64_t count = std::min(kSumPixels, pixels - first);
      parts.store_to(cell_.vectors, first, count, zeros_, room, stride);
      store_rows(room, stride, count, {out + first * cell_.channels, cell_.channels, cell_.channels});
    }
  }

  /// With the sums that the norms at the ends of the edges to the node want.
  void store_node_gradient(int node, int64_t n, const PlaneSum& parts, const std::vector<int>& ends,
                           ProductSums& sums, int64_t piece) const {
    const auto gradient = cell_.view(node_gradient(node), n);
    for (int64_t first = 0; first < cell_.pixels; first += kSumPixels) {
      const int64_t count = std::min(kSumPixels, cell_.pixels - first);
      parts.store_to(cell_.vectors, first, count, zeros_, gradient.at(0, first), gradient.vector_stride);
      for (int64_t vector = 0; vector < cell_.vectors; vector++) {
        const int64_t channel = vector * kLanes;
        const float* g = gradient.at(vector, first);
        MapMoments::add_to(sums.part(piece, 0) + channel, plane_sum(g, count));
        for (size_t i = 0; i < ends.size(); i++)
          MapMoments::add_to(sums.part(piece, 1 + static_cast<int64_t>(i)) + channel,
                             plane_product_sum(g, stage_map(ends[i], n).at(vector, first), count,
                                               load(norms_.mean(ends[i]) + channel)));
      }
    }
  }

  /// dx = what reaches a state through the convolutions that leave it, in blocks. `n` is one of the images
  /// [begin, end) of a piece.
  void first_stages(int state, const std::vector<int>& stages, const std::vector<FilterSums>& filters,
                    int64_t n, int64_t begin, int64_t end, int64_t piece, float* dx) const {
    const int64_t height = cell_.state_height(state), width = cell_.state_width(state);
    Scratch scratch;
    Workplace work(cell_.widest(stages), scratch);
    states_.relu_of(state, n, work.input);
    int64_t middle = 0;
    for (size_t i = 0; i < stages.size(); i++) {
      const int stage = stages[i];
      const auto& edge = cell_.edge_of_stage(stage);
      const auto g = edge.stages == 2 ? cell_.view<const float>(middle_gradient(middle++), n)
                                      : gradient_of_node(edge.node, n);
      const Ahead next = i + 1 == stages.size() && n + 1 < end ? states_.memory(state, n + 1) : Ahead{};
      stage_gradient(stage, g, n, weights_ ? &filters[i] : nullptr, piece, n > begin, next, work);
      const Depthwise d = cell_.depthwise(stage);
      const Filters& w = filters_[static_cast<size_t>(stage)];
      for (int64_t block = 0; block < cell_.blocks; block++)
        depthwise_input_gradient(d, work.du, w.flipped, block, 0, height,
                                 dx + block * height * width * kBlock, i > 0);
    }
    const auto gradient = in_blocks(dx, height * width);
    for (int64_t vector = 0; vector < cell_.vectors; vector++)
      for (int64_t y = 0; y < height; y++) {
        const float* r = work.input.row(vector / kVectors, y) + vector % kVectors * kLanes;
        float* to = gradient.at(vector, y * width);
        for (int64_t x = 0; x < width * kBlock; x += kBlock)
          store(to + x, load(r + x) > 0.0f ? load(to + x) : vf{});
      }
  }

  /// What reaches a state through its edges of some kind, which are no convolutions.
  std::vector<MapTerm> through(int state, DerivedCell::Kind kind, int64_t n) const {
    std::vector<MapTerm> terms;
    for (const auto& edge : cell_.edges)
      if (edge.source == state && edge.kind == kind)
        terms.push_back({gradient_of_node(edge.node, n), nullptr});
    return terms;
  }

  /// dx += what reaches a state through pools.
  void add_pools(int state, int64_t n, float* dx) const {
    Scratch scratch;
    const int64_t floats = padded(cell_.channels) * cell_.pixels;
    const MapPool pool = cell_.pool(state);
    float *maps[2], *gradients[2];
    for (float*& map : maps) map = scratch.floats(floats);
    for (float*& map : gradients) map = scratch.floats(floats);
    auto* positions = reinterpret_cast<uint8_t*>(scratch.floats(floats / 4));
    float* x = scratch.floats(padded(cell_.channels) * cell_.state_pixels(state));
    states_.pack(state, n, x);
    pool_map(pool, cell_.blocks, x, maps[0], maps[1], positions);
    for (int i : {0, 1}) {
      const auto kind = i == 0 ? DerivedCell::kMaxPoolEdge : DerivedCell::kAveragePoolEdge;
      const PlaneSum parts{through(state, kind, n), {}};
      for (int64_t vector = 0; vector < cell_.vectors; vector++)
        parts.add_maps<kBlock>(vector, 0, cell_.pixels, zeros_,
                               in_blocks(gradients[i], cell_.pixels).at(vector, 0));
    }
    pool_map_gradient(pool, cell_.blocks, gradients[0], gradients[1], positions, dx);
  }

  const Call& call_;
  const DerivedCell cell_;
  const bool weights_;
  const float* saved_;
  const DerivedStates states_;
  ImagePasses passes_;
  const int64_t pieces_;
  float* workspace_;
  Scratch scratch_;
  StageNorms norms_;
  float* zeros_;
  NormGradients gradients_;
  std::vector<Filters> filters_;  // of each stage
};

// inputs: those of derived_cell, its mean, variance and saved, the gradient of its first output; outputs: the
// gradients of s0, s1 and, with `weights`, of all parameters; then working memory.
void derived_cell_grad(const Call& call) { DerivedBackward(call).run(); }

UNNAS_KERNEL("derived_cell_grad", derived_cell_grad);

}  // namespace
}  // namespace unnas::UNNAS_ISA
