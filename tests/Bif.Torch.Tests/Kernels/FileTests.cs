using Bif.Kernels;
using Bif.Testing;
using Xunit;

namespace Bif.Torch.Tests.Kernels;

public sealed class FileTests
{
    [Fact]
    public void A_text_file_named_jpg_is_refused_with_its_path()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.At("photo.jpg"), "this is no photograph");
        var error = Assert.Throws<ImageException>(() => Images.Size(folder.At("photo.jpg")));
        Assert.Contains("photo.jpg", error.Message, StringComparison.Ordinal);
    }

    [SharedDataFact("imagenette-sample")]
    public void A_truncated_photograph_is_refused_and_a_whole_one_decodes_to_any_size()
    {
        using var folder = new TemporaryFolder();
        var photo = Directory.GetFiles(SharedData.At("imagenette-sample/val/n01440764"))[0];
        Assert.Equal((224, 224), Images.Size(photo));
        var pixels = new byte[3 * 64 * 64];
        Images.Decode(photo, 3, 64, 64, pixels);
        Assert.True(pixels.Distinct().Count() > 50);
        File.WriteAllBytes(folder.At("cut.jpg"), File.ReadAllBytes(photo)[..4000]);
        Assert.Throws<ImageException>(() => Images.Decode(folder.At("cut.jpg"), 3, null, null, new byte[3 * 224 * 224]));
    }

    [Fact]
    public void Something_that_is_no_zip_checkpoint_is_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.At("model.pt"), "not a checkpoint");
        Assert.Contains("model.pt", Assert.Throws<InvalidDataException>(() => PickledStateDict.Read(folder.At("model.pt"))).Message, StringComparison.Ordinal);
    }
}
