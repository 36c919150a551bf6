using Bif.Native;

namespace TorchSharp;

// Views and rearrangements.
public static partial class torch
{
    public partial class Tensor
    {
        public Tensor view(params long[] shape) => Operator.Call("aten::view", this, shape);
        public Tensor view_as(Tensor other) => Operator.Call("aten::view_as", this, other);
        public Tensor reshape(params long[] shape) => Operator.Call("aten::reshape", this, shape);
        public Tensor narrow(long dim, long start, long length) => Operator.Call("aten::narrow", this, dim, start, length);
        public Tensor select(long dim, long index) => Operator.Call("aten::select.int", this, dim, index);
        public Tensor slice(long dim, long start, long finish, long step) => Operator.Call("aten::slice.Tensor", this, dim, start, finish, step);
        public Tensor permute(params long[] permutation) => Operator.Call("aten::permute", this, permutation);
        public Tensor permute(IEnumerable<long> permutation) => Operator.Call("aten::permute", this, permutation.ToArray());
        public Tensor transpose(long dim0, long dim1) => Operator.Call("aten::transpose.int", this, dim0, dim1);
        public Tensor movedim(long[] source, long[] destination) => Operator.Call("aten::movedim.intlist", this, source, destination);
        public Tensor t() => Operator.Call("aten::t", this);
        public Tensor unsqueeze(long dim) => Operator.Call("aten::unsqueeze", this, dim);
        public Tensor unsqueeze_(long dim) => Operator.CallInPlace("aten::unsqueeze_", this, dim);
        public Tensor flatten(long start_dim = 0, long end_dim = -1) => Operator.Call("aten::flatten.using_ints", this, start_dim, end_dim);
        public Tensor ravel() => Operator.Call("aten::ravel", this);
        public Tensor expand(ReadOnlySpan<long> sizes, bool isImplicit = false) => Operator.Call("aten::expand", this, sizes.ToArray(), isImplicit);
        public Tensor expand(long[] sizes, bool isImplicit = false) => Operator.Call("aten::expand", this, sizes, isImplicit);
        public Tensor expand(params long[] sizes) => Operator.Call("aten::expand", this, sizes);
        public Tensor expand_as(Tensor other) => Operator.Call("aten::expand_as", this, other);
        public Tensor repeat(params long[] sizes) => Operator.Call("aten::repeat", this, sizes);
        public Tensor repeat_interleave(Tensor repeats, long? dim = null, long? output_size = null) => Operator.Call("aten::repeat_interleave.self_Tensor", this, repeats, dim, output_size);
        public Tensor repeat_interleave(long repeats, long? dim = null, long? output_size = null) => Operator.Call("aten::repeat_interleave.self_int", this, repeats, dim, output_size);
        public Tensor contiguous() => Operator.Call("aten::contiguous", this);
        public Tensor clone() => Operator.Call("aten::clone", this);
        public Tensor detach() => Operator.Call("aten::detach", this);
        public Tensor detach_() => Operator.CallInPlace("aten::detach_", this);
        public Tensor alias() => Operator.Call("aten::alias", this);
        public Tensor as_strided(long[] size, long[] strides, long storageOffset = 0) => Operator.Call("aten::as_strided", this, size, strides, storageOffset);
        public Tensor[] split(long size, int dim = 0) => Operator.CallMany("aten::split.Tensor", this, size, (long)dim);
        public Tensor[] split(ReadOnlySpan<long> sizes, long dim = 0) => Operator.CallMany("aten::split.sizes", this, sizes.ToArray(), dim);
        public Tensor[] split(long[] sizes, long dim = 0) => Operator.CallMany("aten::split.sizes", this, sizes, dim);
        public Tensor[] split(params long[] sizes) => Operator.CallMany("aten::split.sizes", this, sizes);
        public Tensor[] chunk(long chunks, long dim = 0) => Operator.CallMany("aten::chunk", this, chunks, dim);
        public Tensor[] unbind(long dimension = 0) => Operator.CallMany("aten::unbind.int", this, dimension);
        public Tensor flip(params long[] dims) => Operator.Call("aten::flip", this, dims);
        public Tensor roll(long[] shifts, long[] dims) => Operator.Call("aten::roll", this, shifts, dims);
        public Tensor roll(long[] shifts) => Operator.Call("aten::roll", this, shifts);
        public Tensor roll(ReadOnlySpan<long> shifts, ReadOnlySpan<long> dims = default) => Operator.Call("aten::roll", this, shifts.ToArray(), dims.ToArray());
        public Tensor tril(long diagonal = 0) => Operator.Call("aten::tril", this, diagonal);
        public Tensor tril_(long diagonal = 0) => Operator.CallInPlace("aten::tril_", this, diagonal);
        public Tensor triu(long diagonal = 0) => Operator.Call("aten::triu", this, diagonal);
        public Tensor triu_(long diagonal = 0) => Operator.CallInPlace("aten::triu_", this, diagonal);
        public Tensor diag(long diagonal = 0) => Operator.Call("aten::diag", this, diagonal);
        public Tensor diagonal(long offset = 0, long dim1 = 0, long dim2 = 1) => Operator.Call("aten::diagonal", this, offset, dim1, dim2);
        public Tensor unfold(long dimension, long size, long step) => Operator.Call("aten::unfold", this, dimension, size, step);
        public Tensor squeeze(long? dim = null) => dim is { } given ? Operator.Call("aten::squeeze.dim", this, given) : Operator.Call("aten::squeeze", this);
        public Tensor squeeze_(long? dim = null) => dim is { } given ? Operator.CallInPlace("aten::squeeze_.dim", this, given) : Operator.CallInPlace("aten::squeeze_", this);
        public Tensor roll(long shifts, long? dims = null) => dims is { } dim ? roll([shifts], [dim]) : roll([shifts]);
        public Tensor T => Operator.Call("aten::numpy_T", this);
        public Tensor mT => Operator.Call("aten::mT", this);
    }
}
