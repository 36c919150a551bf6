using System.Reflection;
using System.Runtime.InteropServices;

namespace Bif.Native;

/// <summary>
/// Finds and loads <c>libbif_native.so</c> once per process: the file named by the environment variable
/// <c>BIF_NATIVE</c>, else the one beside the program.
/// </summary>
internal static class NativeLoader
{
    /// <summary>The name that every P/Invoke declaration uses.</summary>
    public const string Library = "bif_native";

    private static readonly Lazy<nint> Handle = new(Load);

    /// <summary>Makes <see cref="Library"/> resolvable for an assembly; call from a module initialiser.</summary>
    public static void Register(Assembly assembly) => NativeLibrary.SetDllImportResolver(
        assembly, static (name, _, _) => name == Library ? Handle.Value : 0);

    private static nint Load()
    {
        var file = Environment.GetEnvironmentVariable("BIF_NATIVE") is { Length: > 0 } given
            ? given
            : Path.Combine(AppContext.BaseDirectory, "libbif_native.so");
        return NativeLibrary.Load(file);
    }
}
