using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Sampling;
using Bif.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Data;

public sealed class TextFormatTests
{
    private const string Stories = "text/tinystories.txt", Llama = "stories260K", Gpt2 = "tokenizers/gpt2";

    [SharedDataFact(Llama, Stories)]
    public void The_first_thirty_stories_have_the_known_loss_per_token()
    {
        using var model = Model.Load(SharedData.At(Llama), CPU);
        using var data = DatasetLoader.Open(SharedData.At(Stories) + "[0:30]", Input(model, 256, TextWindows.First));
        model.CheckData(data);
        Assert.Equal(30, data.Count);
        Assert.Equal(1.2465, Losses(model, data, 7).Sum(loss => (double)loss) / data.Text!.PredictedCount, 3);
    }

    [SharedDataFact(Llama, Stories)]
    public void Losses_come_in_the_items_order_whatever_the_batch()
    {
        using var model = Model.Load(SharedData.At(Llama), CPU);
        using var data = DatasetLoader.Open(SharedData.At(Stories) + "[0:12]", Input(model, 64, TextWindows.First));
        var alone = Losses(model, data, 1);
        var together = Losses(model, data, 5);
        for (var item = 0; item < data.Count; item++)
        {
            using var one = DatasetLoader.Open(SharedData.At(Stories) + $"[{item}:{item + 1}]", Input(model, 64, TextWindows.First));
            Assert.Equal(Losses(model, one, 1)[0], alone[item], 3);
            Assert.Equal(alone[item], together[item], 3);
        }
    }

    [SharedDataFact(Gpt2)]
    public void Windows_predict_every_token_of_a_document_once_and_keep_their_place()
    {
        using var folder = new TemporaryFolder();
        var documents = new[] { "One two three four five six seven eight nine ten eleven twelve.", "A short one.", "The colour — naïve 😀 — of the harbour, once more." };
        File.WriteAllText(folder.At("a.txt"), string.Join("\n---\n", documents));
        var tokenizer = Engine.Tokenizers.Tokenizer.Load(SharedData.At(Gpt2 + "/tokenizer.json"));
        using var data = DatasetLoader.Open(folder.At("a.txt"), Spec(5) with { Text = Spec(5).Text! with { Separator = "---" } });
        var text = data.Text!;
        Assert.All(Enumerable.Range(0, text.Count), item => Assert.InRange(text.Length(item), 2, 5));
        for (var document = 0; document < documents.Length; document++)
        {
            var items = Enumerable.Range(0, text.Count).Where(item => text.Documents[item] == document).ToArray();
            var predicted = items.SelectMany(item => text.Tokens(item)[1..].ToArray());
            Assert.Equal(tokenizer.Encode(documents[document]).Ids[1..], predicted);
            foreach (var item in items)
            {
                var passage = text.Passages[item];
                Assert.Equal(passage, documents[document].Substring(text.DocumentStarts[item], passage.Length));
                var last = text.Offsets[item + 1] - 1;
                Assert.Equal((0, passage.Length), (text.Starts[text.Offsets[item]], text.Ends[last]));
            }
        }
    }

