using Bif.Engine.Data;
using Bif.Engine.Models;
using static TorchSharp.torch;

namespace Bif.Engine.Runs;

/// <summary>The checkpoint and items of a run, opened again from its record; what has changed since is refused.</summary>
internal static class RecordedInputs
{
    /// <summary>Loads the checkpoint.</summary>
    /// <exception cref="InputException">It is not the run's any more.</exception>
    public static Model Model(RunDirectory run, RunRecord record, Device device)
    {
        var model = Models.Model.Load(record.Model.Path, device);
        if (model.Hash == record.Model.Hash)
        {
            return model;
        }

        model.Dispose();
        throw new InputException($"{record.Model.Path} is not the checkpoint of {run.Root} any more (its hash differs): put the old one back, or run anew.");
    }

    /// <summary>Opens the training items.</summary>
    /// <exception cref="InputException">They are not the run's any more.</exception>
    public static Dataset Train(RunDirectory run, RunRecord record, Model model) => Open(run, record, model, record.Spec.Data, record.Data, "training data");

    /// <summary>Opens the run's own queries.</summary>
    /// <exception cref="InputException">They are not the run's any more.</exception>
    public static Dataset Queries(RunDirectory run, RunRecord record, Model model) => Open(run, record, model, record.Spec.Queries, record.Queries, "queries");

    private static Dataset Open(RunDirectory run, RunRecord record, Model model, string path, DataRecord known, string what)
    {
        var data = DatasetLoader.Open(path, record.Spec.InputOf(model), model.TargetKind);
        if (data.Hash == known.Hash)
        {
            return data;
        }

        data.Dispose();
        throw new InputException($"{path} is not the {what} of {run.Root} any more (the hash differs): put them back, or run anew.");
    }
}
