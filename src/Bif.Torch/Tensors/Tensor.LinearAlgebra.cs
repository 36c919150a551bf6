using Bif.Native;

namespace TorchSharp;

// Products and decompositions of vectors and matrices.
public static partial class torch
{
    public partial class Tensor
    {
        public Tensor matmul(Tensor target) => Operator.Call("aten::matmul", this, target);
        public Tensor mm(Tensor target) => Operator.Call("aten::mm", this, target);
        public Tensor bmm(Tensor batch2) => Operator.Call("aten::bmm", this, batch2);
        public Tensor mv(Tensor target) => Operator.Call("aten::mv", this, target);
        public Tensor dot(Tensor target) => Operator.Call("aten::dot", this, target);
        public Tensor outer(Tensor vec2) => Operator.Call("aten::outer", this, vec2);
        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1f, float alpha = 1f) => Operator.Call("aten::addmm", this, mat1, mat2, (double)beta, (double)alpha);
        public Tensor addmm_(Tensor mat1, Tensor mat2, float beta = 1f, float alpha = 1f) => Operator.CallInPlace("aten::addmm_", this, mat1, mat2, (double)beta, (double)alpha);
        public Tensor addmv(Tensor mat, Tensor vec, float beta = 1f, float alpha = 1f) => Operator.Call("aten::addmv", this, mat, vec, (double)beta, (double)alpha);
        public Tensor addr(Tensor vec1, Tensor vec2, float beta = 1f, float alpha = 1f) => Operator.Call("aten::addr", this, vec1, vec2, (double)beta, (double)alpha);
        public Tensor baddbmm(Tensor batch1, Tensor batch2, float beta = 1f, float alpha = 1f) => Operator.Call("aten::baddbmm", this, batch1, batch2, (double)beta, (double)alpha);
        public Tensor det() => Operator.Call("aten::det", this);
        public Tensor logdet() => Operator.Call("aten::logdet", this);
        public Tensor kron(Tensor other) => Operator.Call("aten::kron", this, other);
    }
}
