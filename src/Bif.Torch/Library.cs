using System.Runtime.InteropServices;
using Bif.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>The version of the libtorch that the native library was built against, as "1.13.1".</summary>
    public static string __version__ => Marshal.PtrToStringUTF8(NativeMethods.bif_torch_version())!;

    /// <summary>Sets the threads inside operators, for operators that the calling thread starts.</summary>
    public static void set_num_threads(int num) => NativeMethods.Check(NativeMethods.bif_set_num_threads(num));

    /// <summary>The threads inside operators.</summary>
    public static int get_num_threads() => NativeMethods.bif_get_num_threads();

    /// <summary>CUDA devices.</summary>
    public static class cuda
    {
        /// <summary>Whether libtorch has CUDA and finds a device.</summary>
        public static bool is_available() => device_count() > 0;

        /// <summary>Number of devices.</summary>
        public static int device_count() => NativeMethods.bif_cuda_device_count();

        /// <summary>Waits for all work of a device; null: of the current one.</summary>
        public static void synchronize(Device? device = null) => NativeMethods.Check(NativeMethods.bif_cuda_synchronize(device?.index ?? -1));
    }

    /// <summary>Settings of the libraries below libtorch; process-wide.</summary>
    public static class backends
    {
        /// <summary>CUDA's own libraries.</summary>
        public static class cuda
        {
            /// <summary>Matrix products.</summary>
            public static class matmul
            {
                /// <summary>Whether float32 products may be computed in TF32, with 10 bits of mantissa.</summary>
                public static bool allow_tf32
                {
                    get => NativeMethods.bif_get_tf32(0) != 0;
                    set => NativeMethods.Check(NativeMethods.bif_set_tf32(0, value ? 1 : 0));
                }
            }
        }

        /// <summary>Convolutions.</summary>
        public static class cudnn
        {
            /// <summary>Whether float32 convolutions may be computed in TF32; libtorch's default is yes.</summary>
            public static bool allow_tf32
            {
                get => NativeMethods.bif_get_tf32(1) != 0;
                set => NativeMethods.Check(NativeMethods.bif_set_tf32(1, value ? 1 : 0));
            }
        }
    }
}
