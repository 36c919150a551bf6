using Bif.Native;

namespace TorchSharp;

// Functions of several tensors; those of one are methods of Tensor.
public static partial class torch
{
    public static Tensor cat(IList<Tensor> tensors, long dim = 0) => Operator.Call("aten::cat", tensors.ToArray(), dim);
    public static Tensor cat(Tensor[] tensors, long dim = 0) => Operator.Call("aten::cat", tensors, dim);
    public static Tensor cat(ReadOnlySpan<Tensor> tensors, long dim = 0) => Operator.Call("aten::cat", tensors.ToArray(), dim);
    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0) => Operator.Call("aten::stack", tensors.ToArray(), dim);

    /// <summary>x where the condition holds, y elsewhere.</summary>
    public static Tensor where(Tensor condition, Tensor x, Tensor y) => Operator.Call("aten::where.self", condition, x, y);

    /// <summary>The places where the condition holds, one tensor per dimension.</summary>
    public static Tensor[] where(Tensor condition) => Operator.CallMany("aten::where", condition);

    /// <summary>A sum of products over axes named by letters: "ik,kj->ij".</summary>
    public static Tensor einsum(string equation, params Tensor[] tensors) => Operator.Call("aten::einsum", equation, tensors);

    public static Tensor matmul(Tensor input, Tensor target) => input.matmul(target);
    public static Tensor bmm(Tensor input, Tensor batch2) => input.bmm(batch2);
    public static Tensor maximum(Tensor input, Tensor other) => input.maximum(other);
    public static Tensor minimum(Tensor input, Tensor other) => input.minimum(other);

    /// <summary>Distances between the rows of two matrices.</summary>
    public static Tensor cdist(Tensor x1, Tensor x2, double p = 2.0) => Operator.Call("aten::cdist", x1, x2, p);
}
