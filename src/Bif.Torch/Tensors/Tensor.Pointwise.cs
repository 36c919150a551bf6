using Bif.Native;

namespace TorchSharp;

// Functions of each element; a name that ends in _ changes the tensor and returns it.
public static partial class torch
{
    public partial class Tensor
    {
        public Tensor abs() => Operator.Call("aten::abs", this);
        public Tensor abs_() => Operator.CallInPlace("aten::abs_", this);
        public Tensor sign() => Operator.Call("aten::sign", this);
        public Tensor square() => Operator.Call("aten::square", this);
        public Tensor sqrt() => Operator.Call("aten::sqrt", this);
        public Tensor sqrt_() => Operator.CallInPlace("aten::sqrt_", this);
        public Tensor rsqrt() => Operator.Call("aten::rsqrt", this);
        public Tensor exp() => Operator.Call("aten::exp", this);
        public Tensor exp_() => Operator.CallInPlace("aten::exp_", this);
        public Tensor expm1() => Operator.Call("aten::expm1", this);
        public Tensor log() => Operator.Call("aten::log", this);
        public Tensor log1p() => Operator.Call("aten::log1p", this);
        public Tensor log2() => Operator.Call("aten::log2", this);
        public Tensor sin() => Operator.Call("aten::sin", this);
        public Tensor cos() => Operator.Call("aten::cos", this);
        public Tensor tanh() => Operator.Call("aten::tanh", this);
        public Tensor tanh_() => Operator.CallInPlace("aten::tanh_", this);
        public Tensor sigmoid() => Operator.Call("aten::sigmoid", this);
        public Tensor sigmoid_() => Operator.CallInPlace("aten::sigmoid_", this);
        public Tensor erf() => Operator.Call("aten::erf", this);
        public Tensor ceil() => Operator.Call("aten::ceil", this);
        public Tensor floor() => Operator.Call("aten::floor", this);
        public Tensor trunc() => Operator.Call("aten::trunc", this);
        public Tensor round(long decimals = 0) => Operator.Call("aten::round.decimals", this, decimals);
        public Tensor nan_to_num(double nan = 0, double? posinf = null, double? neginf = null) => Operator.Call("aten::nan_to_num", this, nan, posinf, neginf);
    }
}
