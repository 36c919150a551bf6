using Bif.Cli.Terminal;
using Xunit;

namespace Bif.Cli.Tests;

public sealed class HalfBlocksTests
{
    [Fact]
    public void A_known_picture_becomes_the_right_colours()
    {
        // 4×4: the upper half red, the lower left quarter blue, the rest black.
        var pixels = new byte[48];
        for (var y = 0; y < 4; y++)
        {
            for (var x = 0; x < 4; x++)
            {
                pixels[(y * 4) + x] = (byte)(y < 2 ? 255 : 0);
                pixels[32 + (y * 4) + x] = (byte)(y >= 2 && x < 2 ? 255 : 0);
            }
        }

        Assert.Equal(["[#ff0000 on #0000ff]▀[/][#ff0000 on #000000]▀[/]"], HalfBlocks.Render(pixels, 3, 4, 4, 2));
    }
}
