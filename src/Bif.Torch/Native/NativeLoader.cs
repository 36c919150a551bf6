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

    // The number that bif_abi() of a matching library returns.
    private const int Abi = 4;

    private static readonly Lazy<nint> Handle = new(() => Load(FilePath));

    /// <summary>The file that is loaded.</summary>
    public static string FilePath => Environment.GetEnvironmentVariable("BIF_NATIVE") is { Length: > 0 } given
        ? given
        : Path.Combine(AppContext.BaseDirectory, "libbif_native.so");

    /// <summary>Makes <see cref="Library"/> resolvable for an assembly; call from a module initialiser.</summary>
    public static void Register(Assembly assembly) => NativeLibrary.SetDllImportResolver(
        assembly, static (name, _, _) => name == Library ? Handle.Value : 0);

    /// <summary>Loads a library and checks that it speaks this ABI.</summary>
    /// <exception cref="DllNotFoundException">It cannot be loaded or is of another build; the message lists the causes.</exception>
    internal static nint Load(string file)
    {
        nint handle;
        NativeEnvironment.Prepare();
        try
        {
            handle = NativeLibrary.Load(file);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            throw new DllNotFoundException(Explain(file, File.Exists(file), error.Message), error);
        }

        if (!NativeLibrary.TryGetExport(handle, "bif_abi", out var export)
            || Marshal.GetDelegateForFunctionPointer<AbiFunction>(export)() != Abi)
        {
            throw new DllNotFoundException(
                $"{file} belongs to another build of Bif (this one needs ABI {Abi}): run ./bif build, or unset BIF_NATIVE.");
        }

        return handle;
    }

    /// <summary>The message for a library that does not load.</summary>
    internal static string Explain(string file, bool exists, string reason) => exists
        ? $"{file} is there but does not load. Likely causes: (1) libtorch is missing or of another version than it was "
          + "built against: install libtorch-dev and run ./bif build; (2) an optimised BLAS is missing: install "
          + $"libopenblas0-openmp; (3) another libtorch lies on LD_LIBRARY_PATH. The loader said: {reason}"
        : $"There is no {file}. Likely causes: (1) the native part has not been built: run ./bif build; (2) BIF_NATIVE "
          + "names a file that does not exist.";

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int AbiFunction();
}
