using System.Runtime.InteropServices;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Runs;

/// <summary>
/// A picture that somebody brings as a query of an image run: what the model makes of it, and a data folder with this one
/// picture that reads back as the class asked about.
/// </summary>
public sealed class PictureQuery
{
    private readonly byte[] _file;
    private readonly string _extension;
    private readonly InputSpec _input;
    private readonly long[] _shape;

    private PictureQuery(byte[] file, string extension, InputSpec input, long[] shape, byte[] planes, float[] probabilities)
        => (_file, _extension, _input, _shape, Planes, Probabilities) = (file, extension, input, shape, planes, probabilities);

    /// <summary>The picture as the model sees it: bytes [channels, height, width].</summary>
    public byte[] Planes { get; }

    /// <summary>The model's probability of each class.</summary>
    public IReadOnlyList<float> Probabilities { get; }

    /// <summary>The most probable class.</summary>
    public int Predicted => Probabilities.Select((probability, label) => (probability, label)).MaxBy(each => each.probability).label;

    /// <summary>The picture as the model sees it, PNG.</summary>
    public byte[] ToPng() => Images.EncodePng(Planes, (int)_shape[0], (int)_shape[2], (int)_shape[1]);

    /// <summary>Decodes a picture and asks the run's model about it.</summary>
    /// <param name="record">The run, of a classifier of images.</param>
    /// <param name="shape">Shape of the run's training items, [channels, height, width].</param>
    /// <param name="file">A JPEG, PNG or WebP file.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="InputException">It is no such picture, or the run's model has changed or takes no pictures.</exception>
    public static PictureQuery Read(RunRecord record, long[] shape, byte[] file, string name)
    {
        var extension = file switch
        {
            [0xFF, 0xD8, 0xFF, ..] => ".jpg",
            [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => ".png",
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => ".webp",
            _ => throw new InputException($"{name} is no JPEG, PNG or WebP picture."),
        };
        set_num_threads(1);
        using var model = Model.Load(record.Model.Path, CPU);
        if (model.Hash != record.Model.Hash)
        {
            throw new InputException($"The checkpoint of this run is not what it was (its hash differs): put the old one back, or run anew.");
        }

        if (model.Objective != Objective.CrossEntropy || shape is not [1 or 3, > 0, > 0])
        {
            throw new InputException("Pictures can be asked of runs on classified pictures only.");
        }

        var planes = new byte[shape[0] * shape[1] * shape[2]];
        try
        {
            // Sets of one fixed size state none in the model's configuration: the picture is brought to that size.
            Images.Decode(
                file, name, (int)shape[0], model.Input.ImageSize is { } side ? model.Input.ResizeSize ?? side : Math.Max((int)shape[1], (int)shape[2]),
                model.Input.ImageSize ?? (shape[1] == shape[2] ? (int)shape[1] : null), planes);
        }
        catch (ImageException error)
        {
            throw new InputException(error.Message, error);
        }

        return new(file, extension, model.Input, shape, planes, Ask(model, shape, planes));
    }

    /// <summary>Writes a data folder that holds the picture as an item of a class.</summary>
    /// <param name="folder">The folder; must not exist.</param>
    /// <param name="label">The class whose loss is asked about.</param>
    public void Write(string folder, int label)
    {
        if (label < 0 || label >= Probabilities.Count)
        {
            throw new InputException($"There is no class {label}: the model has {Probabilities.Count}.");
        }

        // Labels are the order of the folders' names: those before it stand empty. A label file names them itself.
        string place;
        if (_input.LabelNamesFile is { } names)
        {
            place = File.ReadLines(names).Where(line => line.Trim().Length > 0).ElementAt(label).Trim().Split(' ', 2)[0];
        }
        else
        {
            for (var other = 0; other < label; other++)
            {
                Directory.CreateDirectory(Path.Combine(folder, $"{other:D5}"));
            }

            place = $"{label:D5}";
        }

        Directory.CreateDirectory(Path.Combine(folder, place));
        if (_input.ImageSize is null)
        {
            File.WriteAllBytes(Path.Combine(folder, place, "picture.png"), ToPng());
        }
        else
        {
            File.WriteAllBytes(Path.Combine(folder, place, "picture" + _extension), _file);
        }
    }

    private static float[] Ask(Model model, long[] shape, byte[] planes)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var selection = ParameterSelection.Matching(model.Layout, []);
        using var data = new Dataset { Items = new OnePicture(shape, planes), Path = "", Format = "picture", Hash = "", Labels = [0] };
        using var feed = new DataFeed(data, model.Input, CPU);
        using var weights = model.Bind(selection, AttributionRun.Select(model, selection), null);
        var logits = model.Outputs(weights, feed.Range(0, 1));
        return MemoryMarshal.Cast<byte, float>(logits.softmax(-1).reshape(-1).cpu().bytes).ToArray();
    }

    private sealed class OnePicture(long[] shape, byte[] planes) : IItemReader
    {
        public int Count => 1;

        public ElementType ElementType => ElementType.UInt8;

        public long[] ItemShape => shape;

        public void Read(int item, Span<byte> destination) => planes.CopyTo(destination);

        public void Dispose()
        {
            // Nothing is held open.
        }
    }
}
