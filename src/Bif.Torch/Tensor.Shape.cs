using Bif.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor view(params long[] shape) => Operator.Call("aten::view", this, shape);
        public Tensor reshape(params long[] shape) => Operator.Call("aten::reshape", this, shape);
        public Tensor narrow(long dim, long start, long length) => Operator.Call("aten::narrow", this, dim, start, length);
        public Tensor select(long dim, long index) => Operator.Call("aten::select.int", this, dim, index);
        public Tensor slice(long dim, long start, long finish, long step) => Operator.Call("aten::slice.Tensor", this, dim, start, finish, step);
        public Tensor permute(params long[] permutation) => Operator.Call("aten::permute", this, permutation);
        public Tensor transpose(long dim0, long dim1) => Operator.Call("aten::transpose.int", this, dim0, dim1);
        public Tensor t() => Operator.Call("aten::t", this);
        public Tensor squeeze(long dim) => Operator.Call("aten::squeeze.dim", this, dim);
        public Tensor unsqueeze(long dim) => Operator.Call("aten::unsqueeze", this, dim);
        public Tensor flatten(long start_dim = 0, long end_dim = -1) => Operator.Call("aten::flatten.using_ints", this, start_dim, end_dim);
        public Tensor expand(params long[] sizes) => Operator.Call("aten::expand", this, sizes, false);
        public Tensor repeat(params long[] sizes) => Operator.Call("aten::repeat", this, sizes);
        public Tensor contiguous() => Operator.Call("aten::contiguous", this);
        public Tensor clone() => Operator.Call("aten::clone", this);
        public Tensor detach() => Operator.Call("aten::detach", this);
        public Tensor cpu() => to(CPU);
        public Tensor to(ScalarType type) => Operator.Call("aten::to.dtype", this, type);
        public Tensor to(Device device) => Operator.Call("aten::to.device", this, device, dtype);
        public Tensor @float() => to(ScalarType.Float32);
        public Tensor @double() => to(ScalarType.Float64);
        public Tensor @long() => to(ScalarType.Int64);
        public Tensor to_type(ScalarType type) => to(type);
        public Tensor index_select(long dim, Tensor index) => Operator.Call("aten::index_select", this, dim, index);
        public Tensor gather(long dim, Tensor index) => Operator.Call("aten::gather", this, dim, index);
        public Tensor scatter(long dim, Tensor index, Tensor src) => Operator.Call("aten::scatter.src", this, dim, index, src);
        public Tensor scatter(long dim, Tensor index, Scalar value) => Operator.Call("aten::scatter.value", this, dim, index, value);
        public Tensor masked_fill(Tensor mask, Scalar value) => Operator.Call("aten::masked_fill.Scalar", this, mask, value);
        public Tensor flip(params long[] dims) => Operator.Call("aten::flip", this, dims);
        public Tensor roll(long shifts, long dims) => Operator.Call("aten::roll", this, new[] { shifts }, new[] { dims });
        public Tensor tril(long diagonal = 0) => Operator.Call("aten::tril", this, diagonal);
        public Tensor triu(long diagonal = 0) => Operator.Call("aten::triu", this, diagonal);
        public Tensor diagonal(long offset = 0, long dim1 = 0, long dim2 = 1) => Operator.Call("aten::diagonal", this, offset, dim1, dim2);
        public Tensor[] split(long size, long dim = 0) => Operator.CallMany("aten::split.Tensor", this, size, dim);
        public Tensor[] split(long[] sizes, long dim = 0) => Operator.CallMany("aten::split_with_sizes", this, sizes, dim);
        public Tensor[] chunk(long chunks, long dim = 0) => Operator.CallMany("aten::chunk", this, chunks, dim);
    }

    public static Tensor cat(IList<Tensor> tensors, long dim = 0) => Operator.Call("aten::cat", tensors.ToArray(), dim);
    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0) => Operator.Call("aten::stack", tensors.ToArray(), dim);
    public static Tensor where(Tensor condition, Tensor x, Tensor y) => Operator.Call("aten::where.self", condition, x, y);
}
