using static TorchSharp.torch;

namespace Bif.Engine.Data;

/// <summary>Some items on the device, ready for a forward pass.</summary>
/// <param name="Inputs">Normalised inputs, [batch, channels, height, width] or [batch, features], float32; or tokens [batch, length], int64.</param>
/// <param name="Targets">Class indices (int64) or numbers (float32), [batch]; or the next tokens [batch, length], −1 for none.</param>
public sealed record Batch(Tensor Inputs, Tensor Targets) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Inputs.Dispose();
        Targets.Dispose();
    }
}
