namespace Bif.Kernels;

/// <summary>An image file that cannot be used; the message is one sentence with the path.</summary>
public sealed class ImageException(string message, Exception? cause = null) : Exception(message, cause);
