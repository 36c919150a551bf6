using Bif.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Neural network operators.</summary>
    public static partial class nn
    {
        /// <summary>Neural network operators without state.</summary>
        public static partial class functional
        {
            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) => Operator.Call("aten::linear", input, weights, bias);
            public static Tensor conv2d(Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, long[]? padding = null, long[]? dilation = null, long groups = 1) => Operator.Call("aten::conv2d", input, weight, bias, strides ?? [1, 1], padding ?? [0, 0], dilation ?? [1, 1], groups);
            public static Tensor batch_norm(Tensor input, Tensor? running_mean, Tensor? running_var, Tensor? weight = null, Tensor? bias = null, bool training = false, double momentum = 0.1, double eps = 1e-5) => Operator.Call("aten::batch_norm", input, weight, bias, running_mean, running_var, training, momentum, eps, true);
            public static Tensor relu(Tensor x, bool inplace = false) => inplace ? Operator.CallInPlace("aten::relu_", x) : Operator.Call("aten::relu", x);
            public static Tensor gelu(Tensor x) => Operator.Call("aten::gelu", x);
            public static Tensor silu(Tensor x, bool inplace = false) => inplace ? Operator.CallInPlace("aten::silu_", x) : Operator.Call("aten::silu", x);
            public static Tensor tanh(Tensor x, bool inplace = false) => inplace ? Operator.CallInPlace("aten::tanh_", x) : Operator.Call("aten::tanh", x);
            public static Tensor sigmoid(Tensor x) => Operator.Call("aten::sigmoid", x);
            public static Tensor leaky_relu(Tensor input, double negative_slope = 0.01, bool inplace = false) => inplace ? Operator.CallInPlace("aten::leaky_relu_", input, negative_slope) : Operator.Call("aten::leaky_relu", input, negative_slope);
            public static Tensor softplus(Tensor x, double beta = 1, double threshold = 20) => Operator.Call("aten::softplus", x, beta, threshold);
            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => Operator.Call("aten::softmax.int", input, dim, dtype);
            public static Tensor log_softmax(Tensor input, long dim, ScalarType? dtype = null) => Operator.Call("aten::log_softmax.int", input, dim, dtype);
            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false) => Operator.Call("aten::dropout", input, p, training);
            public static Tensor embedding(Tensor x, Tensor weight) => Operator.Call("aten::embedding", weight, x);
            public static Tensor max_pool2d(Tensor input, long[] kernel_size, long[]? strides = null, long[]? padding = null, long[]? dilation = null, bool ceil_mode = false) => Operator.Call("aten::max_pool2d", input, kernel_size, strides ?? kernel_size, padding ?? [0, 0], dilation ?? [1, 1], ceil_mode);
            public static Tensor avg_pool2d(Tensor input, long[] kernel_size, long[]? strides = null, long[]? paddings = null) => Operator.Call("aten::avg_pool2d", input, kernel_size, strides ?? kernel_size, paddings ?? [0, 0]);
            public static Tensor adaptive_avg_pool2d(Tensor input, long[] output_size) => Operator.Call("aten::adaptive_avg_pool2d", input, output_size);
            public static Tensor adaptive_max_pool2d(Tensor input, long[] output_size) => Operator.CallMany("aten::adaptive_max_pool2d", input, output_size)[0];
            public static Tensor pad(Tensor input, long[] pad) => Operator.Call("aten::constant_pad_nd", input, pad);
        }
    }
}
