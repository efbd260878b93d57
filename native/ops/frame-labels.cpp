// Classes of the pixels of views: nearest neighbours where the map is resized, and in the border none.
#include "ops/channels.h"

namespace unnas::UNNAS_ISA {
namespace {

constexpr int64_t kBand = 32;      // rows that make up a task
constexpr int32_t kIgnored = 255;  // label of what has no class

// y[i][r][c] = label of map i at the nearest place; inputs: views, maps..
void frame_labels(const Call& call) {
  const int64_t size = call.attrs.integer("size"), maps = static_cast<int64_t>(call.inputs.size()) - 1;
  const int64_t bands = chunk_count(size, kBand);
  parallel_for(maps * bands, 1, [&](int64_t, int64_t task, int64_t) {
    const int64_t index = task / bands, begin = task % bands * kBand, end = std::min(size, begin + kBand);
    const View& view = view_of(call.in(0), index);
    const uint8_t* labels = call.in(static_cast<size_t>(index + 1)).u8();
    Scratch scratch;
    const Axis rows = nearest_axis(view.top, view.height, view.scaled_height, view.crop_top, size, false,
                                   {begin, end}, scratch);
    const Axis columns = nearest_axis(view.left, view.width, view.scaled_width, view.crop_left, size,
                                      view.flip != 0, {0, size}, scratch);
    int32_t* y = call.out(0).i32() + (index * size + begin) * size;
    std::fill(y, y + (end - begin) * size, kIgnored);
    for (int64_t r = rows.visible.begin; r < rows.visible.end; r++) {
      const uint8_t* from = labels + int64_t{rows.low[r - rows.visible.begin]} * view.picture_width;
      int32_t* to = y + (r - begin) * size + columns.visible.begin;
      for (int64_t c = 0; c < columns.visible.size(); c++) to[c] = from[columns.low[c]];
    }
  });
}

UNNAS_KERNEL("frame_labels", frame_labels);

}  // namespace
}  // namespace unnas::UNNAS_ISA
