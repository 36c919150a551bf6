using System.Text.Json;
using Bif.Engine.Runs;
using Bif.Engine.Training;

namespace Bif.Engine.Retraining;

/// <summary>How a checkpoint came about, as <c>bif train</c> writes it beside the weights.</summary>
/// <param name="Spec">The recipe.</param>
/// <param name="DataHash">Hash of the items it was trained on.</param>
public sealed record RecordedTraining(TrainingSpec Spec, string DataHash)
{
    /// <summary>Reads <c>training.json</c> of a model folder; null where there is none.</summary>
    /// <exception cref="InputException">It is damaged.</exception>
    public static RecordedTraining? Beside(string model)
    {
        var file = Path.Combine(model, "training.json");
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize<RecordedTraining>(File.ReadAllText(file), RunRecord.Json) : null;
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{file} does not say how the model was trained ({error.Message}): restore it, or remove it and give the recipe by options.", error);
        }
    }
}
