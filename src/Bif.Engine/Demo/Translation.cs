using Bif.Engine.Data;
using Bif.Engine.Evaluation;
using Bif.Engine.Models;
using static TorchSharp.torch;

namespace Bif.Engine.Demo;

/// <summary>How well a language model says the second half of a document, after the tab, from the first.</summary>
/// <param name="Right">Words with a meaning of their own that it gives more than half of its probability.</param>
/// <param name="Words">Such words in all.</param>
internal sealed record Translation(int Right, int Words)
{
    private static readonly HashSet<string> Meanings = [.. BilingualLexicon.All.SelectMany(concept => new[] { concept.British, concept.American, concept.French })];

    /// <summary>Measures a model on documents, each word a token.</summary>
    public static Translation Of(string folder, string documents)
    {
        using var scope = NewDisposeScope();
        using var inference = no_grad();
        using var model = Model.Load(folder, CPU);
        using var data = DatasetLoader.Open(documents, model.Input);
        using var feed = new DataFeed(data, model.Input, CPU);
        using var weights = model.Bind(ParameterSelection.All(model.Layout), model.Parameters, null);
        var (text, right, words) = (data.Text!, 0, 0);
        for (var item = 0; item < text.Count; item++)
        {
            using var inner = NewDisposeScope();
            var losses = model.TokenLosses(weights, feed.Range(item, 1)).flatten().data<float>().ToArray();
            var (passage, first) = (text.Passages[item], text.Offsets[item]);
            for (var token = 1; token < text.Length(item); token++)
            {
                var word = passage[text.Starts[first + token]..text.Ends[first + token]].Trim();
                if (text.Starts[first + token] > passage.IndexOf('\t', StringComparison.Ordinal) && Meanings.Contains(word))
                {
                    (right, words) = (right + (losses[token - 1] < PartnerMeasurement.ForeseenLoss ? 1 : 0), words + 1);
                }
            }
        }

        return new(right, words);
    }
}
