using System.Runtime.InteropServices;

namespace Bif.Engine;

/// <summary>Tells a machine without enough memory from a fault of the program.</summary>
public static class MemoryShortage
{
    // How libtorch, its allocators on CPU and CUDA and ours say it.
    private static readonly string[] Signs = ["out of memory", "not enough memory", "can't allocate memory", "there is no memory for a tensor"];

    /// <summary>What to do about it.</summary>
    public const string Advice = "lower the evaluation batch, take fewer items at once, or use a machine with more memory; complete blocks of draws are kept";

    /// <summary>Whether an error says that memory, of the machine or of its GPU, did not suffice.</summary>
    public static bool Is(Exception error)
        => error is OutOfMemoryException || (error is ExternalException && Signs.Any(sign => error.Message.Contains(sign, StringComparison.OrdinalIgnoreCase)));
}
