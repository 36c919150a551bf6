using Bif.Cli.Terminal;
using Bif.Engine.Runs;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Bif.Cli.Running;

/// <summary>A bar per chain with its rate, remaining time and loss, one per other stage with its remaining time; messages scroll above.</summary>
internal sealed class BarRunDisplay(Output output) : RunDisplay
{
    private readonly Dictionary<int, ProgressTask> _chains = [];
    private readonly Dictionary<RunStage, ProgressTask> _stages = [];
    private readonly ShareClock _clock = new();
    private ProgressContext? _context;

    /// <inheritdoc/>
    public override T Follow<T>(Func<IProgress<RunProgress>, T> work) => output.Progress.Progress()
        .AutoClear(true)
        .Columns(new NameColumn(), new ProgressBarColumn(), new StatusColumn())
        .Start(context =>
        {
            _context = context;
            try
            {
                return work(this);
            }
            finally
            {
                _context = null;
            }
        });

    /// <inheritdoc/>
    public override void Report(RunProgress value)
    {
        lock (_chains)
        {
            if (value.Message is { } message)
            {
                output.Progress.MarkupLine(value.IsWarning ? $"[yellow]warning: {Markup.Escape(message)}[/]" : Markup.Escape(message));
            }

            if (_context is not { } context)
            {
                return;
            }

            if (value.Chain is { } chain)
            {
                FinishStages();
                Show(chain, context);
            }
            else if (value.Stage is not (RunStage.Sampling or RunStage.Done))
            {
                Show(value.Stage, value.Fraction, context);
            }
        }
    }

    /// <inheritdoc/>
    public override void Finish(RunResult result, string resumeLine) => RunReport.Write(result, resumeLine, output);

    /// <inheritdoc/>
    public override void Stopped(string directory, string line) => RunReport.WriteStopped(line, output);

    private void Show(ChainProgress chain, ProgressContext context)
    {
        if (!_chains.TryGetValue(chain.Chain, out var bar))
        {
            bar = context.AddTask($"chain {chain.Chain + 1}", maxValue: chain.Draws);
            _chains.Add(chain.Chain, bar);
        }

        (bar.MaxValue, bar.Value) = (chain.Draws, chain.Draw);
        bar.State.Update<Status>("status", _ => new Status($"{chain.Draw}/{chain.Draws}  {ChainLine.Rate(chain)}  {ChainLine.Remaining(chain)} left  loss {chain.Loss:0.0000}"));
    }

    private void Show(RunStage stage, double? fraction, ProgressContext context)
    {
        if (!_stages.TryGetValue(stage, out var bar))
        {
            FinishStages();
            bar = context.AddTask(stage.ToString().ToLowerInvariant(), maxValue: 1);
            _stages.Add(stage, bar);
        }

        bar.IsIndeterminate = fraction is null;
        bar.Value = fraction ?? 0;
        bar.State.Update<Status>("status", _ => new Status(fraction is { } share ? _clock.Remaining(share) : ""));
    }

    private void FinishStages()
    {
        foreach (var bar in _stages.Values)
        {
            bar.IsIndeterminate = false;
            bar.Value = 1;
            bar.State.Update<Status>("status", _ => new Status(""));
        }
    }

    private sealed class NameColumn : ProgressColumn
    {
        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(task.Description);
    }

    private sealed class StatusColumn : ProgressColumn
    {
        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(task.State.Get<Status>("status").Text ?? "");
    }

    private readonly record struct Status(string Text);
}
