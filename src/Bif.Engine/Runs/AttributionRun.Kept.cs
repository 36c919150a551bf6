using Bif.Engine.Sampling;
using Bif.Engine.Sampling.Kept;

namespace Bif.Engine.Runs;

/// <content>What a run may take of the disk: its losses, and the draws that it keeps as weights.</content>
public sealed partial class AttributionRun
{
    // The losses of so many draws per chain, and of their first-order parts.
    private void RequireRoom(SamplerSettings settings, int draws) => DiskSpace.Require(
        _directory.Root, (settings.FirstOrderControl ? 8.0 : 4.0) * settings.Chains * draws * (_data.Count + _queryData.Count), "The loss traces", "lower --draws or --chains");

    // What a budget allows, null for nothing. Independent draws follow from the seed: keeping less than all of them would only lose something,
    // and where it was only offered none need be kept.
    private KeptDrawsPlan? PlanKept(long budget, SamplerSettings settings, KeptDrawsPlan? present)
    {
        var plan = present is null ? KeptDrawsPlan.Choose(budget, _selection.Count, settings) : present.For(budget, _selection.Count, settings);
        if (settings.Sampler == "laplace")
        {
            return plan is { IsLossless: true } && !_spec.KeepDrawsIfRoom ? plan : null;
        }

        return plan is not null || present is not null || _spec.KeepDrawsIfRoom ? plan : throw new InputException(
            $"--keep-draws {budget} bytes hold fewer than two draws per chain of {_selection.Count:N0} parameters: give at least {4L * settings.Chains * _selection.Count} bytes, or leave it out.");
    }

    // More draws in the same room: those that are kept are thinned, before the record asks for the others.
    private void ThinKept(RunRecord earlier, SamplerSettings settings)
    {
        if (earlier.Kept is not { } present)
        {
            return;
        }

        _kept = (_spec.KeepDraws ?? earlier.Spec.KeepDraws) is { } budget ? PlanKept(budget, settings, present) : null;
        if (_kept is null)
        {
            Say(RunStage.Preparing, "the added draws leave no room for keeping any");
        }
        else if ((_kept.Every, _kept.Precision) != (present.Every, present.Precision))
        {
            Say(RunStage.Preparing, $"the added draws leave less room: {_kept.Describe()}");
            new KeptDrawFiles(_directory.Draws, _kept, earlier.Plan.DrawsPerBlock).TakeOver(
                new KeptDrawFiles(_directory.Draws, present, earlier.Plan.DrawsPerBlock), earlier.Settings.Chains, earlier.Settings.Draws, _center);
        }
    }
}
