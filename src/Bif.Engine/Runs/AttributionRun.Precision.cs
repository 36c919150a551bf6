using System.Numerics;
using Bif.Engine.Models;
using Bif.Engine.Sampling;
using Bif.Engine.Traces;
using Bif.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Bif.Engine.Runs;

/// <content>Passes in lower precision: who may have them, and what they cost.</content>
public sealed partial class AttributionRun
{
    // Deviations rounded by so much correlate 0.97 with the exact ones.
    private const double NotableRounding = 0.25;

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

        if (_spec.Precision == "bfloat16" && _model.Architecture is TorchScriptModule)
        {
            throw new InputException($"--precision {_spec.Precision} is for models whose layers Bif makes; {_spec.Model} is a TorchScript module: leave it out.");
        }

        TorchLibrary.AllowTf32(_spec.Precision == "tf32");
    }

    // What rounding does to the queries' losses at the checkpoint, in words, before anything is drawn.
    private void StatePrecision(int batch)
    {
        if (_spec.Precision != "float32")
        {
            var exact = QueryLosses(_center, batch, "float32");
            Say(RunStage.Preparing, FormattableString.Invariant(
                $"{_spec.Precision} passes: losses of {exact.Length:N0} queries at the checkpoint differ from float32's by {RootMeanSquare(Difference(_initialQuery!, exact)):G2} nats (root mean square) at a mean loss of {exact.Average():G3}"));
        }
    }

    // What rounding does to that of which scores are made, the queries' deviations from their losses at the checkpoint: where the first
    // chain ended, whichever sampler took it there.
    private RoundingRecord? MeasureRounding(RunRecord record, TraceStore store)
    {
        if (_spec.Precision == "float32")
        {
            return null;
        }

        using var state = new ChainState(0, record.Settings.Seed, _center, SamplerCatalog.Create(record.Settings, _preconditioner));
        if (new ChainStateFile(_directory.Chains, 0).Restore(state) == 0)
        {
            return null;
        }

        var batch = record.Plan.EvaluationBatch;
        var (start, exactStart) = (store.ReadInitial().Query, QueryLosses(_center, batch, "float32"));
        var exact = Difference(QueryLosses(state.Position, batch, "float32"), exactStart);
        var rounded = Difference(QueryLosses(state.Position, batch, _spec.Precision), start);
        var rounding = new RoundingRecord(RootMeanSquare(Difference(start, exactStart)), RootMeanSquare(Difference(rounded, exact)) / RootMeanSquare(exact));
        var text = FormattableString.Invariant(
            $"{_spec.Precision} passes round what the queries' losses deviate from the checkpoint at a draw by {100 * rounding.Deviations:G2} % (root mean square)");
        if (rounding.Deviations <= NotableRounding)
        {
            Say(RunStage.Estimating, text);
            return rounding;
        }

        text += $": take a higher precision than --precision {_spec.Precision}, or a higher temperature (a smaller --nbeta)";
        _warnings.Add(text);
        _progress?.Report(new RunProgress(RunStage.Estimating, text) { IsWarning = true });
        return rounding;
    }

    private float[] QueryLosses(Tensor position, int batch, string precision)
    {
        var losses = new float[_queryData.Count];
        TorchLibrary.AllowTf32(precision == "tf32");
        try
        {
            using var weights = _model.Bind(_selection, position, null, RunSpec.ScalarOf(precision));
            LossEvaluator.Evaluate(_model, weights, _queries, batch, losses);
            return losses;
        }
        finally
        {
            TorchLibrary.AllowTf32(_spec.Precision == "tf32");
        }
    }

    private static double[] Difference<T>(T[] left, T[] right) where T : INumber<T>
        => [.. left.Zip(right, (a, b) => double.CreateChecked(a) - double.CreateChecked(b))];

    private static double RootMeanSquare(double[] values) => Math.Sqrt(values.Average(value => value * value));
}
