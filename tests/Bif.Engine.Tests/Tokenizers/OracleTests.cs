using System.Diagnostics;
using System.Text.Json;
using Bif.Engine.Tokenizers;
using Bif.Testing;
using Xunit;

namespace Bif.Engine.Tests.Tokenizers;

/// <summary>Compares with Hugging Face's JavaScript tokenizers, where npm has put them.</summary>
public sealed class OracleTests
{
    private const string Script = """
        import { Tokenizer } from "@huggingface/tokenizers";
        import { readFileSync } from "node:fs";
        const tokenizer = new Tokenizer(JSON.parse(readFileSync(process.argv[1])), {});
        const texts = JSON.parse(readFileSync(0));
        console.log(JSON.stringify(texts.map(text => tokenizer.encode(text, { add_special_tokens: false }).ids)));
        """;

    [OracleTheory]
    [InlineData("tokenizers/gpt2")]
    [InlineData("tokenizers/gpt-neox")]
    [InlineData("stories260K")]
    public void A_thousand_random_strings_agree_with_the_JavaScript_implementation(string name)
    {
        var file = SharedData.At(name + "/tokenizer.json");
        var texts = RandomText.Strings(1000, seed: 11).ToArray();
        var expected = Ask(file, texts);
        var tokenizer = Tokenizer.Load(file);
        for (var index = 0; index < texts.Length; index++)
        {
            var ids = tokenizer.Encode(texts[index]).Ids;
            Assert.True(expected[index].SequenceEqual(ids), $"{JsonSerializer.Serialize(texts[index])}: {string.Join(' ', ids)} where {string.Join(' ', expected[index])} is expected");
        }
    }

    private static int[][] Ask(string file, string[] texts)
    {
        var start = new ProcessStartInfo("node") { WorkingDirectory = OracleTheoryAttribute.Folder, RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in new[] { "--input-type=module", "-e", Script, "--", file })
        {
            start.ArgumentList.Add(argument);
        }

        using var node = Process.Start(start)!;
        node.StandardInput.Write(JsonSerializer.Serialize(texts));
        node.StandardInput.Close();
        var answer = node.StandardOutput.ReadToEnd();
        node.WaitForExit();
        return JsonSerializer.Deserialize<int[][]>(answer)!;
    }

    /// <summary>Skips without node, without its package or without the data. BIF_NODE_MODULES names the folder that holds node_modules.</summary>
    private sealed class OracleTheoryAttribute : TheoryAttribute
    {
        public OracleTheoryAttribute()
        {
            if (Folder is null || SharedData.Root is null)
            {
                Skip = "npm has not put @huggingface/tokenizers beside the tests, or ../shared/data is not there";
            }
        }

        public static string? Folder { get; } = Find();

        private static string? Find()
        {
            static bool Has(string folder) => Directory.Exists(Path.Combine(folder, "node_modules", "@huggingface", "tokenizers"));
            if (Environment.GetEnvironmentVariable("BIF_NODE_MODULES") is { Length: > 0 } given)
            {
                return Has(given) ? given : null;
            }

            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !Has(folder.FullName))
            {
                folder = folder.Parent;
            }

            return folder?.FullName;
        }
    }
}
