using System.Globalization;
using System.Text.Json;
using Bif.Data;
using Bif.Engine;
using Bif.Engine.Models;
using Bif.Engine.Runs;
using Bif.Web.Browsing;
using Bif.Web.Jobs;
using Bif.Web.Live;
using Microsoft.AspNetCore.Components;
using Microsoft.EntityFrameworkCore;

namespace Bif.Web.Components.Pages;

/// <summary>Orders a run: everything that can be checked is checked before anything is queued.</summary>
public sealed partial class NewRunPage : IDisposable
{
    private readonly Readings _readings = new();
    private CatalogContents _library = new([], [], true);
    private string _model = "";
    private string _data = "";
    private string _queries = "";
    private string _preset = RunPreset.Standard;
    private string _sampler = "";
    private int? _chains;
    private int? _draws;
    private string _nbeta = "";
    private string _gamma = "";
    private string _epsilon = "";
    private int? _batch;
    private string _reliability = "";
    private ulong _seed;
    private string _device = "";
    private int _priority;
    private bool _hasGpu;
    private bool _perToken = true;
    private int? _context;
    private string _windows = "all";
    private string? _separator;
    private string _name = "";
    private string? _error;
    private string? _said;
    private bool _isBusy;
    private RunEstimate? _estimate;

    [Inject]
    private Catalog Catalog { get; set; } = null!;

    [Inject]
    private RunDesk Desk { get; set; } = null!;

    [Inject]
    private EstimateDesk Estimates { get; set; } = null!;

    [Inject]
    private WorkerList Workers { get; set; } = null!;

    [Inject]
    private IDbContextFactory<BifContext> Contexts { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    /// <summary>A run whose spec is to be repeated.</summary>
    [SupplyParameterFromQuery(Name = "from")]
    private string? GivenFrom { get; set; }

    private Guid? From => AddressValue.Identity(GivenFrom);

    /// <inheritdoc/>
    public void Dispose() => _readings.Dispose();

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        _library = Catalog.Scan();
        _hasGpu = await Workers.HasGpu(default);
        if (From is not { } run)
        {
            return;
        }

        await using var context = await Contexts.CreateDbContextAsync();
        var row = await context.Runs.Where(each => each.Id == run).Select(each => new { each.Spec, each.Name, each.Priority }).SingleOrDefaultAsync();
        if (row is null || JsonSerializer.Deserialize<RunSpec>(row.Spec, RunRecord.Json) is not { } spec)
        {
            return;
        }

        (_model, _data, _queries, _name, _sampler, _chains, _draws, _batch, _seed) = (spec.Model, spec.Data, spec.Queries, row.Name, spec.Sampler ?? "", spec.Chains, spec.Draws, spec.Batch, spec.Seed);
        (_perToken, _context, _windows, _separator) = (spec.PerToken || !IsText, spec.Context, spec.Windows, spec.Separator);
        (_reliability, _priority) = (Text(spec.TargetReliability), row.Priority);
        (_nbeta, _gamma, _epsilon) = (Text(spec.Nbeta), Text(spec.Gamma), Text(spec.Epsilon));
    }

    private static string Text(double? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";

    private static double? Number(string text, string name) => text.Trim().Length == 0 ? null
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value
        : throw new InputException($"{name} is \"{text}\", which is no number such as 1e-4.");

    private NewRun Wanted() => RunPreset.All.Single(preset => preset.Name == _preset).Over(new NewRun
    {
        Name = _name.Trim().Length > 0 ? _name.Trim() : null,
        Model = Given(_model, "a model"),
        Data = Given(_data, "training data"),
        Queries = Given(_queries, "queries"),
        Sampler = _sampler.Length > 0 ? _sampler : null,
        Chains = _chains,
        Draws = _draws,
        TargetReliability = Number(_reliability, "The reliability"),
        Nbeta = Number(_nbeta, "nβ"),
        Gamma = Number(_gamma, "γ"),
        Epsilon = Number(_epsilon, "ε"),
        Batch = _batch,
        Seed = _seed,
        Device = _device.Length > 0 ? _device : null,
        Priority = _priority,
        PerToken = IsText && _perToken,
        Context = IsText ? _context : null,
        Windows = IsText ? _windows : "all",
        Separator = IsText ? _separator : null,
    });

    private bool IsText => _library.Models.FirstOrDefault(model => model.Path == _model.Trim()) is { } known
        ? ArchitectureCatalog.IsLanguageModel(known.Kind)
        : _library.Data.Any(set => set.Kind == "text" && _data.StartsWith(set.Path, StringComparison.Ordinal));

    private static string Given(string text, string what) => text.Trim() is { Length: > 0 } given ? given : throw new InputException($"Choose {what} first.");

    // Opening data may take seconds: the circuit stays free for it. Navigation belongs to the circuit.
    private Task Start() => Do(async () =>
    {
        var wanted = Wanted();
        var run = await Task.Run(() => Desk.Submit(wanted, default));
        _readings.GoTo(Navigation, $"/runs/{run}");
    });

    private Task Estimate() => Do(async () =>
    {
        var wanted = Wanted();
        _estimate = await Task.Run(() => Estimates.Estimate(wanted, said => _ = InvokeAsync(() => { _said = said; StateHasChanged(); }), default));
    });

    private async Task Do(Func<Task> work)
    {
        (_isBusy, _error, _said, _estimate) = (true, null, null, null);
        try
        {
            await work();
        }
        catch (InputException error)
        {
            _error = error.Message;
        }
        finally
        {
            _isBusy = false;
        }
    }
}
