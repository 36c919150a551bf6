using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Bif.Native;

/// <summary>The C ABI of the kernels; failures are turned into exceptions by <see cref="Check"/>.</summary>
internal static unsafe partial class KernelMethods
{
    private const string Library = NativeLoader.Library;

    /// <summary>The message of the calling thread's last failed call.</summary>
    public static string LastError => Marshal.PtrToStringUTF8(bif_last_error()) ?? "unknown error";

    /// <summary>Throws the native error of a call that returned non-zero.</summary>
    public static void Check(int code)
    {
        if (code != 0)
        {
            throw new Bif.Kernels.KernelException(LastError);
        }
    }

    [ModuleInitializer]
    internal static void Initialize() => NativeLoader.Register(typeof(KernelMethods).Assembly);

    [LibraryImport(Library)]
    private static partial nint bif_last_error();

    [LibraryImport(Library)]
    public static partial int bif_cross_entropy(nint logits, nint labels, float* losses);

    [LibraryImport(Library)]
    public static partial nint bif_torch_version();

    [LibraryImport(Library)]
    public static partial nint bif_torch_show_config();

    [LibraryImport(Library)]
    public static partial nint bif_openblas_core();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int bif_state_dict_read(string file, out nint dict, out int count);

    [LibraryImport(Library)]
    public static partial nint bif_state_dict_name(nint dict, int index);

    [LibraryImport(Library)]
    public static partial nint bif_state_dict_tensor(nint dict, int index);

    [LibraryImport(Library)]
    public static partial void bif_state_dict_release(nint dict);

    [LibraryImport(Library)]
    public static partial int bif_image_size(byte* bytes, long length, out int width, out int height);

    [LibraryImport(Library)]
    public static partial int bif_image_decode(
        byte* bytes, long length, int channels, int width, int height, int kernel, int crop, byte* destination, long capacity);

    [LibraryImport(Library)]
    public static partial int bif_image_encode(
        byte* planes, int channels, int width, int height, int format, int quality, out byte* bytes, out long length);

    [LibraryImport(Library)]
    public static partial int bif_image_svg_to_png(byte* svg, long length, double scale, out byte* bytes, out long pngLength);

    [LibraryImport(Library)]
    public static partial void bif_image_free(byte* bytes);

    [LibraryImport(Library)]
    public static partial int bif_langevin_sgld(
        nint w, nint gradient, nint center, double epsilon, double nbeta, double gamma,
        ulong seed, uint chain, ulong step, int clearGradient);

    [LibraryImport(Library)]
    public static partial int bif_langevin_baoab(
        nint w, nint velocity, nint gradient, nint center, nint scale, double kick, double drift, double nbeta, double gamma,
        double keep, double noise, ulong seed, uint chain, ulong step, int clearGradient);

    [LibraryImport(Library)]
    public static partial int bif_langevin_rmsprop(
        nint w, nint gradient, nint center, nint secondMoment, double epsilon, double nbeta, double gamma,
        double decay, double stabilizer, double correction, ulong seed, uint chain, ulong step, int clearGradient);

    [LibraryImport(Library)]
    public static partial int bif_normals(nint destination, ulong seed, uint chain, ulong step, uint purpose);

    [LibraryImport(Library)]
    public static partial int bif_copy_vectors(nint* from, nint* to, int count);

    [LibraryImport(Library)]
    public static partial int bif_parameter_share(nint parameter, nint view);

    [LibraryImport(Library)]
    public static partial int bif_parameter_gradient(nint parameter, nint view, int requiresGradient);

    [LibraryImport(Library)]
    public static partial int bif_stream_own(int device);

    [LibraryImport(Library)]
    public static partial int bif_graph_available(int device);

    [LibraryImport(Library)]
    public static partial int bif_graph_begin(int device, out nint graph);

    [LibraryImport(Library)]
    public static partial int bif_graph_end(nint graph);

    [LibraryImport(Library)]
    public static partial int bif_graph_replay(nint graph);

    [LibraryImport(Library)]
    public static partial int bif_graph_free(nint graph);

    [LibraryImport(Library)]
    public static partial int bif_memory_trim();

    [LibraryImport(Library)]
    public static partial void bif_memory_tensors(out long used, out long kept, out long mostUsed);

    [LibraryImport(Library)]
    public static partial int bif_memory_cuda(int device, int reset, out long current, out long peak);
}
