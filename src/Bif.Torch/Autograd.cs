using Bif.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Automatic differentiation.</summary>
    public static class autograd
    {
        /// <summary>Adds the gradients of tensors, each weighted by its entry of <paramref name="grad_tensors"/> (1 for scalars), to the inputs, or to all leaves.</summary>
        public static unsafe void backward(IList<Tensor> tensors, IList<Tensor>? grad_tensors = null, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null)
        {
            nint[] outputs = Handles(tensors), weights = Weights(grad_tensors, tensors.Count), leaves = Handles(inputs ?? []);
            fixed (nint* first = outputs, second = weights, third = leaves)
            {
                NativeMethods.Check(NativeMethods.bif_autograd_backward(
                    first, second, outputs.Length, (retain_graph ?? create_graph) ? 1 : 0, create_graph ? 1 : 0, third, leaves.Length));
            }

            GC.KeepAlive(tensors);
            GC.KeepAlive(grad_tensors);
            GC.KeepAlive(inputs);
        }

        /// <inheritdoc cref="backward(IList{Tensor}, IList{Tensor}, bool?, bool, IList{Tensor})"/>
        public static void backward(Tensor tensor, IList<Tensor>? grad_tensors = null, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null)
            => backward([tensor], grad_tensors, retain_graph, create_graph, inputs);

        /// <inheritdoc cref="backward(IList{Tensor}, IList{Tensor}, bool?, bool, IList{Tensor})"/>
        public static void backward(Tensor tensor, Tensor grad_tensor, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null)
            => backward([tensor], [grad_tensor], retain_graph, create_graph, inputs);

        /// <summary>
        /// Gradients of the outputs' weighted sum with respect to the inputs, in their order; null for an input that the
        /// outputs do not use, which is an error unless <paramref name="allow_unused"/>.
        /// </summary>
        public static unsafe IList<Tensor> grad(IList<Tensor> outputs, IList<Tensor> inputs, IList<Tensor>? grad_outputs = null, bool retain_graph = false, bool create_graph = false, bool allow_unused = false)
        {
            nint[] from = Handles(outputs), weights = Weights(grad_outputs, outputs.Count), to = Handles(inputs);
            var gradients = new nint[to.Length];
            fixed (nint* first = from, second = weights, third = to, results = gradients)
            {
                NativeMethods.Check(NativeMethods.bif_autograd_grad(
                    first, second, from.Length, third, to.Length, retain_graph || create_graph ? 1 : 0, create_graph ? 1 : 0, allow_unused ? 1 : 0, results));
            }

            GC.KeepAlive(outputs);
            GC.KeepAlive(inputs);
            GC.KeepAlive(grad_outputs);
            return [.. gradients.Select(gradient => gradient == 0 ? null! : new Tensor(gradient))];
        }

        private static nint[] Handles(IList<Tensor> tensors) => [.. tensors.Select(tensor => tensor.Handle)];

        private static nint[] Weights(IList<Tensor>? gradients, int count) => gradients is null ? new nint[count]
            : gradients.Count == count ? [.. gradients.Select(tensor => tensor?.Handle ?? 0)]
            : throw new ArgumentException($"{gradients.Count} gradients were given for {count} tensors: give one for each.");
    }
}
