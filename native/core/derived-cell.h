// A cell of a derived network: which edges, stages, maps, parameters and statistics there are, and where they
// lie.
//
// States 0 and 1 are the inputs, the others the nodes; a node is the sum of its edges. An edge is a skip, a
// pool, or a convolution of one or two stages: ReLU, depthwise, pointwise, batch norm. Maps lie in planes
// (see map-planes.h); lanes past the last channel hold anything, and no loop mixes lanes.
#pragma once
#include "core/map-planes.h"
#include "core/search-cell.h"

namespace unnas::UNNAS_ISA {
namespace {

struct DerivedCell {
  enum Kind { kSkipEdge, kMaxPoolEdge, kAveragePoolEdge, kConvolutionEdge };

  struct Edge {
    int node, source;
    Kind kind;
    int kernel, dilation, stages;  // of a convolution
    int stage;                     // its first among all stages of the cell
  };
  struct Stage {
    int edge;
    bool first, last;
  };

  int64_t images, height, width, channels;  // of the inputs
  bool reduction, affine;
  double epsilon;
  int states;
  int64_t out_height, out_width, pixels;  // of all nodes, an image
  int64_t blocks;                         // channels rounded up
  int64_t vectors, columns;               // the same, of maps in memory
  std::vector<Edge> edges;                // by node
  std::vector<Stage> stages;              // by edge
  std::vector<int> outputs;               // nodes that the output is the concatenation of

  explicit DerivedCell(const Attrs& attrs)
      : images(attrs.integer("images")),
        height(attrs.integer("height")),
        width(attrs.integer("width")),
        channels(attrs.integer("channels")),
        reduction(attrs.flag("reduction")),
        affine(attrs.flag("affine")),
        epsilon(attrs.number("epsilon")),
        states(static_cast<int>(attrs.integer("states"))),
        out_height((height - 1) / (reduction ? 2 : 1) + 1),
        out_width((width - 1) / (reduction ? 2 : 1) + 1),
        pixels(out_height * out_width),
        blocks(blocks_of(channels)),
        vectors(vectors_of(channels)),
        columns(vectors * kLanes) {
    auto list = [&](const char* name) {
      std::vector<int> values;
      for (double value : attrs.numbers(name)) values.push_back(static_cast<int>(value));
      return values;
    };
    const auto nodes = list("nodes"), sources = list("sources"), kinds = list("kinds"),
               kernels = list("kernels"), dilations = list("dilations"), counts = list("stages");
    for (size_t i = 0; i < nodes.size(); i++) {
      edges.push_back({nodes[i], sources[i], static_cast<Kind>(kinds[i]), kernels[i], dilations[i], counts[i],
                       static_cast<int>(stages.size())});
      for (int k = 0; k < counts[i]; k++) stages.push_back({static_cast<int>(i), k == 0, k == counts[i] - 1});
    }
    outputs = list("outputs");
  }

  static bool is_node(int state) { return state >= 2; }
  bool strided(int source) const { return reduction && !is_node(source); }
  int64_t state_height(int state) const { return is_node(state) ? out_height : height; }
  int64_t state_width(int state) const { return is_node(state) ? out_width : width; }
  int64_t state_pixels(int state) const { return state_height(state) * state_width(state); }
  int64_t image_floats() const { return columns * pixels; }
  int64_t map_floats() const { return images * image_floats(); }

  const Edge& edge_of_stage(int stage) const {
    return edges[static_cast<size_t>(stages[static_cast<size_t>(stage)].edge)];
  }
  Depthwise depthwise(int stage) const {
    const Edge& edge = edge_of_stage(stage);
    const int source = stages[static_cast<size_t>(stage)].first ? edge.source : edge.node;
    Depthwise d{};
    d.height = state_height(source), d.width = state_width(source), d.channels = channels;
    d.kernel_height = d.kernel_width = edge.kernel;
    d.dilation_height = d.dilation_width = edge.dilation;
    d.stride_height = d.stride_width = strided(source) ? 2 : 1;
    d.top = d.left = d.dilation_width * (d.kernel_width - 1) / 2;
    d.out_height = out_height, d.out_width = out_width;
    return d;
  }
  MapPool pool(int source) const {
    return {state_height(source), state_width(source), strided(source) ? 2 : 1, out_height, out_width};
  }

