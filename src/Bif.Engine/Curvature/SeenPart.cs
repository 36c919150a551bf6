using static TorchSharp.torch;

namespace Bif.Engine.Curvature;

/// <summary>
/// A parameter outside the linear and convolution layers whose gradient per item follows from one backward pass to the outputs
/// of its layer: the scale or shift of a normalisation, a table of embeddings, a matrix without factors.
/// </summary>
/// <param name="Offset">Where it begins in the sampled vector.</param>
/// <param name="Length">Its number of elements.</param>
/// <param name="Outputs">What the layer gave, with its graph.</param>
/// <param name="Rows">From a gradient with respect to the outputs to the items' gradients [batch, length].</param>
internal sealed record SeenPart(long Offset, long Length, Tensor Outputs, Func<Tensor, Tensor> Rows);
