using static Bif.Native.Operator;

namespace TorchSharp;

// Layers with weights, normalisation, dropout.
public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Neural network operators without state; shapes are PyTorch's: [batch, channels, height, width] for images.</summary>
        public static partial class functional
        {
            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) => Call("aten::linear", input, weights, bias);
            public static Tensor conv1d(Tensor input, Tensor weight, Tensor? bias = null, long? stride = null, long? padding = null, long? dilation = null, long groups = 1) => Call("aten::conv1d", input, weight, bias, new[] { stride ?? 1 }, new[] { padding ?? 0 }, new[] { dilation ?? 1 }, groups);
            public static Tensor conv2d(Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, long[]? padding = null, long[]? dilation = null, long groups = 1) => Call("aten::conv2d", input, weight, bias, strides ?? [1, 1], padding ?? [0, 0], dilation ?? [1, 1], groups);

            public static Tensor batch_norm(Tensor input, Tensor running_mean, Tensor running_var, Tensor? weight = null, Tensor? bias = null, bool training = false, double momentum = 0.1, double eps = 1e-5) => Call("aten::batch_norm", input, weight, bias, running_mean, running_var, training, momentum, eps, true);
            public static Tensor layer_norm(Tensor input, long[] normalized_shape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-5) => Call("aten::layer_norm", input, normalized_shape, weight, bias, eps);
            public static Tensor group_norm(Tensor input, long num_groups, Tensor? weight = null, Tensor? bias = null, double eps = 1e-5) => Call("aten::group_norm", input, num_groups, weight, bias, eps);

            /// <summary>Divides by the p-norm along a dimension, at least eps.</summary>
            public static Tensor normalize(Tensor input, double p = 2.0, long dim = 1L, double eps = 1e-12)
            {
                using var scope = NewDisposeScope();
                return input.div(linalg.vector_norm(input, p, [dim], true).clamp_min(eps)).MoveToOuterDisposeScope();
            }

            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false) => inplace ? CallInPlace("aten::dropout_", input, p, training) : Call("aten::dropout", input, p, training);
            public static Tensor one_hot(Tensor x, long num_classes = -1) => Call("aten::one_hot", x, num_classes);
        }
    }
}
