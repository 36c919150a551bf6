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

    [LibraryImport(Library)] private static partial nint bif_last_error();
    [LibraryImport(Library)] public static partial nint bif_torch_version();
    [LibraryImport(Library)] public static partial int bif_get_num_threads();
    [LibraryImport(Library)] public static partial int bif_set_num_threads(int count);
    [LibraryImport(Library)] public static partial int bif_cuda_device_count();
    [LibraryImport(Library)] public static partial int bif_cuda_synchronize(long device);
    [LibraryImport(Library)] public static partial int bif_get_tf32(int which);
    [LibraryImport(Library)] public static partial int bif_set_tf32(int which, int allowed);

    [LibraryImport(Library)] public static partial void bif_value_layout(long* layout);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] public static partial int bif_operator_find(string name, string overload, out nint op);
    [LibraryImport(Library)] public static partial int bif_operator_call(nint op, NativeValue* arguments, int count, NativeValue* results, int capacity, out int resultCount);

    [LibraryImport(Library)] public static partial void bif_tensor_release(nint tensor);
    [LibraryImport(Library)] public static partial int bif_tensor_from_data(void* data, int dtype, long* sizes, int dimensions, out nint tensor);
    [LibraryImport(Library)] public static partial int bif_tensor_over(void* data, int dtype, long* sizes, int dimensions, delegate* unmanaged[Cdecl]<nint, void> release, nint context, out nint tensor);
    [LibraryImport(Library)] public static partial int bif_tensor_info(nint tensor, long* info);
    [LibraryImport(Library)] public static partial long bif_tensor_dimensions(nint tensor);
    [LibraryImport(Library)] public static partial void bif_tensor_sizes(nint tensor, long* sizes);
    [LibraryImport(Library)] public static partial void bif_tensor_strides(nint tensor, long* strides);
    [LibraryImport(Library)] public static partial int bif_tensor_data(nint tensor, out void* data);

    [LibraryImport(Library)] public static partial int bif_tensor_backward(nint tensor);
    [LibraryImport(Library)] public static partial int bif_autograd_backward(nint* outputs, nint* gradients, int outputCount, int retainGraph, int createGraph, nint* inputs, int inputCount);
    [LibraryImport(Library)] public static partial int bif_autograd_grad(nint* outputs, nint* gradients, int outputCount, nint* inputs, int inputCount, int retainGraph, int createGraph, int allowUnused, nint* results);
    [LibraryImport(Library)] public static partial int bif_tensor_grad(nint tensor, out nint gradient);
    [LibraryImport(Library)] public static partial int bif_tensor_set_grad(nint tensor, nint gradient);
    [LibraryImport(Library)] public static partial int bif_tensor_set_requires_grad(nint tensor, int on);
    [LibraryImport(Library)] public static partial int bif_tensor_retain_grad(nint tensor);
    [LibraryImport(Library)] public static partial int bif_get_grad_mode();
    [LibraryImport(Library)] public static partial void bif_set_grad_mode(int on);
    [LibraryImport(Library)] public static partial int bif_get_inference_mode();
    [LibraryImport(Library)] public static partial nint bif_inference_begin(int on);
    [LibraryImport(Library)] public static partial void bif_inference_end(nint guard);

    [LibraryImport(Library)] public static partial int bif_manual_seed(long seed);
    [LibraryImport(Library)] public static partial int bif_generator_default(int deviceType, int deviceIndex, out nint generator);
    [LibraryImport(Library)] public static partial int bif_generator_create(long seed, out nint generator);
    [LibraryImport(Library)] public static partial int bif_generator_seed(nint generator, long seed);
    [LibraryImport(Library)] public static partial long bif_generator_initial_seed(nint generator);
    [LibraryImport(Library)] public static partial int bif_generator_get_state(nint generator, out nint tensor);
    [LibraryImport(Library)] public static partial int bif_generator_set_state(nint generator, nint tensor);
    [LibraryImport(Library)] public static partial void bif_generator_release(nint generator);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] public static partial int bif_jit_load(string file, int deviceType, int deviceIndex, out nint module);
    [LibraryImport(Library)] public static partial void bif_jit_release(nint module);
    [LibraryImport(Library)] public static partial int bif_jit_named(nint module, int kind, int recurse, out nint list, out nint names, out int count);
    [LibraryImport(Library)] public static partial nint bif_jit_named_tensor(nint list, int index);
    [LibraryImport(Library)] public static partial void bif_jit_named_release(nint list);
    [LibraryImport(Library)] public static partial int bif_jit_train(nint module, int on);
    [LibraryImport(Library)] public static partial int bif_jit_is_training(nint module);
    [LibraryImport(Library)] public static partial int bif_jit_to(nint module, int deviceType, int deviceIndex);
    [LibraryImport(Library)] public static partial int bif_jit_to_type(nint module, int dtype);
    [LibraryImport(Library)] public static partial int bif_jit_input_count(nint module, out int count);
    [LibraryImport(Library)] public static partial int bif_jit_forward(nint module, nint* inputs, int count, nint* outputs, int capacity, out int outputCount);
}
