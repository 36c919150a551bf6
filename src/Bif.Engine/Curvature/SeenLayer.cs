using static TorchSharp.torch;

namespace Bif.Engine.Curvature;

/// <summary>
/// A linear or convolution layer in one forward pass. The gradient of an item's value with respect to its weight is
/// Σ over positions of slope·inputᵀ, with the rows of <see cref="Rows"/> and <see cref="SlopeRows"/>.
/// </summary>
/// <param name="Weight">Index of its weight.</param>
/// <param name="Offset">Where the weight begins in the sampled vector.</param>
/// <param name="HasBias">Whether the bias, which follows the weight in the sampled vector, is the last column.</param>
/// <param name="Kernel">Edge of the kernel; 0 for a linear layer.</param>
/// <param name="Stride">Stride of a convolution.</param>
/// <param name="Padding">Padding of a convolution.</param>
/// <param name="Inputs">What the layer took.</param>
/// <param name="Outputs">What it gave, with its graph.</param>
internal sealed record SeenLayer(int Weight, long Offset, bool HasBias, long Kernel, long Stride, long Padding, Tensor Inputs, Tensor Outputs)
{
    /// <summary>What the weight multiplies: [batch, positions, in (+ 1)]; a linear layer has one position, or those of a text.</summary>
    public Tensor Rows()
    {
        using var noGradient = no_grad();
        var inputs = Inputs.detach();
        var rows = Kernel == 0
            ? inputs.dim() == 2 ? inputs.unsqueeze(1) : inputs
            : Patches(inputs);
        return HasBias ? cat([rows, ones([rows.shape[0], rows.shape[1], 1], device: rows.device)], 2) : rows.contiguous();
    }

    // [batch, positions, in·kernel²]: one copy of overlapping windows. libtorch's im2col goes item by item, on a GPU with a launch for
    // each, and writes the transpose.
    private Tensor Patches(Tensor inputs)
    {
        var padded = Padding == 0 ? inputs : nn.functional.pad(inputs, (Padding, Padding, Padding, Padding));
        var windows = padded.unfold(2, Kernel, Stride).unfold(3, Kernel, Stride);
        return windows.permute(0, 2, 3, 1, 4, 5).reshape(inputs.shape[0], -1, inputs.shape[1] * Kernel * Kernel);
    }

    /// <summary>A gradient with respect to the outputs as [batch, positions, out].</summary>
    public Tensor SlopeRows(Tensor slope) => Kernel > 0 ? slope.permute(0, 2, 3, 1).reshape(slope.shape[0], -1, slope.shape[1]).contiguous() : slope.dim() == 2 ? slope.unsqueeze(1) : slope.contiguous();
}
