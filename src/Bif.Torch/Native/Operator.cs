using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using TorchSharp;

namespace Bif.Native;

/// <summary>The generic call into libtorch's dispatcher: any operator by "aten::name.overload".</summary>
internal static unsafe class Operator
{
    private const int MaxResults = 1024;
    private static readonly ConcurrentDictionary<string, nint> Handles = new();

    /// <summary>Calls an operator that returns one tensor.</summary>
    /// <exception cref="TorchException">With the operator's name, the reason and the shapes given.</exception>
    public static torch.Tensor Call(string name, params ReadOnlySpan<Argument> arguments)
    {
        NativeValue result;
        var count = Invoke(name, arguments, &result, 1);
        return count == 1 && result.Kind == (long)ValueKind.Tensor
            ? new torch.Tensor((nint)result.Payload)
            : throw new TorchException($"{name} did not return a tensor.");
    }

    /// <summary>Calls an operator for its effect on its first argument; returns that argument.</summary>
    public static torch.Tensor CallInPlace(string name, torch.Tensor target, params ReadOnlySpan<Argument> others)
    {
        Span<Argument> arguments = new Argument[others.Length + 1];
        arguments[0] = target;
        others.CopyTo(arguments[1..]);
        NativeValue result;
        Invoke(name, arguments, &result, 1);
        NativeMethods.bif_tensor_release((nint)result.Payload);
        return target;
    }

    /// <summary>Calls an operator that returns several tensors, or a list of them.</summary>
    public static torch.Tensor[] CallMany(string name, params ReadOnlySpan<Argument> arguments)
    {
        var results = stackalloc NativeValue[MaxResults];
        var tensors = new torch.Tensor[Invoke(name, arguments, results, MaxResults)];
        for (var index = 0; index < tensors.Length; index++)
        {
            tensors[index] = new torch.Tensor((nint)results[index].Payload);
        }

        return tensors;
    }

    /// <summary>Calls an operator that returns a truth value.</summary>
    public static bool CallBoolean(string name, params ReadOnlySpan<Argument> arguments)
    {
        NativeValue result;
        Invoke(name, arguments, &result, 1);
        return result.Payload != 0;
    }

    private static int Invoke(string name, ReadOnlySpan<Argument> arguments, NativeValue* results, int capacity)
    {
        var op = Handles.GetOrAdd(name, static full => Find(full));
        var words = Words(arguments);
        var scratch = words <= 256 ? stackalloc long[words] : new long[words];
        var values = stackalloc NativeValue[arguments.Length];
        fixed (long* room = scratch)
        {
            var free = room;
            for (var index = 0; index < arguments.Length; index++)
            {
                values[index] = LayOut(arguments[index], ref free);
            }

            var code = NativeMethods.bif_operator_call(op, values, arguments.Length, results, capacity, out var count);
            foreach (var argument in arguments)
            {
                GC.KeepAlive(argument.Reference);
            }

            NativeMethods.Check(code);
            return count;
        }
    }

    // How much room the lists among the arguments take, in 8-byte words.
    private static int Words(ReadOnlySpan<Argument> arguments)
    {
        var words = 0;
        foreach (var argument in arguments)
        {
            words += argument.Reference switch
            {
                long[] values => values.Length,
                torch.Tensor?[] tensors => tensors.Length,
                string text => (Encoding.UTF8.GetByteCount(text) / 8) + 1,
                _ => 0,
            };
        }

        return words;
    }

    private static NativeValue LayOut(Argument argument, ref long* free)
    {
        var value = new NativeValue { Kind = (long)argument.Kind, Payload = argument.Payload };
        switch (argument.Reference)
        {
            case torch.Tensor tensor:
                value.Payload = tensor.Handle;
                break;
            case torch.Device device:
                value.Count = device.index;
                break;
            case long[] values:
                value.Payload = (long)free;
                value.Count = values.Length;
                values.CopyTo(new Span<long>(free, values.Length));
                free += values.Length;
                break;
            case torch.Tensor?[] tensors:
                value.Payload = (long)free;
                value.Count = tensors.Length;
                foreach (var entry in tensors)
                {
                    *free++ = entry?.Handle ?? 0;
                }

                break;
            case string text:
                value.Payload = (long)free;
                value.Count = Encoding.UTF8.GetBytes(text, new Span<byte>(free, ((text.Length * 3) / 8 * 8) + 8));
                free += (value.Count / 8) + 1;
                break;
        }

        return value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static nint Find(string full)
    {
        var dot = full.LastIndexOf('.');
        var (name, overload) = dot < 0 ? (full, "") : (full[..dot], full[(dot + 1)..]);
        NativeMethods.Check(NativeMethods.bif_operator_find(name, overload, out var op));
        return op;
    }
}
