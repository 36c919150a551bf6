using Bif.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor sum(ScalarType? type = null) => Operator.Call("aten::sum", this, type);
        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => Operator.Call("aten::sum.dim_IntList", this, new[] { dim }, keepdim, type);
        public Tensor mean() => Operator.Call("aten::mean", this);
        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) => Operator.Call("aten::mean.dim", this, dimensions, keepdim, type);
        public Tensor std(bool unbiased = true) => Operator.Call("aten::std", this, unbiased);
        public Tensor var(bool unbiased = true) => Operator.Call("aten::var", this, unbiased);
        public Tensor norm() => Operator.Call("aten::norm.Scalar", this, 2L);
        public Tensor max() => Operator.Call("aten::max", this);
        public Tensor min() => Operator.Call("aten::min", this);
        public Tensor amax(params long[] dims) => Operator.Call("aten::amax", this, dims);
        public Tensor argmax(long dim, bool keepdim = false) => Operator.Call("aten::argmax", this, dim, keepdim);
        public Tensor logsumexp(long dim, bool keepdim = false) => Operator.Call("aten::logsumexp", this, new[] { dim }, keepdim);
        public Tensor cumsum(long dim, ScalarType? type = null) => Operator.Call("aten::cumsum", this, dim, type);
        public Tensor all() => Operator.Call("aten::all", this);
        public Tensor any() => Operator.Call("aten::any", this);
        public Tensor dot(Tensor target) => Operator.Call("aten::dot", this, target);
        public Tensor matmul(Tensor target) => Operator.Call("aten::matmul", this, target);
        public Tensor mm(Tensor target) => Operator.Call("aten::mm", this, target);
        public Tensor bmm(Tensor batch2) => Operator.Call("aten::bmm", this, batch2);
        public Tensor mv(Tensor target) => Operator.Call("aten::mv", this, target);
        public Tensor outer(Tensor vec2) => Operator.Call("aten::outer", this, vec2);
        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true)
        {
            var results = Operator.CallMany("aten::topk", this, (long)k, (long)dim, largest, sorted);
            return (results[0], results[1]);
        }
    }

    public static Tensor matmul(Tensor input, Tensor target) => input.matmul(target);
    public static Tensor mm(Tensor input, Tensor target) => input.mm(target);
    public static bool equal(Tensor tensor, Tensor other) => Operator.CallBoolean("aten::equal", tensor, other);

    /// <summary>Linear algebra.</summary>
    public static partial class linalg
    {
        public static (Tensor, Tensor) eigh(Tensor input, char UPLO = 'L')
        {
            var results = Operator.CallMany("aten::linalg_eigh", input, UPLO.ToString());
            return (results[0], results[1]);
        }

        public static Tensor cholesky(Tensor input) => Operator.Call("aten::linalg_cholesky", input);
        public static Tensor solve(Tensor input, Tensor other) => Operator.Call("aten::linalg_solve", input, other);
        public static Tensor inv(Tensor input) => Operator.Call("aten::linalg_inv", input);
    }

    /// <summary>Gradients without leaves.</summary>
    public static partial class autograd
    {
        /// <summary>Gradients of the outputs' sum with respect to the inputs; an unused input gives a null entry.</summary>
        public static unsafe IList<Tensor> grad(IList<Tensor> outputs, IList<Tensor> inputs, IList<Tensor>? grad_outputs = null, bool retain_graph = false, bool create_graph = false, bool allow_unused = false)
        {
            if (grad_outputs is not null)
            {
                throw new NotSupportedException("grad_outputs is not supported: multiply the outputs by them first.");
            }

            nint[] from = [.. outputs.Select(tensor => (nint)tensor.Handle)], to = [.. inputs.Select(tensor => (nint)tensor.Handle)];
            var gradients = new nint[to.Length];
            fixed (nint* first = from, second = to, third = gradients)
            {
                NativeMethods.Check(NativeMethods.bif_autograd_grad(first, from.Length, second, to.Length, retain_graph ? 1 : 0, create_graph ? 1 : 0, third));
            }

            GC.KeepAlive(outputs);
            GC.KeepAlive(inputs);
            return [.. gradients.Select(gradient => gradient == 0 ? null! : new Tensor(gradient))];
        }
    }
}
