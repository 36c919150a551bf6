using System.Runtime.InteropServices;

namespace Bif.Kernels;

/// <summary>A native kernel refused its arguments or failed; the message is its reason.</summary>
public sealed class KernelException(string message) : ExternalException(message);
