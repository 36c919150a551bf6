using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using TorchSharp;

namespace Bif.Native;

/// <summary>
/// The generic call into libtorch's dispatcher: any operator by "aten::name.overload". Arguments left out at the end take
/// the operator's defaults. Every method throws <see cref="TorchException"/> with the operator's name, the reason and the
/// shapes given.
/// </summary>
internal static unsafe class Operator
{
    private const int MaxResults = 1024;

    // Names are literals of the wrappers: one object each, so that looking one up compares addresses.
    private static readonly ConcurrentDictionary<string, nint> Handles = new(ReferenceEqualityComparer.Instance);

    /// <summary>Calls an operator that returns one tensor.</summary>
    public static torch.Tensor Call(string name, params ReadOnlySpan<Argument> arguments)
    {
        NativeValue result;
        Expect(name, 1, Invoke(name, arguments, &result, 1));
        return Wrap(name, result);
    }

    /// <summary>Calls an operator that returns two tensors.</summary>
    public static (torch.Tensor First, torch.Tensor Second) CallTwo(string name, params ReadOnlySpan<Argument> arguments)
    {
        var results = stackalloc NativeValue[2];
        Expect(name, 2, Invoke(name, arguments, results, 2));
        return (Wrap(name, results[0]), Wrap(name, results[1]));
    }

    /// <summary>Calls an operator that returns three tensors.</summary>
    public static (torch.Tensor First, torch.Tensor Second, torch.Tensor Third) CallThree(string name, params ReadOnlySpan<Argument> arguments)
    {
        var results = stackalloc NativeValue[3];
        Expect(name, 3, Invoke(name, arguments, results, 3));
        return (Wrap(name, results[0]), Wrap(name, results[1]), Wrap(name, results[2]));
    }

    /// <summary>Calls an operator that returns four tensors.</summary>
    public static (torch.Tensor First, torch.Tensor Second, torch.Tensor Third, torch.Tensor Fourth) CallFour(string name, params ReadOnlySpan<Argument> arguments)
    {
        var results = stackalloc NativeValue[4];
        Expect(name, 4, Invoke(name, arguments, results, 4));
        return (Wrap(name, results[0]), Wrap(name, results[1]), Wrap(name, results[2]), Wrap(name, results[3]));
    }

    /// <summary>Calls an operator that returns a list of tensors.</summary>
    public static torch.Tensor[] CallMany(string name, params ReadOnlySpan<Argument> arguments)
    {
        var results = new NativeValue[MaxResults];
        fixed (NativeValue* first = results)
        {
            var tensors = new torch.Tensor[Invoke(name, arguments, first, MaxResults)];
            for (var index = 0; index < tensors.Length; index++)
            {
                tensors[index] = Wrap(name, results[index]);
            }

            return tensors;
        }
    }

    /// <summary>Calls an operator for its effect on its first argument; returns that argument.</summary>
    public static torch.Tensor CallInPlace(string name, params ReadOnlySpan<Argument> arguments)
    {
        Invoke(name, arguments, null, 0);
        return Unsafe.As<torch.Tensor>(arguments[0].Reference!);
    }

    /// <summary>Calls an operator that returns a truth value.</summary>
    public static bool CallBoolean(string name, params ReadOnlySpan<Argument> arguments)
    {
        NativeValue result;
        Expect(name, 1, Invoke(name, arguments, &result, 1));
        return result.Payload != 0;
    }

    /// <summary>Whether this libtorch has the operator.</summary>
    public static bool Exists(string name) => Handles.TryGetValue(name, out _) || TryFind(name, out _) == 0;

    private static int Invoke(string name, ReadOnlySpan<Argument> arguments, NativeValue* results, int capacity)
    {
        if (!Handles.TryGetValue(name, out var op))
        {
            op = Find(name);
        }

        var words = ArgumentLayout.Words(arguments);
        var scratch = words <= 64 ? stackalloc long[64] : new long[words];
        var values = stackalloc NativeValue[arguments.Length];
        fixed (long* room = scratch)
        {
            ArgumentLayout.LayOut(arguments, values, room);
            var code = NativeMethods.bif_operator_call(op, values, arguments.Length, results, capacity, out var count);

            // No finalizer may release a tensor while the operator works on it.
            foreach (ref readonly var argument in arguments)
            {
                GC.KeepAlive(argument.Reference);
            }

            NativeMethods.Check(code);
            return count;
        }
    }

    private static torch.Tensor Wrap(string name, in NativeValue result) => result.Kind == ValueKind.Tensor
        ? new torch.Tensor((nint)result.Payload)
        : throw new TorchException($"{name} returned {result.Kind} where a tensor was expected.");

    private static void Expect(string name, int expected, int actual)
    {
        if (actual != expected)
        {
            throw new TorchException($"{name} returned {actual} values instead of {expected}.");
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static nint Find(string name)
    {
        NativeMethods.Check(TryFind(name, out var op));
        return op;
    }

    private static int TryFind(string full, out nint op)
    {
        NativeValue.VerifyLayout();
        var dot = full.LastIndexOf('.');
        var (name, overload) = dot < 0 ? (full, "") : (full[..dot], full[(dot + 1)..]);
        var code = NativeMethods.bif_operator_find(name, overload, out op);
        if (code == 0)
        {
            op = Handles.GetOrAdd(full, op);
        }

        return code;
    }
}
