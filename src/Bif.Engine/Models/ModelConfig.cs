using System.Text.Json;
using System.Text.Json.Nodes;
using Bif.Engine.Data;

namespace Bif.Engine.Models;

/// <summary>
/// A model's <c>config.json</c> in Hugging Face's field names, read with errors that name the file and the field.
/// </summary>
public sealed class ModelConfig
{
    private readonly JsonObject _fields;

    /// <summary>Wraps fields already in memory; <paramref name="origin"/> is the file named in errors.</summary>
    public ModelConfig(JsonObject fields, string origin)
    {
        _fields = fields;
        Origin = origin;
    }

    /// <summary>The file that the fields come from, for error messages and for paths relative to it.</summary>
    public string Origin { get; }

    /// <summary>The folder of <see cref="Origin"/>.</summary>
    public string Folder => Path.GetDirectoryName(Path.GetFullPath(Origin))!;

    /// <summary>Which architecture this is (<c>model_type</c>).</summary>
    public string ModelType => Text("model_type");

    /// <summary>What a table's last column must be for the model.</summary>
    public TargetKind TargetKind => ModelType == "linear" || Text("task", "classification") == "regression" ? TargetKind.Number : TargetKind.Class;

    /// <summary>Reads <c>config.json</c>.</summary>
    /// <exception cref="InputException">The file is missing or no JSON object.</exception>
    public static ModelConfig Read(string file)
    {
        if (!File.Exists(file))
        {
            throw new InputException($"There is no {file}: a model folder needs a config.json with a model_type.");
        }

        try
        {
            return JsonNode.Parse(RegularFile.ReadText(file), null, new JsonDocumentOptions { AllowDuplicateProperties = false }) is JsonObject fields
                ? new ModelConfig(fields, file)
                : throw new InputException($"{file} is not a JSON object: write the model's fields as {{\"model_type\": …}}.");
        }
        catch (JsonException error)
        {
            throw new InputException($"{file} is not valid JSON (line {error.LineNumber + 1}): mend it there.", error);
        }
    }

    /// <summary>Whether the field is there and not null.</summary>
    public bool Has(string field) => _fields[field] is not null;

    /// <summary>A required text field.</summary>
    public string Text(string field) => Read<string>(field, "text") ?? throw Missing(field);

    /// <summary>A text field or its default.</summary>
    public string Text(string field, string fallback) => Read<string>(field, "text") ?? fallback;

    /// <summary>A required integer field.</summary>
    public int Integer(string field) => Has(field) ? Read<int>(field, "a whole number") : throw Missing(field);

    /// <summary>An integer field or its default.</summary>
    public int Integer(string field, int fallback) => Has(field) ? Read<int>(field, "a whole number") : fallback;

    /// <summary>An integer field, or the first of a list of them (end-of-text ids); null where it is absent.</summary>
    public int? FirstInteger(string field) => _fields[field] switch
    {
        null => null,
        JsonArray => Integers(field) is { Length: > 0 } list ? list[0] : null,
        _ => Integer(field),
    };

    /// <summary>A required positive integer field that divides a size (heads).</summary>
    public int Divisor(string field, string sizeField, int size) => Integer(field) is > 0 and var parts && size % parts == 0
        ? parts
        : throw Invalid(field, $"is {Integer(field)}, which does not divide {sizeField} = {size}");

    /// <summary>A number field or its default.</summary>
    public double Number(string field, double fallback) => Has(field) ? Read<double>(field, "a number") : fallback;

    /// <summary>A true/false field or its default.</summary>
    public bool Flag(string field, bool fallback) => Has(field) ? Read<bool>(field, "true or false") : fallback;

    /// <summary>A list of numbers, or null where the field is absent.</summary>
    public double[]? Numbers(string field) => List<double>(field, "a list of numbers");

    /// <summary>A list of whole numbers, or null where the field is absent.</summary>
    public int[]? Integers(string field) => List<int>(field, "a list of whole numbers");

    /// <summary>The fields of an object within, or null where it is absent.</summary>
    public ModelConfig? Section(string field) => _fields[field] switch
    {
        null => null,
        JsonObject inner => new ModelConfig(inner, Origin),
        var other => throw Invalid(field, $"must be an object, not {Excerpt.Of(other.ToJsonString())}"),
    };

    /// <summary>Writes the fields as indented JSON.</summary>
    public void Write(string file) => File.WriteAllText(file, ToJson() + "\n");

    /// <summary>The fields as indented JSON.</summary>
    public string ToJson() => _fields.ToJsonString(new JsonSerializerOptions { WriteIndented = true });

    /// <summary>The error for a field whose value this model cannot use.</summary>
    public InputException Invalid(string field, string reason) => new($"{Origin}: {field} {reason}.");

    private T? Read<T>(string field, string kind)
    {
        if (_fields[field] is not { } node)
        {
            return default;
        }

        try
        {
            return node.GetValue<T>();
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException)
        {
            throw Invalid(field, $"must be {kind}, not {Excerpt.Of(node.ToJsonString())}");
        }
    }

    private T[]? List<T>(string field, string kind)
    {
        if (_fields[field] is not { } node)
        {
            return null;
        }

        try
        {
            return node.AsArray().Select(value => (value ?? throw new FormatException("An element is null.")).GetValue<T>()).ToArray();
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException)
        {
            throw Invalid(field, $"must be {kind}, not {Excerpt.Of(node.ToJsonString())}");
        }
    }

    private InputException Missing(string field) => new($"{Origin} has no {field}: this model needs it.");
}
