using Bif.Native;

namespace TorchSharp;

// Sums, extremes, orders: what makes fewer elements of many, and running forms of them.
public static partial class torch
{
    public partial class Tensor
    {
        public Tensor sum(ScalarType? type = null) => Operator.Call("aten::sum", this, type);
        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) => Operator.Call("aten::sum.dim_IntList", this, dim, keepdim, type);
        public Tensor sum(ReadOnlySpan<long> dim, bool keepdim = false, ScalarType? type = null) => Operator.Call("aten::sum.dim_IntList", this, dim.ToArray(), keepdim, type);
        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => Operator.Call("aten::sum.dim_IntList", this, new[] { dim }, keepdim, type);
        public Tensor prod(ScalarType? type = null) => Operator.Call("aten::prod", this, type);
        public Tensor prod(long dim, bool keepdim = false, ScalarType? type = null) => Operator.Call("aten::prod.dim_int", this, dim, keepdim, type);
        public Tensor mean() => Operator.Call("aten::mean", this);
        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) => Operator.Call("aten::mean.dim", this, dimensions, keepdim, type);
        public Tensor std(bool unbiased = true) => Operator.Call("aten::std", this, unbiased);
        public Tensor var(bool unbiased = true) => Operator.Call("aten::var", this, unbiased);
        public (Tensor std, Tensor mean) std_mean(bool unbiased = true) => Operator.CallTwo("aten::std_mean", this, unbiased);
        public (Tensor var, Tensor mean) var_mean(bool unbiased = true) => Operator.CallTwo("aten::var_mean", this, unbiased);
        public Tensor norm(float p = 2f) => Operator.Call("aten::norm.Scalar", this, (double)p);
        public Tensor max() => Operator.Call("aten::max", this);
        public Tensor max(Tensor other) => Operator.Call("aten::max.other", this, other);
        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) => Operator.CallTwo("aten::max.dim", this, dim, keepdim);
        public Tensor min() => Operator.Call("aten::min", this);
        public Tensor min(Tensor other) => Operator.Call("aten::min.other", this, other);
        public (Tensor values, Tensor indexes) min(long dim, bool keepdim = false) => Operator.CallTwo("aten::min.dim", this, dim, keepdim);
        public Tensor amax(params long[] dims) => Operator.Call("aten::amax", this, dims);
        public Tensor amin(params long[] dims) => Operator.Call("aten::amin", this, dims);
        public Tensor argmax() => Operator.Call("aten::argmax", this);
        public Tensor argmax(long dim, bool keepdim = false) => Operator.Call("aten::argmax", this, dim, keepdim);
        public Tensor argmin() => Operator.Call("aten::argmin", this);
        public Tensor argmin(long dim, bool keepdim = false) => Operator.Call("aten::argmin", this, dim, keepdim);
        public Tensor median() => Operator.Call("aten::median", this);
        public Tensor logsumexp(long dim, bool keepdim = false) => Operator.Call("aten::logsumexp", this, new[] { dim }, keepdim);
        public Tensor all() => Operator.Call("aten::all", this);
        public Tensor all(long dim, bool keepdim = false) => Operator.Call("aten::all.dim", this, dim, keepdim);
        public Tensor any() => Operator.Call("aten::any", this);
        public Tensor any(long dim, bool keepdim = false) => Operator.Call("aten::any.dim", this, dim, keepdim);
        public Tensor cumsum(long dim, ScalarType? type = null) => Operator.Call("aten::cumsum", this, dim, type);
        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true) => Operator.CallTwo("aten::topk", this, (long)k, (long)dim, largest, sorted);
        public Tensor argsort(long dim = -1, bool descending = false) => Operator.Call("aten::argsort", this, dim, descending);
        public Tensor quantile(Tensor q, long dim = -1, bool keepdim = false) => Operator.Call("aten::quantile", this, q, dim, keepdim);
        public Tensor dist(Tensor other, float p = 2f) => Operator.Call("aten::dist", this, other, (double)p);
        public Tensor trace() => Operator.Call("aten::trace", this);
        public Tensor sum(long dim0, long dim1, bool keepdim = false, ScalarType? type = null) => sum(new[] { dim0, dim1 }, keepdim, type);
        public Tensor sum(long dim0, long dim1, long dim2, bool keepdim = false, ScalarType? type = null) => sum(new[] { dim0, dim1, dim2 }, keepdim, type);
        public Tensor std(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => As(Operator.Call("aten::std.dim", this, dimensions, unbiased, keepdim), type);
        public Tensor std(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => std(new[] { dim }, unbiased, keepdim, type);
        public Tensor var(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => As(Operator.Call("aten::var.dim", this, dimensions, unbiased, keepdim), type);
        public Tensor var(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => var(new[] { dim }, unbiased, keepdim, type);
        public (Tensor std, Tensor mean) std_mean(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => As(Operator.CallTwo("aten::std_mean.dim", this, new[] { dim }, unbiased, keepdim), type);
        public (Tensor var, Tensor mean) var_mean(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => As(Operator.CallTwo("aten::var_mean.dim", this, new[] { dim }, unbiased, keepdim), type);
        public Tensor norm(int dim, bool keepdim = false, float p = 2f) => Operator.Call("aten::norm.ScalarOpt_dim", this, (double)p, new[] { (long)dim }, keepdim);
        public Tensor amax(long[] dims, bool keepdim = false, Tensor? @out = null) => @out is null ? Operator.Call("aten::amax", this, dims, keepdim) : Operator.Call("aten::amax.out", this, dims, keepdim, @out);
        public Tensor amin(long[] dims, bool keepdim = false, Tensor? @out = null) => @out is null ? Operator.Call("aten::amin", this, dims, keepdim) : Operator.Call("aten::amin.out", this, dims, keepdim, @out);
        public (Tensor, Tensor) kthvalue(long k, long? dim, bool keepdim = false) => Operator.CallTwo("aten::kthvalue", this, k, dim ?? -1, keepdim);
        public Tensor count_nonzero(long[]? dims = null) => dims is null ? Operator.Call("aten::count_nonzero", this) : Operator.Call("aten::count_nonzero.dim_IntList", this, dims);
        public (Tensor Values, Tensor Indices) sort(long dim = -1, bool descending = false, bool stable = false) => Operator.CallTwo("aten::sort.stable", this, stable, dim, descending);

        /// <summary>The different values in order (along a dimension: the different slices), where each element went, and how many there were of each.</summary>
        public (Tensor output, Tensor inverse_indices, Tensor counts) unique(bool sorted = true, bool return_inverse = false, bool return_counts = false, int? dim = null) => dim is null
            ? Operator.CallThree("aten::_unique2", this, sorted, return_inverse, return_counts)
            : Operator.CallThree("aten::unique_dim", this, (long)dim, sorted, return_inverse, return_counts);

        // The result as another type, without leaving the first one behind.
        private static Tensor As(Tensor result, ScalarType? type) => type is { } wanted ? result.to_type(wanted, disposeAfter: true) : result;

        private static (Tensor, Tensor) As((Tensor, Tensor) results, ScalarType? type) => (As(results.Item1, type), As(results.Item2, type));
    }
}
