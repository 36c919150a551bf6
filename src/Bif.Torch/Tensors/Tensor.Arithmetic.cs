using Bif.Native;

namespace TorchSharp;

// Arithmetic; a name that ends in _ changes the tensor and returns it.
public static partial class torch
{
    public partial class Tensor
    {
        public Tensor add(Tensor target) => Operator.Call("aten::add.Tensor", this, target);
        public Tensor add(Tensor target, Scalar alpha) => Operator.Call("aten::add.Tensor", this, target, alpha);
        public Tensor add(Scalar scalar) => Operator.Call("aten::add.Scalar", this, scalar);
        public Tensor add(Scalar scalar, Scalar alpha) => Operator.Call("aten::add.Scalar", this, scalar, alpha);
        public Tensor add_(Tensor target) => Operator.CallInPlace("aten::add_.Tensor", this, target);
        public Tensor add_(Tensor target, Scalar alpha) => Operator.CallInPlace("aten::add_.Tensor", this, target, alpha);
        public Tensor add_(Scalar scalar) => Operator.CallInPlace("aten::add_.Scalar", this, scalar);
        public Tensor add_(Scalar scalar, Scalar alpha) => Operator.CallInPlace("aten::add_.Scalar", this, scalar, alpha);
        public Tensor sub(Tensor target) => Operator.Call("aten::sub.Tensor", this, target);
        public Tensor sub(Scalar target) => Operator.Call("aten::sub.Scalar", this, target);
        public Tensor sub_(Tensor target) => Operator.CallInPlace("aten::sub_.Tensor", this, target);
        public Tensor sub_(Scalar target) => Operator.CallInPlace("aten::sub_.Scalar", this, target);
        public Tensor mul(Tensor target) => Operator.Call("aten::mul.Tensor", this, target);
        public Tensor mul(Scalar target) => Operator.Call("aten::mul.Scalar", this, target);
        public Tensor mul_(Tensor target) => Operator.CallInPlace("aten::mul_.Tensor", this, target);
        public Tensor mul_(Scalar target) => Operator.CallInPlace("aten::mul_.Scalar", this, target);
        public Tensor floor_divide(Tensor other) => Operator.Call("aten::floor_divide", this, other);
        public Tensor floor_divide(Scalar other) => Operator.Call("aten::floor_divide.Scalar", this, other);
        public Tensor remainder(Tensor target) => Operator.Call("aten::remainder.Tensor", this, target);
        public Tensor remainder(Scalar scalar) => Operator.Call("aten::remainder.Scalar", this, scalar);
        public Tensor neg() => Operator.Call("aten::neg", this);
        public Tensor neg_() => Operator.CallInPlace("aten::neg_", this);
        public Tensor pow(Tensor exponent) => Operator.Call("aten::pow.Tensor_Tensor", this, exponent);
        public Tensor pow(Scalar exponent) => Operator.Call("aten::pow.Tensor_Scalar", this, exponent);
        public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar value) => Operator.Call("aten::addcmul", this, tensor1, tensor2, value);
        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) => Operator.CallInPlace("aten::addcmul_", this, tensor1, tensor2, value);
        public Tensor addcdiv(Tensor tensor1, Tensor tensor2, Scalar value) => Operator.Call("aten::addcdiv", this, tensor1, tensor2, value);
        public Tensor addcdiv(Tensor tensor1, Tensor tensor2) => Operator.Call("aten::addcdiv", this, tensor1, tensor2);
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) => Operator.CallInPlace("aten::addcdiv_", this, tensor1, tensor2, value);
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2) => Operator.CallInPlace("aten::addcdiv_", this, tensor1, tensor2);
        public Tensor lerp(Tensor end, Tensor weight) => Operator.Call("aten::lerp.Tensor", this, end, weight);
        public Tensor lerp_(Tensor end, Tensor weight) => Operator.CallInPlace("aten::lerp_.Tensor", this, end, weight);
        public Tensor clamp(Scalar? min = null, Scalar? max = null) => Operator.Call("aten::clamp", this, min, max);
        public Tensor clamp(Tensor? min = null, Tensor? max = null) => Operator.Call("aten::clamp.Tensor", this, min, max);
        public Tensor clamp_(Scalar? min = null, Scalar? max = null) => Operator.CallInPlace("aten::clamp_", this, min, max);
        public Tensor clamp_(Tensor? min = null, Tensor? max = null) => Operator.CallInPlace("aten::clamp_.Tensor", this, min, max);
        public Tensor clamp_min(Scalar min) => Operator.Call("aten::clamp_min", this, min);
        public Tensor clamp_min_(Scalar min) => Operator.CallInPlace("aten::clamp_min_", this, min);
        public Tensor clamp_max(Scalar max) => Operator.Call("aten::clamp_max", this, max);
        public Tensor clamp_max_(Scalar max) => Operator.CallInPlace("aten::clamp_max_", this, max);
        public Tensor maximum(Tensor other) => Operator.Call("aten::maximum", this, other);
        public Tensor minimum(Tensor other) => Operator.Call("aten::minimum", this, other);
        public Tensor copy_(Tensor source, bool nonBlocking = false) => Operator.CallInPlace("aten::copy_", this, source, nonBlocking);
        public Tensor zero_() => Operator.CallInPlace("aten::zero_", this);
        public Tensor fill_(Scalar value) => Operator.CallInPlace("aten::fill_.Scalar", this, value);
        public Tensor logaddexp(Tensor other) => Operator.Call("aten::logaddexp", this, other);
        public Tensor reciprocal() => Operator.Call("aten::reciprocal", this);
        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => rounding_mode == RoundingMode.None ? Operator.Call("aten::div.Tensor", this, target) : Operator.Call("aten::div.Tensor_mode", this, target, rounding_mode.ToString());
        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => rounding_mode == RoundingMode.None ? Operator.Call("aten::div.Scalar", this, target) : Operator.Call("aten::div.Scalar_mode", this, target, rounding_mode.ToString());
        public Tensor div_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => rounding_mode == RoundingMode.None ? Operator.CallInPlace("aten::div_.Tensor", this, target) : Operator.CallInPlace("aten::div_.Tensor_mode", this, target, rounding_mode.ToString());
        public Tensor div_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => rounding_mode == RoundingMode.None ? Operator.CallInPlace("aten::div_.Scalar", this, target) : Operator.CallInPlace("aten::div_.Scalar_mode", this, target, rounding_mode.ToString());
    }
}
