using System.Text;
using Bif.Engine.Arrays;
using Xunit;

namespace Bif.Engine.Tests.Arrays;

public sealed class NpyFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bif-npy-").FullName;

    private string FilePath => Path.Combine(_folder, "array.npy");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_bytes_are_NumPys()
    {
        NpyFile.Write(FilePath, [2, 3], new float[] { 1, 2, 3, 4, 5, 6 });
        var bytes = File.ReadAllBytes(FilePath);
        Assert.Equal([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, 118, 0], bytes[..10]);
        Assert.Equal("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".PadRight(117) + "\n", Encoding.ASCII.GetString(bytes, 10, 118));
        Assert.Equal(128 + 24, bytes.Length);
        Assert.Equal(6f, BitConverter.ToSingle(bytes, 148));
        NpyFile.Write(FilePath, [3], new long[] { 1, 2, 3 });
        Assert.Contains("'<i8', 'fortran_order': False, 'shape': (3,), }", File.ReadAllText(FilePath, Encoding.Latin1), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_element_type_survives_a_round_trip()
    {
        RoundTrip<float>([4], [1.5f, float.NaN, float.PositiveInfinity, -0f]);
        RoundTrip<double>([2, 1, 2], [Math.PI, double.Epsilon, double.NaN, 1e300]);
        RoundTrip<int>([2, 2], [1, -2, int.MaxValue, int.MinValue]);
        RoundTrip<long>([], [long.MinValue]);
        RoundTrip<float>([0, 7], []);
    }

    [Fact]
    public void A_matrix_is_written_in_pieces_and_read_by_rows()
    {
        using (var writer = new NpyWriter<float>(FilePath, 3, 4))
        {
            writer.Write(2, 0, [8, 9]);
            writer.Write(2, 2, [10, 11]);
            writer.Write(0, 0, [0, 1, 2, 3]);
            writer.Write(1, 0, [4, 5, 6, 7]);
            Assert.False(File.Exists(FilePath));
            Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write(0, 3, [1, 2]));
            writer.Complete();
        }

        Assert.Equal(Enumerable.Range(0, 12).Select(value => (float)value), NpyFile.Read<float>(FilePath).Values);
        Assert.Equal([4f, 5f, 6f, 7f], NpyFile.ReadRow<float>(FilePath, 1));
        Assert.Equal([3L, 4L], NpyFile.ReadShape<float>(FilePath));
        Assert.Throws<InputException>(() => NpyFile.ReadRow<float>(FilePath, 3));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void An_abandoned_write_leaves_the_old_file()
    {
        NpyFile.Write(FilePath, [1], new float[] { 7 });
        using (var writer = new NpyWriter<float>(FilePath, 2, 2))
        {
            writer.Write(0, 0, [1, 2]);
        }

        Assert.Equal([7f], NpyFile.Read<float>(FilePath).Values);
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Damaged_files_are_refused_in_a_sentence()
    {
        Assert.Throws<InputException>(() => NpyFile.Read<float>(FilePath));
        NpyFile.Write(FilePath, [2, 3], new float[6]);
        var whole = File.ReadAllBytes(FilePath);
        Assert.Contains("<f8", Assert.Throws<InputException>(() => NpyFile.Read<double>(FilePath)).Message, StringComparison.Ordinal);
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(FilePath, whole[..length]);
            Assert.Throws<InputException>(() => NpyFile.Read<float>(FilePath));
        }

        File.WriteAllBytes(FilePath, [.. whole, 0]);
        Assert.Throws<InputException>(() => NpyFile.Read<float>(FilePath));
        foreach (var (from, to) in new[] { ("(2, 3)", "(2,-3)"), ("False", "True "), ("(2, 3)", "(9, 9)"), ("shape", "shepa"), ("(2, 3)", "(9x 9)") })
        {
            var text = Encoding.Latin1.GetString(whole).Replace(from, to, StringComparison.Ordinal);
            File.WriteAllBytes(FilePath, Encoding.Latin1.GetBytes(text));
            Assert.Throws<InputException>(() => NpyFile.Read<float>(FilePath));
        }

        var huge = Encoding.Latin1.GetString(whole).Replace("(2, 3), }          ", "(9223372036854775807, 9223372036854775807, 4), }", StringComparison.Ordinal);
        File.WriteAllBytes(FilePath, Encoding.Latin1.GetBytes(huge));
        Assert.Throws<InputException>(() => NpyFile.Read<float>(FilePath));
    }

    private void RoundTrip<T>(long[] shape, T[] values) where T : unmanaged
    {
        NpyFile.Write(FilePath, shape, values);
        var read = NpyFile.Read<T>(FilePath);
        Assert.Equal(shape, read.Shape);
        Assert.Equal(values, read.Values);
    }
}
