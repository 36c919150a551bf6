// Cross-entropies of rows of logits without a graph, in one pass: for small networks the composed operators take longer
// than the network.
#include "abi.h"
#include "losses_loops.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <cstdint>

// Losses [rows] in nats of logits [rows, classes], float32, and labels [rows], int64, both contiguous on the CPU.
BIF_API int bif_cross_entropy(void* logits_handle, void* labels_handle, float* losses) {
  return bif::guarded([&] {
    const auto& logits = *static_cast<at::Tensor*>(logits_handle);
    const auto& labels = *static_cast<at::Tensor*>(labels_handle);
    TORCH_CHECK(logits.device().is_cpu() && labels.device().is_cpu(), "cross-entropy by rows needs tensors on the CPU");
    TORCH_CHECK(logits.scalar_type() == at::kFloat && labels.scalar_type() == at::kLong, "cross-entropy by rows takes float32 logits and int64 labels");
    TORCH_CHECK(logits.dim() == 2 && labels.dim() == 1 && logits.size(0) == labels.size(0) && logits.size(1) > 0,
                "cross-entropy by rows takes logits [rows, classes] and labels [rows], not ", logits.sizes(), " and ", labels.sizes());
    TORCH_CHECK(logits.is_contiguous() && labels.is_contiguous(), "cross-entropy by rows takes contiguous tensors");
    const auto classes = logits.size(1);
    const float* values = logits.data_ptr<float>();
    const int64_t* label = labels.data_ptr<int64_t>();
    for (int64_t row = 0; row < logits.size(0); ++row) {
      TORCH_CHECK(label[row] >= 0 && label[row] < classes, "row ", row, " has the label ", label[row], " of ", classes, " classes");
    }
    static const bif::RowLosses rows = bif::row_losses();
    at::parallel_for(0, logits.size(0), 1 + 4096 / classes, [&](int64_t begin, int64_t end) {
      rows(values, label, classes, losses, begin, end);
    });
  });
}
