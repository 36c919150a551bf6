using System.Runtime.InteropServices;

namespace TorchSharp;

/// <summary>An error of libtorch: the operator's name, its reason, and the shapes and types it was given.</summary>
public sealed class TorchException : ExternalException
{
    internal TorchException(string message) : base(message)
    {
    }
}
