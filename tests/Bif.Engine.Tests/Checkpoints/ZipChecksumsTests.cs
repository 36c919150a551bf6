using System.IO.Compression;
using Bif.Engine.Checkpoints;
using Bif.Testing;
using Xunit;

namespace Bif.Engine.Tests.Checkpoints;

public sealed class ZipChecksumsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_flipped_bit_in_an_archive_is_refused_wherever_it_lies_in_the_content()
    {
        var content = Enumerable.Range(0, 300).Select(value => (byte)value).ToArray();
        using (var archive = ZipFile.Open(_folder.At("m.pt"), ZipArchiveMode.Create))
        {
            using var entry = archive.CreateEntry("m/data/0", CompressionLevel.NoCompression).Open();
            entry.Write(content);
        }

        ZipChecksums.Require(_folder.At("m.pt"));
        var whole = File.ReadAllBytes(_folder.At("m.pt"));
        var start = whole.AsSpan().IndexOf(content);
        for (var place = start; place < start + content.Length; place += 37)
        {
            var damaged = whole.ToArray();
            damaged[place] ^= 4;
            File.WriteAllBytes(_folder.At("m.pt"), damaged);
            Assert.Contains("m/data/0", Assert.Throws<InputException>(() => ZipChecksums.Require(_folder.At("m.pt"))).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_is_no_archive_is_left_to_its_reader()
    {
        File.WriteAllText(_folder.At("m.pt"), "no archive");
        ZipChecksums.Require(_folder.At("m.pt"));
    }
}
