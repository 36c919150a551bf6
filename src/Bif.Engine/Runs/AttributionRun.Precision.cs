using Bif.Engine.Models;
using Bif.Engine.Sampling;
using Bif.Kernels;
using TorchSharp;

namespace Bif.Engine.Runs;

/// <content>Passes in lower precision: who may have them, and what they cost.</content>
public sealed partial class AttributionRun
{
    private const int ComparedItems = 32;

    private void CheckPrecision()
    {
        if (_spec.Precision is not ("float32" or "tf32" or "bfloat16"))
        {
            throw new InputException($"--precision {_spec.Precision} is not known: it is float32, tf32 or bfloat16.");
        }

        if (_spec.TokenPrecision is not ("float32" or "float16"))
        {
            throw new InputException($"--token-precision {_spec.TokenPrecision} is not known: it is float32 or float16.");
        }

        if (_spec.Precision == "tf32" && _model.Parameters.device_type != DeviceType.CUDA)
        {
            throw new InputException("--precision tf32 is for GPUs: leave it out, or add --device cuda:0.");
        }

        if (_spec.Precision == "bfloat16" && _model.Architecture is not LanguageModel)
        {
            throw new InputException($"--precision {_spec.Precision} is for language models; {_spec.Model} is a {_model.Config.ModelType}: leave it out.");
        }

        TorchLibrary.AllowTf32(_spec.Precision == "tf32");
    }

    // What rounding does to the first items at the checkpoint, in words: there is no other price, the weights stay float32.
    private void StatePrecision(int batch)
    {
        if (_spec.Precision == "float32")
        {
            return;
        }

        var exact = new float[_queryData.Count];
        TorchLibrary.AllowTf32(false);
        using (var weights = _model.Bind(_selection, _center, null))
        {
            LossEvaluator.Evaluate(_model, weights, _queries, batch, exact);
        }

        TorchLibrary.AllowTf32(_spec.Precision == "tf32");

        var errors = exact.Zip(_initialQuery!, (a, b) => (double)(a - b) * (a - b)).Take(ComparedItems).ToList();
        Say(RunStage.Preparing, FormattableString.Invariant(
            $"{_spec.Precision} passes: losses of {errors.Count} queries at the checkpoint differ from float32 by {Math.Sqrt(errors.Average()):G2} nats (root mean square) at a mean loss of {exact.Take(ComparedItems).Average():G3}"));
    }
}
