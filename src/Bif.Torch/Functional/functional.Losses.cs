using static Bif.Native.Operator;

namespace TorchSharp;

// Losses, in nats where they are logarithms.
public static partial class torch
{
    public static partial class nn
    {
        /// <summary>What becomes of the items' losses.</summary>
        public enum Reduction : long
        {
            None = 0,
            Mean = 1,
            Sum = 2,
        }

        public static partial class functional
        {
            public static Tensor cross_entropy(Tensor input, Tensor target, Tensor? weight = null, long ignore_index = -100, Reduction reduction = Reduction.Mean, double label_smoothing = 0.0) => Call("aten::cross_entropy_loss", input, target, weight, (long)reduction, ignore_index, label_smoothing);
            public static Tensor nll_loss(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean) => Call("aten::nll_loss_nd", input, target, weight, (long)reduction);
            public static Tensor mse_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) => Call("aten::mse_loss", input, target, (long)reduction);
            public static Tensor binary_cross_entropy_with_logits(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean, Tensor? pos_weights = null) => Call("aten::binary_cross_entropy_with_logits", input, target, weight, pos_weights, (long)reduction);
            public static Tensor kl_div(Tensor input, Tensor target, bool log_target = true, Reduction reduction = Reduction.Mean) => Call("aten::kl_div", input, target, (long)reduction, log_target);
            public static Tensor cosine_similarity(Tensor x1, Tensor x2, long dim = 1, double eps = 1e-8) => Call("aten::cosine_similarity", x1, x2, dim, eps);
        }
    }
}
