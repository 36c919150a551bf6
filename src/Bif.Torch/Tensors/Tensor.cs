using Bif.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>
    /// An n-dimensional array of libtorch. A new one registers in the thread's innermost dispose scope, which disposes it
    /// unless it is moved out. Wrappers of operators are one line each, by topic in this folder; what an operator refuses
    /// arrives as a <see cref="TorchException"/> with its name, the reason and the shapes given.
    /// </summary>
    public partial class Tensor : IDisposable
    {
        private readonly TensorHandle _handle;

        internal Tensor(nint handle)
        {
            _handle = new TensorHandle(handle);
            OwningDisposeScope = DisposeScopeManager.ThreadSingleton.Register(this);
        }

        // A tensor that stands in for another one, in no scope yet.
        private protected Tensor(TensorHandle handle) => _handle = handle;

        /// <summary>Tensors of this process that were neither disposed nor collected.</summary>
        public static long TotalCount => TensorHandle.Live;

        /// <summary>The at::Tensor* behind this object.</summary>
        /// <exception cref="ObjectDisposedException">The tensor was disposed.</exception>
        public IntPtr Handle => _handle.Pointer;

        /// <summary>Whether the tensor was disposed.</summary>
        public bool IsInvalid => _handle.IsClosed;

        internal static long LiveCount => TensorHandle.Live;

        internal DisposeScope? OwningDisposeScope { get; set; }

        /// <summary>Takes ownership of an at::Tensor* made by native code.</summary>
        public static Tensor UnsafeCreateTensor(IntPtr handle) => new(handle);

        /// <summary>Gives the at::Tensor* to the caller; this object counts as disposed.</summary>
        public IntPtr DecoupleFromNativeHandle()
        {
            OwningDisposeScope?.MarkAsDisposed(this);
            return _handle.Release();
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            Dispose(disposing: true);
            GC.SuppressFinalize(this);
        }

        /// <summary>Takes the tensor out of its scope: the caller disposes it.</summary>
        public Tensor DetachFromDisposeScope()
        {
            OwningDisposeScope?.Detach(this);
            return this;
        }

        /// <summary>Hands the tensor to the scope outside its own; without one, to the caller.</summary>
        public Tensor MoveToOuterDisposeScope()
        {
            OwningDisposeScope?.MoveToOuter(this);
            return this;
        }

        /// <summary>Hands the tensor to the scope of another one.</summary>
        public Tensor MoveToOtherDisposeScope(Tensor other) => MoveToOtherDisposeScope(other.OwningDisposeScope);

        /// <summary>Hands the tensor to another scope; null: to the caller.</summary>
        public Tensor MoveToOtherDisposeScope(DisposeScope? other)
        {
            if (OwningDisposeScope is { } scope)
            {
                scope.MoveToOther(other, this);
            }
            else
            {
                other?.Attach(this);
            }

            return this;
        }

        /// <summary>Releases this handle; memory goes with the last tensor that uses it.</summary>
        protected virtual void Dispose(bool disposing)
        {
            if (!disposing || _handle.IsClosed)
            {
                return;
            }

            var statistics = DisposeScopeManager.ThreadSingleton.TensorStatistics;
            if (OwningDisposeScope is { } scope)
            {
                statistics.DisposedInScopeCount++;
                scope.MarkAsDisposed(this);
            }
            else
            {
                statistics.DisposedOutsideScopeCount++;
            }

            _handle.Dispose();
        }
    }
}
