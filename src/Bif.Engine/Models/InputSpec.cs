using Bif.Engine.Data;

namespace Bif.Engine.Models;

/// <summary>How raw items become a model's inputs, from its configuration.</summary>
/// <param name="Channels">Colour channels (1 or 3), or null where inputs are no images.</param>
/// <param name="ImageSize">Height and width after cropping, or null to take images as they are.</param>
/// <param name="ResizeSize">Length that the shorter edge is resized to before the centre crop; null: <see cref="ImageSize"/>.</param>
/// <param name="Mean">Per channel, subtracted after scaling pixels to [0, 1].</param>
/// <param name="Std">Per channel, divided by after that.</param>
/// <param name="LabelNamesFile">A file of "id name" lines in class order (ImageNet's synset list), or null.</param>
public sealed record InputSpec(
    int? Channels, int? ImageSize, int? ResizeSize, double[]? Mean, double[]? Std, string? LabelNamesFile)
{
    /// <summary>How text becomes items, for language models; null for others.</summary>
    public TextInput? Text { get; init; }

    private const int LargestSize = 16_384;

    /// <summary>Reads <c>num_channels</c>, <c>image_size</c>, <c>resize_size</c>, <c>image_mean</c>, <c>image_std</c>, <c>label_names_file</c>.</summary>
    /// <exception cref="InputException">A value is impossible.</exception>
    public static InputSpec From(ModelConfig config)
    {
        var names = config.Has("label_names_file") ? Path.Combine(config.Folder, config.Text("label_names_file")) : null;
        if (names is not null && !File.Exists(names))
        {
            throw config.Invalid("label_names_file", $"names {names}, which is not there: put it there or remove the field");
        }

        var std = config.Numbers("image_std");
        if (std?.Any(each => !(each > 1e-6)) ?? false)
        {
            throw config.Invalid("image_std", "must be positive deviations, as pixels from 0 to 1 have them");
        }

        return new InputSpec(
            Size(config, "num_channels", 4),
            Size(config, "image_size", LargestSize),
            Size(config, "resize_size", LargestSize),
            config.Numbers("image_mean"),
            std,
            names)
        {
            Text = ArchitectureCatalog.IsLanguageModel(config.ModelType) ? TextInput.From(config) : null,
        };
    }

    /// <summary>Checks what can be told of items without the model's weights: that they are text where it reads text, and pictures of its size.</summary>
    /// <param name="data">The items.</param>
    /// <param name="model">What to call the model.</param>
    /// <exception cref="InputException">They do not fit; says what differs.</exception>
    public void RequireFit(Dataset data, string model)
    {
        if (Text is not null && data.Text is null)
        {
            throw new InputException($"{data.Path} is no text, but the model {model} is a language model: give a .txt, .jsonl or .tsv file.");
        }

        var shape = data.Items.ItemShape;
        if (Text is null && Channels is { } channels && shape.Length == 3
            && (shape[0] != channels || (ImageSize is { } size && (shape[1] != size || shape[2] != size))))
        {
            throw new InputException(
                $"{data.Path} has items of {shape[0]}×{shape[1]}×{shape[2]} (channels, height, width), but the model {model} takes {channels}×{ImageSize?.ToString() ?? "any"}×{ImageSize?.ToString() ?? "any"}.");
        }
    }

    private static int? Size(ModelConfig config, string field, int largest) => !config.Has(field) ? null
        : config.Integer(field) is var size && size >= 1 && size <= largest ? size
        : throw config.Invalid(field, $"is {size}, but must be from 1 to {largest}");
}
