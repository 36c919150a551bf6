using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bif.Engine.Tokenizers;
using Bif.Testing;
using Xunit;

namespace Bif.Engine.Tests.Tokenizers;

public sealed class TokenizerTests
{
    private const string Gpt2 = "tokenizers/gpt2", NeoX = "tokenizers/gpt-neox", Llama = "stories260K";

    [SharedDataFact(Gpt2)]
    public void GPT2_reproduces_its_reference_encodings() => Reproduces(Gpt2);

    [SharedDataFact(NeoX)]
    public void GPT_NeoX_reproduces_its_reference_encodings() => Reproduces(NeoX);

    [SharedDataFact(Llama)]
    public void Llama_with_byte_fallback_reproduces_its_reference_encodings() => Reproduces(Llama);

    [SharedDataFact(Gpt2, NeoX, Llama)]
    public void Token_ranges_cover_the_text_in_order_and_decoding_gives_the_text_back()
    {
        foreach (var name in new[] { Gpt2, NeoX, Llama })
        {
            var tokenizer = Load(name);
            foreach (var text in RandomText.Strings(300, seed: 5))
            {
                var tokens = tokenizer.Encode(text);
                var covered = 0;
                for (var token = 0; token < tokens.Count; token++)
                {
                    Assert.InRange(tokens.Starts[token], 0, covered);
                    Assert.InRange(tokens.Ends[token], tokens.Starts[token], text.Length);
                    covered = Math.Max(covered, tokens.Ends[token]);
                }

                Assert.Equal(text.Length, covered);

                // GPT-NeoX composes marks; Llama writes spaces as U+2581 and puts one after a special token.
                if (name == Gpt2 || (name == Llama && !text.Contains('\u2581', StringComparison.Ordinal) && !text.Contains("<s>", StringComparison.Ordinal)))
                {
                    Assert.Equal(text, tokenizer.Decode(tokens.Ids));
                }
            }
        }
    }

    [SharedDataFact(Llama)]
    public void The_template_puts_the_beginning_of_sequence_before_the_text()
    {
        var tokens = Load(Llama).Encode("Hello", addSpecialTokens: true);
        Assert.Equal(1, tokens.Ids[0]);
        Assert.Equal((0, 0), (tokens.Starts[0], tokens.Ends[0]));
        Assert.Equal(Load(Llama).Encode("Hello").Ids, tokens.Ids[1..]);
    }

    [SharedDataFact(Llama)]
    public void A_long_word_merges_as_its_reference_does_pair_by_pair()
    {
        // Without a pre-tokenizer a whole document is one word, merged by the queue; short texts are scanned.
        var tokenizer = Load(Llama);
        var text = File.ReadAllText(SharedData.At("text/tinystories.txt"))[..20000];
        using var file = JsonDocument.Parse(File.ReadAllText(SharedData.At(Llama + "/tokenizer.json")));
        var vocabulary = new VocabularyReader("").Read(file.RootElement.GetProperty("model"), byteLevel: false);
        var written = "\u2581" + text.Replace(' ', '\u2581');
        var ids = written.EnumerateRunes().SelectMany(rune => vocabulary.Ids.TryGetValue(rune.ToString(), out var id)
            ? [id]
            : Encoding.UTF8.GetBytes(rune.ToString()).Select(value => vocabulary.Ids[$"<0x{value:X2}>"])).ToList();
        while (true)
        {
            var best = Enumerable.Range(0, ids.Count - 1)
                .Select(at => (Found: vocabulary.Merges.TryGetValue(Vocabulary.Pair(ids[at], ids[at + 1]), out var merge), merge.Rank, merge.Id, At: at))
                .Where(pair => pair.Found).DefaultIfEmpty((Found: false, Rank: 0, Id: 0, At: 0)).MinBy(pair => pair.Rank);
            if (!best.Found)
            {
                break;
            }

            // All pairs of one rank, from the left: the same as one at a time, and fast enough here.
            var (left, right) = (ids[best.At], ids[best.At + 1]);
            for (var at = best.At; at < ids.Count - 1; at++)
            {
                if (ids[at] == left && ids[at + 1] == right)
                {
                    ids[at] = best.Id;
                    ids.RemoveAt(at + 1);
                }
            }
        }

        Assert.Equal(ids, tokenizer.Encode(text).Ids);
    }

