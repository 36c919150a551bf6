using System.Text.Json.Nodes;
using Bif.Engine.Data;
using Bif.Engine.Models;

namespace Bif.Engine.Training;

/// <summary>Completes a configuration with what the training data tells: sizes, classes, mean and deviation of pixels.</summary>
internal static class ConfigFiller
{
    /// <summary>A configuration from which the model can be loaded again; fields that are there stay.</summary>
    public static ModelConfig Fill(ModelConfig config, Dataset data)
    {
        var fields = (JsonObject)JsonNode.Parse(config.ToJson())!;
        var shape = data.Items.ItemShape;
        if (data.Labels is { } labels)
        {
            fields.TryAdd("num_labels", Math.Max(data.ClassNames?.Count ?? 0, labels.Max() + 1));
        }

        if (shape.Length == 3)
        {
            fields.TryAdd("num_channels", (int)shape[0]);
            if (shape[1] == shape[2])
            {
                fields.TryAdd("image_size", (int)shape[1]);
            }

            if (!fields.ContainsKey("image_mean") && !fields.ContainsKey("image_std"))
            {
                var (mean, std) = Statistics(data.Items);
                fields["image_mean"] = new JsonArray([.. mean.Select(value => (JsonNode)Math.Round(value, 6))]);
                fields["image_std"] = new JsonArray([.. std.Select(value => (JsonNode)Math.Round(value, 6))]);
            }
        }
        else
        {
            fields.TryAdd("num_features", (int)shape[0]);
        }

        return new ModelConfig(fields, config.Origin);
    }

    // Per channel, of pixels scaled to [0, 1], over at most 5,000 items.
    private static (double[] Mean, double[] Std) Statistics(IItemReader items)
    {
        var channels = (int)items.ItemShape[0];
        var plane = (int)(items.ItemShape[1] * items.ItemShape[2]);
        var sums = new double[channels];
        var squares = new double[channels];
        var pixels = new byte[channels * plane];
        var count = Math.Min(items.Count, 5000);
        for (var index = 0; index < count; index++)
        {
            items.Read((int)((long)index * items.Count / count), pixels);
            for (var element = 0; element < pixels.Length; element++)
            {
                var value = pixels[element] / 255.0;
                sums[element / plane] += value;
                squares[element / plane] += value * value;
            }
        }

        var total = (double)count * plane;
        var mean = sums.Select(sum => sum / total).ToArray();
        return (mean, [.. squares.Select((square, channel) => Math.Max(1e-3, Math.Sqrt(Math.Max(0, (square / total) - (mean[channel] * mean[channel])))))]);
    }
}
