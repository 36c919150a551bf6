using Bif.Native;

namespace TorchSharp;

// Comparisons and logic, element by element; results are truth values.
public static partial class torch
{
    public partial class Tensor
    {
        public Tensor eq(Tensor target) => Operator.Call("aten::eq.Tensor", this, target);
        public Tensor eq(Scalar target) => Operator.Call("aten::eq.Scalar", this, target);
        public Tensor ne(Tensor target) => Operator.Call("aten::ne.Tensor", this, target);
        public Tensor ne(Scalar target) => Operator.Call("aten::ne.Scalar", this, target);
        public Tensor lt(Tensor target) => Operator.Call("aten::lt.Tensor", this, target);
        public Tensor lt(Scalar target) => Operator.Call("aten::lt.Scalar", this, target);
        public Tensor le(Tensor target) => Operator.Call("aten::le.Tensor", this, target);
        public Tensor le(Scalar target) => Operator.Call("aten::le.Scalar", this, target);
        public Tensor gt(Tensor target) => Operator.Call("aten::gt.Tensor", this, target);
        public Tensor gt(Scalar target) => Operator.Call("aten::gt.Scalar", this, target);
        public Tensor ge(Tensor target) => Operator.Call("aten::ge.Tensor", this, target);
        public Tensor ge(Scalar target) => Operator.Call("aten::ge.Scalar", this, target);
        public Tensor logical_and(Tensor other) => Operator.Call("aten::logical_and", this, other);
        public Tensor logical_or(Tensor other) => Operator.Call("aten::logical_or", this, other);
        public Tensor logical_not() => Operator.Call("aten::logical_not", this);
        public Tensor bitwise_and(Tensor other) => Operator.Call("aten::bitwise_and.Tensor", this, other);
        public Tensor bitwise_or(Tensor other) => Operator.Call("aten::bitwise_or.Tensor", this, other);
        public Tensor bitwise_xor(Tensor other) => Operator.Call("aten::bitwise_xor.Tensor", this, other);
        public Tensor bitwise_not() => Operator.Call("aten::bitwise_not", this);
        public Tensor isnan() => Operator.Call("aten::isnan", this);
        public Tensor isinf() => Operator.Call("aten::isinf", this);
        public Tensor isfinite() => Operator.Call("aten::isfinite", this);
        public Tensor isclose(Tensor other, double rtol = 1e-5, double atol = 1e-8, bool nanEqual = false) => Operator.Call("aten::isclose", this, other, rtol, atol, nanEqual);
        public bool allclose(Tensor target, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false) => Operator.CallBoolean("aten::allclose", this, target, rtol, atol, equal_nan);
    }
}
