using System.Runtime.InteropServices;
using Bif.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>An n-dimensional array of libtorch. Registers in the thread's open dispose scope.</summary>
    public partial class Tensor : IDisposable
    {
        private readonly TensorHandle _handle;
        private DisposeScope? _scope;

        internal Tensor(nint handle)
        {
            _handle = new TensorHandle(handle);
            _scope = DisposeScope.Current;
            _scope?.Add(this);
        }

        /// <summary>The at::Tensor* behind this object.</summary>
        /// <exception cref="ObjectDisposedException">The tensor was disposed.</exception>
        public IntPtr Handle
        {
            get
            {
                ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
                return _handle.DangerousGetHandle();
            }
        }

        /// <summary>Whether the tensor was disposed.</summary>
        public bool IsInvalid => _handle.IsClosed;

        /// <summary>Tensors alive in this process.</summary>
        internal static long LiveCount => TensorHandle.Live;

        /// <summary>Takes ownership of an at::Tensor* made by native code.</summary>
        public static Tensor UnsafeCreateTensor(IntPtr handle) => new(handle);

        /// <inheritdoc/>
        public void Dispose()
        {
            _scope?.Remove(this);
            _scope = null;
            _handle.Dispose();
            GC.SuppressFinalize(this);
        }

        /// <summary>Takes the tensor out of its scope: the caller disposes it.</summary>
        public Tensor DetachFromDisposeScope() => MoveTo(null);

        /// <summary>Hands the tensor to the scope outside its own.</summary>
        public Tensor MoveToOuterDisposeScope() => MoveTo(_scope?.OuterScope);

        /// <summary>Hands the tensor to another scope.</summary>
        public Tensor MoveToOtherDisposeScope(DisposeScope? scope) => MoveTo(scope);

        internal Tensor MoveTo(DisposeScope? scope)
        {
            _scope?.Remove(this);
            _scope = scope;
            scope?.Add(this);
            return this;
        }

        internal void DisposeByScope()
        {
            _scope = null;
            _handle.Dispose();
        }

        /// <summary>The sizes of the dimensions.</summary>
        public long[] shape => Layout().Sizes;

        /// <summary>Number of dimensions.</summary>
        public long ndim => Info()[3];

        /// <summary>Number of dimensions.</summary>
        public long dim() => ndim;

        /// <summary>Number of elements.</summary>
        public long numel() => Info()[4];

        /// <summary>Element type.</summary>
        public ScalarType dtype => (ScalarType)Info()[0];

        /// <summary>Where it lies.</summary>
        public Device device
        {
            get
            {
                var info = Info();
                return new Device((DeviceType)info[1], (int)info[2]);
            }
        }

        /// <summary>Kind of device where it lies.</summary>
        public DeviceType device_type => (DeviceType)Info()[1];

        /// <summary>Whether gradients are computed for it.</summary>
        public bool requires_grad
        {
            get => Info()[6] != 0;
            set => NativeMethods.Check(NativeMethods.bif_tensor_set_requires_grad(Handle, value ? 1 : 0));
        }

        /// <summary>Whether no operator of the graph made it.</summary>
        public bool is_leaf => Info()[7] != 0;

        /// <summary>Bytes per element.</summary>
        public long element_size() => Info()[5];

        /// <summary>Size of one dimension.</summary>
        public long size(int dim)
        {
            var sizes = shape;
            return sizes[dim < 0 ? dim + sizes.Length : dim];
        }

        /// <summary>Strides in elements.</summary>
        public long[] stride() => Layout().Strides;

        /// <summary>Whether elements lie in row-major order without gaps.</summary>
        public bool is_contiguous() => Info()[8] != 0;

        /// <summary>Sets whether gradients are computed for it.</summary>
        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        /// <summary>The gradient that backward passes added up, or null.</summary>
        public Tensor? grad
        {
            get
            {
                NativeMethods.Check(NativeMethods.bif_tensor_grad(Handle, out var gradient));
                return gradient == 0 ? null : new Tensor(gradient);
            }
            set => NativeMethods.Check(NativeMethods.bif_tensor_set_grad(Handle, value?.Handle ?? 0));
        }

        /// <summary>Adds the gradient of this scalar to the leaves that require it.</summary>
        public void backward() => NativeMethods.Check(NativeMethods.bif_tensor_backward(Handle, 0, 0));

        /// <summary>The memory of a contiguous CPU tensor.</summary>
        public unsafe Span<byte> bytes
        {
            get
            {
                var info = Info();
                if (info[1] != 0 || info[8] == 0)
                {
                    throw new InvalidOperationException("Only a contiguous CPU tensor shows its bytes: call cpu().contiguous() first.");
                }

                NativeMethods.Check(NativeMethods.bif_tensor_data(Handle, out var data));
                return new Span<byte>(data, checked((int)(info[4] * info[5])));
            }
        }

        /// <summary>The elements, in row-major order.</summary>
        public Utils.TensorAccessor<T> data<T>() where T : unmanaged => new(this);

        /// <summary>The value of a tensor with one element.</summary>
        public T item<T>() where T : unmanaged
        {
            var info = Info();
            if (info[4] != 1 || info[5] != System.Runtime.CompilerServices.Unsafe.SizeOf<T>())
            {
                throw new ArgumentException($"item<{typeof(T).Name}>() does not fit a tensor of {info[4]} elements of {(ScalarType)info[0]}.");
            }

            using var here = cpu();
            return MemoryMarshal.Read<T>(here.bytes);
        }

        private unsafe long[] Info()
        {
            var info = new long[9];
            fixed (long* room = info)
            {
                NativeMethods.Check(NativeMethods.bif_tensor_info(Handle, room));
            }

            return info;
        }

        private unsafe (long[] Sizes, long[] Strides) Layout()
        {
            var dimensions = Info()[3];
            var sizes = new long[dimensions];
            var strides = new long[dimensions];
            fixed (long* sizeRoom = sizes, strideRoom = strides)
            {
                NativeMethods.bif_tensor_sizes(Handle, sizeRoom, strideRoom);
            }

            return (sizes, strides);
        }
    }
}