    [Theory]
    [InlineData("normalizer", """{"type":"Precompiled"}""", "Precompiled")]
    [InlineData("pre_tokenizer", """{"type":"BertPreTokenizer"}""", "BertPreTokenizer")]
    [InlineData("post_processor", """{"type":"RobertaProcessing"}""", "RobertaProcessing")]
    [InlineData("decoder", """{"type":"WordPiece"}""", "WordPiece")]
    public void An_unsupported_part_is_refused_by_name(string part, string content, string name)
    {
        using var folder = new TemporaryFolder();
        var fields = Minimal();
        fields[part] = JsonNode.Parse(content);
        File.WriteAllText(folder.At("tokenizer.json"), fields.ToJsonString());
        var error = Assert.Throws<InputException>(() => Tokenizer.Load(folder.At("tokenizer.json")));
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vocab", """{"a":-1}""", "id -1")]
    [InlineData("vocab", """{"a":2147483647}""", "id 2147483647")]
    [InlineData("vocab", """{"a":99999999999}""", "id 99999999999")]
    [InlineData("merges", """[["a"],[1,2]]""", "no pair")]
    [InlineData("merges", """[["a",1]]""", "tokenizer.json")]
    [InlineData("merges", """["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]""", "…")]
    [InlineData("added_tokens", """[{"id":-3,"content":"<s>"}]""", "id -3")]
    [InlineData("added_tokens", """[{"id":1,"content":null}]""", "tokenizer.json")]
    [InlineData("decoder", """{"type":"Strip","content":"","start":1,"stop":0}""", "Strip")]
    public void A_vocabulary_that_makes_no_sense_is_refused(string part, string content, string says)
    {
        using var folder = new TemporaryFolder();
        var fields = Minimal();
        (part is "vocab" or "merges" ? fields["model"]! : fields)[part] = JsonNode.Parse(content);
        File.WriteAllText(folder.At("tokenizer.json"), fields.ToJsonString());
        Assert.Contains(says, Assert.Throws<InputException>(() => Tokenizer.Load(folder.At("tokenizer.json"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Letters_beyond_the_basic_plane_are_letters()
    {
        var pattern = new UnicodePattern(@"\p{L}+|\p{N}+", "test");
        Assert.Equal([(0, 5), (6, 4)], pattern.Matches("a\U0001D504\U0001D505 \U0001D7D8\U0001D7D9"));
    }

    [Theory]
    [InlineData("e\u0301", "\u00E9")]
    [InlineData("a\u0323\u0302", "\u1EAD")]
    [InlineData("a\u0302\u0323", "\u1EAD")]
    [InlineData("\u1112\u1161\u11AB", "\uD55C")]
    [InlineData("\u212B", "\u00C5")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("\u0344", "\u0308\u0301")]
    public void Canonical_composition_follows_the_standard(string text, string expected)
        => Assert.Equal(expected, new Engine.Tokenizers.Normalizers.NfcNormalizer().Apply(new AlignedText(text, 0).Whole).Span.ToString());

    private static void Reproduces(string name)
    {
        var tokenizer = Load(name);
        var entries = JsonNode.Parse(File.ReadAllText(SharedData.At(name + "/encodings.json")))!.AsArray();
        Assert.NotEmpty(entries);
        foreach (var entry in entries)
        {
            var expected = entry!["ids"]!.AsArray().Select(id => (int)id!).ToArray();
            Assert.Equal(expected, tokenizer.Encode((string)entry["text"]!).Ids);
        }
    }

    private static Tokenizer Load(string name) => Tokenizer.Load(SharedData.At(name + "/tokenizer.json"));

    private static JsonObject Minimal() => new()
    {
        ["added_tokens"] = new JsonArray(),
        ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = new JsonObject { ["a"] = 0 }, ["merges"] = new JsonArray() },
    };
}