  /// The first stages of the convolutions that leave a state.
  std::vector<int> first_stages(int source) const {
    std::vector<int> found;
    for (const Edge& edge : edges)
      if (edge.source == source && edge.kind == kConvolutionEdge) found.push_back(edge.stage);
    return found;
  }
  /// The second stages of the convolutions of two stages that leave a state.
  std::vector<int> second_stages(int source) const {
    std::vector<int> found;
    for (const Edge& edge : edges)
      if (edge.source == source && edge.kind == kConvolutionEdge && edge.stages == 2)
        found.push_back(edge.stage + 1);
    return found;
  }
  /// The stage of widest reach: an image with room for it has room for the others.
  Depthwise widest(const std::vector<int>& some) const {
    Depthwise widest = depthwise(some[0]);
    for (int stage : some)
      if (depthwise(stage).reach() > widest.reach()) widest = depthwise(stage);
    return widest;
  }
  bool read(int state) const {
    for (const Edge& edge : edges)
      if (edge.source == state) return true;
    return false;
  }
  bool has_pools(int state) const {
    for (const Edge& edge : edges)
      if (edge.source == state && (edge.kind == kMaxPoolEdge || edge.kind == kAveragePoolEdge)) return true;
    return false;
  }
  int64_t stage_count() const { return static_cast<int64_t>(stages.size()); }

  // What the forward pass leaves for the backward pass, in floats from the start: what every stage made
  // before its batch norm, and the nodes that edges read.
  int64_t stage_map(int stage) const { return stage * map_floats(); }
  int64_t node_map(int node) const {
    int64_t at = stage_count();
    for (int state = 2; state < node; state++) at += read(state) ? 1 : 0;
    return at * map_floats();
  }
  int64_t saved_floats() const { return node_map(states); }

  // Inputs of the kernels: two states, then of each stage the depthwise and pointwise filters, and scale and
  // offset if affine.
  int64_t stage_parameters() const { return affine ? 4 : 2; }
  size_t parameter(int stage) const { return static_cast<size_t>(2 + stage * stage_parameters()); }
  size_t inputs() const { return static_cast<size_t>(2 + stage_count() * stage_parameters()); }

  /// Where a node stands in the output, or -1.
  int place_in_output(int node) const {
    for (size_t i = 0; i < outputs.size(); i++)
      if (outputs[i] == node) return static_cast<int>(i);
    return -1;
  }
  /// The slice of a node in one image of a tensor that is the concatenation of all outputs.
  template <class F>
  TensorRows<F> slice(F* tensor, int place, int64_t image) const {
    const auto row = static_cast<int64_t>(outputs.size()) * channels;
    return {tensor + image * pixels * row + place * channels, row, channels};
  }
  /// An image of a map in planes.
  template <class F>
  MapPlanes<F> view(F* map, int64_t image) const {
    return in_planes(map + image * image_floats(), pixels);
  }

  /// Images that a piece of work has; partial sums are kept one a piece.
  int64_t images_of_piece() const {
    constexpr int64_t kMaxPieces = 16;
    return chunk_count(images, kMaxPieces);
  }
};

/// Passes over all images in pieces of work, as many images each. Every other pass goes backwards: it begins
/// with what the last one left in the cache.
class ImagePasses {
 public:
  explicit ImagePasses(const DerivedCell& cell)
      : images_(cell.images), size_(cell.images_of_piece()), pieces_(chunk_count(images_, size_)) {}

  int64_t pieces() const { return pieces_; }
  /// body(piece, first image, end of images)
  template <class Body>
  void run(const Body& body) {
    parallel_for(images_, size_, [&](int64_t chunk, int64_t, int64_t) {
      const int64_t piece = backwards_ ? pieces_ - 1 - chunk : chunk;
      body(piece, piece * size_, std::min(images_, (piece + 1) * size_));
    });
    backwards_ = !backwards_;
  }

 private:
  int64_t images_, size_, pieces_;
  bool backwards_ = false;
};

/// What the batch norms of a cell do, as y -> (y - mean) scale + offset, of each stage and channel.
class StageNorms {
 public:
  StageNorms(const DerivedCell& cell, const Call& call, Scratch& scratch)
      : cell_(cell),
        call_(call),
        vectors_(scratch.floats(kVectorsOfNorm * cell.stage_count() * cell.columns)) {
    std::fill_n(vectors_, kVectorsOfNorm * cell.stage_count() * cell.columns, 0.0f);
  }

