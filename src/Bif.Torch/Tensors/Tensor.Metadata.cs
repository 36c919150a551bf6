using Bif.Native;

namespace TorchSharp;

// What a tensor is, without looking at its values.
public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The sizes of the dimensions.</summary>
        public unsafe long[] shape
        {
            get
            {
                var sizes = new long[NativeMethods.bif_tensor_dimensions(Handle)];
                fixed (long* room = sizes)
                {
                    NativeMethods.bif_tensor_sizes(Handle, room);
                }

                GC.KeepAlive(this);
                return sizes;
            }
        }

        /// <summary>Number of dimensions.</summary>
        public long ndim => NativeMethods.bif_tensor_dimensions(Handle);

        /// <summary>Number of dimensions.</summary>
        public long Dimensions => ndim;

        /// <summary>Number of elements.</summary>
        public long NumberOfElements => Info(TensorInfo.Elements);

        /// <summary>Bytes per element.</summary>
        public long ElementSize => Info(TensorInfo.ElementSize);

        /// <summary>Element type.</summary>
        public ScalarType dtype => (ScalarType)Info(TensorInfo.Type);

        /// <summary>Where it lies.</summary>
        public Device device => new(device_type, device_index);

        /// <summary>Kind of device where it lies.</summary>
        public DeviceType device_type => (DeviceType)Info(TensorInfo.DeviceType);

        /// <summary>Number of the device where it lies; -1 on the CPU.</summary>
        public int device_index => (int)Info(TensorInfo.DeviceIndex);

        /// <summary>Whether it lies on a CUDA device.</summary>
        public bool is_cuda => device_type == DeviceType.CUDA;

        /// <summary>Whether it has a shape and type but no memory.</summary>
        public bool is_meta => device_type == DeviceType.META;

        /// <summary>Number of dimensions.</summary>
        public long dim() => ndim;

        /// <summary>Number of elements.</summary>
        public long numel() => NumberOfElements;

        /// <summary>Bytes per element.</summary>
        public long element_size() => ElementSize;

        /// <summary>The sizes of the dimensions.</summary>
        public long[] size() => shape;

        /// <summary>Size of one dimension; negative ones count from the last.</summary>
        public long size(int dim) => shape[dim < 0 ? dim + (int)ndim : dim];

        /// <summary>Strides in elements.</summary>
        public unsafe long[] stride()
        {
            var strides = new long[ndim];
            fixed (long* room = strides)
            {
                NativeMethods.bif_tensor_strides(Handle, room);
            }

            GC.KeepAlive(this);
            return strides;
        }

        /// <summary>Stride of one dimension in elements; negative ones count from the last.</summary>
        public long stride(int dim) => stride()[dim < 0 ? dim + (int)ndim : dim];

        /// <summary>Elements between the start of the storage and the first element.</summary>
        public long storage_offset() => Info(TensorInfo.StorageOffset);

        /// <summary>Whether elements lie in row-major order without gaps.</summary>
        public bool is_contiguous() => Info(TensorInfo.IsContiguous) != 0;

        /// <summary>Whether it lies on the CPU.</summary>
        public bool is_cpu() => device_type == DeviceType.CPU;

        /// <summary>Whether its elements are floating-point numbers.</summary>
        public bool is_floating_point()
            => dtype is ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64;

        /// <summary>Whether its elements are whole numbers; truth values are not.</summary>
        public bool is_integral()
            => dtype is ScalarType.Byte or ScalarType.Int8 or ScalarType.Int16 or ScalarType.Int32 or ScalarType.Int64;

        /// <summary>Type, shape and device.</summary>
        public override string ToString()
            => IsInvalid ? "disposed tensor" : $"[{string.Join("x", shape)}], type = {dtype}, device = {device}";

        private unsafe long Info(TensorInfo entry)
        {
            long* info = stackalloc long[(int)TensorInfo.Count];
            NativeMethods.Check(NativeMethods.bif_tensor_info(Handle, info));
            GC.KeepAlive(this);
            return info[(int)entry];
        }
    }
}
