namespace Bif.Kernels;

/// <summary>A native kernel refused its arguments or failed; the message is one sentence with the reason.</summary>
public sealed class KernelException(string message) : Exception(message);
