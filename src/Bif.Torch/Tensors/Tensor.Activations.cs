using Bif.Native;

namespace TorchSharp;

// Activations; a name that ends in _ changes the tensor and returns it.
public static partial class torch
{
    public partial class Tensor
    {
        public Tensor relu() => Operator.Call("aten::relu", this);
        public Tensor relu_() => Operator.CallInPlace("aten::relu_", this);
        public Tensor gelu() => Operator.Call("aten::gelu", this);
        public Tensor silu() => Operator.Call("aten::silu", this);
        public Tensor silu_() => Operator.CallInPlace("aten::silu_", this);
        public Tensor leaky_relu(Scalar negative_slope) => Operator.Call("aten::leaky_relu", this, negative_slope);
        public Tensor leaky_relu_(Scalar negative_slope) => Operator.CallInPlace("aten::leaky_relu_", this, negative_slope);
        public Tensor softmax(long dim, ScalarType? dtype = null) => Operator.Call("aten::softmax.int", this, dim, dtype);
        public Tensor log_softmax(long dim, ScalarType? dtype = null) => Operator.Call("aten::log_softmax.int", this, dim, dtype);
        public Tensor softplus(double beta = 1, double threshold = 20) => Operator.Call("aten::softplus", this, beta, threshold);
    }
}
