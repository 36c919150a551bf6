using Bif.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public static Tensor operator +(Tensor left, Tensor right) => left.add(right);
        public static Tensor operator +(Tensor left, Scalar right) => left.add(right);
        public static Tensor operator +(Scalar left, Tensor right) => right.add(left);
        public static Tensor operator -(Tensor left, Tensor right) => left.sub(right);
        public static Tensor operator -(Tensor left, Scalar right) => left.sub(right);
        public static Tensor operator -(Tensor tensor) => tensor.neg();
        public static Tensor operator *(Tensor left, Tensor right) => left.mul(right);
        public static Tensor operator *(Tensor left, Scalar right) => left.mul(right);
        public static Tensor operator *(Scalar left, Tensor right) => right.mul(left);
        public static Tensor operator /(Tensor left, Tensor right) => left.div(right);
        public static Tensor operator /(Tensor left, Scalar right) => left.div(right);

        public Tensor add(Tensor target) => Operator.Call("aten::add.Tensor", this, target);
        public Tensor add(Tensor target, Scalar alpha) => Operator.Call("aten::add.Tensor", this, target, alpha);
        public Tensor add(Scalar scalar) => Operator.Call("aten::add.Scalar", this, scalar);
        public Tensor add_(Tensor target) => Operator.CallInPlace("aten::add_.Tensor", this, target);
        public Tensor add_(Tensor target, Scalar alpha) => Operator.CallInPlace("aten::add_.Tensor", this, target, alpha);
        public Tensor add_(Scalar scalar) => Operator.CallInPlace("aten::add_.Scalar", this, scalar);
        public Tensor sub(Tensor target) => Operator.Call("aten::sub.Tensor", this, target);
        public Tensor sub(Scalar scalar) => Operator.Call("aten::sub.Scalar", this, scalar);
        public Tensor sub_(Tensor target) => Operator.CallInPlace("aten::sub_.Tensor", this, target);
        public Tensor sub_(Scalar scalar) => Operator.CallInPlace("aten::sub_.Scalar", this, scalar);
        public Tensor mul(Tensor target) => Operator.Call("aten::mul.Tensor", this, target);
        public Tensor mul(Scalar scalar) => Operator.Call("aten::mul.Scalar", this, scalar);
        public Tensor mul_(Tensor target) => Operator.CallInPlace("aten::mul_.Tensor", this, target);
        public Tensor mul_(Scalar scalar) => Operator.CallInPlace("aten::mul_.Scalar", this, scalar);
        public Tensor div(Tensor target) => Operator.Call("aten::div.Tensor", this, target);
        public Tensor div(Scalar scalar) => Operator.Call("aten::div.Scalar", this, scalar);
        public Tensor div_(Tensor target) => Operator.CallInPlace("aten::div_.Tensor", this, target);
        public Tensor div_(Scalar scalar) => Operator.CallInPlace("aten::div_.Scalar", this, scalar);
        public Tensor copy_(Tensor source, bool non_blocking = false) => Operator.CallInPlace("aten::copy_", this, source, non_blocking);
        public Tensor zero_() => Operator.CallInPlace("aten::zero_", this);
        public Tensor fill_(Scalar value) => Operator.CallInPlace("aten::fill_.Scalar", this, value);
        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) => Operator.CallInPlace("aten::addcmul_", this, tensor1, tensor2, value);
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) => Operator.CallInPlace("aten::addcdiv_", this, tensor1, tensor2, value);
        public Tensor neg() => Operator.Call("aten::neg", this);
        public Tensor abs() => Operator.Call("aten::abs", this);
        public Tensor sign() => Operator.Call("aten::sign", this);
        public Tensor square() => Operator.Call("aten::square", this);
        public Tensor sqrt() => Operator.Call("aten::sqrt", this);
        public Tensor rsqrt() => Operator.Call("aten::rsqrt", this);
        public Tensor exp() => Operator.Call("aten::exp", this);
        public Tensor log() => Operator.Call("aten::log", this);
        public Tensor log1p() => Operator.Call("aten::log1p", this);
        public Tensor expm1() => Operator.Call("aten::expm1", this);
        public Tensor sin() => Operator.Call("aten::sin", this);
        public Tensor cos() => Operator.Call("aten::cos", this);
        public Tensor tanh() => Operator.Call("aten::tanh", this);
        public Tensor sigmoid() => Operator.Call("aten::sigmoid", this);
        public Tensor relu() => Operator.Call("aten::relu", this);
        public Tensor pow(Scalar exponent) => Operator.Call("aten::pow.Tensor_Scalar", this, exponent);
        public Tensor clamp_min(Scalar min) => Operator.Call("aten::clamp_min", this, min);
        public Tensor clamp_max(Scalar max) => Operator.Call("aten::clamp_max", this, max);
        public Tensor maximum(Tensor other) => Operator.Call("aten::maximum", this, other);
        public Tensor minimum(Tensor other) => Operator.Call("aten::minimum", this, other);
        public Tensor isnan() => Operator.Call("aten::isnan", this);
        public Tensor isfinite() => Operator.Call("aten::isfinite", this);
        public Tensor eq(Tensor target) => Operator.Call("aten::eq.Tensor", this, target);
        public Tensor ne(Tensor target) => Operator.Call("aten::ne.Tensor", this, target);
        public Tensor lt(Tensor target) => Operator.Call("aten::lt.Tensor", this, target);
        public Tensor gt(Tensor target) => Operator.Call("aten::gt.Tensor", this, target);
        public Tensor lt(Scalar target) => Operator.Call("aten::lt.Scalar", this, target);
        public Tensor gt(Scalar target) => Operator.Call("aten::gt.Scalar", this, target);
        public Tensor uniform_(double from, double to) => Operator.CallInPlace("aten::uniform_", this, from, to);
        public Tensor normal_(double mean = 0.0, double stddev = 1.0) => Operator.CallInPlace("aten::normal_", this, mean, stddev);
    }
}
