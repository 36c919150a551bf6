using System.IO.Compression;
using System.Text;
using Bif.Kernels;
using Bif.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Torch.Tests.Kernels;

/// <summary>Zip checkpoints written byte by byte: what torch.save would never write.</summary>
public class HostilePickleTests
{
    private static readonly string Folder = TemporaryFolder.UntilExit();

    // {'w': tensor of the given sizes and strides in a storage of the given length}; one-byte numbers.
    private static byte[] Pickle(byte stored = 6, byte offset = 0, byte rows = 2, byte columns = 3, byte stride = 3) =>
    [
        0x80, 2, (byte)'}', .. Text("w"), .. Global("torch._utils", "_rebuild_tensor_v2"), (byte)'(', (byte)'(',
        .. Text("storage"), .. Global("torch", "FloatStorage"), .. Text("0"), .. Text("cpu"), (byte)'K', stored, (byte)'t', (byte)'Q',
        (byte)'K', offset, (byte)'K', rows, (byte)'K', columns, 0x86, (byte)'K', stride, (byte)'K', 1, 0x86, 0x89,
        .. Global("collections", "OrderedDict"), (byte)')', (byte)'R', (byte)'t', (byte)'R', (byte)'s', (byte)'.',
    ];

    [Fact]
    public void The_pickle_of_these_tests_is_read_when_nothing_is_wrong()
    {
        using var scope = NewDisposeScope();
        var path = Archive(Pickle(), 24);
        Assert.Equal([0, 1, 2, 3, 4, 5], PickledStateDict.Read(path)["w"].data<float>().ToArray());
    }

    [Fact]
    public void A_tensor_that_reaches_beyond_its_storage_is_refused()
    {
        Assert.Contains("beyond its stored values", Refused(Archive(Pickle(rows: 3), 24)), StringComparison.Ordinal);
        Assert.Contains("beyond its stored values", Refused(Archive(Pickle(offset: 1), 24)), StringComparison.Ordinal);
        Assert.Contains("beyond its stored values", Refused(Archive(Pickle(stride: 200), 24)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_storage_longer_than_its_record_is_refused()
        => Assert.Contains("20 bytes where 24 are needed", Refused(Archive(Pickle(), 20)), StringComparison.Ordinal);

    [Fact]
    public void Values_taken_from_an_empty_stack_unknown_instructions_and_missing_ends_are_refused()
    {
        byte[][] pickles = [[], [0x80, 2], [0x80, 2, (byte)'R', (byte)'.'], [0x80, 2, (byte)'h', 9, (byte)'.'], [0x80, 2, (byte)'t'],
            [0x80, 2, (byte)'X', 255, 255, 255, 255, 1], [0x80, 2, (byte)'i', (byte)'.'], [0x80, 5, (byte)'N', (byte)'.'], [0x80, 2, (byte)'(', (byte)'.']];
        Assert.All(pickles, pickle => Refused(Archive(pickle, 24)));
    }

    [Fact]
    public void Containers_nested_without_end_or_in_circles_do_no_harm()
    {
        byte[] deep = [0x80, 2, (byte)']', .. Enumerable.Range(0, 200_000).SelectMany(_ => "q\0]h\0a"u8.ToArray()), (byte)'.'];
        Refused(Archive(deep, 24));
        Refused(Archive([0x80, 2, .. "}q\0X\u0005\0\0\0modelh\0s."u8], 24));
    }

    [Fact]
    public void Damaged_pickles_are_read_or_refused_but_never_crash()
    {
        var stream = new PhiloxStream(4, 0, PhiloxPurpose.Diagnostics, 0);
        var refused = 0;
        for (var trial = 0; trial < 1500; trial++)
        {
            var pickle = Pickle();
            for (var damage = 0; damage <= trial % 3; damage++)
            {
                pickle[stream.NextInt(pickle.Length)] = (byte)stream.NextUInt32();
            }

            try
            {
                using var scope = NewDisposeScope();
                foreach (var tensor in PickledStateDict.Read(Archive(pickle, 24, "fuzz.pt")).Values)
                {
                    _ = tensor.to(ScalarType.Float32).sum().item<float>();
                }
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 500, 1500);
    }

    private static byte[] Text(string text) => [(byte)'X', (byte)text.Length, 0, 0, 0, .. Encoding.UTF8.GetBytes(text)];

    private static byte[] Global(string module, string name) => Encoding.UTF8.GetBytes($"c{module}\n{name}\n");

    private static string Archive(byte[] pickle, int storedBytes, string? name = null)
    {
        var path = Path.Combine(Folder, name ?? $"{Guid.NewGuid()}.pt");
        using var stream = File.Create(path);
        using var archive = new ZipArchive(stream, ZipArchiveMode.Create);
        var storage = new byte[storedBytes];
        for (var i = 0; i < storedBytes / 4; i++)
        {
            BitConverter.TryWriteBytes(storage.AsSpan(4 * i), (float)i);
        }

        foreach (var (entry, content) in new[] { ("data.pkl", pickle), ("version", "3\n"u8.ToArray()), ("data/0", storage) })
        {
            using var record = archive.CreateEntry("archive/" + entry, CompressionLevel.NoCompression).Open();
            record.Write(content);
        }

        return path;
    }

    private static string Refused(string path) => Assert.Throws<InvalidDataException>(() => PickledStateDict.Read(path)).Message;
}