    [SharedDataFact(Gpt2)]
    public void Packed_windows_are_full_and_know_the_document_they_begin_in()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.At("a.jsonl"), string.Join('\n', Enumerable.Range(0, 9).Select(number => $$"""{"text": "Document number {{number}} says hello."}""")));
        using var data = DatasetLoader.Open(folder.At("a.jsonl"), Spec(8) with { Text = Spec(8).Text! with { Windows = TextWindows.Packed } });
        var text = data.Text!;
        Assert.All(Enumerable.Range(0, text.Count - 1), item => Assert.Equal(8, text.Length(item)));
        Assert.Equal(8, text.Ids.Count(id => id == 50256) - Enumerable.Range(1, text.Count - 1).Count(item => text.Tokens(item)[0] == 50256));
        Assert.Equal(Enumerable.Range(0, text.Count).Select(item => text.Documents[item]).Order(), text.Documents);
        Assert.Equal((0, 0), (text.Documents[0], text.DocumentStarts[0]));
    }

    [SharedDataFact(Gpt2)]
    public void Slices_keep_the_tokens_and_the_hash_follows_the_content()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.At("pairs.tsv"), "a cat\tun chat\na dog\tun chien\na house\tune maison\n");
        using var all = DatasetLoader.Open(folder.At("pairs.tsv"), Spec(16));
        using var part = DatasetLoader.Open(folder.At("pairs.tsv") + "[1:2]", Spec(16));
        Assert.Equal("a dog\tun chien", Assert.Single(part.Text!.Passages));
        Assert.Equal(all.Text!.Tokens(1).ToArray(), part.Text.Tokens(0).ToArray());
        Assert.NotEqual(all.Hash, part.Hash);
        Assert.Equal(1, part.FirstIndex);
    }

    [Fact]
    public void Text_without_a_language_model_is_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.At("a.txt"), "text");
        Assert.Contains("language model", Assert.Throws<InputException>(() => DatasetLoader.Open(folder.At("a.txt"))).Message, StringComparison.Ordinal);
    }

    [SharedDataFact(Gpt2)]
    public void A_line_that_is_no_object_with_text_is_named()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.At("a.jsonl"), "{\"text\": \"fine\"}\n{\"body\": 1}\n");
        Assert.Contains("line 2", Assert.Throws<InputException>(() => DatasetLoader.Open(folder.At("a.jsonl"), Spec(8))).Message, StringComparison.Ordinal);
    }

    [SharedDataFact(Gpt2)]
    public void Hostile_text_is_refused_with_its_place()
    {
        foreach (var (name, content, words) in new[]
        {
            ("a.jsonl", "{\"text\": \"fine words\"}\n{\"text\": null}\n", "line 2"),
            ("a.jsonl", "{\"text\": \"fine words\"}\n{\"text\": 5}\n", "line 2"),
            ("a.jsonl", "[]\n", "line 1"),
            ("a.jsonl", "{\"text\": \"half a sur\\ud800rogate\"}\n", "line 1"),
            ("a.jsonl", "", "is empty"),
            ("a.txt", " \n\t\r\n <|endoftext|> \n", "no text"),
            ("a.tsv", "\n\n", "no text"),
            ("a.txt", "a", "two tokens"),
        })
        {
            using var folder = new TemporaryFolder();
            File.WriteAllText(folder.At(name), content);
            var message = Assert.Throws<InputException>(() => DatasetLoader.Open(folder.At(name), Spec(8))).Message;
            Assert.Contains(words, message, StringComparison.Ordinal);
            Assert.Contains(name, message, StringComparison.Ordinal);
        }
    }

    [SharedDataFact(Gpt2)]
    public void Line_ends_marks_of_byte_order_and_bytes_that_are_no_text_are_borne()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.At("a.TSV"), [0xEF, 0xBB, 0xBF, .. "un chat\ta cat\r\nun chien\ta dog\r\n"u8]);
        using var pairs = DatasetLoader.Open(folder.At("a.TSV"), Spec(32));
        Assert.Equal(["un chat\ta cat", "un chien\ta dog"], pairs.Text!.Passages);
        File.WriteAllBytes(folder.At("b.txt"), [.. "before "u8, 0xFF, 0xC0, 0x00, .. " after"u8]);
        using var bytes = DatasetLoader.Open(folder.At("b.txt"), Spec(32));
        Assert.Equal("before \uFFFD\uFFFD\0 after", bytes.Text!.Passages[0]);
    }

    private static InputSpec Spec(int context) => new(null, null, null, null, null, null)
    {
        Text = new TextInput(SharedData.At(Gpt2 + "/tokenizer.json"), context, 50256),
    };

    private static InputSpec Input(Model model, int context, TextWindows windows)
        => model.Input with { Text = model.Input.Text! with { Context = context, Windows = windows } };

    private static float[] Losses(Model model, Dataset data, int batch)
    {
        using var feed = new DataFeed(data, model.Input, CPU);
        using var weights = model.Bind(ParameterSelection.All(model.Layout), model.Parameters, null);
        var losses = new float[data.Count];
        LossEvaluator.Evaluate(model, weights, feed, batch, losses);
        return losses;
    }
}
