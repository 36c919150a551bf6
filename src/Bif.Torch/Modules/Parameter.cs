namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>A learned tensor; the tensor given counts as disposed.</summary>
            public static Modules.Parameter Parameter(Tensor data, bool requires_grad = true) => new(data, requires_grad);
        }

        public partial class Tensor
        {
            // The native object in a handle of its own; this object counts as disposed, in the same scope's books.
            private protected static Bif.Native.TensorHandle TakeOver(Tensor tensor) => new(tensor._handle.Release());
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>A learned tensor of a module.</summary>
    public class Parameter : torch.Tensor
    {
        /// <summary>Takes over a tensor, which counts as disposed from then on, and its place in a dispose scope.</summary>
        public Parameter(torch.Tensor data, bool requires_grad = true) : base(TakeOver(data.requires_grad_(requires_grad)))
            => data.OwningDisposeScope?.Replace(data, this);

        internal Parameter(nint handle) : base(handle)
        {
        }
    }
}
