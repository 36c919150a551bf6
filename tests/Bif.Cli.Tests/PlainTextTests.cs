using Bif.Cli.Terminal;
using Xunit;

namespace Bif.Cli.Tests;

public sealed class PlainTextTests
{
    [Theory]
    [InlineData("one\r\n  two\nthree", "one two three")]
    [InlineData("a\u001b[2Jb\u0007", "a?[2Jb?")]
    [InlineData("gnp\u202egpj.exe", "gnp?gpj.exe")]
    [InlineData("naïve ☃ 猫", "naïve ☃ 猫")]
    public void A_name_from_a_file_cannot_command_the_terminal(string text, string shown) => Assert.Equal(shown, PlainText.OneLine(text));

    [Fact]
    public void A_text_without_end_is_cut() => Assert.InRange(PlainText.OneLine(new string('x', 100_000)).Length, 100, 1000);
}
