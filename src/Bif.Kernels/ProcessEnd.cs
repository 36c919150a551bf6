using System.Runtime.InteropServices;

namespace Bif.Kernels;

/// <summary>
/// Ends the process at once. An ordinary end runs the destructors of native libraries while threads of chains may still be
/// inside them, which ends in a crash; what chains have on disk is whole at any moment, so nothing is lost this way.
/// </summary>
public static partial class ProcessEnd
{
    /// <summary>Ends the process with this exit code; does not return.</summary>
    public static void Now(int code)
    {
        Console.Out.Flush();
        Console.Error.Flush();
        Leave(code);
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void Leave(int code);
}
