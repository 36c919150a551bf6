using Bif.Native;

namespace TorchSharp;

// The values of a tensor in C#.
public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The memory of a contiguous CPU tensor; valid while the tensor is.</summary>
        /// <exception cref="InvalidOperationException">It lies elsewhere, is not contiguous, or is longer than a span can be.</exception>
        public unsafe Span<byte> bytes
        {
            get
            {
                var length = NumberOfElements * ElementSize;
                if (!is_cpu() || !is_contiguous() || length > int.MaxValue)
                {
                    throw new InvalidOperationException(
                        $"The bytes of {this} cannot be shown: only a contiguous CPU tensor of less than 2 GiB shows them, call cpu().contiguous() first.");
                }

                NativeMethods.Check(NativeMethods.bif_tensor_data(Handle, out var data));
                return new Span<byte>(data, (int)length);
            }

            set
            {
                var target = bytes;
                if (value.Length != target.Length)
                {
                    throw new ArgumentException($"{value.Length} bytes do not fill {this}, which has {target.Length}.");
                }

                value.CopyTo(target);
            }
        }

        /// <summary>The elements, in row-major order; what is written goes to the tensor if it lies on the CPU.</summary>
        /// <exception cref="ArgumentException">T is not the tensor's type.</exception>
        public Utils.TensorAccessor<T> data<T>() where T : unmanaged
        {
            if (ElementTypes.Of<T>() != dtype)
            {
                throw new ArgumentException($"The elements of {this} are no {typeof(T).Name}.");
            }

            return new Utils.TensorAccessor<T>(is_cpu() ? this : cpu());
        }

        /// <summary>The value of a tensor with one element.</summary>
        /// <exception cref="ArgumentException">It has more elements or another type.</exception>
        public T item<T>() where T : unmanaged => NumberOfElements == 1
            ? data<T>()[0]
            : throw new ArgumentException($"item<{typeof(T).Name}>() needs a tensor of one element, not {this}.");

        internal unsafe T* Data<T>() where T : unmanaged
        {
            NativeMethods.Check(NativeMethods.bif_tensor_data(Handle, out var data));
            return (T*)data;
        }
    }
}
