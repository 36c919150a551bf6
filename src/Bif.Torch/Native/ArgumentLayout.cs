using System.Runtime.CompilerServices;
using System.Text;
using TorchSharp;

namespace Bif.Native;

/// <summary>Lays arguments out as the native side reads them; lists go into a scratch area of 8-byte words.</summary>
internal static unsafe class ArgumentLayout
{
    /// <summary>How many words the lists among the arguments take.</summary>
    public static int Words(ReadOnlySpan<Argument> arguments)
    {
        var words = 0;
        foreach (ref readonly var argument in arguments)
        {
            words += argument.Kind switch
            {
                ValueKind.Integers => Unsafe.As<long[]>(argument.Reference!).Length,
                ValueKind.Reals => Unsafe.As<double[]>(argument.Reference!).Length,
                ValueKind.Tensors or ValueKind.OptionalTensors => Unsafe.As<torch.Tensor?[]>(argument.Reference!).Length,
                ValueKind.Text => TextWords(Unsafe.As<string>(argument.Reference!)),
                _ => 0,
            };
        }

        return words;
    }

    /// <summary>Fills one value per argument; <paramref name="room"/> has at least <see cref="Words"/> words.</summary>
    public static void LayOut(ReadOnlySpan<Argument> arguments, NativeValue* values, long* room)
    {
        foreach (ref readonly var argument in arguments)
        {
            values->Kind = argument.Kind;
            values->Payload = argument.Payload;
            values->Count = 0;
            switch (argument.Kind)
            {
                case ValueKind.Tensor:
                    values->Payload = Unsafe.As<torch.Tensor>(argument.Reference!).Handle;
                    break;
                case ValueKind.Device:
                    values->Count = Unsafe.As<torch.Device>(argument.Reference!).index;
                    break;
                case ValueKind.Generator:
                    values->Payload = Unsafe.As<torch.Generator>(argument.Reference!).Handle;
                    break;
                case ValueKind.Integers:
                    Append<long>(Unsafe.As<long[]>(argument.Reference!), values, ref room);
                    break;
                case ValueKind.Reals:
                    Append<double>(Unsafe.As<double[]>(argument.Reference!), values, ref room);
                    break;
                case ValueKind.Tensors or ValueKind.OptionalTensors:
                    Append(Unsafe.As<torch.Tensor?[]>(argument.Reference!), values, ref room);
                    break;
                case ValueKind.Text:
                    Append(Unsafe.As<string>(argument.Reference!), values, ref room);
                    break;
            }

            values++;
        }
    }

    private static void Append<T>(ReadOnlySpan<T> list, NativeValue* value, ref long* room) where T : unmanaged
    {
        value->Payload = (long)room;
        value->Count = list.Length;
        list.CopyTo(new Span<T>(room, list.Length));
        room += list.Length;
    }

    private static void Append(ReadOnlySpan<torch.Tensor?> tensors, NativeValue* value, ref long* room)
    {
        value->Payload = (long)room;
        value->Count = tensors.Length;
        foreach (var tensor in tensors)
        {
            *room++ = tensor?.Handle ?? 0;
        }
    }

    private static void Append(string text, NativeValue* value, ref long* room)
    {
        var words = TextWords(text);
        value->Payload = (long)room;
        value->Count = Encoding.UTF8.GetBytes(text, new Span<byte>(room, words * sizeof(long)));
        room += words;
    }

    private static int TextWords(string text) => (Encoding.UTF8.GetByteCount(text) / sizeof(long)) + 1;
}
