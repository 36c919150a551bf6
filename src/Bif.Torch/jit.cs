using System.Text;
using Bif.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>TorchScript.</summary>
    public static partial class jit
    {
        /// <summary>Loads a module with one input and one output.</summary>
        public static ScriptModule<T, TResult> load<T, TResult>(string filename, DeviceType device_type = DeviceType.CPU, long device_index = -1)
        {
            NativeMethods.Check(NativeMethods.bif_jit_load(filename, (int)device_type, (int)device_index, out var module));
            return new ScriptModule<T, TResult>(new ScriptHandle(module));
        }

        /// <summary>Loads a module with one input and one output from memory.</summary>
        public static unsafe ScriptModule<T, TResult> load<T, TResult>(byte[] bytes, DeviceType device_type = DeviceType.CPU, long device_index = -1)
        {
            fixed (byte* first = bytes)
            {
                NativeMethods.Check(NativeMethods.bif_jit_load_bytes(first, bytes.LongLength, (int)device_type, (int)device_index, out var module));
                return new ScriptModule<T, TResult>(new ScriptHandle(module));
            }
        }

        /// <summary>A loaded module whose forward takes a tensor and returns a tensor.</summary>
        public sealed class ScriptModule<T, TResult> : IDisposable
        {
            private readonly ScriptHandle _handle;

            internal ScriptModule(ScriptHandle handle) => _handle = handle;

            /// <summary>Runs the module.</summary>
            public unsafe TResult forward(T tensor)
            {
                var input = tensor as Tensor ?? throw new NotSupportedException("A TorchScript module takes a tensor here.");
                var handle = (nint)input.Handle;
                NativeMethods.Check(NativeMethods.bif_jit_forward(_handle.DangerousGetHandle(), &handle, 1, out var output));
                GC.KeepAlive(input);
                GC.KeepAlive(this);
                return (TResult)(object)new Tensor(output);
            }

            /// <summary>Runs the module.</summary>
            public TResult call(T input) => forward(input);

            /// <summary>Sets evaluation mode.</summary>
            public void eval() => train(false);

            /// <summary>Sets training mode.</summary>
            public void train(bool on = true) => NativeMethods.Check(NativeMethods.bif_jit_train(_handle.DangerousGetHandle(), on ? 1 : 0));

            /// <summary>Learned tensors with their names.</summary>
            public unsafe IEnumerable<(string name, Modules.Parameter parameter)> named_parameters(bool recurse = true)
                => List(NativeMethods.bif_jit_parameters, handle => new Modules.Parameter(handle));

            /// <summary>Other tensors with their names.</summary>
            public unsafe IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true)
                => List(NativeMethods.bif_jit_buffers, handle => new Tensor(handle));

            /// <inheritdoc/>
            public void Dispose() => _handle.Dispose();

            private unsafe delegate int Lister(nint module, byte* names, int namesCapacity, nint* handles, int capacity);

            private unsafe List<(string, TTensor)> List<TTensor>(Lister list, Func<nint, TTensor> create)
            {
                var room = list(_handle.DangerousGetHandle(), null, 0, null, 0) + 1;
                var names = new byte[room];
                var handles = new nint[room];
                int count;
                fixed (byte* first = names)
                fixed (nint* second = handles)
                {
                    count = list(_handle.DangerousGetHandle(), first, room, second, room);
                }

                var lines = Encoding.UTF8.GetString(names).Split('\n');
                return [.. Enumerable.Range(0, count).Select(index => (lines[index], create(handles[index])))];
            }
        }
    }
}
