using static Bif.Native.Operator;

namespace TorchSharp.Modules
{
    /// <summary>The home of GELU's variants, as in the package.</summary>
    public sealed class GELU
    {
        private GELU()
        {
        }

        /// <summary>The exact function, or its approximation by tanh.</summary>
        public enum Approximate
        {
            none,
            tanh,
        }
    }
}

namespace TorchSharp
{
    // Activations; those with inplace change their input and return it.
    public static partial class torch
    {
        public partial class Tensor
        {
            public Tensor gelu(Modules.GELU.Approximate approximate) => Call("aten::gelu", this, approximate.ToString());
        }

        public static partial class nn
        {
            public static partial class functional
            {
                public static Tensor relu(Tensor x, bool inplace = false) => inplace ? x.relu_() : x.relu();
                public static Tensor leaky_relu(Tensor input, double negative_slope = 0.01, bool inplace = false) => inplace ? input.leaky_relu_(negative_slope) : input.leaky_relu(negative_slope);
                public static Tensor gelu(Tensor x) => x.gelu();
                public static Tensor gelu(Tensor x, Modules.GELU.Approximate approximate, bool inplace = false) => inplace ? CallInPlace("aten::gelu_", x, approximate.ToString()) : x.gelu(approximate);
                public static Tensor silu(Tensor x, bool inplace = false) => inplace ? x.silu_() : x.silu();
                public static Tensor mish(Tensor x, bool inplace = false) => inplace ? CallInPlace("aten::mish_", x) : Call("aten::mish", x);
                public static Tensor tanh(Tensor x, bool inplace = false) => inplace ? x.tanh_() : x.tanh();
                public static Tensor sigmoid(Tensor x) => x.sigmoid();
                public static Tensor sigmoid(Tensor x, bool inplace) => inplace ? x.sigmoid_() : x.sigmoid();
                public static Tensor softplus(Tensor x, double beta = 1.0, double threshold = 20.0) => x.softplus(beta, threshold);
                public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => input.softmax(dim, dtype);
                public static Tensor log_softmax(Tensor x, long dim) => x.log_softmax(dim);
            }
        }
    }
}
