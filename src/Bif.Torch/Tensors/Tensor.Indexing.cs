using Bif.Native;

namespace TorchSharp;

// Reading and writing by index or mask; a name that ends in _ changes the tensor and returns it.
public static partial class torch
{
    public partial class Tensor
    {
        public Tensor index_select(long dim, Tensor index) => Operator.Call("aten::index_select", this, dim, index);
        public Tensor index_add(long dim, Tensor index, Tensor source, Scalar alpha) => Operator.Call("aten::index_add", this, dim, index, source, alpha);
        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha) => Operator.CallInPlace("aten::index_add_", this, dim, index, source, alpha);
        public Tensor index_copy_(long dim, Tensor index, Tensor source) => Operator.CallInPlace("aten::index_copy_", this, dim, index, source);
        public Tensor gather(long dim, Tensor index) => Operator.Call("aten::gather", this, dim, index);
        public Tensor scatter(long dim, Tensor index, Tensor src) => Operator.Call("aten::scatter.src", this, dim, index, src);
        public Tensor scatter_(long dim, Tensor index, Tensor src) => Operator.CallInPlace("aten::scatter_.src", this, dim, index, src);
        public Tensor scatter_add(long dim, Tensor index, Tensor src) => Operator.Call("aten::scatter_add", this, dim, index, src);
        public Tensor scatter_add_(long dim, Tensor index, Tensor src) => Operator.CallInPlace("aten::scatter_add_", this, dim, index, src);
        public Tensor masked_fill(Tensor mask, Scalar value) => Operator.Call("aten::masked_fill.Scalar", this, mask, value);
        public Tensor masked_fill_(Tensor mask, Scalar value) => Operator.CallInPlace("aten::masked_fill_.Scalar", this, mask, value);
        public Tensor masked_select(Tensor mask) => Operator.Call("aten::masked_select", this, mask);
        public Tensor nonzero() => Operator.Call("aten::nonzero", this);

        /// <summary>This tensor where the condition holds, the other elsewhere.</summary>
        public Tensor where(Tensor condition, Tensor y) => Operator.Call("aten::where.self", condition, this, y);
    }
}
