using System.Runtime.InteropServices;
using Bif.Native;

namespace TorchSharp;

public static partial class torch
{
    public static partial class jit
    {
        /// <summary>A TorchScript module: inputs are tensors, outputs are tensors, tuples or lists of them.</summary>
        public class ScriptModule : nn.Module
        {
            private const int MaxOutputs = 64;
            private readonly ScriptHandle _handle;

            internal ScriptModule(nint handle) => _handle = new ScriptHandle(handle);

            /// <inheritdoc/>
            public override bool training => NativeMethods.bif_jit_is_training(_handle.Pointer) != 0;

            /// <summary>Number of inputs of forward.</summary>
            public int GetNumberOfInputs()
            {
                NativeMethods.Check(NativeMethods.bif_jit_input_count(_handle.Pointer, out var count));
                return count;
            }

            /// <summary>Runs the module; the result is a tensor, or an array of tensors where it returns several.</summary>
            public object call(params object[] input) => forward(input);

            /// <inheritdoc cref="call"/>
            public object forward(params object[] input)
            {
                var outputs = Run([.. input.Select(value => value as Tensor ?? throw NotATensor(value?.GetType()))]);
                return outputs is [var single] ? single : outputs;
            }

            /// <inheritdoc/>
            public override void train(bool train = true) => NativeMethods.Check(NativeMethods.bif_jit_train(_handle.Pointer, train ? 1 : 0));

            /// <inheritdoc/>
            public override IEnumerable<(string name, Modules.Parameter parameter)> named_parameters(bool recurse = true)
                => Named(0, recurse, static handle => new Modules.Parameter(handle));

            /// <inheritdoc/>
            public override IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_nonpersistent = true)
                => Named(1, recurse, static handle => new Tensor(handle));

            internal override void Move(Device? device, ScalarType? type)
            {
                if (device is not null)
                {
                    NativeMethods.Check(NativeMethods.bif_jit_to(_handle.Pointer, (int)device.type, device.index));
                }

                if (type is { } wanted)
                {
                    NativeMethods.Check(NativeMethods.bif_jit_to_type(_handle.Pointer, (int)wanted));
                }
            }

            internal unsafe Tensor[] Run(params Tensor[] inputs)
            {
                nint[] from = [.. inputs.Select(tensor => tensor.Handle)];
                var to = new nint[MaxOutputs];
                int count;
                fixed (nint* first = from, second = to)
                {
                    NativeMethods.Check(NativeMethods.bif_jit_forward(_handle.Pointer, first, from.Length, second, MaxOutputs, out count));
                }

                GC.KeepAlive(inputs);
                GC.KeepAlive(this);
                return [.. to.Take(count).Select(handle => new Tensor(handle))];
            }

            // What a typed module's forward returns, from the tensors that came back.
            internal static TResult Result<TResult>(Tensor[] outputs)
            {
                object? result = typeof(TResult) == typeof(Tensor[]) ? outputs : outputs switch
                {
                    [var single] => single,
                    [var first, var second] => (first, second),
                    [var first, var second, var third] => (first, second, third),
                    _ => null,
                };
                return result is TResult fitting ? fitting
                    : throw new InvalidCastException($"The module returns {outputs.Length} tensors, which are no {typeof(TResult)}.");
            }

            internal static Tensor Input<T>(T value) => value as Tensor ?? throw NotATensor(typeof(T));

            /// <inheritdoc/>
            protected override void Dispose(bool disposing)
            {
                if (disposing)
                {
                    _handle.Dispose();
                }

                base.Dispose(disposing);
            }

            private static NotSupportedException NotATensor(Type? type) => new($"A TorchScript module takes tensors here, not {type?.Name ?? "null"}.");

            private List<(string, TTensor)> Named<TTensor>(int kind, bool recurse, Func<nint, TTensor> create)
            {
                NativeMethods.Check(NativeMethods.bif_jit_named(_handle.Pointer, kind, recurse ? 1 : 0, out var list, out var names, out var count));
                try
                {
                    var lines = Marshal.PtrToStringUTF8(names)!.Split('\n');
                    return [.. Enumerable.Range(0, count).Select(index => (lines[index], create(NativeMethods.bif_jit_named_tensor(list, index))))];
                }
                finally
                {
                    NativeMethods.bif_jit_named_release(list);
                }
            }
        }

        /// <summary>A module of one input.</summary>
        public sealed class ScriptModule<T, TResult> : ScriptModule
        {
            internal ScriptModule(nint handle) : base(handle)
            {
            }

            /// <summary>Runs the module.</summary>
            public TResult call(T input) => forward(input);

            /// <summary>Runs the module.</summary>
            public TResult forward(T tensor) => Result<TResult>(Run(Input(tensor)));
        }

        /// <summary>A module of two inputs.</summary>
        public sealed class ScriptModule<T1, T2, TResult> : ScriptModule
        {
            internal ScriptModule(nint handle) : base(handle)
            {
            }

            /// <summary>Runs the module.</summary>
            public TResult call(T1 input1, T2 input2) => forward(input1, input2);

            /// <summary>Runs the module.</summary>
            public TResult forward(T1 input1, T2 input2) => Result<TResult>(Run(Input(input1), Input(input2)));
        }
    }
}
