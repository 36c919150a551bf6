using Bif.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>Whether gradients are computed for it.</summary>
        public bool requires_grad
        {
            get => Info(TensorInfo.RequiresGrad) != 0;
            set => NativeMethods.Check(NativeMethods.bif_tensor_set_requires_grad(Handle, value ? 1 : 0));
        }

        /// <summary>Whether no operator of the graph made it.</summary>
        public bool is_leaf => Info(TensorInfo.IsLeaf) != 0;

        /// <summary>
        /// The gradient that backward passes added up, or null. A set one is where the next backward pass adds, in its memory.
        /// </summary>
        public Tensor? grad
        {
            get
            {
                NativeMethods.Check(NativeMethods.bif_tensor_grad(Handle, out var gradient));
                return gradient == 0 ? null : new Tensor(gradient);
            }

            set
            {
                NativeMethods.Check(NativeMethods.bif_tensor_set_grad(Handle, value?.Handle ?? 0));
                GC.KeepAlive(value);
            }
        }

        /// <summary>Sets whether gradients are computed for it.</summary>
        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        /// <inheritdoc cref="requires_grad_(bool)"/>
        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        /// <summary>Keeps the gradient although it is no leaf.</summary>
        public void retain_grad() => NativeMethods.Check(NativeMethods.bif_tensor_retain_grad(Handle));

        /// <summary>Adds the gradient of this scalar to the leaves that require it.</summary>
        public void backward()
        {
            NativeMethods.Check(NativeMethods.bif_tensor_backward(Handle));
            GC.KeepAlive(this);
        }

        /// <summary>Adds the gradient of this tensor, weighted by the first of <paramref name="grad_tensors"/>, to the inputs, or to all leaves.</summary>
        public void backward(IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null)
            => autograd.backward([this], grad_tensors, retain_graph, create_graph, inputs);
    }
}
