#include <utility>

#include "core/derived-cell.h"
#include "core/gradient-sums.h"

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
        group_(cell_.images_of_piece()),
        pieces_(chunk_count(cell_.images, group_)),
        workspace_(call.outputs.back().f32()),
        norms_(cell_, call, scratch_) {
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
      Gradient gradient{scratch_.floats(cell_.columns), scratch_.floats(cell_.columns),
                        scratch_.floats(cell_.columns)};
      for (float* vector : {gradient.a, gradient.b, gradient.c}) std::fill_n(vector, cell_.columns, 0.0f);
      gradients_.push_back(gradient);
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
  /// dy = a g + b y + c, of each channel.
  struct Gradient {
    float *a, *b, *c;
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
  const float* stage_map(int stage) const { return saved_ + cell_.stage_map(stage); }

  /// Sets the gradient of a stage's norm, and stores those of its scale and offset.
  void set(int stage, const std::vector<double>& sum, const std::vector<double>& centered) {
    const auto count = static_cast<double>(cell_.images * cell_.pixels);
    const Gradient& gradient = gradients_[static_cast<size_t>(stage)];
    for (int64_t c = 0; c < cell_.channels; c++) {
      const auto i = static_cast<size_t>(c);
      const auto inverse = static_cast<double>(norms_.inverse(stage)[c]),
                 mean = static_cast<double>(norms_.mean(stage)[c]),
                 scale = static_cast<double>(norms_.scale(stage)[c]);
      const double projection = centered[i] * inverse, slope = -scale * projection * inverse / count;
      gradient.a[c] = static_cast<float>(scale);
      gradient.b[c] = static_cast<float>(slope);
      gradient.c[c] = static_cast<float>(-scale * sum[i] / count - slope * mean);
      if (!weights_ || !cell_.affine) continue;
      call_.out(cell_.parameter(stage) + 2).f32()[c] = static_cast<float>(projection);
      call_.out(cell_.parameter(stage) + 3).f32()[c] = static_cast<float>(sum[i]);
    }
  }

  /// Room for a piece of work.
  struct Workplace {
    BlockedImage input, du;
    float *u, *dy, *row;

    Workplace(const Depthwise& d, Scratch& scratch)
        : input(input_image(d, d.height, scratch)),
          du(gradient_image(d, scratch)),
          u(scratch.floats(chunk_floats(d.channels))),
          dy(scratch.floats(chunk_floats(d.channels))),
          row(scratch.floats(d.width * kBlock)) {}
  };

  /// Partial sums of the gradients of a stage's filters.
  struct FilterGradients {
    int64_t taps, channels, filter_size, matrix_size;
    float *filters, *matrices;

    FilterGradients(const Depthwise& d, int64_t pieces, Scratch& scratch)
        : taps(d.taps()),
          channels(d.channels),
          filter_size(d.blocks() * taps * kBlock),
          matrix_size(padded(channels) * padded(channels)),
          filters(scratch.floats(pieces * filter_size)),
          matrices(scratch.floats(pieces * matrix_size)) {}
    void clear(int64_t piece) const {
      std::fill_n(filters + piece * filter_size, filter_size, 0.0f);
      std::fill_n(matrices + piece * matrix_size, matrix_size, 0.0f);
    }
  };
  std::vector<FilterGradients> filter_gradients(const std::vector<int>& stages, Scratch& scratch) const {
    std::vector<FilterGradients> all;
    if (weights_)
      for (int stage : stages) all.emplace_back(cell_.depthwise(stage), pieces_, scratch);
    return all;
  }
  void finish(const std::vector<int>& stages, const std::vector<FilterGradients>& sums) const {
    for (size_t i = 0; i < sums.size(); i++) {
      const size_t at = cell_.parameter(stages[i]);
      const auto& one = sums[i];
      add_partial_filters(one.filters, pieces_, one.taps, one.channels, call_.out(at).f32());
      add_partial_matrices(one.matrices, pieces_, one.channels, one.channels, call_.out(at + 1).f32());
    }
  }

  /// dy of a stage for a chunk, from the gradient of its norm's output.
  void form_gradient(int stage, const MapView& g, const MapView& y, const PixelChunk& chunk,
                     float* dy) const {
    const Gradient& norm = gradients_[static_cast<size_t>(stage)];
    const int64_t first = (chunk.row * cell_.out_width + chunk.column) * kBlock;
    for_vectors(cell_.channels, [&](int64_t block, int v) {
      const int64_t channel = block * kBlock + v * kLanes;
      const vf a = load(norm.a + channel), b = load(norm.b + channel), c = load(norm.c + channel);
      const float *from = g.at(block, v) + first, *map = y.at(block, v) + first;
      float* to = dy + block * kChunkStride + v * kLanes;
      for (int64_t p = 0; p < chunk.pixels() * kBlock; p += kBlock)
        store(to + p, load(from + p) * a + (load(map + p) * b + c));
    });
  }

  /// From the gradient of the output of a stage's norm to those of its filters, and to du, that of its
  /// depthwise convolution.
  void stage_gradient(int stage, const float* g, int64_t n, const FilterGradients* sums, int64_t piece,
                      Workplace& work) const {
    const Depthwise d = cell_.depthwise(stage);
    const Filters& filters = filters_[static_cast<size_t>(stage)];
    const MapView gradient = cell_.view(g, n), y = cell_.view(stage_map(stage), n);
    for_chunks(0, d.out_height, d.out_width, [&](const PixelChunk& chunk) {
      form_gradient(stage, gradient, y, chunk, work.dy);
      multiply(work.dy, chunk.pixels(), filters.pointwise, ToImage(work.du, chunk));
      if (!sums) return;
      depthwise_forward(d, work.input, filters.depthwise, chunk, work.u);
      accumulate(work.u, d.channels, work.dy, d.channels, chunk.pixels(),
                 sums->matrices + piece * sums->matrix_size);
      depthwise_weight_gradient(d, work.input, work.du, chunk, sums->filters + piece * sums->filter_size);
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
    parallel_for(cell_.images, group_, [&](int64_t piece, int64_t begin, int64_t end) {
      Scratch scratch;
      Workplace work(cell_.widest(stages), scratch);
      for (const auto& one : filters) one.clear(piece);
      for (int64_t n = begin; n < end; n++)
        for (int64_t i = 0; i < count; i++) {
          const int stage = stages[static_cast<size_t>(i)];
          const MapView y1 = cell_.view(stage_map(stage - 1), n);
          norms_.normalised_image(stage - 1, y1, work.input);
          stage_gradient(stage, node_gradient(cell_.edge_of_stage(stage).node), n,
                         weights_ ? &filters[static_cast<size_t>(i)] : nullptr, piece, work);
          store_middle(stage, work, y1, middle_gradient(i) + n * cell_.image_floats(),
                       sums.part(piece, 2 * i), sums.part(piece, 2 * i + 1));
        }
    });
    for (int64_t i = 0; i < count; i++)
      set(stages[static_cast<size_t>(i)] - 1, sums.total(2 * i), sums.total(2 * i + 1));
    finish(stages, filters);
  }

  /// dz of an image, with its sums.
  void store_middle(int stage, const Workplace& work, const MapView& y1, float* dz, double* sums,
                    double* products) const {
    const Depthwise d = cell_.depthwise(stage);
    const Filters& filters = filters_[static_cast<size_t>(stage)];
    for (int64_t block = 0; block < cell_.blocks; block++)
      for (int64_t y = 0; y < d.height; y++) {
        depthwise_input_gradient(d, work.du, filters.flipped, block, y, 1, work.row);
        for (int v = 0; v < kVectors && lanes_in(cell_.channels - block * kBlock, v) > 0; v++) {
          const int64_t channel = block * kBlock + v * kLanes;
          const int64_t at = block * y1.block_stride + y * d.width * kBlock + v * kLanes;
          const float* z = work.input.row(block, y) + v * kLanes;
          rectified_gradient_row(
              work.row + v * kLanes, y1.data + at, load(norms_.mean(stage - 1) + channel), d.width,
              [z](int64_t i, vf) { return load(z + i) > 0.0f; }, dz + at, sums + channel, products + channel);
        }
      }
  }

  /// The first stages of the convolutions that leave a state, and with them all that the gradient of the
  /// state consists of.
  void finish_state(int state) {
    const std::vector<int> stages = cell_.first_stages(state);
    const bool is_node = DerivedCell::is_node(state);
    Scratch local;
    const auto filters = filter_gradients(stages, local);
    std::vector<int> ends;  // last stages of the convolutions that lead here
    for (const auto& edge : cell_.edges)
      if (edge.node == state && edge.kind == DerivedCell::kConvolutionEdge)
        ends.push_back(edge.stage + edge.stages - 1);
    ProductSums sums(1 + static_cast<int64_t>(ends.size()), pieces_, cell_.columns);

    parallel_for(cell_.images, group_, [&](int64_t piece, int64_t begin, int64_t end) {
      Scratch scratch;
      float* room = is_node ? nullptr : scratch.floats(cell_.state_floats(state));
      for (const auto& one : filters) one.clear(piece);
      for (int64_t n = begin; n < end; n++) {
        float* dx = is_node ? node_gradient(state) + n * cell_.image_floats() : room;
        add_first_stages(state, stages, filters, n, piece, dx);
        add_others(state, n, dx);
        if (is_node) {
          const MapView gradient = cell_.view(node_gradient(state), n);
          add_products(gradient, nullptr, 0, sums.part(piece, 0));
          for (size_t i = 0; i < ends.size(); i++) {
            const MapView y = cell_.view(stage_map(ends[i]), n);
            add_products(gradient, &y, ends[i], sums.part(piece, 1 + static_cast<int64_t>(i)));
          }
        } else {
          const int64_t pixels = cell_.state_pixels(state);
          float* out = call_.out(static_cast<size_t>(state)).f32() + n * pixels * cell_.channels;
          for (int64_t p = 0; p < pixels; p++)
            unpack_row(dx + p * kBlock, pixels * kBlock, cell_.channels, out + p * cell_.channels);
        }
      }
    });
    for (size_t i = 0; i < ends.size(); i++)
      set(ends[i], sums.total(0), sums.total(1 + static_cast<int64_t>(i)));
    finish(stages, filters);
  }

  /// totals += sum of g, or of g (y - mean), over an image.
  void add_products(const MapView& g, const MapView* y, int stage, double* totals) const {
    for_vectors(cell_.channels, [&](int64_t block, int v) {
      const int64_t channel = block * kBlock + v * kLanes;
      for (int64_t first = 0; first < cell_.pixels; first += kSumPixels) {
        const int64_t count = std::min(kSumPixels, cell_.pixels - first);
        const float* gradient = g.at(block, v) + first * kBlock;
        MapMoments::add_to(totals + channel, y ? product_sum(gradient, y->at(block, v) + first * kBlock,
                                                             count, load(norms_.mean(stage) + channel))
                                               : pixel_sum(gradient, count));
      }
    });
  }

  /// dx = what reaches a state through the convolutions that leave it.
  void add_first_stages(int state, const std::vector<int>& stages,
                        const std::vector<FilterGradients>& filters, int64_t n, int64_t piece,
                        float* dx) const {
    const int64_t height = cell_.state_height(state), width = cell_.state_width(state);
    if (stages.empty()) {
      std::fill_n(dx, cell_.state_floats(state), 0.0f);
      return;
    }
    Scratch scratch;
    Workplace work(cell_.widest(stages), scratch);
    states_.relu_of(state, n, work.input);
    int64_t middle = 0;
    for (size_t i = 0; i < stages.size(); i++) {
      const int stage = stages[i];
      const auto& edge = cell_.edge_of_stage(stage);
      const float* g = edge.stages == 2 ? middle_gradient(middle++) : node_gradient(edge.node);
      stage_gradient(stage, g, n, weights_ ? &filters[i] : nullptr, piece, work);
      const Depthwise d = cell_.depthwise(stage);
      const Filters& w = filters_[static_cast<size_t>(stage)];
      for (int64_t block = 0; block < cell_.blocks; block++)
        depthwise_input_gradient(d, work.du, w.flipped, block, 0, height,
                                 dx + block * height * width * kBlock, i > 0);
    }
    for (int64_t block = 0; block < cell_.blocks; block++)
      for (int64_t y = 0; y < height; y++) {
        const float* r = work.input.row(block, y);
        float* to = dx + (block * height + y) * width * kBlock;
        for (int64_t i = 0; i < width * kBlock; i += kLanes)
          store(to + i, load(r + i) > 0.0f ? load(to + i) : vf{});
      }
  }

  /// dx += what reaches a state past its ReLU: through skips and pools, and as a part of the output.
  void add_others(int state, int64_t n, float* dx) const {
    Scratch scratch;
    float *ones = scratch.floats(cell_.columns), *zeros = scratch.floats(cell_.columns);
    std::fill_n(ones, cell_.columns, 1.0f);
    std::fill_n(zeros, cell_.columns, 0.0f);
    std::vector<Term> through[DerivedCell::kConvolutionEdge];
    for (const auto& edge : cell_.edges)
      if (edge.source == state && edge.kind != DerivedCell::kConvolutionEdge)
        through[edge.kind].push_back({cell_.view(node_gradient(edge.node), n), ones});
    auto& straight = through[DerivedCell::kSkipEdge];
    if (const int place = DerivedCell::is_node(state) ? cell_.place_in_output(state) : -1; place >= 0)
      straight.push_back({cell_.slice(input(3), place, n), ones});
    add_to(straight, cell_.blocks, cell_.pixels, dx);

    const auto &maximum = through[DerivedCell::kMaxPoolEdge],
               &average = through[DerivedCell::kAveragePoolEdge];
    if (maximum.empty() && average.empty()) return;
    const MapPool pool = cell_.pool(state);
    float *maps[2], *gradients[2];
    for (float*& map : maps) map = scratch.floats(cell_.image_floats());
    for (float*& map : gradients) map = scratch.floats(cell_.image_floats());
    auto* positions = reinterpret_cast<uint8_t*>(scratch.floats(cell_.image_floats() / 4));
    const float* x = states_.packed(state, n, scratch.floats(cell_.state_floats(state)));
    pool_map(pool, cell_.blocks, x, maps[0], maps[1], positions);
    combine(maximum, zeros, cell_.blocks, cell_.pixels, gradients[0]);
    combine(average, zeros, cell_.blocks, cell_.pixels, gradients[1]);
    pool_map_gradient(pool, cell_.blocks, gradients[0], gradients[1], positions, dx);
  }

  const Call& call_;
  const DerivedCell cell_;
  const bool weights_;
  const float* saved_;
  const DerivedStates states_;
  const int64_t group_, pieces_;
  float* workspace_;
  Scratch scratch_;
  StageNorms norms_;
  std::vector<Filters> filters_;     // of each stage
  std::vector<Gradient> gradients_;  // of each stage's norm
};

// inputs: those of derived_cell, its mean, variance and saved, the gradient of its first output; outputs: the
// gradients of s0, s1 and, with `weights`, of all parameters; then working memory.
void derived_cell_grad(const Call& call) { DerivedBackward(call).run(); }

UNNAS_KERNEL("derived_cell_grad", derived_cell_grad);

}  // namespace
}  // namespace unnas::UNNAS_ISA
