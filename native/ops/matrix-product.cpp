#include "core/gemm.h"

// Y = A B for each matrix of a batch; A is [rows, inner], B is [inner, columns], each possibly stored
// transposed. batch_a and batch_b are equal or one of them is 1, which stands for all.

namespace unnas::UNNAS_ISA {
namespace {

struct Product {
  int64_t batch_a, batch_b, rows, inner, columns;
  bool transpose_a, transpose_b;

  explicit Product(const Attrs& attrs)
      : batch_a(attrs.integer("batch_a")),
        batch_b(attrs.integer("batch_b")),
        rows(attrs.integer("rows")),
        inner(attrs.integer("inner")),
        columns(attrs.integer("columns")),
        transpose_a(attrs.flag("transpose_a")),
        transpose_b(attrs.flag("transpose_b")) {}

  int64_t batch() const { return std::max(batch_a, batch_b); }
  const float* a(const float* all, int64_t i) const { return all + (batch_a == 1 ? 0 : i) * rows * inner; }
  const float* b(const float* all, int64_t i) const { return all + (batch_b == 1 ? 0 : i) * inner * columns; }
};

Panels pack_b(const Product& p, const float* b, Scratch& scratch) {
  return pack_panels(b, p.inner, p.columns, p.transpose_b ? 1 : p.columns, p.transpose_b ? p.inner : 1,
                     scratch);
}

// Columns [first, first + rows) of a matrix [inner][stride] become the rows of a chunk.
void pack_transposed(const float* a, int64_t first, int64_t rows, int64_t inner, int64_t stride,
                     float* chunk) {
  for (int64_t k = 0; k < inner; k++)
    for (int64_t r = 0; r < rows; r++)
      chunk[k / kBlock * kChunkStride + r * kBlock + k % kBlock] = a[k * stride + first + r];
}

// The rows of A in chunks.
void by_rows(const Product& p, const float* a, const float* b, float* y) {
  Scratch shared;
  Panels common = p.batch_b == 1 ? pack_b(p, b, shared) : Panels{};
  int64_t chunks = chunk_count(p.rows, kChunk);
  constexpr int64_t kOperations = 1 << 18;
  int64_t grain =
      std::max<int64_t>(1, kOperations / (std::min<int64_t>(p.rows, kChunk) * p.inner * p.columns));
  parallel_for(p.batch() * chunks, grain, [&](int64_t, int64_t begin, int64_t end) {
    Scratch scratch;
    float* chunk = scratch.floats(chunk_floats(p.inner));
    for (int64_t piece = begin; piece < end; piece++) {
      int64_t i = piece / chunks, first = piece % chunks * kChunk,
              rows = std::min<int64_t>(kChunk, p.rows - first);
      Scratch inside;
      Panels panels = p.batch_b == 1 ? common : pack_b(p, p.b(b, i), inside);
      if (p.transpose_a)
        pack_transposed(p.a(a, i), first, rows, p.inner, p.rows, chunk);
      else
        pack_chunk(p.a(a, i) + first * p.inner, rows, p.inner, p.inner, chunk);
      multiply(chunk, rows, panels, ToMatrix{y + (i * p.rows + first) * p.columns, p.columns});
    }
  });
}

// A is stored [inner, rows] and B [inner, columns], as for the gradient of a matrix of weights: `inner` is
// long (all pixels of a batch) and is what is split, into partial sums that are added in order.
void by_inner(const Product& p, const float* a, const float* b, float* y) {
  Scratch shared;
  int64_t size = padded(p.rows) * padded(p.columns);
  constexpr int64_t kMaxPieces = 64, kRows = 4 * kChunk, kPartials = 1 << 22;
  int64_t max_pieces = std::clamp<int64_t>(kPartials / size, 1, kMaxPieces);
  int64_t grain = std::max(kRows, chunk_count(p.inner, max_pieces));
  int64_t pieces = chunk_count(p.inner, grain);
  float* partials = shared.floats(pieces * size);
  for (int64_t i = 0; i < p.batch(); i++) {
    parallel_for(p.inner, grain, [&](int64_t piece, int64_t begin, int64_t end) {
      Scratch scratch;
      float* u = scratch.floats(chunk_floats(p.rows));
      float* d = scratch.floats(chunk_floats(p.columns));
      std::fill_n(partials + piece * size, size, 0.0f);
      for (int64_t k = begin; k < end; k += kChunk) {
        int64_t count = std::min<int64_t>(kChunk, end - k);
        pack_chunk(p.a(a, i) + k * p.rows, count, p.rows, p.rows, u);
        pack_chunk(p.b(b, i) + k * p.columns, count, p.columns, p.columns, d);
        accumulate(u, p.rows, d, p.columns, count, partials + piece * size);
      }
    });
    add_partial_matrices(partials, pieces, p.rows, p.columns, y + i * p.rows * p.columns);
  }
}

// [a, b] -> [y]
void matrix_product(const Call& call) {
  const Product shape(call.attrs);
  auto split = shape.transpose_a && !shape.transpose_b ? by_inner : by_rows;
  split(shape, call.in(0).f32(), call.in(1).f32(), call.out(0).f32());
}

UNNAS_KERNEL("matrix_product", matrix_product);

}  // namespace
}  // namespace unnas::UNNAS_ISA
