// Cross-entropies of rows, compiled once per vector width.
#pragma once

#include <cstdint>

namespace bif {

// Writes losses[first .. last) of logits [rows, classes] and labels [rows], each within the classes.
using RowLosses = void (*)(const float* logits, const int64_t* labels, int64_t classes, float* losses, int64_t first, int64_t last);

RowLosses row_losses();

}  // namespace bif