  /// From the statistics of a stage, `channels` each.
  void set(int stage, const float* mean, const float* variance) {
    for (int64_t c = 0; c < cell_.channels; c++) {
      const double inverse = 1 / std::sqrt(static_cast<double>(variance[c]) + cell_.epsilon);
      const size_t at = cell_.parameter(stage);
      const double gamma = cell_.affine ? static_cast<double>(call_.in(at + 2).f32()[c]) : 1.0;
      vector(stage, 0)[c] = mean[c];
      vector(stage, 1)[c] = static_cast<float>(inverse);
      vector(stage, 2)[c] = static_cast<float>(inverse * gamma);
      vector(stage, 3)[c] = cell_.affine ? call_.in(at + 3).f32()[c] : 0.0f;
    }
  }
  const float* mean(int stage) const { return vector(stage, 0); }
  const float* inverse(int stage) const { return vector(stage, 1); }
  const float* scale(int stage) const { return vector(stage, 2); }
  const float* offset(int stage) const { return vector(stage, 3); }

  /// z = relu(norm(y)) of an image, with zeros around.
  void normalised_image(int stage, const MapPlanes<const float>& y, BlockedImage& z) const {
    for (int64_t vector = 0; vector < cell_.vectors; vector++) {
      const int64_t channel = vector * kLanes;
      const vf center = load(mean(stage) + channel), slope = load(scale(stage) + channel),
               shift = load(offset(stage) + channel);
      const float* from = y.at(vector, 0);
      for (int64_t row = 0; row < cell_.out_height; row++) {
        float* to = z.row(vector / kVectors, row) + vector % kVectors * kLanes;
        for (int64_t x = 0; x < cell_.out_width; x++, from += kLanes)
          store(to + x * kBlock, positive_part((load(from) - center) * slope + shift));
      }
    }
  }

 private:
  static constexpr int64_t kVectorsOfNorm = 4;
  float* vector(int stage, int which) const {
    return vectors_ + (stage * kVectorsOfNorm + which) * cell_.columns;
  }
  const DerivedCell& cell_;
  const Call& call_;
  float* vectors_;
};

/// Where the states lie, for both passes.
struct DerivedStates {
  const DerivedCell& cell;
  const Call& call;
  const float* saved;

  /// relu(state) of an image.
  void relu_of(int state, int64_t n, BlockedImage& r) const {
    if (!DerivedCell::is_node(state))
      return pack_image<true>(rows(state, n).data, cell.width, cell.channels, 0, cell.height, r);
    const auto map = node(state, n);
    for (int64_t vector = 0; vector < cell.vectors; vector++) {
      const float* from = map.at(vector, 0);
      for (int64_t row = 0; row < cell.out_height; row++) {
        float* to = r.row(vector / kVectors, row) + vector % kVectors * kLanes;
        for (int64_t x = 0; x < cell.out_width; x++, from += kLanes)
          store(to + x * kBlock, positive_part(load(from)));
      }
    }
  }
  /// The state of an image as [block][pixel][16], as pools read it.
  void pack(int state, int64_t n, float* packed) const {
    const int64_t pixels = cell.state_pixels(state);
    if (!DerivedCell::is_node(state))
      return pack_map({rows(state, n).data, cell.channels, kBlock, cell.channels}, pixels, cell.blocks,
                      packed);
    const PlaneSum copy{{{node(state, n), nullptr}}, {}};
    const std::vector<float> zeros(static_cast<size_t>(cell.columns));
    for (int64_t vector = 0; vector < cell.vectors; vector++)
      copy.add_maps<kBlock>(vector, 0, pixels, zeros.data(), in_blocks(packed, pixels).at(vector, 0));
  }
  /// Adds an image of a state to a sum.
  void add_to(PlaneSum& sum, int state, int64_t n) const {
    if (DerivedCell::is_node(state))
      sum.maps.push_back({node(state, n), nullptr});
    else
      sum.tensors.push_back(rows(state, n));
  }
  /// What an image of a state takes in memory.
  Ahead memory(int state, int64_t n) const {
    if (DerivedCell::is_node(state)) return {node(state, n).data, cell.image_floats()};
    return {rows(state, n).data, cell.state_pixels(state) * cell.channels};
  }

 private:
  MapPlanes<const float> node(int state, int64_t n) const {
    return cell.view(saved + cell.node_map(state), n);
  }
  TensorRows<const float> rows(int state, int64_t n) const {
    return {call.in(static_cast<size_t>(state)).f32() + n * cell.height * cell.width * cell.channels,
            cell.channels, cell.channels};
  }
};

}  // namespace
}  // namespace unnas::UNNAS_ISA
