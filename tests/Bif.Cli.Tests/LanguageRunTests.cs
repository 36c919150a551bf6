using System.Text.Json;
using Bif.Testing;
using Xunit;

namespace Bif.Cli.Tests;

[Trait("Pace", "slow")]
public sealed class LanguageRunTests
{
    [SharedDataFact("stories260K", "text/tinystories.txt")]
    public void A_language_model_is_attributed_and_its_passages_and_tokens_are_shown()
    {
        using var folder = new TemporaryFolder();
        var stories = SharedData.At("text/tinystories.txt");
        var run = folder.At("run");
        Run([
            "attribute", "--model", SharedData.At("stories260K"), "--data", stories + "[0:8]", "--queries", stories + "[20:22]", "--out", run, "--context", "32", "--windows", "first",
            "--per-token", "--sampler", "sgld", "--epsilon", "1e-6", "--nbeta", "5", "--gamma", "1e4", "--batch", "4", "--chains", "2", "--draws", "10", "--burn-in", "4", "--eval-batch", "5",
        ]);
        using var top = JsonDocument.Parse(Run(["top", run, "--query", "1", "-k", "2", "--json"]));
        Assert.All(top.RootElement.GetProperty("helpful").EnumerateArray(), row => Assert.NotEmpty(row.GetProperty("passage").GetString()!));
        Assert.Contains("passage", Run(["top", run, "--query", "1", "-k", "2"]), StringComparison.Ordinal);
        using var list = JsonDocument.Parse(Run(["tokens", run, "--query", "1", "--by", "word", "--json"]));
        var words = list.RootElement.GetProperty("spans").EnumerateArray().Select(word => word.GetProperty("text").GetString()!).ToArray();
        Assert.Equal(list.RootElement.GetProperty("passage").GetString(), string.Concat(words));
        using var related = JsonDocument.Parse(Run(["tokens", run, "--query", "1", "--token", "3", "-k", "5", "--json"]));
        Assert.Equal(0, Code(["tokens", run, "--query", "1", "--token", "3", "--view", "partial"]));
        Assert.Equal(0, Code(["tokens", run, "--query", "1", "--token", "3", "--by", "word", "--view", "partial"]));
        Assert.Equal(2, Code(["tokens", run, "--query", "1", "--token", "999"]));
        var examples = Run(["tokens", run, "--examples", "5", "--by", "word", "-k", "3"]).Trim().Split('\n');
        Assert.Equal(4, examples.Length);
        Assert.All(examples[2..], row => Assert.Equal(4, row.Split("**").Length / 2));
        Assert.Equal(5, related.RootElement.GetProperty("related").GetArrayLength());

        File.WriteAllText(folder.At("partners.json"), """{"pairs": [{"word": "a", "partner": "was", "kind": "frequent"}, {"word": "was", "partner": "unheard-of", "kind": "rare"}]}""");
        using var partners = JsonDocument.Parse(Run(["tokens", run, "--partners", folder.At("partners.json"), "--json"]));
        var asked = partners.RootElement.GetProperty("words").EnumerateArray().ToList();
        Assert.NotEmpty(asked);
        Assert.All(asked, word => Assert.Equal(word.GetProperty("word").GetString() == "a" ? "was" : "a", word.GetProperty("partners").EnumerateObject().Single().Name));
        Assert.Equal(asked.Average(word => word.GetProperty("place").GetProperty("rank").GetInt32() == 1 ? 1.0 : 0), partners.RootElement.GetProperty("all").GetProperty("top").GetDouble(), 9);
        Assert.True(File.Exists(Path.Combine(run, "partners.json")));
        Assert.Equal(0, Code(["tokens", run, "--partners", folder.At("partners.json"), "--view", "partial"]));
        File.WriteAllText(folder.At("partners.json"), """{"pairs": [{"word": "unheard", "partner": "of", "kind": "rare"}]}""");
        Assert.Equal(2, Code(["tokens", run, "--partners", folder.At("partners.json")]));
    }

    private static int Code(string[] arguments) => CommandLine.Run(arguments, TextWriter.Null, TextWriter.Null);

    private static string Run(string[] arguments)
    {
        var (code, output, errors) = Programs.RunHere(arguments);
        Assert.True(code == 0, errors);
        return output;
    }
}
