namespace TorchSharp.Modules;

/// <summary>A learned tensor of a module.</summary>
public sealed class Parameter : torch.Tensor
{
    internal Parameter(nint handle) : base(handle)
    {
    }
}
