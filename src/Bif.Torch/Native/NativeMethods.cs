using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Bif.Native;

/// <summary>The C ABI of the native library that Bif.Torch uses; failures are turned into exceptions by <see cref="Check"/>.</summary>
internal static unsafe partial class NativeMethods
{
    private const string Library = NativeLoader.Library;

    [ModuleInitializer]
    internal static void Initialize() => NativeLoader.Register(typeof(NativeMethods).Assembly);

    /// <summary>Throws the native error of a call that returned non-zero.</summary>
    public static void Check(int code)
    {
        if (code != 0)
        {
            throw new TorchSharp.TorchException(Marshal.PtrToStringUTF8(bif_last_error()) ?? "unknown error");
        }
    }

    [LibraryImport(Library)] public static partial nint bif_last_error();
    [LibraryImport(Library)] public static partial int bif_abi();
    [LibraryImport(Library)] public static partial nint bif_torch_version();
    [LibraryImport(Library)] public static partial nint bif_torch_show_config();
    [LibraryImport(Library)] public static partial void bif_tensor_release(nint tensor);
    [LibraryImport(Library)] public static partial int bif_tensor_from_data(void* data, int dtype, long* sizes, int dimensions, out nint tensor);
    [LibraryImport(Library)] public static partial int bif_tensor_over(void* data, int dtype, long* sizes, int dimensions, out nint tensor);
    [LibraryImport(Library)] public static partial int bif_tensor_info(nint tensor, long* info);
    [LibraryImport(Library)] public static partial void bif_tensor_sizes(nint tensor, long* sizes, long* strides);
    [LibraryImport(Library)] public static partial int bif_tensor_data(nint tensor, out void* data);
    [LibraryImport(Library)] public static partial int bif_tensor_backward(nint tensor, nint gradient, int retainGraph);
    [LibraryImport(Library)] public static partial int bif_tensor_grad(nint tensor, out nint gradient);
    [LibraryImport(Library)] public static partial int bif_tensor_set_grad(nint tensor, nint gradient);
    [LibraryImport(Library)] public static partial int bif_tensor_set_requires_grad(nint tensor, int on);
    [LibraryImport(Library)] public static partial int bif_autograd_grad(nint* outputs, int outputCount, nint* inputs, int inputCount, int retainGraph, int createGraph, nint* gradients);
    [LibraryImport(Library)] public static partial int bif_set_grad_mode(int on);
    [LibraryImport(Library)] public static partial nint bif_inference_begin(int on);
    [LibraryImport(Library)] public static partial void bif_inference_end(nint guard);
    [LibraryImport(Library)] public static partial int bif_get_num_threads();
    [LibraryImport(Library)] public static partial int bif_set_num_threads(int count);
    [LibraryImport(Library)] public static partial int bif_manual_seed(long seed);
    [LibraryImport(Library)] public static partial int bif_cuda_device_count();
    [LibraryImport(Library)] public static partial int bif_cuda_synchronize();
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] public static partial int bif_operator_find(string name, string overload, out nint op);
    [LibraryImport(Library)] public static partial int bif_operator_call(nint op, NativeValue* arguments, int count, NativeValue* results, int capacity, out int resultCount);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] public static partial int bif_jit_load(string file, int deviceType, int deviceIndex, out nint module);
    [LibraryImport(Library)] public static partial int bif_jit_load_bytes(byte* bytes, long count, int deviceType, int deviceIndex, out nint module);
    [LibraryImport(Library)] public static partial void bif_jit_release(nint module);
    [LibraryImport(Library)] public static partial int bif_jit_parameters(nint module, byte* names, int namesCapacity, nint* handles, int capacity);
    [LibraryImport(Library)] public static partial int bif_jit_buffers(nint module, byte* names, int namesCapacity, nint* handles, int capacity);
    [LibraryImport(Library)] public static partial int bif_jit_train(nint module, int on);
    [LibraryImport(Library)] public static partial int bif_jit_forward(nint module, nint* inputs, int count, out nint output);
}
